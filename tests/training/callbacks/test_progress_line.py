"""The line that an epoch prints."""

import re

import keras
import numpy as np
import pytest

from bert_keras.training.callbacks import ProgressLine, TaskScores


@pytest.fixture
def fit():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    x, y = np.ones((8, 2)), np.zeros((8, 1))
    return lambda *callbacks: model.fit(x, y, validation_data=(x, y), batch_size=4, epochs=2, verbose=0,
                                        callbacks=list(callbacks))  # fmt: skip


def test_prints_time_steps_and_values_of_training_and_validation(fit):
    lines = []
    history = fit(ProgressLine("loss", write=lines.append)).history
    assert len(lines) == 2
    pattern = r"00:\d\d  step 4  loss (\S+) \(validation (\S+)\)"
    training, validation = map(float, re.fullmatch(pattern, lines[1]).groups())
    assert training == pytest.approx(history["loss"][1], rel=5e-3)
    assert validation == pytest.approx(history["val_loss"][1], rel=5e-3)


class _Speed(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        logs["tokens_per_second"] = 8793.2


def test_shows_what_callbacks_before_it_publish(fit):
    lines = []
    fit(_Speed(), ProgressLine("tokens_per_second", write=lines.append))
    assert lines[0].endswith("  tokens_per_second 8,793")


def test_what_only_validation_has_says_so(fit):
    lines = []
    fit(TaskScores(lambda: {"f1": 62.5}), ProgressLine("f1", write=lines.append))
    assert lines[0].endswith("  validation f1 62.500")


def test_a_value_that_is_not_there_is_a_dash(fit):
    lines = []
    fit(ProgressLine("tokens_per_second", write=lines.append))
    assert lines[0].endswith("  tokens_per_second -")
