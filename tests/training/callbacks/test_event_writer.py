"""What TensorBoard's own readers find in our event files."""

import io

import numpy as np
import pytest
from PIL import Image

from bert_keras.training.callbacks import EventWriter

event_accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")


def read(directory):
    accumulator = event_accumulator.EventAccumulator(str(directory))
    accumulator.Reload()
    return accumulator


def test_a_picture_comes_back_as_it_was(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (3, 5, 3), "uint8")
    writer = EventWriter(tmp_path)
    writer.image("attention", pixels, step=7, description="0 = 中")
    writer.close()
    found = read(tmp_path)
    (event,) = found.Tensors("attention")
    width, height, png = event.tensor_proto.string_val
    assert (event.step, width, height) == (7, b"5", b"3")
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(png))), pixels)
    assert found.summary_metadata["attention"].plugin_data.plugin_name == "images"
    assert found.summary_metadata["attention"].summary_description == "0 = 中"


def test_a_curve_holds_counts_precision_and_recall_at_each_threshold(tmp_path):
    writer = EventWriter(tmp_path)
    writer.precision_recall("good", [4, 2, 0], [6, 1, 0], step=1)
    writer.close()
    found = read(tmp_path)
    (event,) = found.Tensors("good")
    data = np.frombuffer(event.tensor_proto.tensor_content, "float32").reshape(6, 3)
    assert (
        data.round(3).tolist()
        == np.float32([[4, 2, 0], [6, 1, 0], [0, 5, 6], [0, 2, 4], [0.4, 0.667, 0], [1, 0.5, 0]]).round(3).tolist()
    )
    assert found.summary_metadata["good"].plugin_data.plugin_name == "pr_curves"
