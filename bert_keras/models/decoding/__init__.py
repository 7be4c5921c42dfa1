"""How a model writes: which token comes next, and when it is enough, inside one compiled graph."""

from bert_keras.models.decoding.generation import generate, stream

__all__ = ["generate", "stream"]
