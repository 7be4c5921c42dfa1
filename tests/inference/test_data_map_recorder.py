"""The data map of a classifier in training."""

import types

import numpy as np
import pytest

from bert_keras.data import Examples, read_data_map
from bert_keras.inference import data_map_recorder


def recorded(tmp_path, examples, labels, epochs):
    """What is written of a classifier that gives these logits."""
    given = iter(epochs)
    predictor = types.SimpleNamespace(
        model=types.SimpleNamespace(labels=labels),
        rows=lambda examples: None,
        logits=lambda rows: np.array(next(given)),
    )
    callback = data_map_recorder(predictor, examples, tmp_path)
    callback.on_train_begin()
    for epoch in range(len(epochs)):
        callback.on_epoch_end(epoch)
    callback.on_train_end()
    return read_data_map(tmp_path / "data_map.tsv")


def test_the_probability_is_that_of_the_label_by_its_name_whatever_the_models_order(tmp_path):
    examples = Examples(("so good", "bad"), labels=(0, 1), label_names=("pos", "neg"))
    log = np.log([[0.25, 0.75], [0.5, 0.5]])
    found = recorded(tmp_path, examples, ["neg", "pos"], [log, log[::-1]])
    np.testing.assert_allclose(found.probabilities, [[0.75, 0.5], [0.5, 0.25]])
    assert found.correctness.tolist() == [0.5, 0.5]  # of equal ones the first class is predicted


def test_of_several_labels_it_is_the_mean_of_what_is_given(tmp_path):
    examples = Examples(("so good", "bad"), labels=((0,), ()), label_names=("taste", "price"))
    found = recorded(tmp_path, examples, ["taste", "price"], [[[0.0, -50.0], [50.0, -50.0]]])
    np.testing.assert_allclose(found.probabilities, [[0.75, 0.5]])
    assert found.correctness.tolist() == [1.0, 0.0]


def test_outputs_that_are_there_already_stand_in_for_the_predictors(tmp_path):
    examples = Examples(("so good", "bad"), labels=(0, 1), label_names=("pos", "neg"))
    predictor = types.SimpleNamespace(model=types.SimpleNamespace(labels=["pos", "neg"]))  # which cannot be asked
    rows = types.SimpleNamespace(text_of=np.array([0, 0, 1]))  # the first text in two pieces
    outputs = lambda: np.log([[0.75, 0.25], [0.75, 0.25], [0.5, 0.5]])  # noqa: E731
    callback = data_map_recorder(predictor, examples, tmp_path, rows=rows, outputs=outputs)
    callback.on_train_begin()
    callback.on_epoch_end(0)
    callback.on_train_end()
    np.testing.assert_allclose(read_data_map(tmp_path / "data_map.tsv").probabilities, [[0.75, 0.5]])


def test_numbers_have_no_data_map(tmp_path):
    with pytest.raises(ValueError, match="numbers have neither"):
        data_map_recorder(None, Examples(("a",), labels=(0.5,)), tmp_path)
