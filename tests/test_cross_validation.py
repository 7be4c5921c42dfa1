"""Cross-validated predictions: no example by a model that has seen it, and a stopped call goes on."""

import dataclasses
import importlib
import logging
import signal

import keras
import numpy as np
import pytest

from bert_keras import cross_validation, progress
from bert_keras.cross_validation import CrossValidation, OutOfSample
from bert_keras.data import Examples, WordPieceTokenizer
from bert_keras.data.tokenization.vocabulary import SPECIAL_TOKENS
from bert_keras.finetuning import FineTuning
from bert_keras.models import BertEncoder, TextClassifier

WORDS = ("good", "bad", "the", "film", "was", "so")
HEAD = FineTuning(epochs=20, batch_size=16, learning_rate=0.1, dropout=0.0)
QUICK = CrossValidation(num_folds=2, sequence_length=16, pooling="mean", fine_tuning=HEAD)
WHOLE = dataclasses.replace(QUICK, freeze_encoder=False, fine_tuning=FineTuning(epochs=1, batch_size=16))


@pytest.fixture(scope="module")
def preset(tmp_path_factory):
    keras.utils.set_random_seed(0)
    directory = tmp_path_factory.mktemp("preset")
    tokenizer = WordPieceTokenizer([*SPECIAL_TOKENS, *WORDS])
    encoder = BertEncoder(tokenizer.vocabulary_size, 1, 2, 16, 16, max_sequence_length=16)
    encoder.save_to_preset(directory)
    tokenizer.save_to_preset(directory)
    return directory


def examples(num_examples=32, **changes):
    chosen = np.random.default_rng(0)
    labels = tuple(number % 2 for number in range(num_examples))
    texts = tuple(" ".join([*chosen.choice(WORDS[2:], 3), *[WORDS[label]] * 2]) for label in labels)
    return dataclasses.replace(Examples(texts, labels=labels, label_names=("pos", "neg")), **changes)


def test_heads_predict_what_they_have_not_seen_and_what_is_done_is_kept(preset, tmp_path, monkeypatch):
    seen = []

    class Recorded(cross_validation.models.VectorBatches):
        def __init__(self, vectors, y, *rest, **options):
            seen.append(len(y))
            super().__init__(vectors, y, *rest, **options)

    monkeypatch.setattr(cross_validation.models, "VectorBatches", Recorded)
    turned = examples(labels=(1, *examples().labels[1:]))
    found = QUICK.predict(turned, preset, directory=tmp_path)
    assert seen == [int((found.folds != fold).sum()) for fold in range(2)]
    assert found.probabilities.sum(1) == pytest.approx(np.ones(32))
    assert found.is_correct.sum() > 20 and not found.is_correct[0]

    kept, again = sorted(tmp_path.glob("folds_*/fold_*.safetensors"))
    before = kept.stat().st_mtime_ns
    again.unlink()  # as where the call was stopped in the second fold
    monkeypatch.setattr(cross_validation.inference.Classifier, "outputs", None)  # vectors are there
    resumed = QUICK.predict(turned, preset, directory=tmp_path)
    np.testing.assert_array_equal(resumed.probabilities, found.probabilities)
    assert kept.stat().st_mtime_ns == before and len(seen) == 3


def test_it_says_how_many_of_all_texts_are_encoded_and_how_many_were_before(preset, tmp_path, monkeypatch, caplog):
    module = importlib.import_module("bert_keras.inference.frozen_vectors")  # not the function of that name
    monkeypatch.setattr(module, "_AT_ONCE", 12)  # in a file
    monkeypatch.setattr(progress, "_QUIET_SECONDS", -1)
    monkeypatch.setattr(progress, "_SECONDS_BETWEEN", {"line": -1, "log": -1})
    monkeypatch.setattr(progress.sys.stderr, "isatty", lambda: False, raising=False)
    classifier = TextClassifier.from_preset(preset, num_classes=2)
    arguments = classifier, WordPieceTokenizer([*SPECIAL_TOKENS, *WORDS]), examples()
    sizes = dict(sequence_length=16, directory=tmp_path)
    with caplog.at_level(logging.INFO):
        _, vectors = module.frozen_vectors(*arguments, **sizes)
        assert "encoder: 32 of 32 rows" in caplog.text and "of 12 rows" not in caplog.text
        (tmp_path / "vectors_000000012.safetensors").unlink()  # as where the run was stopped
        _, again = module.frozen_vectors(*arguments, **sizes)
        assert "20 of 32 texts have been encoded before" in caplog.text and "encoder: 12 of 12 rows" in caplog.text
    np.testing.assert_array_equal(again, vectors)


