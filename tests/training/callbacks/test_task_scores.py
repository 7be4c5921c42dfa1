"""Scores of a whole validation part after each epoch, by which the best epoch can be kept."""

import keras
import numpy as np
import pytest

from bert_keras.training.callbacks import TaskScores


def test_the_best_epoch_by_a_score_of_predictions_stays():
    """A weight that falls by 0.5 an epoch, from 1, is best where a score of its own likes it best: at -0.5."""
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, kernel_initializer="ones", use_bias=False)])
    model.compile(keras.optimizers.SGD(0.25), loss=lambda y, outputs: 2 * outputs)
    x = np.ones((4, 1), "float32")
    scores = TaskScores(lambda: {"closeness": -abs(float(model.predict(x, verbose=0)[0, 0]) + 0.5)})
    best = keras.callbacks.EarlyStopping("val_closeness", mode="max", patience=9, restore_best_weights=True)
    history = model.fit(x, x, batch_size=4, epochs=5, verbose=0, callbacks=[scores, best]).history
    assert history["val_closeness"] == pytest.approx([-1.0, -0.5, 0.0, -0.5, -1.0])
    assert float(model.get_weights()[0][0, 0]) == pytest.approx(-0.5)
