"""The Keras 3 home of BERT: from raw text to a pretrained, fine-tuned, inspected and exported encoder.

Its parts load when something of theirs is first used, so that ``from bert_keras import data, training`` is instant:
a recipe answers ``--help`` before it waits for TensorFlow, and models work on JAX and torch where TensorFlow is not
installed.
"""

import importlib.util
import sys

__version__ = "0.1.0"

_PARTS = ("checkpoints", "command_line", "data", "inference", "layers", "models", "ops", "training")

__all__ = ["__version__", *_PARTS]


def __getattr__(name):
    if name in _PARTS:
        return _loaded_at_first_use(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted(__all__)


def _loaded_at_first_use(name):
    """Return a module that runs its code when an attribute of it is first asked for."""
    if name not in sys.modules:
        specification = importlib.util.find_spec(name)
        specification.loader = importlib.util.LazyLoader(specification.loader)
        sys.modules[name] = importlib.util.module_from_spec(specification)
        specification.loader.exec_module(sys.modules[name])
    return sys.modules[name]
