"""The files that a model learns to write from: pairs of source and target, or dialogues, and how they lie in them.

Readers load when a method is first called, so that a recipe shows these options without waiting for TensorFlow.
"""

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from bert_keras import data
from bert_keras.part_files import PartFiles
from bert_keras.table_format import TableFormat

if TYPE_CHECKING:
    from bert_keras.data import GenerationExamples


@dataclasses.dataclass(frozen=True)
class GenerationFiles(PartFiles):
    """Which files there are, and which of their columns are source and target.

    A recipe has it as one parameter; on the command line each field is an option.

    Example:
        >>> files = GenerationFiles(train=Path("trainset.csv"), validation=Path("devset.csv"))
        >>> [path.name for path in files.learned_from]
        ['trainset.csv', 'devset.csv']
    """

    train: Path | None = None  # .tsv, .csv, .jsonl or .json with sources and targets, or with dialogues' turns
    validation: float | Path | None = None  # the same, to choose the best epoch by; or its share of train, 0.2
    test: Path | None = None  # the same; what is written goes to RUN_DIRECTORY/written_test.jsonl
    source_column: int | str | None = None  # by name, or by number from 0; none: told by well-known names
    target_column: int | str | None = None
    second_source_column: int | str | None = None  # behind the source, as an instruction's input; may be empty
    errors: Literal["raise", "skip"] = "raise"  # what to do with a faulty row
    table: TableFormat = TableFormat()

    def read(self) -> dict[str, "GenerationExamples"]:
        """Read the parts.

        Returns:
            {part: examples}.

        Raises:
            ValueError: If there is no training part or none for validation; further as `data.read_generation`.
        """
        self.expect_parts()
        columns = dict(source_column=self.source_column, target_column=self.target_column)
        columns["second_source_column"] = self.second_source_column
        options = columns | dataclasses.asdict(self.table) | {"errors": self.errors}
        files = {part: path for part, path in self.paths.items() if not isinstance(path, float)}
        parts = {part: data.read_generation(path, **options) for part, path in files.items()}
        if isinstance(self.validation, float):
            parts["train"], parts["validation"] = parts["train"].split(self.validation)
        return parts
