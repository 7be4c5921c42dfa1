"""What every test shares: the backend is chosen before Keras is imported, and logs stay quiet."""

import gc
import os
import sys

import hypothesis
import pytest

hypothesis.settings.register_profile("any machine", deadline=None)  # how long a test takes is not what it tests
hypothesis.settings.load_profile("any machine")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
if os.environ["KERAS_BACKEND"] == "jax":
    # Compiling is most of what the tests do there; without optimizing it takes 0.8 of the time.
    os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0")


@pytest.hookimpl(tryfirst=True)  # before pytest leaves out what is slow
def pytest_collection_modifyitems(items):
    """JAX compiles every shape of every model anew, which makes some tests slow there alone."""
    for item in items:
        if os.environ["KERAS_BACKEND"] != "tensorflow" and item.get_closest_marker("slow_elsewhere"):
            item.add_marker("slow")


def pytest_collection_finish():
    """What is imported by now stays: a collection of garbage, which Keras asks for often, need not look through it."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _same_random_numbers_in_every_run():
    """Weights that nobody seeds come from Keras' global seed; without this a test may pass or fail by chance."""
    if "keras" in sys.modules:
        sys.modules["keras"].utils.set_random_seed(0)


@pytest.fixture(scope="session")
def logged_points():
    """Function that gives each point of TensorBoard's below a folder, as written: (folder, tag, step, value)."""

    def read(directory):
        from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

        for path in sorted(directory.rglob("events.*"), key=lambda path: (path.parent, path.stat().st_mtime_ns)):
            for event in EventFileLoader(str(path)).Load():
                for value in event.summary.value:
                    yield path.parent.name, value.tag, event.step, value.SerializeToString()

    return read
