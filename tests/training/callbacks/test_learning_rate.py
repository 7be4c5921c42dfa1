import keras
import pytest

from bert_keras.training import AdamW, WarmupLinearDecay
from bert_keras.training.callbacks import LearningRate, TimeBudget


class Recorder(keras.callbacks.Callback):
    def on_train_begin(self, logs=None):
        self.steps = []

    def on_train_batch_end(self, batch, logs=None):
        self.steps.append(logs["learning_rate"])


def test_the_rate_of_the_step_just_made_is_published(small_pretrainer, pretraining_batch):
    x, y, w = pretraining_batch(8)
    recorder = Recorder()
    history = small_pretrainer(AdamW(WarmupLinearDecay(1.0, 8, 4))).fit(
        x, y, sample_weight=w, batch_size=2, epochs=2, verbose=0, callbacks=[LearningRate(every=1), recorder]
    )
    assert recorder.steps == pytest.approx([0.25, 0.5, 0.75, 1.0, 1.0, 0.75, 0.5, 0.25])
    assert history.history["learning_rate"] == pytest.approx([1.0, 0.25])


@pytest.mark.slow_elsewhere
def test_between_readings_the_last_value_stays(small_pretrainer, pretraining_batch):
    x, y, w = pretraining_batch(8)
    recorder = Recorder()
    small_pretrainer(AdamW(WarmupLinearDecay(1.0, 8, 4))).fit(
        x, y, sample_weight=w, batch_size=2, verbose=0, callbacks=[LearningRate(every=3), recorder]
    )
    assert recorder.steps == pytest.approx([0.25, 0.25, 0.25, 1.0])


@pytest.mark.slow_elsewhere
def test_a_time_budget_knows_its_rate_better(small_pretrainer, pretraining_batch):
    x, y, w = pretraining_batch(8)
    recorder = Recorder()
    budget = TimeBudget(10.0, WarmupLinearDecay(1.0, 10, 5))
    small_pretrainer(AdamW(0.5)).fit(
        x, y, sample_weight=w, batch_size=4, verbose=0, callbacks=[budget, LearningRate(), recorder]
    )
    assert recorder.steps == pytest.approx([0.2, 0.2])
