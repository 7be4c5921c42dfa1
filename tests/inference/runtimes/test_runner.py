"""Choosing a runtime, remembering it, and falling back; a stand-in is fast or slow as the test wants it."""

import json
import logging
import time

import keras
import numpy as np
import pytest

from bert_keras.data import WordPieceTokenizer
from bert_keras.inference import Classifier
from bert_keras.inference.runtimes import RUNTIMES, Runner, runner
from bert_keras.inference.runtimes.choice_file import NAME
from bert_keras.models import BertEncoder, TextClassifier

pytestmark = pytest.mark.slow_elsewhere

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "b", "c"]


class Double:
    """Doubles, as `network` below; takes so many seconds, is so far off, and meets such obstacles."""

    version = "1.0"

    def __init__(self, *, seconds=0.0, error=0.0, obstacle=None, refuses=None):
        self.seconds, self.error, self.refuses = seconds, error, refuses
        self.obstacle = lambda: obstacle
        self.prepared = 0

    def prepare(self, network):
        if self.refuses:
            raise ValueError(self.refuses)
        self.prepared += 1
        return Prepared(self, [np.array(weight) for weight in network.get_weights()])


class Prepared:
    jit_compile = False

    def __init__(self, runtime, weights):
        self.runtime, self.kernel, self.bias = runtime, *weights

    def predict_on_batch(self, inputs):
        time.sleep(self.runtime.seconds)
        return inputs["x"] @ self.kernel + self.bias + self.runtime.error


class Keras:
    """A network whose speed in Keras the test says."""

    def __init__(self, seconds):
        inputs = {"x": keras.Input((2,), name="x")}
        self.network = keras.Model(inputs, keras.layers.Dense(2, kernel_initializer="ones")(inputs["x"]))
        self.network.predict_on_batch = self.predict_on_batch
        self.seconds = seconds

    def predict_on_batch(self, inputs):
        time.sleep(self.seconds)
        return np.asarray(inputs["x"]).sum(1, keepdims=True) * np.ones(2)


EXAMPLE = {"x": np.ones((1, 2), "float32")}


@pytest.fixture
def runtimes(monkeypatch):
    """Function that puts stand-ins in the place of the runtimes."""

    def put(**stand_ins):
        for name in list(RUNTIMES):
            monkeypatch.delitem(RUNTIMES, name)
        for name, stand_in in stand_ins.items():
            monkeypatch.setitem(RUNTIMES, name, stand_in)

    return put


@pytest.fixture(autouse=True)
def _said(caplog, monkeypatch):
    caplog.set_level(logging.INFO, "bert_keras")
    measured = runner.measured  # of seconds that a loaded machine stretches: what it finds is told apart from noise
    monkeypatch.setattr(runner, "measured", lambda *given: (measured(*given)[0], False))


def test_keras_is_the_network_itself():
    network = object()
    assert Runner("keras")(network, None) is network


@pytest.mark.parametrize(("seconds_of_keras", "seconds", "chosen"), [(0.03, 0.0, "swift"), (0.0, 0.03, "keras")])
def test_auto_takes_the_faster_says_so_once_and_remembers_it(
    tmp_path, runtimes, caplog, seconds_of_keras, seconds, chosen
):
    runtimes(swift=Double(seconds=seconds), absent=Double(obstacle="it is not installed: pip install absent"))
    network = Keras(seconds_of_keras).network
    for _ in range(2):
        run = Runner("auto")
        run.remember_in(tmp_path)
        for _ in range(2):
            ready = run(network, EXAMPLE)
        assert (ready is network) == (chosen == "keras")
        np.testing.assert_allclose(ready.predict_on_batch(EXAMPLE), [[2.0, 2.0]])
    measured, kept = (record.getMessage() for record in caplog.records if "auto" in record.getMessage())
    assert measured.startswith(f'runtime="auto": {chosen}; absent does not run here: it is not installed: pip install')
    assert "swift takes " in measured and measured.endswith(f"kept in {tmp_path / NAME}")
    assert kept == f'runtime="auto": {chosen}, as measured before and kept in {tmp_path / NAME}'
    [entry] = json.loads((tmp_path / NAME).read_text())["choices"]
    assert entry["runtime"] == chosen and entry["versions"]["swift"] == "1.0"


def test_another_version_is_measured_anew_and_both_choices_are_kept(tmp_path, runtimes):
    stand_in, network = Double(), Keras(0.02).network
    runtimes(swift=stand_in)
    for version, seconds in (("1.0", 0.0), ("2.0", 0.05), ("1.0", 0.05)):
        stand_in.version, stand_in.seconds = version, seconds
        run = Runner("auto")
        run.remember_in(tmp_path)
        run(network, EXAMPLE)
    choices = json.loads((tmp_path / NAME).read_text())["choices"]
    assert [(entry["versions"]["swift"], entry["runtime"]) for entry in choices] == [("1.0", "swift"), ("2.0", "keras")]


