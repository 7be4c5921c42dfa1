"""Texts and pairs with their classes, labels or numbers."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from bert_keras.data import Examples, TextRows, pool_pieces
from bert_keras.inference.classifier import Classifier
from bert_keras.models.probabilities import sigmoid, softmax
from bert_keras.training.callbacks.watching import ClassPredictions, Predictions, Watched

OF_CLASSES = ("confusion", "precision_recall", "calibration", "examples")
NO_SPANS = {"spans": "the task finds no places in a text"}
_NO_CLASSES = dict.fromkeys(("precision_recall", "calibration"), "a number is no class and has no confidence")


def watch_texts(
    predictor: Classifier, examples: Examples, rows: TextRows, outputs: Callable[[], np.ndarray] | None = None
) -> Watched:
    """Say what can be watched of a classifier.

    Args:
        predictor: The model's.
        examples: The labelled texts of validation.
        rows: Theirs.
        outputs: Function without arguments that gives the model's outputs for the rows, such as those of a head alone,
            whose rows were encoded once; None to ask the predictor.
    """

    def predict():
        logits = predictor.logits(rows) if outputs is None else pool_pieces(outputs(), rows.text_of)
        if predictor.model.problem_type == "regression":
            return _of_numbers(examples, logits[:, 0])
        is_multi_label = predictor.model.problem_type == "multi_label_classification"
        truths = examples.label_array(predictor.model.labels)
        parts = (sigmoid if is_multi_label else softmax)(logits), truths, predictor.model.labels
        return Predictions(ClassPredictions(_in_words(examples), *parts, threshold=predictor.model.threshold))

    return _watched(predict, predictor.model.problem_type)


def watch_pairs(examples: Examples, scores: Mapping[tuple[str, str], float]) -> Watched:
    """Say what can be watched of a cross-encoder.

    Args:
        examples: The pairs of validation, from `labelled_pairs`.
        scores: {(first text, second text): its score}, which the scorer of an epoch fills before.
    """

    def predict():
        found = np.array([scores[pair] for pair in zip(examples.texts, examples.second_texts, strict=True)], "float64")
        if examples.label_names is None:
            return _of_numbers(examples, found)
        parts = found[:, None], examples.label_array(), examples.label_names
        return Predictions(ClassPredictions(_in_words(examples), *parts))

    return _watched(predict, examples.problem_type)


def _watched(predict, problem_type):
    if problem_type == "regression":
        return Watched(predict, ("confusion", "examples"), NO_SPANS | _NO_CLASSES)
    return Watched(predict, OF_CLASSES, NO_SPANS)


def _of_numbers(examples, numbers):
    return Predictions(ClassPredictions(_in_words(examples), numbers, examples.label_array()))


def _in_words(examples: Examples) -> Sequence[str]:
    if examples.second_texts is None:
        return examples.texts
    return [f"{first} | {second}" for first, second in zip(examples.texts, examples.second_texts, strict=True)]
