"""The files of a training: those of its parts, and which of them the weights depend on."""

import dataclasses
from pathlib import Path


@dataclasses.dataclass(frozen=True)
class PartFiles:
    """A training part, and one for validation, of its own or a share of the first; perhaps a test part.

    What the files hold, a subclass says and reads.

    Example:
        >>> files = PartFiles(train=Path("train.tsv"), validation=0.2)
        >>> list(files.paths), files.learned_from
        (['train', 'validation'], (PosixPath('train.tsv'), None))
    """

    train: Path | None = None
    validation: float | Path | None = None
    test: Path | None = None

    @property
    def paths(self) -> dict[str, Path | float]:
        """{part: file or folder}, of those that there are; of validation perhaps a share of the training part."""
        paths = {"train": self.train, "validation": self.validation, "test": self.test}
        return {part: path for part, path in paths.items() if path is not None}

    @property
    def learned_from(self) -> tuple[Path | None, ...]:
        """The files and folders that the weights depend on: of training, and of validation, which chooses the epoch."""
        return self.train, None if isinstance(self.validation, float) else self.validation

    def expect_parts(self) -> None:
        """Refuse a training without a part to learn from, or to choose the best epoch by.

        Raises:
            ValueError: If there is no training part or none for validation.
        """
        if missing := {"train", "validation"} - self.paths.keys():
            raise ValueError(
                "Expected --train and --validation, a file of its own or a share of train such as 0.2; received no "
                + " and no ".join(f"--{part}" for part in sorted(missing))
            )