@pytest.mark.parametrize("content", ["{", "[]", '{"choices": [{"runtime": "swift"}]}', '{"choices": 3}'])
def test_a_damaged_file_is_said_and_measured_anew(tmp_path, runtimes, caplog, content):
    runtimes(swift=Double())
    (tmp_path / NAME).write_text(content)
    run = Runner("auto")
    run.remember_in(tmp_path)
    run(Keras(0.02).network, EXAMPLE)
    assert "it is measured anew" in caplog.text and str(tmp_path / NAME) in caplog.text
    assert len(json.loads((tmp_path / NAME).read_text())["choices"]) == 1


def test_a_folder_that_cannot_be_written_to_is_said_and_no_error(tmp_path, runtimes, caplog):
    runtimes(swift=Double())
    run = Runner("auto")
    run.remember_in(tmp_path / "missing")
    run(Keras(0.02).network, EXAMPLE)
    assert "not kept: [Errno 2] No such file or directory" in caplog.text


def test_a_busy_machine_decides_for_this_time_alone(tmp_path, runtimes, caplog, monkeypatch):
    runtimes(swift=Double())
    monkeypatch.setattr(runner, "measured", lambda *_: ({"keras": 1.0, "swift": 0.5}, True))
    run = Runner("auto")
    run.remember_in(tmp_path)
    assert run(Keras(0.0).network, EXAMPLE).runtime is RUNTIMES["swift"]
    assert "not kept: the machine is busy" in caplog.text and not (tmp_path / NAME).exists()


@pytest.mark.parametrize(
    ("stand_in", "reason"),
    [
        (Double(refuses="it has no rule for Sorcery"), "it has no rule for Sorcery"),
        (Double(error=0.5), "swift computes something else than Keras, up to 0.5 away where the largest is 2"),
    ],
)
def test_what_a_runtime_cannot_compute_is_left_to_keras_by_auto_and_refused_where_it_was_asked_for(
    runtimes, caplog, stand_in, reason
):
    runtimes(swift=stand_in)
    network = Keras(0.0).network
    assert Runner("auto")(network, EXAMPLE) is network
    assert f'runtime="auto": keras; swift: {reason}' in caplog.text
    with pytest.raises(ValueError, match=reason):
        Runner("swift")(network, EXAMPLE)


def test_a_missing_package_and_an_unknown_runtime_are_refused_at_once(runtimes):
    runtimes(absent=Double(obstacle="it is not installed: pip install absent"), other=Double(obstacle="no such core"))
    with pytest.raises(ImportError, match='runtime="absent" does not run here: it is not installed: pip install abs'):
        Runner("absent")
    with pytest.raises(ValueError, match='runtime="other" does not run here: no such core. runtime="keras" needs'):
        Runner("other")
    with pytest.raises(ValueError, match="one of keras, auto, absent, other; received 'onnx'"):
        Runner("onnx")


def test_weights_that_changed_are_taken_over_anew(runtimes, caplog):
    runtimes(swift=(stand_in := Double()))
    run, network = Runner("swift"), Keras(0.0).network
    run(network, EXAMPLE), run(network, EXAMPLE)
    assert stand_in.prepared == 1
    network.layers[-1].bias.assign([5.0, 6.0])
    np.testing.assert_allclose(run(network, EXAMPLE).predict_on_batch(EXAMPLE), [[7.0, 8.0]])
    assert stand_in.prepared == 2 and "swift: the weights have changed, and are taken over anew" in caplog.text


def test_a_predictor_takes_the_option_and_keeps_the_choice_beside_its_preset(tmp_path, runtimes):
    class Echo(Double):
        def prepare(self, network):
            return network

    runtimes(echo=Echo())
    model = TextClassifier(BertEncoder(len(WORDS), 1, 2, 8, 12, max_sequence_length=16), 2)
    model.save_to_preset(tmp_path)
    WordPieceTokenizer(WORDS).save_to_preset(tmp_path)
    expected = Classifier.from_preset(tmp_path)(["a b", "c"])
    for runtime in ("echo", "auto"):
        predictor = Classifier.from_preset(tmp_path, runtime=runtime)
        assert predictor.runtime == runtime
        for ours, theirs in zip(predictor(["a b", "c"]), expected, strict=True):
            assert ours == {"label": theirs["label"], "score": pytest.approx(theirs["score"])}
        assert predictor([]) == []
    with pytest.raises(ValueError, match="one of keras, auto, echo; received 'fast'"):
        Classifier.from_preset(tmp_path, runtime="fast")
