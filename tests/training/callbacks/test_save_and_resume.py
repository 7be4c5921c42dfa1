"""Runs that are stopped, wherever they can be, and go on: compared with an unbroken run bit by bit."""

import contextlib
import errno
import itertools
import json
import logging
import os
import random
import shutil
import signal

import keras
import numpy as np
import pytest

from bert_keras import folder_lock
from bert_keras.training import AdamW, WarmupLinearDecay
from bert_keras.training.callbacks import GradientNorm, LearningRate, SaveAndResume, StepTensorBoard
from bert_keras.training.resuming.run_history import RunHistory

tf = pytest.importorskip("tensorflow")
from bert_keras.data import resumed  # noqa: E402, it needs TensorFlow

EPOCHS, STEPS = 3, 3
on_tensorflow = pytest.mark.skipif(keras.config.backend() != "tensorflow", reason="the same on every backend")
slow = pytest.mark.slow


def some(quick, every):
    """Parameters of which a few are tested always, the rest by `make test-all`."""
    return [value if value in quick else pytest.param(value, marks=slow) for value in every]


class Killed(BaseException):
    pass


class Stop(keras.callbacks.Callback):
    """Calls a function before the n-th of all steps, or of all batches of validation."""

    def __init__(self, at_call, action, in_validation=False):
        super().__init__()
        self.at_call, self.action = at_call, action
        name = "on_test_batch_begin" if in_validation else "on_train_batch_begin"
        setattr(self, name, self.act)
        self.calls = 0

    def act(self, batch, logs=None):
        self.calls += 1
        if self.calls == self.at_call:
            self.action()


def kill():
    raise Killed


def stop_by(name):
    """Sends this process a signal, where somebody listens: else it would die, and no test would say why."""
    assert callable(signal.getsignal(name)), f"{name!r} would do {signal.getsignal(name)!r}"
    signal.raise_signal(name)


def make_model():
    keras.utils.set_random_seed(1)
    inputs = keras.Input((3,))
    x = keras.layers.Dropout(0.3)(keras.layers.Dense(4)(inputs))
    model = keras.Model(inputs, keras.layers.Dense(1)(x))
    optimizer = AdamW(WarmupLinearDecay(0.05, EPOCHS * STEPS, 2))
    model.compile(optimizer, "mse", weighted_metrics=["mae"], run_eagerly=keras.config.backend() == "tensorflow")
    return model


def batch(number):
    return tf.random.stateless_normal([4, 3], [number, 0]), tf.random.stateless_normal([4], [number, 1])


def train(directory, *extra, endless=False, epochs=EPOCHS, others=(), **options):
    """Trains, or goes on; gives all that is left of the run."""
    saving = SaveAndResume(directory / "state", **{"every_steps": 3} | options)
    try:
        dataset = tf.data.Dataset.range(7, 7 + STEPS).map(batch)
        dataset = resumed(dataset.repeat() if endless else dataset, saving.step)
        validation = tf.data.Dataset.range(2).map(batch)
        early_stopping = keras.callbacks.EarlyStopping("val_loss", patience=2, restore_best_weights=True)
        callbacks = [early_stopping, LearningRate(2), GradientNorm(2), *others]
        model = make_model()
        history = model.fit(
            dataset, epochs=epochs, steps_per_epoch=STEPS if endless else None, validation_data=validation, verbose=0,
            shuffle=False, callbacks=[*extra, *saving.after(callbacks)],
        )  # fmt: skip
    finally:
        saving._signals.ignore()
    arrays = [np.array(keras.ops.convert_to_numpy(v.value)) for v in (*model.variables, *model.optimizer.variables)]
    return history.history, [array.tobytes() for array in arrays], early_stopping.wait


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory):
    result = train(tmp_path_factory.mktemp("unbroken"))
    assert len(result[0]["val_mae"]) == EPOCHS and len(set(result[0]["loss"])) == EPOCHS
    return result


