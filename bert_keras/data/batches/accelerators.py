"""What pipelines ask about the machine and the backend that computes: who owns accelerators, and what XLA compiles."""

import logging
import os

import tensorflow as tf

_logger = logging.getLogger(__name__)


def hide_accelerators():
    """Hides GPUs and TPUs from TensorFlow, unless Keras computes with it (`KERAS_BACKEND`).

    TensorFlow takes all memory of every GPU it sees. On the JAX and torch backends, where it only feeds data, it would
    leave the model nothing. The pipelines call this when they are built.
    """
    if _backend() == "tensorflow":
        return
    for kind in ("GPU", "TPU"):
        try:
            tf.config.set_visible_devices([], kind)
        except RuntimeError:  # TensorFlow has taken hold of its devices already
            if tf.config.get_visible_devices(kind):
                _logger.warning(
                    "TensorFlow holds a %s that the %s backend needs; build the datasets before other TensorFlow ops",
                    kind,
                    _backend(),
                )


def compiles_each_length() -> bool:
    """Whether the model is compiled anew for each length of a row, so that few lengths are better than little padding.

    XLA does: always on JAX, and on TensorFlow's GPUs and TPUs. Elsewhere any length is as good as another.
    """
    if _backend() == "tensorflow":
        return any(device.device_type != "CPU" for device in tf.config.get_visible_devices())
    return _backend() == "jax"


def _backend() -> str:
    return os.environ.get("KERAS_BACKEND", "tensorflow")
