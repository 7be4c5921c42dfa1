"""Pairs, triples, scored pairs and lists of negatives, from tables and JSON: one row, one example or several."""

import logging
import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from bert_keras.data.classification.label_names import KnownLabels, by_value, one_spelling
from bert_keras.data.files.cells import Column, label_of, number_of, text_of, value_of
from bert_keras.data.files.faults import Faults, RowFault
from bert_keras.data.files.list_cells import list_in_cell
from bert_keras.data.files.table_files import check_columns, read_rows
from bert_keras.data.matching.matching_examples import MatchingExamples
from bert_keras.data.matching.matching_layouts import MatchingLayout, layout_of
from bert_keras.table_format import TableFormat

_logger = logging.getLogger(__name__)


def read_matching(
    source: str | os.PathLike | Sequence[str | os.PathLike] | Iterable[Sequence | dict],
    *,
    text_columns: Sequence[Column] = (),
    negatives_column: Column | None = None,
    num_negatives: int | None = None,
    score_columns: Sequence[Column] = (),
    label_column: Column | None = None,
    label_names: Sequence[str] | None = None,
    decimal: str = ".",
    file_format: str | None = None,
    separator: str | None = None,
    encoding: str | None = None,
    header: bool | None = None,
    more_cells: bool = False,
    errors: str | Faults = "raise",
) -> MatchingExamples:
    """Read texts that match, or are scored beside each other, out of TSV, CSV or JSON files, or out of rows in memory.

    A cell of the positive may hold a list: each makes an example of its own. One text column alone pairs each text with
    itself, or holds lists of the texts of an example.

    Args:
        source: One file, a list of files of the same layout, an iterable of tuples, lists or dicts, or a DataFrame of
            pandas.
        text_columns: Anchor, positive and perhaps negatives, or the two texts of a pair; none for what the names of the
            columns tell: `query, positive, negatives`, `sentence1, sentence2, score` and others.
        negatives_column: A column with a list of negatives.
        num_negatives: How many negatives of the list an example gets, its first ones; None for as many as every row
            has.
        score_columns: One column of scores for pairs. For a teacher's scores a column for each text beside the anchor,
            or two, the positive's and a list of the negatives', or one list of all of them.
        label_column: The class of a pair.
        label_names: The classes in the order of their numbers; None takes those found, sorted.
        decimal: What stands before the decimals of a score, `"."` or `","`.
        file_format: As for `read_examples`, as are the next five.
        separator: What stands between two cells.
        encoding: `"gbk"` or another, where it is not UTF-8.
        header: Whether the first line names the columns; None means so if a column is given by name.
        more_cells: Whether a row may have more cells than the header, as in STS-B.
        errors: `"raise"` at a faulty row, or `"skip"` it and log how many there were of each kind and where.
            An `AllFaults` keeps all of them instead.

    Raises:
        FileNotFoundError: If a file is missing.
        ValueError: With file and line: a row is unsound, a text empty, a score no number, a class unknown, or a list
            too short. Or nothing at all was read, or the columns are none that are known.

    Example:
        >>> rows = [{"query": "who purrs", "positive": "cats purr", "negatives": ["dogs bark", "cows moo"]}]
        >>> read_matching(rows, num_negatives=1).texts
        (('who purrs', 'cats purr', 'dogs bark'),)
        >>> read_matching([("a cat", "a kitten", 4.5)], text_columns=(0, 1), score_columns=(2,)).labels
        (4.5,)
    """
    table, faults = TableFormat(file_format, separator, encoding, header, more_cells), Faults.of(errors)
    if hasattr(source, "itertuples"):  # pandas
        source = source.to_dict("records")
    elif not isinstance(source, (str, os.PathLike)):
        source = list(source)
    layout = MatchingLayout(tuple(text_columns), negatives_column, tuple(score_columns), label_column)
    if not text_columns:
        if layout.columns:
            raise ValueError(f"expected text_columns beside the columns {', '.join(map(repr, layout.columns))}")
        layout = layout_of(source, table)
    if layout.score_columns and layout.label_column is not None:
        raise ValueError("expected score_columns or label_column, received both")
    if num_negatives is not None and (num_negatives < 0 or layout.negatives_column is None):
        raise ValueError(f"num_negatives={num_negatives} must be 0 or more, and needs a negatives_column")
    check_columns(layout.columns)
    known = KnownLabels(label_names)
    texts, labels, places = [], [], []
    for place, row in read_rows(source, layout.columns, table, faults):
        try:
            found = list(_examples_of_row(row, layout, num_negatives, decimal, place, faults))
            if layout.label_column is not None:
                label = known.find(label_of(row, layout.label_column, place, faults))
                found = [(some, label) for some, _ in found]
        except RowFault as fault:
            faults.add(f"{place}: {fault}", fault.kind)
            continue
        texts += [some for some, _ in found]
        labels += [label for _, label in found]
        places += [place] * len(found)
    faults.report(len(texts), source if isinstance(source, (str, os.PathLike)) else "the given rows")
    num_texts = min(map(len, texts))
    if longer := sum(len(some) > num_texts for some in texts):
        _logger.warning(
            "%d of %d examples have more than %d texts, as many as all have; those behind are left out",
            longer, len(texts), num_texts,
        )  # fmt: skip
    names = None
    if layout.label_column is not None:
        spelling = one_spelling(labels) if label_names is None else {name: name for name in label_names}
        names = tuple(sorted({*spelling.values()}, key=by_value) if label_names is None else label_names)
        labels = [names.index(spelling[label]) for label in labels]
    labels = tuple(label[: num_texts - 1] if isinstance(label, tuple) else label for label in labels)
    has_labels = bool(layout.score_columns) or names is not None
    texts = tuple(some[:num_texts] for some in texts)
    return MatchingExamples(texts, labels if has_labels else None, names, faults.count, tuple(places))


