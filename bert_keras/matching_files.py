"""The files that a sentence encoder is trained and tested on: tables of texts that match, folders in BEIR's layout.

Readers load when a method is first called, so that a recipe shows these options without waiting for TensorFlow.
"""

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from bert_keras import data
from bert_keras.part_files import PartFiles
from bert_keras.table_format import TableFormat

if TYPE_CHECKING:
    from bert_keras.data import MatchingExamples, RetrievalSet

_SPLITS = {"train": "train", "validation": "dev", "test": "test"}  # in BEIR's words


@dataclasses.dataclass(frozen=True)
class MatchingFiles(PartFiles):
    """Which files there are, and how texts, scores and classes lie in them.

    A recipe has it as one parameter; on the command line each field is an option. Columns that are not given are told
    by their names, where those are well known: `data.read_matching`.

    Example:
        >>> files = MatchingFiles(train=Path("train.tsv"), validation=Path("dev.tsv"))
        >>> [path.name for path in files.learned_from]
        ['train.tsv', 'dev.tsv']
    """

    train: Path | None = None  # needed: pairs, triples, scored pairs, a text a row; or a folder in BEIR's layout
    validation: float | Path | None = None  # needed, to choose the best epoch by: the same, or its share of train, 0.2
    test: Path | None = None  # the same as train, its columns or well-known ones; so with validation
    text_columns: tuple[int | str, ...] = ()  # anchor, positive, negatives; by name, or by number from 0
    negatives_column: int | str | None = None  # a list of negatives
    num_negatives: int | None = None  # so many of the list; none: as many as every row has
    score_columns: tuple[int | str, ...] = ()  # scores of pairs, or a teacher's of all texts
    score_range: tuple[float, float] | None = None  # such as 0 5: scores are brought to 0 to 1
    label_column: int | str | None = None  # classes of pairs
    match_label: str | None = None  # train on the pairs of this class, as matches
    match_score: float | None = None  # train on the pairs with this score or more, as matches
    errors: Literal["raise", "skip"] = "raise"  # what to do with a faulty row
    table: TableFormat = TableFormat()

    def read(self) -> dict[str, "MatchingExamples | RetrievalSet"]:
        """Read the parts; of a folder the training part is its pairs, and the others are collections to search in.

        Returns:
            {part: examples}.

        Raises:
            ValueError: If there is no training part or none for validation; further as `data.read_matching` and
                `data.read_beir`.
        """
        self.expect_parts()
        parts, labels = {}, None
        for part, path in self.paths.items():  # train first: its classes are all that there are
            if isinstance(path, float):
                parts["train"], parts[part] = parts["train"].split(path)
                continue
            parts[part] = self._read(part, path, labels)
            if part == "train":
                labels = getattr(parts[part], "label_names", None)
        return parts

    def _read(self, part: str, path: Path, label_names: tuple[str, ...] | None) -> "MatchingExamples | RetrievalSet":
        if path.is_dir():
            collection = data.read_beir(path, split=_SPLITS[part], errors=self.errors)
            return collection.pairs() if part == "train" else collection
        names = ("text_columns", "negatives_column", "num_negatives", "score_columns", "label_column")
        columns = {name: getattr(self, name) for name in names}
        is_alike = self.text_columns and self.match_label is None
        if part != "train" and not (is_alike and data.has_columns(path, self.text_columns, self.table)):
            columns = {}  # it may be of another kind, such as scored pairs for an encoder that is trained on matches
        options = columns | dataclasses.asdict(self.table)
        examples = data.read_matching(path, label_names=label_names, errors=self.errors, **options)
        if part == "train" and (self.match_label, self.match_score) != (None, None):
            return examples.only_matches(label=self.match_label, least_score=self.match_score)
        is_scored = examples.kind == "scores" and self.score_range is not None
        return examples.rescaled(*self.score_range) if is_scored else examples
