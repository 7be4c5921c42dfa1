"""Where published tasks keep their texts and labels: GLUE's files as they are downloaded, and SICK's."""

import dataclasses
import os
from collections.abc import Mapping
from pathlib import Path

from bert_keras.data.classification.examples import Examples
from bert_keras.data.classification.readers import read_examples
from bert_keras.data.files.table_files import Column


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
        metrics: What the task is measured by, the first to choose the best epoch by; names of
            `bert_keras.training.classification_metrics`, None for all.
        test_text_column: The text in the test file, where its columns are others; then it has a header.
        test_has_labels: Whether the test file has labels. GLUE keeps its own.
        file_format: `"tsv"`, `"csv"` or `"jsonl"` where the files' suffixes do not tell.
    """

    text_column: Column
    second_text_column: Column | None = None
    label_column: Column = "label"
    train: str = "train.tsv"
    validation: str = "dev.tsv"
    test: str = "test.tsv"
    regression: bool = False
    label_separator: str | None = None
    metrics: tuple[str, ...] | None = None
    test_text_column: Column | None = None
    test_has_labels: bool = True
    file_format: str | None = None

    def files(self, directory: str | os.PathLike) -> dict[str, Path]:
        """The task's files in a folder: `train`, `validation`, and `test` where it is there."""
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
    "stsb": _glue("sentence1", "sentence2", "score", regression=True, metrics=("spearman", "pearson")),
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
    """The layout of a published task.

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
    layout: TaskLayout, files: Mapping[str, str | os.PathLike | None], *, errors: str = "raise"
) -> dict[str, Examples]:
    """Reads the parts of a task; the labels of the training part number those of the others.

    Args:
        layout: One of `TASKS`, or your own.
        files: {part: file} with the part `"train"`, from `layout.files(folder)` or your own; None for no such part.
        errors: As for `read_examples`. A test part without labels is never skipped over: the predictions that are
            handed in for it go by the number of the row.

    Returns:
        {part: examples}. A `"test"` without labels has none.

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
    examples, names = {}, None
    for part in sorted((part for part, file in files.items() if file), key=lambda part: part != "train"):
        is_test = part == "test"
        has_labels = layout.test_has_labels or not is_test
        text_column = layout.text_column
        if is_test and layout.test_text_column is not None:
            text_column = layout.test_text_column
        examples[part] = read_examples(
            files[part],
            text_column=text_column,
            second_text_column=layout.second_text_column,
            label_column=layout.label_column if has_labels else None,
            label_names=names,
            regression=layout.regression,
            label_separator=layout.label_separator,
            file_format=layout.file_format,
            errors=errors if has_labels else "raise",
        )
        names = examples["train"].label_names
        if names and len(names) == 1 and not layout.label_separator:
            raise ValueError(f"{files['train']}: expected two labels or more, every row has {names[0]!r}")
    return examples
