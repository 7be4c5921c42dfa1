"""Why a model answers as it does, and what its layers and heads have learned."""

from bert_keras.inspection.attribution import Attribution, Word

__all__ = ["Attribution", "Word"]