@pytest.mark.parametrize("step", some([3, 6], range(1, EPOCHS * STEPS + 1)))
def test_killed_at_any_step_it_goes_on_to_the_bit(tmp_path, unbroken, step):
    with pytest.raises(Killed):
        train(tmp_path, Stop(step, kill), every_steps=2)
    assert train(tmp_path, every_steps=2) == unbroken


@pytest.mark.parametrize("step", some([], range(1, EPOCHS * STEPS + 1)))
def test_an_endless_dataset_goes_on_to_the_bit(tmp_path, unbroken, step):
    with pytest.raises(Killed):
        train(tmp_path, Stop(step, kill), every_steps=2, endless=True)
    assert train(tmp_path, every_steps=2, endless=True) == unbroken


@pytest.mark.slow_elsewhere
def test_killed_again_and_again_it_goes_on_to_the_bit(tmp_path, unbroken):
    for step in (3, 2, 3):
        with pytest.raises(Killed):
            train(tmp_path, Stop(step, kill), every_steps=1)
    assert train(tmp_path, every_steps=1) == unbroken


@pytest.mark.slow_elsewhere
@slow
def test_killed_in_validation_it_goes_on_to_the_bit(tmp_path, unbroken):
    with pytest.raises(Killed):
        train(tmp_path, Stop(3, kill, in_validation=True))
    assert train(tmp_path) == unbroken


def failing_at(call, error, monkeypatch, directory):
    """Makes the n-th write to disk of the states fail, once."""
    calls = itertools.count(1)

    def replacing(real):
        def act(path, *arguments, **options):
            if next(calls) == call:
                raise error
            return real(path, *arguments, **options)

        return act

    for name in ("fsync", "rename"):
        monkeypatch.setattr(os, name, replacing(getattr(os, name)))
    return calls


@pytest.mark.parametrize("call", some([7], range(1, 16)))
@pytest.mark.slow_elsewhere
def test_killed_while_saving_it_goes_on_to_the_bit(tmp_path, unbroken, monkeypatch, call):
    with monkeypatch.context() as patch:
        failing_at(call, Killed(), patch, tmp_path)
        with pytest.raises(Killed):
            train(tmp_path)
    assert train(tmp_path) == unbroken


@pytest.mark.slow_elsewhere
@on_tensorflow
@pytest.mark.parametrize("call", some([8], range(1, 13)))
def test_a_write_that_fails_costs_nothing_but_that_state(tmp_path, unbroken, monkeypatch, caplog, call):
    with monkeypatch.context() as patch:
        failing_at(call, OSError(28, "No space left on device"), patch, tmp_path)
        assert train(tmp_path) == unbroken
    assert "No space left on device; training goes on" in caplog.text
    assert not list((tmp_path / "state").glob(".step*"))
    assert train(tmp_path) == unbroken


@pytest.mark.slow_elsewhere
@on_tensorflow
def test_an_error_is_raised_at_the_end_if_the_last_state_could_not_be_saved(tmp_path, monkeypatch):
    def fail(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="cannot save the training state of step 9 in .*No space left"):
        train(tmp_path)


@pytest.mark.slow_elsewhere
@on_tensorflow
def test_a_folder_that_cannot_be_written_is_an_error_before_the_first_step(tmp_path):
    (tmp_path / "state").write_text("a file")
    with pytest.raises(OSError, match="cannot write training states"):
        train(tmp_path, Stop(1, kill))


@pytest.mark.parametrize("name", some([signal.SIGTERM], [signal.SIGTERM, signal.SIGINT]))
@pytest.mark.slow_elsewhere
def test_a_signal_ends_the_step_saves_and_says_how_to_go_on(tmp_path, unbroken, capfd, name):
    with pytest.raises(SystemExit) as exit:
        train(tmp_path, Stop(5, lambda: stop_by(name)), every_steps=100)
    assert exit.value.code == 128 + name
    printed = capfd.readouterr().err
    assert "finishing the step" in printed and "after step 5" in printed and "pytest" in printed
    assert train(tmp_path, every_steps=100) == unbroken


