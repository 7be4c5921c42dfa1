import itertools
import time

import keras
import pytest

from bert_keras.training import AdamW, WarmupLinearDecay
from bert_keras.training.callbacks import TimeBudget

pytestmark = pytest.mark.slow_elsewhere


class Clock:
    """Time that passes only where a test lets it."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


class PassTime(keras.callbacks.Callback):
    """Lets time pass in batches and in validation, and remembers the rates."""

    def __init__(self, clock, first=0.0, step=0.0, validation=0.0):
        super().__init__()
        self.clock, self.first, self.step, self.validation = clock, first, step, validation
        self.rates, self.logged = [], []

    def on_train_batch_begin(self, batch, logs=None):
        self.clock.now += self.step if self.rates else self.first
        self.rates.append(float(self.model.optimizer.learning_rate))

    def on_train_batch_end(self, batch, logs=None):
        self.logged.append(logs.get("learning_rate"))

    def on_test_begin(self, logs=None):
        self.clock.now += self.validation


def fit(model, batch, budget, passing, *, validate=False, epochs=100, record_logs=False):
    x, y, w = batch
    callbacks = [passing, budget] if not record_logs else [budget, passing]
    return model.fit(
        x,
        y,
        sample_weight=w,
        batch_size=2,
        epochs=epochs,
        verbose=0,
        callbacks=callbacks,
        validation_data=batch if validate else None,
    )


SCHEDULE = WarmupLinearDecay(1.0, total_steps=10, warmup_steps=2)


def test_training_stops_in_the_middle_of_an_epoch_when_the_time_is_used_up(small_pretrainer, pretraining_batch, clock):
    budget, passing = TimeBudget(1.0, clock=clock), PassTime(clock, first=10.0, step=10.0)
    fit(small_pretrainer(), pretraining_batch(8), budget, passing)
    assert len(passing.rates) == 6
    assert budget.seconds_used == pytest.approx(60.0)
    assert budget.share == pytest.approx(1.0)


def test_the_rate_follows_the_share_of_time_and_is_logged(small_pretrainer, pretraining_batch, clock):
    budget, passing = TimeBudget(1.0, SCHEDULE, clock=clock), PassTime(clock, first=10.0, step=5.0)
    history = fit(small_pretrainer(AdamW(0.5)), pretraining_batch(8), budget, passing, record_logs=True)
    # The time is found used up at the end of a step, so the shares are 0 (compiling), 0, 0.1, 0.2, ...
    expected = [float(SCHEDULE(step)) for step in (0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9)]
    assert passing.rates == pytest.approx(expected, abs=0.126)  # a step of the schedule, for the shares are rounded
    assert passing.logged == passing.rates
    assert history.history["learning_rate"][-1] == passing.rates[-1]


def test_the_share_stands_still_in_validation_and_reaches_the_end_with_the_training(
    small_pretrainer, pretraining_batch, clock
):
    budget, passing = TimeBudget(2.0, SCHEDULE, clock=clock), PassTime(clock, step=5.0, validation=20.0)
    fit(small_pretrainer(AdamW(0.5)), pretraining_batch(8), budget, passing, validate=True)
    decay = passing.rates[passing.rates.index(1.0) :]
    assert all(0 <= a - b < 0.26 for a, b in itertools.pairwise(decay))  # at most two of the schedule's ten steps
    assert budget.share > 0.8
    # The last validation, as long as the one before, still fits in.
    assert 100.0 < budget.seconds_used <= 120.0


def test_the_budget_goes_on_in_a_second_fit(small_pretrainer, pretraining_batch, clock):
    budget, model = TimeBudget(1.0, SCHEDULE, clock=clock), small_pretrainer(AdamW(0.5))
    fit(model, pretraining_batch(8), budget, PassTime(clock, first=5.0, step=5.0), epochs=1)
    assert (budget.seconds_used, round(budget.share, 3)) == (20.0, 0.273)
    clock.now += 1e6  # what happens between does not count
    passing = PassTime(clock, first=5.0, step=5.0)
    fit(model, pretraining_batch(8), budget, passing)
    assert passing.rates[0] == pytest.approx(float(SCHEDULE(2)))
    assert (budget.seconds_used, round(budget.share, 3)) == (60.0, 1.0)


def test_two_schedules_are_an_error(small_pretrainer, pretraining_batch):
    model = small_pretrainer(AdamW(WarmupLinearDecay(1e-3, 10, 1)))
    with pytest.raises(ValueError, match="plain number"):
        fit(model, pretraining_batch(2), TimeBudget(1.0, SCHEDULE), PassTime(Clock()))


def test_without_a_schedule_the_rate_is_left_alone(small_pretrainer, pretraining_batch, clock):
    model = small_pretrainer(AdamW(WarmupLinearDecay(1.0, 4, 2)))
    passing = PassTime(clock, first=30.0, step=30.0)
    fit(model, pretraining_batch(8), TimeBudget(1.0, clock=clock), passing)
    assert passing.rates == pytest.approx([0.5, 1.0])
    assert passing.logged == [None, None]


@pytest.mark.slow
@pytest.mark.skipif(keras.config.backend() == "torch", reason="Keras has no steps_per_execution on torch")
def test_it_works_with_several_steps_an_execution(small_pretrainer, pretraining_batch, clock):
    budget, passing = TimeBudget(1.0, SCHEDULE, clock=clock), PassTime(clock, first=20.0, step=20.0)
    fit(small_pretrainer(AdamW(0.5), steps_per_execution=2, run_eagerly=False), pretraining_batch(8), budget, passing)
    assert len(passing.rates) == 3
    assert budget.share == pytest.approx(1.0)


def test_a_run_that_goes_on_in_another_process_keeps_its_budget(clock):
    first, second = TimeBudget(1.0, clock=clock), TimeBudget(1.0, clock=clock)
    first.on_train_begin()
    clock.now += 30.0
    state = first.get_state()
    clock.now += 1000.0  # between the two nothing counts
    second.on_train_begin()
    clock.now += 10.0  # what the second took before it had its state back counts
    second.set_state(state)
    assert second.get_state()["seconds_used"] == 40.0
    second.set_model(type("Model", (), {"stop_training": False})())
    for seconds, is_over in (15.0, False), (6.0, True):
        clock.now += seconds
        second.on_train_batch_end(0, {})
        assert second.model.stop_training == is_over


def test_the_processors_clock_stands_still_while_the_process_waits():
    budget = TimeBudget(1.0, clock=time.process_time)
    budget.on_train_begin()
    time.sleep(0.5)
    assert budget.get_state()["seconds_used"] < 0.25
