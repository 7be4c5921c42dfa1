"""The weights that a checkpoint holds, by their names in our models, whatever the format.

Each format brings its tensors and a table of rows, one a weight of ours; reading, checking and reporting are the same
for all.
"""

import collections.abc
import dataclasses
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from bert_keras.checkpoints.load_report import LoadReport


@dataclasses.dataclass(frozen=True)
class Row:
    """One weight of ours, and the tensors that it is made of.

    Args:
        ours: canonical name.
        theirs: names in the checkpoint; several are joined along the last axis of ours.
        transposed: whether their axes lie the other way, as torch keeps a dense kernel: (outputs, inputs).
        heads_axis: where they keep the attention heads on an axis of their own, which of theirs it is; the one after
            it is that of the numbers in a head. None where heads are not told apart.
        num_heads: number of attention heads, where `heads_axis` is given.
    """

    ours: str
    theirs: tuple
    transposed: bool = False
    heads_axis: int | None = None
    num_heads: int | None = None

    def shape(self, shapes: Sequence[tuple[int, ...]]) -> tuple[int, ...] | None:
        """Return the shape of our weight from those of their tensors; None where they do not fit together."""
        first, *others = parts = [self._part_shape(shape) for shape in shapes]
        if not all(parts) or any(other[:-1] != first[:-1] for other in others):
            return None
        return (*first[:-1], sum(part[-1] for part in parts))

    def _part_shape(self, shape):
        if self.heads_axis is not None:
            axis = self.heads_axis
            if len(shape) < axis + 2 or shape[axis] != self.num_heads:
                return None
            shape = (*shape[:axis], shape[axis] * shape[axis + 1], *shape[axis + 2 :])
        return tuple(shape)[::-1] if self.transposed else tuple(shape)

    def from_theirs(self, arrays: Sequence[np.ndarray]) -> np.ndarray:
        """Our weight from their tensors."""
        parts = [
            array.reshape(self._part_shape(array.shape)) if self.heads_axis is not None else array for array in arrays
        ]
        parts = [part.T if self.transposed else part for part in parts]
        return np.ascontiguousarray(parts[0] if len(parts) == 1 else np.concatenate(parts, axis=-1))

    def to_theirs(self, array: np.ndarray) -> dict[str, np.ndarray]:
        """Their tensors, {name: array}, from our weight."""
        parts = np.split(array, len(self.theirs), axis=-1)
        if self.transposed:
            parts = [part.T for part in parts]
        if self.heads_axis is not None:
            parts = [part.reshape(self._with_heads(part.shape)) for part in parts]
        return {name: np.ascontiguousarray(part) for name, part in zip(self.theirs, parts, strict=True)}

    def _with_heads(self, shape):
        axis = self.heads_axis
        return (*shape[:axis], self.num_heads, shape[axis] // self.num_heads, *shape[axis + 1 :])


@dataclasses.dataclass(frozen=True)
class StoredTensor:
    """A tensor of a checkpoint that has not been read yet.

    Args:
        name: its name as stored.
        shape: tuple of sizes.
        dtype: its dtype in the words of the format.
        is_float: whether it holds numbers of floating point.
        read: function that reads it into a numpy array.
    """

    name: str
    shape: tuple
    dtype: str
    is_float: bool
    read: collections.abc.Callable


class WeightTable:
    """Brings the tensors of a checkpoint and the rows of its format together.

    Args:
        source: what was read, for messages and reports.
        tensors: {name in the table: `StoredTensor`}.
        rows: `Row`s of all weights that the format knows; those whose tensors are missing are passed over.
        silent: names in the table of tensors that are not worth a word where nobody uses them.
    """

    def __init__(
        self, source: str, tensors: Mapping[str, "StoredTensor"], rows: Iterable[Row], silent: Iterable[str] = ()
    ):
        self.source = source
        self.tensors = tensors
        self._rows = {row.ours: row for row in rows if all(name in tensors for name in row.theirs)}
        self._silent = set(silent)

    @property
    def shapes(self) -> dict[str, tuple[int, ...] | None]:
        """{canonical name: shape} of the weights that are there; None for a shape where tensors do not fit together."""
        return {name: row.shape([self.tensors[part].shape for part in row.theirs]) for name, row in self._rows.items()}

    def read(self, shapes: Mapping[str, tuple[int, ...]]) -> tuple[dict[str, np.ndarray], LoadReport]:
        """Read the weights that a model wants, once it is sure that all of them fit.

        Args:
            shapes: {canonical name: shape} of the model's weights.

        Returns:
            {canonical name: float32 array} of those that the checkpoint has, and a `LoadReport`.

        Raises:
            ValueError: where a weight has another shape, or holds integers.
        """
        wanted = {name: row for name, row in self._rows.items() if name in shapes}
        for name, row in wanted.items():
            self._check(row, tuple(shapes[name]))
        arrays = {
            name: row.from_theirs([self.tensors[part].read() for part in row.theirs]).astype("float32", copy=False)
            for name, row in wanted.items()
        }
        used = {part for row in wanted.values() for part in row.theirs} | self._silent
        report = LoadReport(
            self.source,
            loaded=tuple(wanted),
            new=tuple(name for name in shapes if name not in wanted),
            unused=tuple(tensor.name for name, tensor in self.tensors.items() if name not in used),
        )
        return arrays, report

    @staticmethod
    def to_theirs(rows: Iterable[Row], arrays: Mapping[str, np.ndarray], form: str) -> dict[str, np.ndarray]:
        """Return the tensors of a format from the weights of a model.

        Args:
            rows: all `Row`s of the format.
            arrays: {canonical name: array} of the model's weights.
            form: what the format is called, for the message.

        Returns:
            {their name: float32 array}, in the order of the rows.

        Raises:
            ValueError: where a weight has no row.
        """
        if without_place := sorted(set(arrays) - {row.ours for row in rows}):
            raise ValueError(f"{form} has no place for {without_place}.")
        tensors = {}
        for row in rows:
            if row.ours in arrays:
                tensors |= row.to_theirs(np.asarray(arrays[row.ours], "float32"))
        return tensors

    def expect(self, shapes: Mapping[str, tuple[int, ...]], reason: str) -> None:
        """Check shapes without reading anything.

        Args:
            shapes: {canonical name: shape}; weights that are not there are passed over.
            reason: what asks for these shapes, for the message.

        Raises:
            ValueError: where a weight has another shape, or holds integers.
        """
        for name, row in self._rows.items():
            if name in shapes:
                self._check(row, tuple(shapes[name]), reason)

    def _check(self, row, expected, reason=""):
        tensors = [self.tensors[name] for name in row.theirs]
        found = row.shape([tensor.shape for tensor in tensors])
        if found != expected or not all(tensor.is_float for tensor in tensors):
            stored = ", ".join(f"{tensor.name} {tensor.dtype} {tensor.shape}" for tensor in tensors)
            raise ValueError(
                f"{self.source}: weight {row.ours} must have the shape {expected}{reason}, found {found} from {stored}."
            )
