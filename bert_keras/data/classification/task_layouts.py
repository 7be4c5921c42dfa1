"""Where published tasks keep their texts and labels: GLUE's files as they are downloaded, and SICK's."""

import dataclasses
import logging
import os
from collections.abc import Mapping
from pathlib import Path

from bert_keras.data.classification.examples import Examples
from bert_keras.data.classification.parts import warn_of_parts
from bert_keras.data.classification.readers import read_examples
from bert_keras.data.classification.split import split_examples
from bert_keras.data.files.cells import Column
from bert_keras.data.files.faults import AllFaults, Faults, NoExamples
from bert_keras.data.files.table_files import has_columns
from bert_keras.table_format import TableFormat

_logger = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class TaskLayout:
    """The files of a task, their columns, and what the task is measured by.

    Attributes:
        text_column: The (first) text, by name, or by index where the files have no header.
        second_text_column: The second text of a pair.
        label_column: The label.
        train: Name of the training file in the task's folder.
        validation: Name of the validation file.
        test: Name of the test file.
        regression: Labels are numbers.
        label_separator: A text may have several labels, with this between them.
        label_columns: Instead of the one column, a column for each label, of 0 and 1, as for `read_examples`.
        metrics: What the task is measured by, the first to choose the best epoch by; names of
            `bert_keras.training.classification_metrics`, None for all.
        test_text_column: The text in the test file, where its columns are others; then it has a header.
        test_has_labels: Whether the test file has labels. GLUE keeps its own.
        table: How the files are written, where their suffixes do not tell.
        decimal: What stands before the decimals of numbers.
    """

    text_column: Column
    second_text_column: Column | None = None
    label_column: Column = "label"
    train: str = "train.tsv"
    validation: str = "dev.tsv"
    test: str = "test.tsv"
    regression: bool = False
    label_separator: str | None = None
    label_columns: tuple[Column, ...] = ()
    metrics: tuple[str, ...] | None = None
    test_text_column: Column | None = None
    test_has_labels: bool = True
    table: TableFormat = TableFormat()
    decimal: str = "."

    def files(self, directory: str | os.PathLike) -> dict[str, Path]:
        """Return the task's files in a folder: `train`, `validation`, and `test` where it is there."""
        if directory is None:
            raise ValueError(f"expected the folder that holds {self.train} and {self.validation}, received None")
        files = {part: Path(directory, getattr(self, part)) for part in ("train", "validation", "test")}
        return {part: path for part, path in files.items() if part != "test" or path.is_file()}


def _glue(text, second=None, label="label", **options) -> TaskLayout:
    return TaskLayout(text, second, label, **{"metrics": ("accuracy",), "test_has_labels": False} | options)


def _sick(label, **options) -> TaskLayout:
    files = {"train": "SICK_train.txt", "validation": "SICK_trial.txt", "test": "SICK_test_annotated.txt"}
    return TaskLayout("sentence_A", "sentence_B", label, **files, **options)


# task: columns as in the files of https://gluebenchmark.com, metrics as its leaderboard has them
TASKS = {
    "cola": _glue(3, None, 1, metrics=("matthews",), test_text_column="sentence"),
    "sst2": _glue("sentence"),
    "mrpc": _glue("#1 String", "#2 String", "Quality", metrics=("f1", "accuracy")),
    "stsb": _glue(
        "sentence1",
        "sentence2",
        "score",
        regression=True,
        metrics=("spearman", "pearson"),
        table=TableFormat(more_cells=True),
    ),
    "qqp": _glue("question1", "question2", "is_duplicate", metrics=("f1", "accuracy")),
    "mnli": _glue("sentence1", "sentence2", "gold_label", validation="dev_matched.tsv", test="test_matched.tsv"),
    "mnli_mismatched": _glue(
        "sentence1", "sentence2", "gold_label", validation="dev_mismatched.tsv", test="test_mismatched.tsv"
    ),
    "qnli": _glue("question", "sentence"),
    "rte": _glue("sentence1", "sentence2"),
    "wnli": _glue("sentence1", "sentence2"),
    "sick_entailment": _sick("entailment_judgment", metrics=("accuracy", "f1")),
    "sick_relatedness": _sick("relatedness_score", regression=True, metrics=("pearson", "spearman")),
}


