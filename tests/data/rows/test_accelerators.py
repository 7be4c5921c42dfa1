import json
import logging
import os
import subprocess
import sys

import keras
import pytest
import tensorflow as tf

from bert_keras.data.rows import accelerators
from bert_keras.data.rows.accelerators import backend_of_keras, compiles_each_length, hide_accelerators


class Devices:
    """Stands for `tf.config`: a machine with a GPU."""

    def __init__(self, monkeypatch, initialized=False):
        self.visible = {"GPU": ["GPU:0"], "TPU": []}
        self.initialized = initialized
        monkeypatch.setattr(tf.config, "set_visible_devices", self.set_visible)
        monkeypatch.setattr(tf.config, "get_visible_devices", self.visible.get)

    def set_visible(self, devices, kind):
        if self.initialized:
            raise RuntimeError("Visible devices cannot be modified after being initialized")
        self.visible[kind] = devices


@pytest.fixture
def computes_with(monkeypatch):
    return lambda backend: monkeypatch.setattr(accelerators, "backend_of_keras", lambda: backend)


def test_tensorflow_keeps_its_devices_where_it_computes(monkeypatch, computes_with):
    devices = Devices(monkeypatch)
    computes_with("tensorflow")
    hide_accelerators()
    assert devices.visible["GPU"] == ["GPU:0"]


def test_tensorflow_sees_no_accelerator_where_it_only_feeds(monkeypatch, computes_with):
    devices = Devices(monkeypatch)
    computes_with("jax")
    hide_accelerators()
    assert devices.visible["GPU"] == []


def test_says_so_when_it_is_too_late(monkeypatch, caplog, computes_with):
    Devices(monkeypatch, initialized=True)
    computes_with("torch")
    with caplog.at_level(logging.WARNING):
        hide_accelerators()
    assert "TensorFlow holds a GPU that the torch backend needs" in caplog.text
    assert "TPU" not in caplog.text


def test_xla_compiles_each_length_on_jax_and_wherever_tensorflow_has_an_accelerator(monkeypatch, computes_with):
    devices = [tf.config.LogicalDevice("cpu", "CPU")]
    monkeypatch.setattr(tf.config, "get_visible_devices", lambda: devices)
    answers = []
    for backend in ("jax", "torch", "tensorflow"):
        computes_with(backend)
        answers.append(compiles_each_length())
    devices.append(tf.config.LogicalDevice("gpu", "GPU"))
    assert (answers, compiles_each_length()) == ([True, False, False], True)


@pytest.mark.parametrize(
    ("variable", "file", "expected"),
    [("jax", "torch", "jax"), (None, "torch", "torch"), (None, None, "tensorflow"), (None, "{", "tensorflow")],
)
def test_the_backend_is_known_before_keras_is_imported(tmp_path, monkeypatch, variable, file, expected):
    monkeypatch.delitem(sys.modules, "keras")
    monkeypatch.delenv("KERAS_BACKEND")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    if variable:
        monkeypatch.setenv("KERAS_BACKEND", variable)
    if file:
        (tmp_path / "keras.json").write_text(file if file == "{" else json.dumps({"backend": file}))
    assert backend_of_keras() == expected


def test_keras_itself_knows_best(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "another")
    assert backend_of_keras() == keras.config.backend()


def test_importing_data_hides_them_before_tensorflow_takes_hold():
    program = (
        "import tensorflow as tf; hidden = []; set_them = tf.config.set_visible_devices\n"
        "tf.config.set_visible_devices = lambda devices, kind: hidden.append((set_them(devices, kind), kind))\n"
        "import bert_keras.data; assert hidden == [(None, 'GPU'), (None, 'TPU')], hidden"
    )
    subprocess.run([sys.executable, "-c", program], env=os.environ | {"KERAS_BACKEND": "jax"}, check=True)
