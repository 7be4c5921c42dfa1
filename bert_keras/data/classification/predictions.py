"""What a model made of examples: predictions from logits, as a table, as a submission, and counted by class."""

import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from bert_keras.atomic_files import write_file
from bert_keras.data.classification.examples import Examples
from bert_keras.text_table import aligned


def write_predictions(
    path: str | os.PathLike, examples: Examples, predictions: Any, label_names: Sequence[str] | None = None
) -> None:
    r"""Write a TSV of label, prediction and text, one example a line, complete or not at all.

    Args:
        path: The file; its folder is made if missing.
        examples: What was predicted, from `read_examples`; without labels that column stays out.
        predictions: A class number for each example, the numbers of its labels, or a number where the examples have no
            classes. Several labels are parted by `|`.
        label_names: The names of the predicted classes, where the examples have no labels; None for the examples' own.

    Raises:
        ValueError: If there are not as many predictions as examples.

    Example:
    >>> import pathlib, tempfile
    >>> from bert_keras.data import read_examples
    >>> examples = read_examples([("so good", "pos"), ("so bad", "neg")], text_column=0, label_column=1)
    >>> path = pathlib.Path(tempfile.mkdtemp(), "predictions.tsv")
    >>> write_predictions(path, examples, [1, 1])
    >>> print(path.read_text().replace("\t", " | "))
    label | prediction | text
    pos | pos | so good
    neg | pos | so bad
    <BLANKLINE>
    """
    _check_length(examples, predictions)
    names = label_names or examples.label_names
    columns = {"prediction": [_name(prediction, names) for prediction in predictions], "text": examples.texts}
    if examples.labels is not None:
        columns = {"label": [_name(label, examples.label_names) for label in examples.labels]} | columns
    if examples.second_texts is not None:
        columns["second text"] = examples.second_texts
    _write_tsv(path, [columns, *zip(*columns.values(), strict=True)])


def write_submission(path: str | os.PathLike, predictions: Any, label_names: Sequence[str] | None = None) -> None:
    r"""Write predictions in the form that GLUE's server takes: `index` and `prediction`, a line each.

    Args:
        path: The file, which GLUE wants to be called by the task, e.g. `SST-2.tsv`.
        predictions: Class numbers, or numbers.
        label_names: The names of the classes; None for numbers, which get three decimals.

    Example:
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp(), "RTE.tsv")
        >>> write_submission(path, [1, 0], ("entailment", "not_entailment"))
        >>> path.read_text().split("\n")[:2] == ["index\tprediction", "0\tnot_entailment"]
        True
    """
    shown = [f"{p:.3f}" if label_names is None else _name(p, label_names) for p in predictions]
    _write_tsv(path, [("index", "prediction"), *((str(number), text) for number, text in enumerate(shown))])


def confusion_table(examples: Examples, predictions: Any, label_names: Sequence[str] | None = None) -> str:
    """Count which class was taken for which: a line for each true class, a column for each prediction.

    Args:
        examples: Texts with their labels.
        predictions: As for `write_predictions`; of several labels, each is counted as given or not.
        label_names: The names of the predicted classes; None for the examples' own.

    Returns:
        A table to print; empty for a regression.

    Raises:
        ValueError: If there are not as many predictions as examples.

    Example:
        >>> from bert_keras.data import read_examples
        >>> examples = read_examples([("so good", "pos"), ("so bad", "neg")], text_column=0, label_column=1)
        >>> print(confusion_table(examples, [1, 1]))
        true  neg  pos
        neg     0    1
        pos     0    1
    """
    _check_length(examples, predictions)
    if examples.problem_type == "regression":
        return ""
    names = list(label_names or examples.label_names)
    truth = examples.label_array(names)
    if examples.problem_type == "multi_label_classification":
        given = np.zeros(truth.shape, bool)
        for row, labels in zip(given, predictions):
            row[list(labels)] = True
        head = ("label", "right", "missed", "wrong")
        rows = [((truth > 0) & given).sum(0), ((truth > 0) & ~given).sum(0), ((truth == 0) & given).sum(0)]
        cells = [head, *((name, *map(str, counts)) for name, *counts in zip(names, *rows))]
    else:
        counts = np.zeros((len(names), len(names)), int)
        np.add.at(counts, (truth, np.asarray(predictions)), 1)
        cells = [("true", *names), *((name, *map(str, row)) for name, row in zip(names, counts))]
    return aligned(cells)


def _name(label, names: Sequence[str] | None) -> str:
    if names is None:
        return str(label)
    return names[label] if np.ndim(label) == 0 else "|".join(names[number] for number in label)


def _check_length(examples: Examples, predictions):
    if len(predictions) != len(examples):
        raise ValueError(f"expected {len(examples)} predictions, one for each example, received {len(predictions)}")


def _write_tsv(path: str | os.PathLike, lines):
    # A TSV is not quoted: what would end a cell or a line becomes a space.
    rows = ("\t".join(" ".join(cell.split()) for cell in line) for line in lines)
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    write_file(path, "".join(f"{row}\n" for row in rows).encode(errors="replace"))  # half an emoji is no UTF-8