def _examples_of_row(
    row: Any, layout: MatchingLayout, num_negatives: int | None, decimal: str, place: str, faults: Faults
) -> Iterator[tuple[tuple[str, ...], float | tuple[float, ...] | None]]:
    """Yield the texts of each example of a row, and their scores."""
    first, *others = layout.text_columns
    if others:
        anchor, positives = text_of(row, first, place, faults), _texts(row, others[0], place, faults)
    else:
        anchor, *others_of_list = _texts(row, first, place, faults)
        positives = others_of_list[:1] or [anchor]
    negatives = [text_of(row, column, place, faults) for column in others[1:]] if others else others_of_list[1:]
    if layout.negatives_column is not None and num_negatives != 0:
        listed = _texts(row, layout.negatives_column, place, faults, may_be_written_out=True)
        if len(listed) < (num_negatives or 1):
            message = f"column {layout.negatives_column!r} holds {len(listed)} negatives, expected {num_negatives or 1}"
            raise RowFault(message, "rows with too few negatives")
        negatives += listed[:num_negatives]
    if {anchor, *positives} & {*negatives}:
        faults.doubt("a negative that is its own anchor or positive", f"{place}: {negatives[0][:60]!r}")
    for number, positive in enumerate(positives):
        texts = (anchor, positive, *negatives)
        yield texts, _scores(row, layout.score_columns, number, len(texts) - 1, decimal)


def _texts(row: Any, column: Column, place: str, faults: Faults, *, may_be_written_out: bool = False) -> list[str]:
    """Return the texts of a cell that holds one, or a list of them."""
    value = value_of(row, column)
    if may_be_written_out and isinstance(value, str):
        listed = list_in_cell(value)
        value = value if listed is None else listed
    if not isinstance(value, (list, tuple)):
        return [text_of(row, column, place, faults)]
    if not value:
        raise RowFault(f"column {column!r} holds an empty list, expected texts", "rows with an empty list")
    return [text_of({column: item}, column, place, faults) for item in value]


def _scores(
    row: Any, columns: Sequence[Column], number: int, num_scores: int, decimal: str
) -> float | tuple[float, ...] | None:
    """Return the score of a pair, or a teacher's of all texts beside the anchor; of several positives one by number."""
    if not columns:
        return None
    lists = [_numbers(row, column, decimal) for column in columns]
    if len(lists) > 1:
        if number >= len(lists[0]):
            message = f"column {columns[0]!r} holds {len(lists[0])} scores, one for each positive is expected"
            raise RowFault(message, "rows with too few scores")
        lists[0] = [lists[0][number]]
    scores = [score for some in lists for score in some]
    if len(scores) < num_scores:
        message = f"{len(scores)} scores of {num_scores} texts beside the anchor: {scores}"
        raise RowFault(message, "rows with too few scores")
    is_one = len(columns) == 1 and not isinstance(value_of(row, columns[0]), (list, tuple))
    return scores[0] if is_one and num_scores == 1 else tuple(scores[:num_scores])


def _numbers(row: Any, column: Column, decimal: str) -> list[float]:
    value = value_of(row, column)
    if isinstance(value, str):
        listed = list_in_cell(value)
        value = value if listed is None else listed
    if isinstance(value, (list, tuple)):
        return [number_of({column: item}, column, decimal) for item in value]
    return [number_of(row, column, decimal)]
