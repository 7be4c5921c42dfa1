"""Which columns are anchor, positive, negatives, scores or class: said by the user, or told by their names."""

import dataclasses
import os
from collections.abc import Sequence
from typing import Any

from bert_keras.data.files.cells import Column
from bert_keras.data.files.table_files import first_cells, has_columns
from bert_keras.table_format import TableFormat


@dataclasses.dataclass(frozen=True)
class MatchingLayout:
    """The columns of a table of texts that match.

    Attributes:
        text_columns: Anchor, positive, and negatives if each has a column; the second text of a scored pair in place of
            the positive; one alone for texts that are paired with themselves.
        negatives_column: A column with a list of negatives.
        score_columns: A column of scores; or of a teacher's scores one for each text beside the anchor.
        label_column: A column of classes.
    """

    text_columns: tuple[Column, ...] = ()
    negatives_column: Column | None = None
    score_columns: tuple[Column, ...] = ()
    label_column: Column | None = None

    @property
    def columns(self) -> tuple[Column, ...]:
        """All of them."""
        others = (self.negatives_column, *self.score_columns, self.label_column)
        return (*self.text_columns, *(column for column in others if column is not None))


_KNOWN = (  # the first one that fits is taken
    MatchingLayout(("query", "pos"), "neg"),  # FlagEmbedding
    MatchingLayout(("query", "positive"), "negatives"),
    MatchingLayout(("anchor", "positive"), "negatives"),
    MatchingLayout(("anchor", "positive", "negative")),
    MatchingLayout(("query", "positive", "negative")),
    MatchingLayout(("sent0", "sent1", "hard_neg")),  # SimCSE's of SNLI and MNLI
    MatchingLayout(("sentence_A", "sentence_B"), score_columns=("relatedness_score",)),  # SICK
    MatchingLayout(("sentence1", "sentence2"), score_columns=("score",)),  # STS-B
    MatchingLayout(("question1", "question2"), label_column="is_duplicate"),  # Quora
    MatchingLayout(("premise", "hypothesis"), label_column="label"),
    MatchingLayout(("sentence1", "sentence2"), label_column="gold_label"),  # SNLI
    MatchingLayout(("sentence1", "sentence2"), label_column="label"),
    *(MatchingLayout(names) for names in (
        ("anchor", "positive"), ("query", "positive"), ("query", "pos"), ("query", "answer"), ("question", "answer"),
        ("sentence1", "sentence2"), ("texts",), ("set",), ("sentence",), ("text",),
    )),
)  # fmt: skip


def layout_of(source: Any, table: TableFormat) -> MatchingLayout:
    """Tell the layout of a table by the names of its columns.

    Args:
        source: One file, a list of files, or rows in memory.
        table: How files are written.

    Raises:
        ValueError: If no layout that is known has these names.

    Example:
        >>> layout_of([{"sentence1": "a cat", "sentence2": "a kitten", "score": 4.5}], TableFormat()).score_columns
        ('score',)
    """
    first = source if isinstance(source, (str, os.PathLike)) else next(iter(source), None)
    is_file = isinstance(first, (str, os.PathLike))

    def fits(columns: Sequence[Column]) -> bool:
        return has_columns(first, columns, table) if is_file else isinstance(first, dict) and {*columns} <= {*first}

    for layout in _KNOWN:
        if fits(layout.columns):
            return layout
    where = os.fspath(first) if is_file else f"rows such as {str(first)[:80]}"
    has = f"the first row has {', '.join(map(repr, first_cells(first, table)))}; " if is_file else ""
    raise ValueError(
        f"{where}: cannot tell which columns are the texts: {has}pass text_columns=, by name or by number from 0; "
        "known are " + "; ".join(", ".join(map(str, layout.columns)) for layout in _KNOWN)
    )
