import keras
import pytest

from bert_keras.training import WarmupCosineDecay, WarmupLinearDecay, WarmupPolynomialDecay

SCHEDULES = [WarmupLinearDecay, WarmupPolynomialDecay, WarmupCosineDecay]


def rates(schedule, steps):
    return [float(schedule(step)) for step in steps]


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_the_first_step_trains_and_the_last_of_the_warmup_reaches_the_peak(schedule):
    assert rates(schedule(0.8, total_steps=100, warmup_steps=4), range(5)) == pytest.approx([0.2, 0.4, 0.6, 0.8, 0.8])


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_the_end_is_reached_at_the_total_and_kept(schedule):
    ending = schedule(1.0, total_steps=10, warmup_steps=2, end_learning_rate=0.1)
    assert ending(9) > 0.1
    assert rates(ending, [10, 11, 1000]) == pytest.approx([0.1, 0.1, 0.1])


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_without_warmup_it_starts_at_the_peak(schedule):
    assert float(schedule(0.5, total_steps=10, warmup_steps=0)(0)) == pytest.approx(0.5)


def test_exact_values_of_each_decay():
    steps = range(2, 7)
    assert rates(WarmupLinearDecay(1.0, 6, 2), steps) == pytest.approx([1.0, 0.75, 0.5, 0.25, 0.0])
    assert rates(WarmupLinearDecay(1.0, 6, 2, 0.2), steps) == pytest.approx([1.0, 0.8, 0.6, 0.4, 0.2])
    assert rates(WarmupPolynomialDecay(1.0, 6, 2), steps) == pytest.approx([1.0, 0.5625, 0.25, 0.0625, 0.0])
    assert rates(WarmupPolynomialDecay(1.0, 6, 2, power=1.0), steps) == pytest.approx([1.0, 0.75, 0.5, 0.25, 0.0])
    assert rates(WarmupCosineDecay(1.0, 6, 2), steps) == pytest.approx([1.0, 0.853553, 0.5, 0.146447, 0.0], abs=1e-6)


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_the_step_may_be_a_tensor_of_integers(schedule):
    assert float(schedule(1.0, 10, 4)(keras.ops.array(1, dtype="int32"))) == pytest.approx(0.5)


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_it_is_serialised_with_all_its_arguments(schedule):
    original = schedule(1e-3, 100, 10, 1e-5)
    loaded = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(original))
    assert type(loaded) is schedule
    assert loaded.get_config() == original.get_config()


def test_the_power_is_serialised():
    loaded = WarmupPolynomialDecay.from_config(WarmupPolynomialDecay(1e-3, 100, 10, power=3.0).get_config())
    assert loaded.power == 3.0


@pytest.mark.parametrize(
    "arguments",
    [
        {"peak_learning_rate": -1.0},
        {"peak_learning_rate": float("nan")},
        {"peak_learning_rate": float("inf")},
        {"end_learning_rate": 2.0},
        {"end_learning_rate": -0.1},
    ],
)
def test_a_rate_that_makes_no_sense_is_an_error(arguments):
    with pytest.raises(ValueError, match="peak_learning_rate="):
        WarmupLinearDecay(**{"peak_learning_rate": 1.0, "total_steps": 10, "warmup_steps": 1} | arguments)


@pytest.mark.parametrize(
    "arguments", [{"warmup_steps": 10}, {"warmup_steps": -1}, {"total_steps": 0}, {"warmup_steps": 0.1}]
)
def test_a_number_of_steps_that_makes_no_sense_is_an_error(arguments):
    with pytest.raises(ValueError, match="warmup_steps < total_steps"):
        WarmupLinearDecay(**{"peak_learning_rate": 1.0, "total_steps": 10, "warmup_steps": 1} | arguments)


def test_a_power_that_makes_no_sense_is_an_error():
    with pytest.raises(ValueError, match="power=0"):
        WarmupPolynomialDecay(1.0, 10, 1, power=0)
