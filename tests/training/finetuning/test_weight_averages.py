"""Keras' moving average of the weights, with our optimizer, early stopping and runs that go on."""

import signal

import keras
import numpy as np
import pytest

from bert_keras.training import AdamW
from bert_keras.training.callbacks import SaveAndResume

X = np.random.default_rng(0).normal(size=(8, 3)).astype("float32")
Y = X @ np.ones((3, 2), "float32")


def fit(directory, callbacks=(), **average):
    """Train a layer, a step an epoch; its kernel after each epoch as other callbacks see it, and in the end."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, use_bias=False)])
    model.compile(AdamW(0.1, **average), "mse")
    saving, kernels = SaveAndResume(directory), []
    assert saving.step in (0, 2)
    seen = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: kernels.append(model.get_weights()[0]))
    history = model.fit(
        X, Y, batch_size=8, epochs=4, validation_data=(X, Y), shuffle=False, verbose=0,
        callbacks=saving.after([*callbacks, seen]),
    )  # fmt: skip
    return kernels, model.get_weights()[0], history.history["val_loss"]


def averaging():
    best = keras.callbacks.EarlyStopping("val_loss", patience=9, restore_best_weights=True)
    return [keras.callbacks.SwapEMAWeights(swap_on_epoch=True), best]


def test_the_average_is_validated_and_kept(tmp_path):
    first, *others = fit(tmp_path / "plain")[0]
    averages = [first]
    for kernel in others:
        averages.append((averages[-1] + kernel) / 2)
    kernels, final, losses = fit(tmp_path / "averaged", averaging(), use_ema=True, ema_momentum=0.5)
    np.testing.assert_allclose(kernels, averages, rtol=1e-5)
    np.testing.assert_allclose(final, averages[-1], rtol=1e-5)
    np.testing.assert_allclose(losses, [np.square(X @ kernel - Y).mean() for kernel in averages], rtol=1e-5)


@pytest.mark.slow_elsewhere
def test_a_run_that_goes_on_ends_with_the_same_average(tmp_path):
    _, expected, losses = fit(tmp_path / "unbroken", averaging(), use_ema=True, ema_momentum=0.5)
    stop = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: signal.raise_signal(signal.SIGTERM) if epoch == 1 else None
    )
    with pytest.raises(SystemExit):
        fit(tmp_path / "stopped", [*averaging(), stop], use_ema=True, ema_momentum=0.5)
    other = keras.callbacks.LambdaCallback()  # in the place of the one that stopped it
    _, received, going_on = fit(tmp_path / "stopped", [*averaging(), other], use_ema=True, ema_momentum=0.5)
    np.testing.assert_array_equal(received, expected)
    assert going_on == losses
