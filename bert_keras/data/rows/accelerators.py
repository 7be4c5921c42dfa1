"""What pipelines ask about the machine and the backend that computes: who owns accelerators, and what XLA compiles."""

import logging
import os
import sys
from pathlib import Path

import tensorflow as tf

from bert_keras.json_text import parse_json

_logger = logging.getLogger(__name__)


def hide_accelerators() -> None:
    """Hide GPUs and TPUs from TensorFlow, unless Keras computes with it.

    TensorFlow takes all memory of every GPU it sees. On the JAX and torch backends, where it only feeds data, it would
    leave the model nothing. `bert_keras.data` calls this when it is imported, before anything makes a tensor.
    """
    backend = backend_of_keras()
    if backend == "tensorflow":
        return
    for kind in ("GPU", "TPU"):
        try:
            tf.config.set_visible_devices([], kind)
        except RuntimeError:  # TensorFlow has taken hold of its devices already
            if tf.config.get_visible_devices(kind):
                _logger.warning(
                    "TensorFlow holds a %s that the %s backend needs: "
                    "import bert_keras.data before TensorFlow has made a tensor",
                    kind,
                    backend,
                )


def compiles_each_length() -> bool:
    """Whether the model is compiled anew for each length of a row, so that few lengths are better than little padding.

    XLA does: always on JAX, and on TensorFlow's GPUs and TPUs. Elsewhere any length is as good as another.
    """
    backend = backend_of_keras()
    if backend == "tensorflow":
        return any(device.device_type != "CPU" for device in tf.config.get_visible_devices())
    return backend == "jax"


def backend_of_keras() -> str:
    """Return what Keras computes with, or will once it is imported: `KERAS_BACKEND`, or what its `keras.json` says."""
    if keras := sys.modules.get("keras"):
        return keras.config.backend()
    if backend := os.environ.get("KERAS_BACKEND"):
        return backend
    folder = os.environ.get("KERAS_HOME") or os.path.join(os.path.expanduser("~"), ".keras")
    try:
        return parse_json(Path(folder, "keras.json").read_bytes())["backend"]
    except (OSError, ValueError, KeyError, TypeError):  # Keras, too, then takes its default
        return "tensorflow"
