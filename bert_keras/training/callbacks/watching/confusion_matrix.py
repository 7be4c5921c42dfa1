"""Which class is taken for which, as a picture."""

from collections.abc import Sequence

import numpy as np

from bert_keras.training.callbacks.event_writer import EventWriter
from bert_keras.training.callbacks.watching.markdown import plain
from bert_keras.training.callbacks.watching.predictions import ClassPredictions
from bert_keras.training.drawing import heat_map, legend

_NUM_BINS = 10  # of numbers
_SMALLEST, _PIXELS_A_CLASS, _LARGEST = 480, 24, 2400  # of 100 classes each has its name, and a count of three digits


def write_confusion_matrix(writer: EventWriter, predictions: ClassPredictions, step: int) -> None:
    """Write the picture `confusion_matrix`: counts in the cells, their shares of the row as shades.

    The row of a class that never occurs is grey. Of several labels each row says how often its label is found, missed,
    invented and rightly left out, with shares of the texts that have it, and of those that do not; numbers are counted
    in ten equal ranges.

    Args:
        writer: Where to.
        predictions: From the validation part.
        step: Of the training.
    """
    counts, rows, columns, wholes = count_confusions(predictions)
    with np.errstate(invalid="ignore"):
        shares = counts / wholes
    titles = dict(title=f"{len(predictions.texts)} examples of validation", row_title="true", column_title="predicted")
    size = min(max(_SMALLEST, _PIXELS_A_CLASS * len(rows)), _LARGEST)
    image = heat_map(shares, rows, columns, texts=counts.astype(str), size=size, **titles)
    writer.image("confusion_matrix", image, step, description=plain(legend(rows)))


def count_confusions(
    predictions: ClassPredictions,
) -> tuple[np.ndarray, Sequence[str], Sequence[str], np.ndarray]:
    """Count what is taken for what.

    Args:
        predictions: From the validation part.

    Returns:
        (rows, columns) counts, the names of the rows, those of the columns, and what each count is a share of.
    """
    truths, said, names = predictions.truths, predictions.said, predictions.labels
    if predictions.is_multi_label:
        counts = np.stack([(truths == there) & (said == found) for there, found in ((1, 1), (1, 0), (0, 1), (0, 0))])
        counts = counts.sum(axis=1).T
        wholes = np.repeat(np.stack([counts[:, :2].sum(axis=1), counts[:, 2:].sum(axis=1)], axis=1), 2, axis=1)
        return counts, names, ("found", "missed", "invented", "rightly not"), wholes
    if names is None:
        low, high = np.min(truths), np.max(truths)
        around = 0.5 * (low == high)  # of a single number, ranges around it
        edges = np.linspace(low - around, high + around, _NUM_BINS + 1)
        names = [f"{low:.3g} to {high:.3g}" for low, high in zip(edges[:-1], edges[1:])]
        truths, said = (np.searchsorted(edges[1:-1], some, side="right") for some in (truths, said))
    counts = np.zeros((len(names), len(names)), int)
    np.add.at(counts, (truths, said), 1)
    return counts, names, names, counts.sum(axis=1, keepdims=True)
