"""Runs that are watched and stopped: the same weights, and in TensorBoard the same once, as of an unbroken run."""

import keras
import numpy as np
import pytest

from bert_keras.training.callbacks import (
    AttentionMaps,
    LayerStatistics,
    SaveAndResume,
    SentenceProjector,
    StepTensorBoard,
    TokenProjector,
)

tf = pytest.importorskip("tensorflow")
from bert_keras.data import resumed  # noqa: E402, it needs TensorFlow

EPOCHS, STEPS = 2, 4


class Killed(BaseException):
    pass


class Stop(keras.callbacks.Callback):
    def __init__(self, at_step):
        super().__init__()
        self.left = at_step

    def on_train_batch_begin(self, batch, logs=None):
        self.left -= 1
        if not self.left:
            raise Killed


@pytest.fixture
def train(small_classifier, text_batch, logged_points):
    """Function that trains, or goes on, and gives what is left: weights, and what TensorBoard shows."""

    def run(directory, *extra, watch=True):
        x, y, w = text_batch
        model = small_classifier()
        saving = SaveAndResume(directory / "state", every_steps=3)
        dataset = tf.data.Dataset.from_tensor_slices((x, y, w)).batch(1)
        inputs = {name: some[:1] for name, some in x.items()}
        labels = {"text": list("abcd"), "label": y}
        logs = directory / "logs"
        views = [
            AttentionMaps(model.encoder, inputs, [["[CLS]", "a", "cat", "[SEP]"]], logs),
            TokenProjector(model.encoder, [str(number) for number in range(8)], logs),
            SentenceProjector(model.encoder, x, labels, logs),
            LayerStatistics(logs, text_batch),
        ]
        callbacks = [*(views if watch else []), StepTensorBoard(logs, every=1)]
        try:
            model.fit(
                resumed(dataset, saving.step), epochs=EPOCHS, shuffle=False, verbose=0,
                callbacks=[*extra, *saving.after(callbacks)],
            )  # fmt: skip
        finally:
            saving._signals.ignore()
        weights = [np.array(keras.ops.convert_to_numpy(weight)).tobytes() for weight in model.weights]
        points = sorted(logged_points(logs))
        assert len({point[:3] for point in points}) == len(points)  # each once
        files = {path.name: path.read_bytes() for path in sorted(logs.rglob("*")) if "projector" in str(path.parent)}
        config = (logs / "train" / "projector_config.pbtxt").read_text() if watch else ""
        return weights, points, files, config

    return run


@pytest.mark.slow
def test_a_run_that_was_killed_shows_the_same_as_an_unbroken_one(train, tmp_path):
    unbroken = train(tmp_path / "unbroken")
    assert unbroken[0] == train(tmp_path / "unwatched", watch=False)[0]
    with pytest.raises(Killed):
        train(tmp_path / "killed", Stop(8))  # its state is of step 6, where the second epoch's middle is
    assert train(tmp_path / "killed") == unbroken
    assert len(unbroken[2]) == 6 and unbroken[3].count("tensor_name") == 4  # before, after each epoch, and the tokens


@pytest.mark.slow_elsewhere
@pytest.mark.parametrize(("watched_before", "shown"), [(True, {0, 4}), (False, {8})])
def test_a_stopped_run_goes_on_with_other_views_to_the_same_weights(train, tmp_path, watched_before, shown):
    with pytest.raises(Killed):
        train(tmp_path / "killed", Stop(8), watch=watched_before)
    weights, points, *_ = train(tmp_path / "killed", watch=not watched_before)
    assert weights == train(tmp_path / "unbroken", watch=False)[0]
    assert {step for _, tag, step, _ in points if tag.startswith("attention")} == shown
