import keras
import numpy as np
import pytest

from bert_keras.training import AdamW
from bert_keras.training.callbacks import SaveAndResume, SkippedSteps


def make_model():
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2), keras.layers.Dense(1)])
    model.compile(AdamW(0.05), "mse")
    return model


def weights(model):
    return [keras.ops.convert_to_numpy(weight).copy() for weight in model.weights]


def data(bad=(), num_batches=8):
    x = np.random.default_rng(0).normal(size=(2 * num_batches, 3)).astype("float32")
    for batch in bad:
        x[2 * batch] = np.nan
    return x, x.sum(axis=1)


def fit(model, *callbacks, bad=(), epochs=1):
    return model.fit(*data(bad), batch_size=2, shuffle=False, epochs=epochs, verbose=0, callbacks=list(callbacks))


def test_a_step_without_finite_gradients_changes_nothing_but_its_counters():
    model = make_model()
    fit(model)
    before = weights(model), [keras.ops.convert_to_numpy(v).copy() for v in model.optimizer._velocities]
    x, y = data(bad=[0])
    model.train_on_batch(x[:2], y[:2])
    after = weights(model), [keras.ops.convert_to_numpy(v).copy() for v in model.optimizer._velocities]
    for one, two in zip(before, after, strict=True):
        for expected, received in zip(one, two, strict=True):
            np.testing.assert_array_equal(received, expected)
    assert int(model.optimizer.skipped_steps) == int(model.optimizer.skipped_in_a_row) == 1
    assert not np.isfinite(float(model.optimizer.gradient_norm))
    model.train_on_batch(x[2:4], y[2:4])
    assert int(model.optimizer.skipped_in_a_row) == 0
    assert all(np.isfinite(weight).all() for weight in weights(model))


def test_skipped_steps_are_in_the_log():
    history = fit(make_model(), SkippedSteps(), bad=[2, 5])
    assert history.history["skipped_steps"] == [2]


def test_too_many_in_a_row_stop_with_a_report():
    with pytest.raises(RuntimeError, match=r"3 steps in a row .* step 6 \(epoch 1, batch 6 .* every 1 steps: .*nan"):
        fit(make_model(), SkippedSteps(most_in_a_row=3, every=1), bad=[1, 3, 4, 5])


def test_steps_are_counted_over_short_epochs():
    with pytest.raises(RuntimeError, match=r"8 steps in a row .* step 8 \(epoch 3, batch 2"):
        model = make_model()
        x, y = data(bad=range(3), num_batches=3)
        options = dict(batch_size=2, shuffle=False, epochs=9, verbose=0)
        model.fit(x, y, callbacks=[SkippedSteps(most_in_a_row=7, every=8)], **options)


def test_averages_that_were_saved_exchanged_are_exchanged_again(tmp_path):
    def begin(every_steps):
        keras.utils.set_random_seed(1)
        model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
        model.compile(AdamW(0.05, use_ema=True, ema_momentum=0.5), "mse")
        return model, SaveAndResume(tmp_path, every_steps=every_steps)

    model, saving = begin(8)
    swap = keras.callbacks.SwapEMAWeights(swap_on_epoch=True)
    kernels = {}

    def note(batch, logs):
        if batch == 0 and "trained" in kernels:
            assert saving.roll_back()
            kernels["rolled back"] = weights(model)[0]

    def remember(epoch, logs=None):
        kernels.setdefault("trained", weights(model)[0])

    before_swap = keras.callbacks.LambdaCallback(on_epoch_end=remember, on_train_batch_end=note)
    fit(model, *saving.after([before_swap, swap]), epochs=2)
    np.testing.assert_allclose(kernels["rolled back"], kernels["trained"], rtol=1e-6)


def test_weights_and_optimizer_go_back_and_training_goes_on(tmp_path, caplog):
    model, saving = make_model(), SaveAndResume(tmp_path, every_steps=2)
    states = {}
    watch = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: states.update({batch: weights(model)})
    )
    fit(model, *saving.after([SkippedSteps(saving, most_in_a_row=3, every=1), watch]), bad=[3, 4, 5])
    saving._signals.ignore()
    assert "Went back to the last good state (1 of 2)" in caplog.text
    for good, back in zip(states[2], states[5], strict=True):  # batch 3, the last before a state, changed nothing
        np.testing.assert_array_equal(back, good)
    assert int(model.optimizer.iterations) == 8
    assert all(np.isfinite(weight).all() for weight in weights(model))


def test_another_optimizer_is_an_error():
    model = make_model()
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match="AdamW counts"):
        fit(model, SkippedSteps())


def test_a_loss_scaler_that_skips_by_itself_is_told():
    model = make_model()
    model.compile(keras.optimizers.LossScaleOptimizer(AdamW(0.05)), "mse")
    with pytest.raises(ValueError, match="nothing to count under mixed_float16"):
        fit(model, SkippedSteps())
