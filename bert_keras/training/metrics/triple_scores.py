"""Precision, recall and F1 of triples, by their texts as DuIE's scorer and the field's count them, or by place."""

from collections.abc import Sequence

from bert_keras.training.metrics.entity_scores import span_scores

QuotedTriple = tuple[str, str, str]  # subject, object, relation


def triple_scores(
    true_triples: Sequence[Sequence[tuple]], predicted_triples: Sequence[Sequence[tuple]]
) -> dict[str, dict[str, float]]:
    """Compare the triples of texts: one counts as found where subject, object and relation are right.

    Subjects and objects that are strings count by their text, wherever it stands: in lower case, without the marks of
    a book's name around (`《》`) and with one space for several. Those that are ranges of words count by their place.
    The triples of a text are a set: what is stated or found twice counts once.

    Args:
        true_triples: (subject, object, relation) each, for each text: strings of `TripleExamples.quoted`, or ranges of
            words of `TripleExamples.triples`.
        predicted_triples: the same.

    Returns:
        dict from relation, and from "overall", to a dict of `precision`, `recall`, `f1` (shares, 0 where there is
        nothing to divide by) and `support`, the number of true triples. "overall" is the micro average.

    Raises:
        ValueError: where there are not as many texts of one as of the other.

    Example:
        >>> from bert_keras.training import triple_scores
        >>> triple_scores([[("Ada", "Bonn", "lived")]], [[("ada", "Bonn", "lived"), ("Bob", "Bonn", "lived")]])["lived"]
        {'precision': 0.5, 'recall': 1.0, 'f1': 0.6666666666666666, 'support': 1}

    Reference:
        `re_official_evaluation.py` of DuIE; where an object has several parts it wants all of them right together,
        here each is a triple of its own.
    """
    if len(true_triples) != len(predicted_triples):
        raise ValueError(f"Expected triples of {len(true_triples)} texts, received those of {len(predicted_triples)}.")
    return span_scores(
        *([[_key(triple) for triple in some] for some in every] for every in (true_triples, predicted_triples))
    )


def _key(triple: tuple) -> tuple:
    subject, target, relation = triple
    return (*(_plain(part) if isinstance(part, str) else tuple(part) for part in (subject, target)), relation)


def _plain(text: str) -> str:
    text = " ".join(text.lower().split())
    return text[1:-1].strip() if len(text) > 2 and text[0] == "《" and text[-1] == "》" else text
