"""What every test shares: the backend is chosen before Keras is imported, and logs stay quiet."""

import gc
import os
import sys

import hypothesis
import pytest

hypothesis.settings.register_profile("any machine", deadline=None)  # how long a test takes is not what it tests
hypothesis.settings.register_profile("quick", hypothesis.settings.get_profile("any machine"), max_examples=25)
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
if os.environ["KERAS_BACKEND"] == "jax":
    # Compiling is most of what the tests do there; without optimizing it takes 0.8 of the time.
    os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0")

# Where many small models take few steps each.
UNTRACED = (
    "benchmarks", "inspection", "layers", "models", "test_cross_validation.py", "test_docstrings.py",
    "test_documents.py",
)  # fmt: skip


def pytest_configure(config):
    """Properties are tried on fewer examples where slow tests are left out."""
    hypothesis.settings.load_profile("any machine" if config.option.markexpr == "" else "quick")


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


@pytest.fixture(autouse=True)
def _traced_where_that_is_tested(request):
    """TensorFlow takes seconds to trace a step that runs in milliseconds; `make test-all` traces all as users do."""
    room = request.path.relative_to(request.config.rootpath / "tests").parts[0]
    is_traced = request.node.get_closest_marker("traced") or request.config.option.markexpr == ""
    if os.environ["KERAS_BACKEND"] != "tensorflow" or is_traced or room not in UNTRACED:
        yield
        return
    import tensorflow as tf

    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


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
