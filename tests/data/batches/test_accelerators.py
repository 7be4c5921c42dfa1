import logging

import tensorflow as tf

from bert_keras.data.batches.accelerators import hide_accelerators


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


def test_tensorflow_keeps_its_devices_where_it_computes(monkeypatch):
    devices = Devices(monkeypatch)
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    hide_accelerators()
    assert devices.visible["GPU"] == ["GPU:0"]


def test_tensorflow_sees_no_accelerator_where_it_only_feeds(monkeypatch):
    devices = Devices(monkeypatch)
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    hide_accelerators()
    assert devices.visible["GPU"] == []


def test_says_so_when_it_is_too_late(monkeypatch, caplog):
    Devices(monkeypatch, initialized=True)
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    with caplog.at_level(logging.WARNING):
        hide_accelerators()
    assert "TensorFlow holds a GPU that the torch backend needs" in caplog.text
    assert "TPU" not in caplog.text
