"""The Keras 3 home of BERT: from raw text to a pretrained, fine-tuned, inspected and exported encoder.

Sub-packages load when they are first touched (PEP 562), so that ``import bert_keras`` is instant and never
pulls TensorFlow in; models work on JAX and torch where TensorFlow is not installed.
"""

import importlib

__version__ = "0.1.0"

_SUB_PACKAGES = ("checkpoints", "data", "inference", "layers", "models", "ops", "training")

__all__ = ["__version__", *_SUB_PACKAGES]


def __getattr__(name):
    if name in _SUB_PACKAGES:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted(__all__)
