"""Data maps: what a classifier in training says of its examples after each epoch, as a file."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

from bert_keras.data import DataMap, Examples, TextRows, pool_pieces, write_data_map
from bert_keras.inference.classifier import Classifier
from bert_keras.models.probabilities import sigmoid, softmax
from bert_keras.training.callbacks import ExampleRecorder


def data_map_recorder(
    predictor: Classifier, examples: Examples, directory: str | os.PathLike, *, rows: TextRows | None = None,
    outputs: Callable[[], np.ndarray] | None = None,
) -> ExampleRecorder:  # fmt: skip
    """Return the callback that predicts the training part after each epoch and writes data_map.tsv at the end.

    Where a text may have several labels, its probability is the mean over all labels of that of what is given: having
    the label or not; and it is predicted right if all labels are.

    Args:
        predictor: Of the model in training.
        examples: The training part.
        directory: Folder of the file.
        rows: Those of the examples, where there are some: they are not tokenized again.
        outputs: Function without arguments that gives the model's outputs for the rows, in their order, such as those
            of a head alone, whose rows were encoded once; None to ask the predictor.

    Raises:
        ValueError: If the examples have no classes.

    Example:
        ```python
        recorder = inference.data_map_recorder(inference.Classifier(classifier, tokenizer), examples, "runs/mine")
        classifier.fit(dataset, epochs=5, callbacks=[recorder])
        hard = data.read_data_map("runs/mine/data_map.tsv").ranked("hard", 0.05)
        ```
    """
    if examples.label_names is None or examples.labels is None:
        raise ValueError("Expected examples with classes or several labels, for a data map; numbers have neither.")
    rows = predictor.rows(examples) if rows is None else rows
    labels = examples.label_array(predictor.model.labels)

    def judge():
        logits = predictor.logits(rows) if outputs is None else pool_pieces(outputs(), rows.text_of)
        if labels.ndim == 2:
            probabilities = sigmoid(logits)
            of_given = np.where(labels > 0, probabilities, 1 - probabilities)
            return of_given.mean(1), (of_given >= 0.5).all(1)
        return softmax(logits)[np.arange(len(labels)), labels], logits.argmax(1) == labels

    def finish(probabilities, is_correct):
        write_data_map(Path(directory, "data_map.tsv"), DataMap(probabilities, is_correct.mean(0)), examples)

    return ExampleRecorder(judge, finish)
