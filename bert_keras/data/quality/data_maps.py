"""How each training example was learned, epoch by epoch: easy, hard to learn, or ambiguous."""

import dataclasses
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bert_keras.atomic_files import write_file
from bert_keras.data.classification.examples import Examples

REGIONS = ("easy", "hard", "ambiguous")
_COLUMNS = ("number", "label", "confidence", "variability", "correctness")


@dataclasses.dataclass(frozen=True)
class DataMap:
    """What a training says of its examples.

    Attributes:
        probabilities: (epochs, examples) float, of each example's own label after each epoch.
        correctness: (examples,) float, the share of epochs after which the label was predicted.

    Example:
        >>> found = DataMap(np.array([[0.9, 0.1, 0.2], [0.9, 0.1, 0.8]]), np.array([1.0, 0.0, 0.5]))
        >>> {region: found.ranked(region).tolist() for region in REGIONS}
        {'easy': [0], 'hard': [1], 'ambiguous': [2]}

    Reference:
        [Swayamdipta et al., 2020](https://aclanthology.org/2020.emnlp-main.746), section 2
    """

    probabilities: np.ndarray
    correctness: np.ndarray

    def __post_init__(self):
        shape = np.shape(self.probabilities)
        if len(shape) != 2 or not shape[0] or np.shape(self.correctness) != shape[1:]:
            raise ValueError(
                f"expected probabilities (epochs, examples) of one epoch or more, and the correctness of each example; "
                f"received {shape} and {np.shape(self.correctness)}"
            )
        if len(wrong := np.flatnonzero(~np.isfinite(self.probabilities).all(0))):
            raise ValueError(f"example {wrong[0]} has the probabilities {self.probabilities[:, wrong[0]]}")

    @property
    def confidence(self) -> np.ndarray:
        """(examples,) float, the mean probability of the label: low for examples that are hard to learn."""
        return self.probabilities.mean(0)

    @property
    def variability(self) -> np.ndarray:
        """(examples,) float, the standard deviation of the label's probability: high for ambiguous examples."""
        return self.probabilities.std(0)

    def ranked(self, region: str, share: float = 1 / 3) -> np.ndarray:
        """Return the numbers of the examples that are most of a kind.

        The regions are shares of all examples by a measure each, and may overlap: after few epochs all may be easy.

        Args:
            region: `"easy"`, of highest confidence; `"hard"`, of lowest confidence, among which are those with a wrong
                label; `"ambiguous"`, of highest variability, from which most is learned.
            share: How many of all examples.

        Raises:
            ValueError: If there is no such region, or the share is out of range.
        """
        if region not in REGIONS or not 0 < share <= 1:
            raise ValueError(f"expected one of {', '.join(REGIONS)} and a share up to 1; received {region!r}, {share}")
        order = {"easy": -self.confidence, "hard": self.confidence, "ambiguous": -self.variability}[region]
        return np.argsort(order, kind="stable")[: round(share * len(order))]


def write_data_map(path: str | os.PathLike, found: DataMap, examples: Examples) -> None:
    r"""Write a TSV with a line for each example: its measures, the probability after each epoch, its text.

    Args:
        path: The file, whole or not at all.
        found: Of these examples.
        examples: With labels.

    Raises:
        ValueError: If there are not as many examples as the map has.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp(), "data_map.tsv")
        >>> examples = Examples(("so good", "bad"), labels=(1, 0), label_names=("neg", "pos"))
        >>> write_data_map(path, DataMap(np.array([[0.5, 0.25], [1.0, 0.75]]), np.array([1.0, 0.5])), examples)
        >>> print(path.read_text().split("\n")[1].replace("\t", " | "))
        0 | pos | 0.75 | 0.25 | 1 | 0.5 | 1 | so good
        >>> read_data_map(path).variability.tolist()
        [0.25, 0.25]
    """
    num_epochs, num_examples = found.probabilities.shape
    if num_examples != len(examples):
        raise ValueError(f"expected {num_examples} examples, those of the data map; received {len(examples)}")
    seconds = () if examples.second_texts is None else (examples.second_texts,)
    epochs = [f"epoch_{number + 1}" for number in range(num_epochs)]
    lines = [(*_COLUMNS, *epochs, "text", *("second text" for _ in seconds))]
    for number, (label, *numbers) in enumerate(
        zip(examples.labels, found.confidence, found.variability, found.correctness, *found.probabilities)
    ):
        texts = (" ".join(side[number].split()) for side in (examples.texts, *seconds))
        lines.append((str(number), _named(label, examples.label_names), *(f"{some:.6g}" for some in numbers), *texts))
    write_file(path, "".join("\t".join(line) + "\n" for line in lines).encode(errors="replace"))


def read_data_map(path: str | os.PathLike) -> DataMap:
    """Read what `write_data_map` wrote.

    Args:
        path: The file.

    Raises:
        FileNotFoundError: If it is missing.
        ValueError: With file and line, if it is no data map.
    """
    lines = Path(path).read_text(encoding="utf-8").rstrip("\n").split("\n")
    header = lines[0].split("\t")
    num_epochs = sum(column.startswith("epoch_") for column in header)
    if tuple(header[: len(_COLUMNS)]) != _COLUMNS or not num_epochs or len(lines) < 2:
        raise ValueError(f"{path}:1: expected the header of a data map and examples, received {lines[0][:80]!r}")
    rows = []
    for place, line in enumerate(lines[1:], 2):
        cells = line.split("\t")[len(_COLUMNS) - 1 :]
        try:
            rows.append([float(cell) for cell in cells[: num_epochs + 1]])
        except ValueError as error:
            raise ValueError(f"{path}:{place}: {error}") from None
        if len(rows[-1]) != num_epochs + 1:
            raise ValueError(f"{path}:{place}: expected {len(header)} cells, received {line[:80]!r}")
    values = np.array(rows)
    return DataMap(values[:, 1:].T, values[:, 0])


def _named(label, names: Sequence[str] | None) -> str:
    return "|".join(names[number] for number in label) if isinstance(label, tuple) else names[label]
