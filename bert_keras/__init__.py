"""The Keras 3 home of BERT: from raw text to a pretrained, fine-tuned, inspected and exported encoder.

Its parts load when they are first touched (PEP 562), so that ``import bert_keras`` is instant and never
pulls TensorFlow in; models work on JAX and torch where TensorFlow is not installed.
"""

import importlib

__version__ = "0.1.0"

_PARTS = ("checkpoints", "command_line", "data", "inference", "layers", "models", "ops", "training")

__all__ = ["__version__", *_PARTS]


def __getattr__(name):
    if name in _PARTS:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted(__all__)