def task_layout(name: str) -> TaskLayout:
    """Return the layout of a published task.

    Args:
        name: A key of `TASKS`, such as `"sst2"`.

    Raises:
        ValueError: If no task has that name.

    Example:
        >>> task_layout("stsb").metrics
        ('spearman', 'pearson')
    """
    if name not in TASKS:
        raise ValueError(f"no task is called {name!r}; known: {', '.join(TASKS)}")
    return TASKS[name]


def read_task(
    layout: TaskLayout, files: Mapping[str, str | os.PathLike | float | None], *, errors: str | Faults = "raise"
) -> dict[str, Examples]:
    """Read the parts of a task; the labels of the training part number those of the others.

    What is suspicious is logged: classes that a part lacks, texts of one part that are in training, too, and what
    `read_examples` finds.

    Args:
        layout: One of `TASKS`, or your own.
        files: {part: file} with the part `"train"`, from `layout.files(folder)` or your own; None for no such part.
            A share such as 0.2 as `"validation"` is cut off the training part by `split_examples`, the same for any
            seed of a training.
        errors: As for `read_examples`. A test part without labels is never skipped over: the predictions that are
            handed in for it go by the number of the row.

    Returns:
        {part: examples}. A `"test"` file without the column of labels has none, which is logged.

    Raises:
        FileNotFoundError: If a file is missing.
        ValueError: If there is no training file, or it has but one label; with file and line, as `read_examples`; a
            label that training does not have is an error.

    Example:
        >>> import pathlib, tempfile
        >>> folder = pathlib.Path(tempfile.mkdtemp())
        >>> header = "sentence" + chr(9) + "label" + chr(10)
        >>> _ = (folder / "train.tsv").write_text(header + "so good" + chr(9) + "1" + chr(10) + "bad" + chr(9) + "0")
        >>> _ = (folder / "dev.tsv").write_text(header + "not good" + chr(9) + "0")
        >>> parts = read_task(TASKS["sst2"], TASKS["sst2"].files(folder))
        >>> parts["train"].labels, parts["validation"].label_names
        ((1, 0), ('0', '1'))
    """
    if files.get("train") is None:
        raise ValueError(f"expected a training file, received {dict(files)}")
    share = files.get("validation") if isinstance(files.get("validation"), (int, float)) else None
    examples = {"train": _read_part(layout, "train", files["train"], None, errors)}
    names = examples["train"].label_names or None
    if names and len(names) == 1 and examples["train"].problem_type == "single_label_classification":
        Faults.of(errors).stop(f"{files['train']}: expected two labels or more, every row has {names[0]!r}")
        names = None
    if share is not None and len(examples["train"]):
        examples["train"], examples["validation"] = split_examples(examples["train"], share)
    for part, file in files.items():
        if part not in examples and file is not None:
            examples[part] = _read_part(layout, part, file, names, errors)
    warn_of_parts(examples)
    return examples


def _read_part(layout: TaskLayout, part: str, file, label_names, errors: str | Faults) -> Examples:
    is_test = part == "test"
    text_column = layout.text_column
    if is_test and layout.test_text_column is not None:
        text_column = layout.test_text_column
    label_columns = layout.label_columns or (layout.label_column,)
    has_labels = not is_test or layout.test_has_labels
    if is_test and has_labels:
        asked, header = (text_column, layout.second_text_column, *label_columns), layout.table.header
        header = any(isinstance(column, str) for column in asked) if header is None else header
        table = dataclasses.replace(layout.table, header=header)
        if not any(has_columns(file, [column], table) for column in label_columns):
            _logger.warning("%s: no column %s: read without labels", file, ", ".join(map(repr, label_columns)))
            has_labels = False
    options = dict(
        text_column=text_column,
        second_text_column=layout.second_text_column,
        label_column=layout.label_column if has_labels and not layout.label_columns else None,
        label_columns=layout.label_columns if has_labels else (),
        label_names=label_names,
        regression=layout.regression,
        label_separator=layout.label_separator,
        decimal=layout.decimal,
        **dataclasses.asdict(layout.table),
        errors=errors if has_labels else "raise",
    )
    try:
        return read_examples(file, **options)
    except NoExamples as error:
        if not isinstance(errors, AllFaults):
            raise
        errors.stop(str(error))
        return Examples((), None, (), None if layout.regression else ())
