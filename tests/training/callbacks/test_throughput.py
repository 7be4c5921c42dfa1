import keras
import pytest

from bert_keras.training.callbacks import Throughput, throughput


class Clock:
    """Time that passes only where a test lets it."""

    def __init__(self):
        self.now = 100.0

    def perf_counter(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(throughput, "time", clock)
    return clock


def run_epoch(callback, clock, seconds, tokens):
    """The logs of each step of an epoch, and those of its end."""
    callback.on_epoch_begin(0)
    logs, total = [], 0
    for batch, (step_seconds, step_tokens) in enumerate(zip(seconds, tokens, strict=True)):
        clock.now += step_seconds
        total += step_tokens
        logs.append({"tokens_per_step": total / (batch + 1)})
        callback.on_train_batch_end(batch, logs[-1])
    logs.append({})
    callback.on_epoch_end(0, logs[-1])
    return [log.get("tokens_per_second") for log in logs]


def test_the_first_execution_which_compiles_does_not_count(clock):
    callback = Throughput()
    callback.on_train_begin()
    assert run_epoch(callback, clock, [60, 2, 2], [500, 100, 300]) == [None, 50, 100, 100]


def test_time_between_epochs_does_not_count(clock):
    callback = Throughput()
    callback.on_train_begin()
    run_epoch(callback, clock, [60, 2], [100, 100])
    clock.now += 1000.0  # validation
    assert run_epoch(callback, clock, [2, 2], [100, 100]) == [50, 50, 50]


def test_a_step_has_the_mean_of_the_window_and_an_epoch_that_of_all(clock):
    callback = Throughput(window=2)
    callback.on_train_begin()
    rates = run_epoch(callback, clock, [60, 1, 1, 2], [100, 100, 200, 100])
    assert rates == [None, 100, 150, 100, 100]


@pytest.mark.slow_elsewhere
def test_an_epoch_of_one_execution_alone_has_no_rate_yet(clock):
    callback = Throughput()
    callback.on_train_begin()
    assert run_epoch(callback, clock, [60], [100]) == [None, None]


@pytest.mark.slow_elsewhere
def test_it_is_in_the_history(small_pretrainer, pretraining_batch):
    x, y, w = pretraining_batch(8)
    history = small_pretrainer().fit(x, y, sample_weight=w, batch_size=2, verbose=0, callbacks=[Throughput()])
    assert history.history["tokens_per_second"][0] > 0


@pytest.mark.slow_elsewhere
def test_a_model_that_does_not_count_tokens_is_an_error(small_pretrainer, pretraining_batch):
    x, y, w = pretraining_batch(2)
    counting = small_pretrainer()
    model = keras.Model(counting.input, counting.output)
    model.compile(loss=counting.loss)
    with pytest.raises(ValueError, match="TokenStatistics"):
        model.fit(x, y, sample_weight=w, verbose=0, callbacks=[Throughput()])
