import keras
import pytest

from bert_keras.training.callbacks import GradientNorm


class Recorder(keras.callbacks.Callback):
    def on_train_begin(self, logs=None):
        self.steps = []

    def on_train_batch_end(self, batch, logs=None):
        self.steps.append(logs["gradient_norm"])


def fit(model, batch, callbacks):
    x, y, w = batch
    return model.fit(x, y, sample_weight=w, batch_size=2, shuffle=False, verbose=0, callbacks=callbacks)


@pytest.mark.slow_elsewhere
def test_each_norm_and_the_mean_of_the_epoch_are_published(small_pretrainer, pretraining_batch):
    recorder = Recorder()
    history = fit(small_pretrainer(), pretraining_batch(8), [GradientNorm(every=1), recorder])
    assert len(set(recorder.steps)) == 4
    assert min(recorder.steps) > 0
    assert history.history["gradient_norm"] == pytest.approx([sum(recorder.steps) / 4])


def test_reading_the_state_in_between_changes_nothing(small_pretrainer, pretraining_batch):
    # Compiled on JAX: the state then lives outside the variables, in buffers that are given away at each step.
    run_eagerly = keras.config.backend() == "tensorflow"
    with_reading, without = (small_pretrainer(run_eagerly=run_eagerly) for _ in range(2))
    fit(with_reading, pretraining_batch(8), [GradientNorm(every=1)])
    fit(without, pretraining_batch(8), [])
    for ours, theirs in zip(with_reading.get_weights(), without.get_weights(), strict=True):
        assert (ours == theirs).all()


@pytest.mark.slow_elsewhere
def test_between_readings_the_last_value_stays(small_pretrainer, pretraining_batch):
    recorder = Recorder()
    fit(small_pretrainer(), pretraining_batch(8), [GradientNorm(every=3), recorder])
    assert recorder.steps[0] == recorder.steps[1] == recorder.steps[2] != recorder.steps[3]


@pytest.mark.slow_elsewhere
def test_an_optimizer_that_keeps_no_norm_is_an_error(small_pretrainer, pretraining_batch):
    with pytest.raises(ValueError, match="SGD"):
        fit(small_pretrainer(keras.optimizers.SGD()), pretraining_batch(2), [GradientNorm()])
