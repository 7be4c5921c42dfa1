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


def steps_of(accumulator, tag):
    return [event.step for event in accumulator.Reload().Tensors(tag)]


def test_tensorboard_goes_on_reading_each_of_several_writers_to_a_folder(tmp_path):
    writers = {"loss": EventWriter(tmp_path), "weights": EventWriter(tmp_path)}
    found = read(tmp_path)
    for step in (1, 2):
        for tag, writer in writers.items():
            writer.scalar(tag, 0.5, step)
        assert [steps_of(found, tag)[-1] for tag in writers] == [step, step]
    writers["loss"].drop_after(1)
    writers["weights"].scalar("weights", 0.5, 2)
    assert [steps_of(read(tmp_path), tag) for tag in writers] == [[1], [1, 2]]


def test_what_another_process_has_begun_stays_as_it_is(tmp_path):
    half = tmp_path / "events.out.tfevents.1.host.1.1"
    half.write_bytes(b"of a process that was killed while it wrote")
    EventWriter(tmp_path).scalar("loss", 0.5, 1)
    assert half.read_bytes() == b"of a process that was killed while it wrote" and len(list(tmp_path.iterdir())) == 2


def test_a_picture_comes_back_as_it_was(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (3, 5, 3), "uint8")
    writer = EventWriter(tmp_path)
    writer.image("attention", pixels, step=7, description="0 = 中")
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
    found = read(tmp_path)
    (event,) = found.Tensors("good")
    data = np.frombuffer(event.tensor_proto.tensor_content, "float32").reshape(6, 3)
    assert (
        data.round(3).tolist()
        == np.float32([[4, 2, 0], [6, 1, 0], [0, 5, 6], [0, 2, 4], [0.4, 0.667, 0], [1, 0.5, 0]]).round(3).tolist()
    )
    assert found.summary_metadata["good"].plugin_data.plugin_name == "pr_curves"