@pytest.mark.slow_elsewhere
@on_tensorflow
def test_callbacks_are_told_the_number_of_a_batch_in_its_epoch(tmp_path):
    class Numbers(keras.callbacks.Callback):
        def __init__(self):
            super().__init__()
            self.begun, self.ended = [], []

        def on_train_batch_begin(self, batch, logs=None):
            self.begun.append(batch)

        def on_train_batch_end(self, batch, logs=None):
            self.ended.append(batch)

    with pytest.raises(SystemExit):
        train(tmp_path, Stop(5, lambda: stop_by(signal.SIGTERM)), others=[Numbers()])
    numbers = Numbers()
    train(tmp_path, others=[numbers])
    assert numbers.begun == numbers.ended == [1, 2, 0, 1, 2]  # step 5, the epoch's second, is repeated first


@pytest.mark.slow_elsewhere
@slow
def test_a_signal_in_validation_waits_for_its_end(tmp_path, unbroken):
    with pytest.raises(SystemExit):
        train(tmp_path, Stop(1, lambda: stop_by(signal.SIGTERM), in_validation=True), every_steps=100)
    assert SaveAndResume(tmp_path / "state").step == STEPS
    assert train(tmp_path, every_steps=100) == unbroken


@pytest.fixture(scope="module")
def two_epochs(tmp_path_factory):
    directory = tmp_path_factory.mktemp("two_epochs")
    train(directory, epochs=2, every_steps=2, configuration={"seed": 1, "batch_size": 4})
    return directory / "state"


@pytest.fixture
def state(two_epochs, tmp_path):
    return shutil.copytree(two_epochs, tmp_path / "state")


@pytest.mark.slow_elsewhere
@slow
def test_a_finished_run_trains_no_further(tmp_path, unbroken):
    train(tmp_path)
    assert train(tmp_path, Stop(1, kill)) == unbroken


@pytest.mark.slow_elsewhere
@slow
def test_a_run_may_get_more_epochs(tmp_path, unbroken):
    train(tmp_path, epochs=2)
    assert train(tmp_path) == unbroken


@pytest.mark.slow_elsewhere
@slow
def test_early_stopping_counts_on(tmp_path):
    def options():
        stopping = keras.callbacks.EarlyStopping("val_loss", patience=1, baseline=0.0)
        return {"others": [stopping], "epochs": 10, "every_steps": 1}

    unbroken = train(tmp_path / "unbroken", **options())
    assert len(unbroken[0]["loss"]) < 10
    for step in (2, 3):
        with pytest.raises(Killed):
            train(tmp_path, Stop(step, kill), **options())
    assert train(tmp_path, **options()) == unbroken
    assert train(tmp_path, **options()) == unbroken  # finished, though not at the tenth epoch


