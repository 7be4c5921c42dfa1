"""The Keras 3 home of BERT: from raw text to a pretrained, fine-tuned, inspected and exported encoder.

Its parts load when something of theirs is first used, so that ``from bert_keras import data, training`` is instant:
a recipe answers ``--help`` before it waits for TensorFlow, and models work on JAX and torch where TensorFlow is not
installed.
"""

import importlib.util
import sys
import threading
from types import ModuleType

from bert_keras.garbage_collector import collector_off

__version__ = "0.1.0"

_PARTS = ("checkpoints", "command_line", "data", "inference", "inspection", "layers", "models", "ops", "training")
_lock = threading.RLock()

__all__ = ["__version__", *_PARTS]


def __getattr__(name):
    if name in _PARTS:
        return _loaded_at_first_use(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted(__all__)


class _Part(ModuleType):
    """A module that runs its code when a name is asked for that only the code defines.

    What a module has from its file alone, such as `__file__`, does not run it, unlike `importlib.util.LazyLoader`:
    torch asks every module of the process for it while torch itself is imported, in the middle of our own imports.
    """

    def __getattr__(self, name):
        if name.startswith("__") and name.endswith("__") and name != "__all__":
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        with _lock:
            if type(self) is _Part:
                self.__class__ = ModuleType  # what is asked for while the code runs is there or is not
                try:
                    with collector_off():
                        self.__spec__.loader.exec_module(self)
                except BaseException:
                    self.__class__ = _Part  # as a failed import does: the next use says again what is wrong
                    raise
        return getattr(self, name)

    def __dir__(self):
        return self.__all__


def _loaded_at_first_use(name):
    if name not in sys.modules:
        module = importlib.util.module_from_spec(importlib.util.find_spec(name))
        module.__class__ = _Part
        sys.modules[name] = module
    return sys.modules[name]
