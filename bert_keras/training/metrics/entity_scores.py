"""Precision, recall and F1 of spans, as CoNLL's scorer and seqeval count them."""

from collections import Counter
from collections.abc import Sequence

from bert_keras.tagging_schemes import Span, tags_to_spans


def span_scores(
    true_spans: Sequence[Sequence[Span]], predicted_spans: Sequence[Sequence[Span]]
) -> dict[str, dict[str, float]]:
    """Compare the spans of sentences: one counts as found where begin, end and label are right.

    Args:
        true_spans: (begin, end, label) each, for each sentence; they may be nested.
        predicted_spans: the same.

    Returns:
        dict from label, and from "overall", to a dict of `precision`, `recall`, `f1` (shares, 0 where there is nothing
        to divide by) and `support`, the number of true spans. "overall" is the micro average.

    Raises:
        ValueError: where there are not as many sentences of one as of the other.

    Example:
        >>> from bert_keras.training import span_scores
        >>> scores = span_scores([[(0, 2, "person")], [(1, 2, "place")]], [[(0, 2, "person")], [(0, 2, "place")]])
        >>> scores["overall"]
        {'precision': 0.5, 'recall': 0.5, 'f1': 0.5, 'support': 2}

    Reference:
        https://github.com/chakki-works/seqeval
    """
    if len(true_spans) != len(predicted_spans):
        raise ValueError(f"Expected spans of {len(true_spans)} sentences, received those of {len(predicted_spans)}.")
    true, predicted, right = Counter(), Counter(), Counter()
    for some_true, some_predicted in zip(true_spans, predicted_spans, strict=True):
        some_true, some_predicted = set(some_true), set(some_predicted)
        true.update(label for _, _, label in some_true)
        predicted.update(label for _, _, label in some_predicted)
        right.update(label for _, _, label in some_true & some_predicted)
    scores = {label: f1_scores(right[label], predicted[label], true[label]) for label in sorted(true | predicted)}
    return {"overall": f1_scores(right.total(), predicted.total(), true.total())} | scores


def entity_scores(
    true_tags: Sequence[Sequence[str]], predicted_tags: Sequence[Sequence[str]], *, scheme: str | None = None
) -> dict[str, dict[str, float]]:
    """Compare the spans that the tags of sentences spell.

    Args:
        true_tags: a tag for each word, for each sentence.
        predicted_tags: the same.
        scheme: None reads spans as CoNLL's scorer and seqeval do, whatever the scheme; one of
            `bert_keras.tagging_schemes.SCHEMES`, such as "BIO", counts only those that the scheme allows, as seqeval's
            `mode="strict"`.

    Returns:
        As `span_scores`.

    Raises:
        ValueError: where sentences have not as many tags in one as in the other, or a tag is none.

    Example:
        >>> from bert_keras.training import entity_scores
        >>> entity_scores([["B-place", "I-place", "O"]], [["B-place", "O", "O"]])["overall"]
        {'precision': 0.0, 'recall': 0.0, 'f1': 0.0, 'support': 1}
    """
    _check_lengths(true_tags, predicted_tags)
    spans = ([tags_to_spans(tags, scheme) for tags in sentences] for sentences in (true_tags, predicted_tags))
    return span_scores(*spans)


def tag_accuracy(true_tags: Sequence[Sequence[str]], predicted_tags: Sequence[Sequence[str]]) -> float:
    """Count the words whose tag is right, as for parts of speech.

    Args:
        true_tags: a tag for each word, for each sentence.
        predicted_tags: the same.

    Returns:
        their share, from 0 to 1.

    Raises:
        ValueError: where sentences have not as many tags in one as in the other, or there is no word.

    Example:
        >>> from bert_keras.training import tag_accuracy
        >>> tag_accuracy([["DET", "NOUN"], ["VERB", "ADV"]], [["DET", "VERB"], ["VERB", "ADV"]])
        0.75
    """
    _check_lengths(true_tags, predicted_tags)
    pairs = [pair for both in zip(true_tags, predicted_tags, strict=True) for pair in zip(*both, strict=True)]
    if not pairs:
        raise ValueError("Expected at least one word.")
    return sum(true == predicted for true, predicted in pairs) / len(pairs)


def _check_lengths(true_tags, predicted_tags):
    for number, (one, other) in enumerate(zip(true_tags, predicted_tags, strict=False)):
        if len(one) != len(other):
            raise ValueError(f"Sentence {number} has {len(one)} true tags and {len(other)} predicted ones.")


def f1_scores(num_right: int, num_predicted: int, num_true: int) -> dict[str, float]:
    """Make precision, recall and F1 out of counts.

    Args:
        num_right: things found that are there.
        num_predicted: things found.
        num_true: things that are there.

    Returns:
        dict of `precision`, `recall`, `f1`, and `support`, which is `num_true`.
    """
    precision = num_right / num_predicted if num_predicted else 0.0
    recall = num_right / num_true if num_true else 0.0
    f1 = 2 * num_right / (num_predicted + num_true) if num_right else 0.0
    return {"precision": precision, "recall": recall, "f1": f1, "support": num_true}
