"""Keeps TensorFlow off the accelerators where it only feeds data to another backend."""

import logging
import os

import tensorflow as tf

_logger = logging.getLogger(__name__)


def hide_accelerators():
    """Hides GPUs and TPUs from TensorFlow, unless Keras computes with it (`KERAS_BACKEND`).

    TensorFlow takes all memory of every GPU it sees. On the JAX and torch backends, where it only feeds data, it would
    leave the model nothing. The pipelines call this when they are built.
    """
    if os.environ.get("KERAS_BACKEND", "tensorflow") == "tensorflow":
        return
    for kind in ("GPU", "TPU"):
        try:
            tf.config.set_visible_devices([], kind)
        except RuntimeError:  # TensorFlow has taken hold of its devices already
            if tf.config.get_visible_devices(kind):
                _logger.warning(
                    "TensorFlow holds a %s that the %s backend needs; build the datasets before other TensorFlow ops",
                    kind,
                    os.environ["KERAS_BACKEND"],
                )
