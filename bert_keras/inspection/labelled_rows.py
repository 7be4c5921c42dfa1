"""Labelled texts, tagged sentences or marked relations as rows with targets."""

from collections.abc import Sequence

import numpy as np

from bert_keras.data import Examples, RelationExamples, RelationRows, Rows, TaggedSentences, TagRows, TextRows
from bert_keras.inference import Predictor

Labelled = Examples | TaggedSentences | RelationExamples | Rows


def labelled_rows(predictor: Predictor, labelled: Labelled, label_names: Sequence[str] | None) -> Rows:
    """Make rows with targets.

    Args:
        predictor: Says the tokenizer and the length of rows.
        labelled: From `read_examples`, `read_tagged_sentences` or `read_relations`; or any `Rows` with targets.
        label_names: The labels, or tags, in the order of their numbers; None for the order of `labelled`.

    Raises:
        ValueError: If there are no labels, or one that is not among the names.
    """
    sizes = {"sequence_length": predictor.sequence_length}
    if isinstance(labelled, TaggedSentences):
        words = getattr(predictor, "words", "file")
        rows = TagRows(labelled, predictor.tokenizer, tag_names=label_names, words=words, **sizes)
        has_labels = labelled.tags is not None
    elif isinstance(labelled, RelationExamples):
        markers = predictor.model.markers
        rows = RelationRows(labelled, predictor.tokenizer, label_names=label_names, markers=markers, **sizes)
        has_labels = labelled.labels is not None
    elif isinstance(labelled, Examples):
        rows = TextRows(labelled, predictor.tokenizer, label_names=label_names, **sizes)
        has_labels = labelled.labels is not None
    else:
        rows, has_labels = labelled, labelled.targets(np.zeros(0, "int32"), 1) is not None
    if not has_labels or not len(rows.row_lengths):
        raise ValueError(f"Expected labelled examples, one or more; received {type(labelled).__name__} with none.")
    return rows