@pytest.mark.slow_elsewhere
def test_all_weights_are_trained_the_same_whether_a_fold_is_the_first_of_the_process_or_not(preset, tmp_path):
    whole = WHOLE.predict(examples(), preset, directory=tmp_path)
    files = sorted(tmp_path.glob("folds_*/fold_*.safetensors"))
    assert len(files) == 2 and not list(tmp_path.glob("**/state"))
    files[1].unlink()
    again = WHOLE.predict(examples(), preset, directory=tmp_path)
    np.testing.assert_array_equal(again.probabilities, whole.probabilities)


@pytest.mark.slow
def test_a_call_that_is_stopped_in_the_middle_of_a_fold_goes_on_there(preset, tmp_path, monkeypatch):
    task = dataclasses.replace(WHOLE, fine_tuning=FineTuning(epochs=3, batch_size=32))
    unbroken = task.predict(examples(), preset, directory=tmp_path / "unbroken")
    steps, callbacks = [], FineTuning.callbacks

    class Stop(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            steps.append(batch)
            if len(steps) == 5:  # the second of three epochs of the second fold, an epoch is a step
                signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(FineTuning, "callbacks", lambda *some, **options: [*callbacks(*some, **options), Stop()])
    with pytest.raises(SystemExit):
        task.predict(examples(), preset, directory=tmp_path / "stopped")
    assert len(list(tmp_path.glob("stopped/folds_*/fold_*.safetensors"))) == 1
    found = task.predict(examples(), preset, directory=tmp_path / "stopped")
    assert len(steps) == 6
    np.testing.assert_array_equal(found.probabilities, unbroken.probabilities)


def test_texts_with_several_labels_are_predicted_each_for_itself(preset, tmp_path):
    labels = tuple((0,) if label else (0, 1) for label in examples().labels)
    task = dataclasses.replace(QUICK, fine_tuning=FineTuning(epochs=1, dropout=0.0))
    found = task.predict(examples(labels=labels), preset, directory=tmp_path)
    assert ((found.probabilities > 0) & (found.probabilities < 1)).all() and len(found.wrong_labels()) == 2
    assert found.is_correct.shape == (32,)


def test_examples_of_a_class_that_no_other_fold_has_are_not_judged(caplog):
    folds = np.array([0, 0, 1, 1])
    some = Examples(("a", "b", "c", "d"), labels=(0, 1, 0, 2), label_names=("x", "y", "z"))
    found = OutOfSample(some, np.full((4, 3), 1 / 3), folds)
    assert found.is_judged.tolist() == [True, False, True, False]
    found.wrong_labels()
    assert "2 of 4 examples are not judged: no other fold has their class" in caplog.text


def test_a_preset_that_has_learned_such_labels_is_refused(preset, tmp_path):
    TextClassifier.from_preset(preset, num_classes=2, labels=["pos", "neg"]).save_to_preset(tmp_path / "tuned")
    WordPieceTokenizer.from_preset(preset).save_to_preset(tmp_path / "tuned")
    with pytest.raises(ValueError, match="has a head for these classes: it has learned from such labels"):
        dataclasses.replace(QUICK, pooling=None).predict(examples(), tmp_path / "tuned", directory=tmp_path)


@pytest.mark.parametrize(
    ("change", "some", "said"),
    [
        ({"num_folds": 1}, examples(), "two folds or more, received 1"),
        ({"num_folds": 5}, examples(4), "as many different texts as folds, 5, or more; received 4"),
        ({}, examples(labels=None), "examples with classes or several labels"),
        ({}, examples(labels=(0.5,) * 32, label_names=None), "numbers have no probabilities"),
        ({"fine_tuning": FineTuning(lora_rank=2)}, examples(), "not for a head alone"),
        ({"sequence_length": 99}, examples(), "sequence_length of at most 16"),
    ],
)
def test_what_cannot_be_cross_validated_is_refused(preset, tmp_path, change, some, said):
    with pytest.raises(ValueError, match=said):
        dataclasses.replace(QUICK, **change).predict(some, preset, directory=tmp_path)


def test_a_report_has_wrong_labels_with_their_places_and_the_words_that_are_hard():
    some = examples(200)
    some = dataclasses.replace(
        some, labels=(1, *some.labels[1:]), places=tuple(f"a.tsv:{number + 2}" for number in range(200))
    )
    right = np.full((200, 2), 0.1)
    right[np.arange(200), [number % 2 for number in range(200)]] = 0.9
    found = list(OutOfSample(some, right, np.arange(200) // 2 % 2).findings())
    assert [(finding.check, finding.place) for finding in found] == [("wrong_labels", "a.tsv:2")]
    assert found[0].what == "'neg' has a probability of 0.10, 'pos' a higher one"
    has_film = np.array(["film" in text for text in some.texts])
    found = OutOfSample(some, np.where(has_film[:, None], 1 - right, right), np.arange(200) // 2 % 2).findings()
    assert any("word 'film': 0.0" in finding.what for finding in found if finding.check == "weak_slices")
