"""What the docstrings say is true: examples run, and the arguments they name are those that there are."""

import doctest
import importlib
import inspect
import pkgutil
import re

import keras
import pytest

import bert_keras

MODULES = sorted(module.name for module in pkgutil.walk_packages(bert_keras.__path__, "bert_keras."))
ROOMS = [name for name in MODULES if hasattr(importlib.import_module(name), "__all__")]
PUBLIC = sorted(
    {
        thing
        for room in ROOMS
        for thing in (getattr(importlib.import_module(room), name) for name in importlib.import_module(room).__all__)
        if (inspect.isclass(thing) or inspect.isfunction(thing)) and thing.__module__.startswith("bert_keras")
    },
    key=lambda thing: (thing.__module__, thing.__qualname__),
)


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name):
    assert doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS).failed == 0


def documented(thing):
    """The names in the docstring's `Args` section, at its own indentation."""
    section = re.search(r"\nArgs:\n((?: .*\n|\n)*)", inspect.getdoc(thing) + "\n")
    return re.findall(r"^    \*{0,2}(\w+): ", section.group(1), re.MULTILINE) if section else []


@pytest.mark.parametrize("thing", PUBLIC, ids=lambda thing: thing.__qualname__)
def test_documented_arguments_are_those_of_the_signature(thing):
    if getattr(thing, "_is_protocol", False):
        return  # nobody calls it
    if inspect.isclass(thing) and "Attributes:" in inspect.getdoc(thing):
        return assert_attributes_are_fields(thing)
    parameters = list(inspect.signature(thing).parameters.values())
    if getattr(thing, "__init__", None) is keras.layers.Dropout.__init__:
        # Python before 3.11.4 takes Keras' `__new__`, which takes anything, for a constructor that is inherited.
        parameters = list(inspect.signature(thing.__init__).parameters.values())[1:]
    assert documented(thing) == [p.name for p in parameters if (p.name, p.kind) != ("args", p.VAR_POSITIONAL)]


def assert_attributes_are_fields(thing):
    section = re.search(r"\nAttributes:\n((?: .*\n|\n)*)", inspect.getdoc(thing) + "\n").group(1)
    assert re.findall(r"^    (\w+): ", section, re.MULTILINE) == list(inspect.signature(thing).parameters)
