"""The files of a task of labelled texts: a published task's folder, or files of one's own and their columns.

Readers load when a method is first called, so that a recipe shows these options without waiting for TensorFlow.
"""

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from bert_keras import data
from bert_keras.table_format import TableFormat

if TYPE_CHECKING:
    from bert_keras.data import Examples, TaskLayout


@dataclasses.dataclass(frozen=True)
class TaskFiles:
    """Which files a task has, and how texts and labels lie in them: `task` and its folder, or `train` and the rest.

    A recipe has it as one parameter; on the command line each field is an option.

    Example:
        >>> files = TaskFiles(task="stsb", data_directory=Path("STS-B"))
        >>> files.paths["train"].name, files.layout.metrics
        ('train.tsv', ('spearman', 'pearson'))
    """

    task: str | None = None  # a published task, whose files and columns are known: sst2, mrpc, stsb, cola, mnli, ...
    data_directory: Path | None = None  # the task's folder
    train: Path | None = None  # instead of a task, your own labelled texts: .tsv, .csv or .jsonl
    validation: float | Path | None = None  # the same, to choose the best epoch by; or its share of train, 0.2
    test: Path | None = None  # the same, with or without labels; predictions go to RUN_DIRECTORY/predictions_test.tsv
    text_column: int | str = "sentence"  # by name, or by number from 0; a task knows its own columns
    second_text_column: int | str | None = None  # for pairs
    label_column: int | str = "label"
    label_columns: tuple[int | str, ...] = ()  # instead, a column of 0 and 1 for each label: toxic obscene threat
    regression: bool = False  # labels are numbers to predict
    label_separator: str | None = None  # a text may have several labels, with this between them
    decimal: Literal[".", ","] = "."  # what stands before the decimals of numbers
    errors: Literal["raise", "skip"] = "raise"  # what to do with a faulty row; a test part without labels has none
    table: TableFormat = TableFormat()

    @property
    def layout(self) -> "TaskLayout":
        """The columns and metrics of the task.

        Raises:
            ValueError: If both or neither of a task and files of one's own are given, or a task with columns.
        """
        if bool(self.task and self.data_directory) == bool(self.train and self.validation):
            raise ValueError("Expected either --task and --data-directory, or --train and --validation.")
        own = data.TaskLayout(
            self.text_column, self.second_text_column, self.label_column, regression=self.regression,
            label_separator=self.label_separator, label_columns=self.label_columns, decimal=self.decimal,
            table=self.table,
        )  # fmt: skip
        if self.task and own != data.TaskLayout("sentence"):
            raise ValueError(
                f"--task {self.task} knows its files: leave out options for columns and formats of your own."
            )
        return data.task_layout(self.task) if self.task else own

    @property
    def paths(self) -> dict[str, Path | float | None]:
        """{part: file}; of validation perhaps a share of the training part."""
        if self.task:
            return self.layout.files(self.data_directory)
        return {"train": self.train, "validation": self.validation, "test": self.test}

    @property
    def learned_from(self) -> tuple[Path | None, ...]:
        """The files that the weights depend on: of training, and of validation, which chooses the epoch."""
        paths = self.paths
        return paths["train"], None if isinstance(paths["validation"], float) else paths["validation"]

    def read(self) -> dict[str, "Examples"]:
        """Read the parts, as `data.read_task` does, and print how many examples of each class there are.

        Returns:
            {part: examples}.
        """
        examples = data.read_task(self.layout, self.paths, errors=self.errors)
        print(data.class_counts(examples))
        return examples
