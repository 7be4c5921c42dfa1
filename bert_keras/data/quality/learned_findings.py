"""What models say of labelled texts that they have not seen, as findings: wrong labels, and where models are weak."""

from collections.abc import Iterator, Sequence

from bert_keras.data.classification.examples import Examples
from bert_keras.data.quality.checked_part import CheckedPart
from bert_keras.data.quality.confident_learning import WrongLabels
from bert_keras.data.quality.finding import Finding, shortened
from bert_keras.data.quality.weak_slices import WeakSlice


def labelled_texts(part: CheckedPart) -> Examples:
    """Return a part of labelled texts, or of pairs of them, as examples to train on.

    Args:
        part: With classes.

    Raises:
        ValueError: If it has no classes, or examples of more than two texts.

    Example:
        >>> part = CheckedPart("train", (("so good",), ("bad",)), ("a:1", "a:2"), ("", ""), classes=(("p",), ("n",)))
        >>> labelled_texts(part).labels, labelled_texts(part).places
        ((1, 0), ('a:1', 'a:2'))
    """
    lengths = set(map(len, part.texts))
    if part.classes is None or part.rows != "together" or len(lengths) != 1 or max(lengths) > 2:
        raise ValueError(f"expected texts or pairs with classes in {part.name}, to learn from them")
    names = tuple(sorted({name for some in part.classes for name in some}))
    numbers = {name: number for number, name in enumerate(names)}
    labels = tuple(tuple(numbers[name] for name in some) for some in part.classes)
    if all(len(some) == 1 for some in labels):
        labels = tuple(some[0] for some in labels)
    texts, *seconds = zip(*part.texts)
    return Examples(texts, seconds[0] if seconds else None, labels, names, places=part.places)


def find_wrong_labels(
    examples: Examples, found: WrongLabels | Sequence[WrongLabels], *, part: str = "train"
) -> Iterator[Finding]:
    """Yield the labels that are probably wrong, the worst first.

    Args:
        examples: Those that were judged.
        found: What `wrong_labels` gives; of several labels, what `wrong_label_sets` does.
        part: Name of the part.

    Example:
        >>> import numpy as np
        >>> from bert_keras.data import wrong_labels
        >>> examples = Examples(("good", "bad", "so good"), labels=(0, 1, 1), label_names=("pos", "neg"))
        >>> found = wrong_labels(examples.labels, np.array([[0.7, 0.3], [0.2, 0.8], [0.75, 0.25]]))
        >>> [(finding.place, finding.what) for finding in find_wrong_labels(examples, found)]
        [('example 2', "'neg' has a probability of 0.25, 'pos' a higher one")]
    """
    names = examples.label_names
    if isinstance(found, WrongLabels):
        for number in found.numbers:
            given, other = names[examples.labels[number]], names[found.suggested[number]]
            what = f"{given!r} has a probability of {found.quality[number]:.2f}, {other!r} a higher one"
            yield _of(examples, number, part, what)
        return
    doubted = sorted((some.quality[n], n, label) for label, some in enumerate(found) for n in some.numbers)
    for quality, number, label in doubted:
        is_given = label in examples.labels[number]
        what = f"{names[label]!r} is {'given' if is_given else 'not given'}, which has a probability of {quality:.2f}"
        yield _of(examples, number, part, what)


def find_weak_slices(slices: Sequence[WeakSlice], *, part: str = "train") -> Iterator[Finding]:
    """Yield slices as findings.

    Args:
        slices: What `weak_slices` gives.
        part: Name of the part.

    Example:
        >>> [found.what for found in find_weak_slices([WeakSlice("word", "not", 40, 0.5, 0.9, 1e-9, 1e-7)])]
        ["word 'not': 0.500 of 40 examples are right, 0.900 of the others; by chance with p = 1e-09"]
    """
    for some in slices:
        what = f"{some.feature} {some.value!r}: {some.accuracy:.3f} of {some.num_examples:,} examples are right, "
        what += f"{some.accuracy_of_others:.3f} of the others; by chance with p = {some.p_value:.2g}"
        yield Finding("weak_slices", part, what)


def _of(examples: Examples, number: int, part: str, what: str) -> Finding:
    place = examples.places[number] if examples.places else f"example {number}"
    texts = (examples.texts, *([] if examples.second_texts is None else [examples.second_texts]))
    text = shortened(" / ".join(side[number] for side in texts))
    return Finding("wrong_labels", part, what, place, text, left_out=(place,))
