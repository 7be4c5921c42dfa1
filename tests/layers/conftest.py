"""The checks that Keras and KerasHub run on their own layers, for ours."""

import sys
import types

import pytest


def _run(case_class, method):
    case = case_class(method)
    case.setUp()
    yield getattr(case, method)
    case.tearDown()
    case.doCleanups()


@pytest.fixture
def check_layer():
    """`run_layer_test` of Keras: config, build, symbolic and eager call, a step of training, mixed precision."""
    from keras.src.testing import TestCase

    yield from _run(TestCase, "run_layer_test")


@pytest.fixture
def check_layer_as_keras_hub():
    """`run_layer_test` of KerasHub: the same once more, and every dtype policy on every sub-layer."""
    # KerasHub's test case imports grain for its data loaders alone.
    sys.modules.setdefault("grain", types.ModuleType("grain"))
    from keras_hub.src.tests.test_case import TestCase

    yield from _run(TestCase, "run_layer_test")