@pytest.mark.slow_elsewhere
@on_tensorflow
@pytest.mark.parametrize("damage", ["a flipped bit", "a truncated file", "no manifest", "another manifest"])
def test_a_damaged_state_is_named_and_the_one_before_is_taken(state, caplog, damage):
    newest = state / "step-00000006"
    arrays, manifest = newest / "arrays.safetensors", newest / "manifest.json"
    content = bytearray(arrays.read_bytes())
    if damage == "a flipped bit":
        content[len(content) // 2] ^= 1
        arrays.write_bytes(content)
    elif damage == "a truncated file":
        arrays.write_bytes(content[:-1])
    elif damage == "no manifest":
        manifest.unlink()
    else:
        manifest.write_text(manifest.read_text().replace('"step": 6', '"step": 7'))
    with caplog.at_level(logging.WARNING):
        assert SaveAndResume(state, configuration={"seed": 1, "batch_size": 4})._run.position.step == 4
    assert "step-00000006" in caplog.text and "damaged" in caplog.text


@pytest.mark.slow_elsewhere
@slow
def test_a_run_goes_on_from_the_state_before_a_damaged_one(state, unbroken):
    (state / "step-00000006" / "state.json").write_text("{}")
    assert train(state.parent, configuration={"seed": 1, "batch_size": 4}) == unbroken


@pytest.mark.slow_elsewhere
@on_tensorflow
def test_states_that_are_all_damaged_are_an_error(state):
    for path in state.glob("step-*/state.json"):
        path.write_text("{}")
    with pytest.raises(ValueError, match="All training states are damaged(?s:.*)state.json has"):
        SaveAndResume(state)


@pytest.mark.slow_elsewhere
@slow
def test_the_last_states_and_the_best_stay(tmp_path):
    options = {"monitor": "val_loss", "keep_last": 1, "every_steps": 1}
    history = train(tmp_path, **options)[0]["val_loss"]
    best = STEPS * (1 + int(np.argmin(history)))
    assert {path.name for path in (tmp_path / "state").glob("step-*")} == {f"step-{best:08}", "step-00000009"}
    manifest = json.loads((tmp_path / "state" / f"step-{best:08}" / "manifest.json").read_text())
    assert manifest["is_best"] and manifest["versions"]["keras"] == keras.__version__


@pytest.mark.slow_elsewhere
@on_tensorflow
def test_another_configuration_is_an_error(state):
    with pytest.raises(ValueError, match="another configuration: seed was 1, now 2"):
        SaveAndResume(state, configuration={"seed": 2, "batch_size": 4})


@pytest.mark.slow_elsewhere
@on_tensorflow
def test_a_run_of_another_version_is_refused_by_the_options_that_only_one_of_them_has(state):
    expected = r"batch_size \(4\) only then, as if by another version of the recipe; rows \(4\) only now"
    with pytest.raises(ValueError, match=expected):
        SaveAndResume(state, configuration={"seed": 1, "rows": 4})


@pytest.mark.slow_elsewhere
@on_tensorflow
def test_a_configuration_comes_back_as_json_has_it_or_is_refused_at_once(tmp_path):
    configuration = {"blocks": (0, 1), "sizes": {1: "a"}}
    train(tmp_path, epochs=1, configuration=configuration)
    assert SaveAndResume(tmp_path / "state", configuration=configuration).step == STEPS
    with pytest.raises(ValueError, match="a configuration that JSON can hold, received .*PosixPath"):
        SaveAndResume(tmp_path / "other", configuration={"corpus": tmp_path})


@pytest.mark.slow_elsewhere
@on_tensorflow
def test_what_a_callback_remembers_and_json_cannot_hold_costs_states_and_not_the_run(tmp_path, caplog):
    class Remembers(keras.callbacks.Callback):
        def get_state(self):
            return {"folder": tmp_path}

    with pytest.raises(TypeError, match="not JSON serializable"):  # once the training has come to its end
        train(tmp_path, others=[Remembers()])
    assert "training goes on, and the next state will be tried" in caplog.text


@pytest.mark.slow_elsewhere
@on_tensorflow
def test_a_file_system_without_locks_is_a_warning(tmp_path, monkeypatch, caplog, unbroken):
    def fail(*arguments):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(folder_lock.fcntl, "lockf", fail)
    assert train(tmp_path) == unbroken and "cannot lock" in caplog.text


def test_an_epoch_without_a_number_is_never_the_best():
    history = RunHistory("val_loss", "min")
    assert [history.add({"val_loss": value}) for value in (np.nan, 2.0, np.nan, 1.5, 1.7)] == [0, 1, 0, 1, 0]
    history = RunHistory("val_accuracy", "max")
    assert [history.add({"val_accuracy": value}) for value in (np.nan, 0.5, np.nan, 0.4, 0.6)] == [0, 1, 0, 0, 1]


@pytest.fixture
def saving(state):
    return SaveAndResume(state, configuration={"seed": 1, "batch_size": 4})


@pytest.mark.slow_elsewhere
@on_tensorflow
def test_another_model_is_an_error(saving):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse", run_eagerly=True)
    with pytest.raises(ValueError, match="another model"):
        model.fit(np.ones((2, 3)), np.ones(2), verbose=0, callbacks=saving.after([]))


def fit(saving, callbacks):
    dataset = tf.data.Dataset.range(STEPS).map(batch)
    try:
        return make_model().fit(dataset, epochs=3, verbose=0, callbacks=saving.after(callbacks), shuffle=False)
    finally:
        saving._signals.ignore()


@pytest.mark.slow_elsewhere
@on_tensorflow
def test_other_callbacks_are_an_error(saving):
    assert saving.step == 6
    with pytest.raises(ValueError, match="saved with the callbacks EarlyStopping, LearningRate, GradientNorm; "):
        fit(saving, [LearningRate()])


@pytest.mark.slow_elsewhere
@on_tensorflow
def test_what_was_decided_when_the_run_began_is_remembered(tmp_path):
    saving = SaveAndResume(tmp_path, every_steps=1)
    assert saving.remember("dtype", lambda: "float32") == saving.remember("dtype", lambda: "bfloat16") == "float32"
    fit(saving, [])
    assert SaveAndResume(tmp_path).remember("dtype", lambda: "bfloat16") == "float32"


@pytest.mark.slow_elsewhere
@on_tensorflow
def test_a_dataset_that_was_not_told_is_an_error(saving):
    with pytest.raises(ValueError, match="start_step=saving.step"):
        fit(saving, [keras.callbacks.EarlyStopping(), LearningRate(), GradientNorm()])


@pytest.mark.slow_elsewhere
def test_curves_are_continuous_and_no_point_is_doubled(logged_points, tmp_path):
    for name, stops in {"unbroken": (), "stopped": (6, 4)}.items():
        for stop in (*stops, 99):
            logs = StepTensorBoard(tmp_path / name / "logs", every=2)
            with contextlib.suppress(Killed):
                train(tmp_path / name, Stop(stop, kill), others=[logs], every_steps=2)
    expected, received = (list(logged_points(tmp_path / name)) for name in ("unbroken", "stopped"))
    assert len(expected) > 20 and sorted(received) == sorted(expected)
    for curve in {point[:2] for point in received}:
        steps = [point[2] for point in received if point[:2] == curve]
        assert steps == sorted(set(steps))


@pytest.mark.slow
@on_tensorflow
def test_what_python_draws_does_not_depend_on_when_states_are_saved(tmp_path):
    drawn = {every: [] for every in (2, 5)}
    for every, numbers in drawn.items():
        keras.utils.clear_session()  # as in a new process, there is no generator of Keras yet
        draw = keras.callbacks.Callback()
        draw.on_train_batch_end = lambda batch, logs, numbers=numbers: numbers.append(random.random())
        train(tmp_path / str(every), draw, every_steps=every)
    assert drawn[2] == drawn[5] and len(set(drawn[2])) == EPOCHS * STEPS


@pytest.mark.slow_elsewhere
@on_tensorflow
def test_saving_waits_where_it_would_cost_too_much(tmp_path):
    saving = SaveAndResume(tmp_path, every_minutes=0.0)
    steps = []
    saving.states.save = lambda state, is_best: steps.append(state.step)
    expensive = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: setattr(saving, "_copying_seconds", 1e9 if steps else 0.0)
    )
    fit(saving, [expensive])
    assert steps == [1, EPOCHS * STEPS]  # at the first chance, and at the end


@pytest.mark.slow_elsewhere
@slow
@on_tensorflow
def test_a_state_with_random_damage_is_never_taken(state, tmp_path, caplog):
    random = np.random.default_rng(0)
    files = sorted(path for path in (state / "step-00000006").iterdir())
    for number in range(300):
        copy = shutil.copytree(state, tmp_path / str(number))
        path = copy / "step-00000006" / files[number % len(files)].name
        content = bytearray(path.read_bytes())
        place = int(random.integers(len(content)))
        if number % 2:
            del content[place:]
        else:
            content[place] ^= 1 << int(random.integers(8))
        path.write_bytes(content)
        assert SaveAndResume(copy, configuration={"seed": 1, "batch_size": 4})._run.position.step == 4
        shutil.rmtree(copy)
