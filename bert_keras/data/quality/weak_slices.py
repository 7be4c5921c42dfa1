"""Where a model is weak: groups of held-out examples of which it gets fewer right than of the rest."""

import collections
import dataclasses
import itertools
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence

import numpy as np

from bert_keras.data.tagging.tagged_sentences import split_words

_MOST_VALUES = 1000  # of a feature: one with more is no group but a name


@dataclasses.dataclass(frozen=True)
class WeakSlice:
    """Examples that have something in common, and of which fewer are right.

    Attributes:
        feature: What they have in common, such as "length" or "word"; of two features "length and label".
        value: Its value, such as "from 21" or "not".
        num_examples: How many have it.
        accuracy: The share of them that is right.
        accuracy_of_others: That of all other examples.
        p_value: How probable it is that so few of them are right by chance.
        q_value: The share of false slices among those with a p-value up to this one, at most to be expected.
    """

    feature: str
    value: str
    num_examples: int
    accuracy: float
    accuracy_of_others: float
    p_value: float
    q_value: float

    @property
    def difference(self) -> float:
        """By how much the accuracy is lower than that of the others."""
        return self.accuracy_of_others - self.accuracy


def weak_slices(
    is_correct: Sequence[bool] | np.ndarray,
    features: Mapping[str, Sequence[Hashable]],
    *,
    texts: Iterable[str] = (),
    crossed: bool = True,
    least_examples: int = 20,
    false_share: float = 0.05,
) -> list[WeakSlice]:
    """Find groups of examples of which a model gets fewer right than of the rest, by more than chance.

    Each value of each feature, each pair of values of two features, and each word is tested by Fisher's exact test,
    one-sided, if enough examples have it, and if enough have it not. Of all that were tested those are returned that
    the procedure of Benjamini and Hochberg lets pass.

    Args:
        is_correct: (examples,) bool, of examples that the model was not trained on.
        features: {name: a value for each example}, from `text_features` or your own, such as a column that says where
            a text comes from. One with more than 1000 values is left out.
        texts: The text of each example, for words whose presence makes it hard; of pairs, both texts with a blank
            between them. Words are compared without case.
        crossed: Whether pairs of features are tested as well.
        least_examples: How many a slice has at least.
        false_share: The share of slices that may be there by chance.

    Returns:
        The slices, that of the lowest p-value first; none where the model is equally good everywhere.

    Raises:
        ValueError: If a feature or the texts are not as many as the examples, or a number is out of range.

    Example:
        >>> is_correct = [True] * 60 + [False] * 25 + [True] * 15
        >>> found = weak_slices(is_correct, {"source": ["news"] * 60 + ["mail"] * 40})
        >>> [(some.feature, some.value, some.num_examples, some.accuracy) for some in found]
        [('source', 'mail', 40, 0.375)]

    Reference:
        [Benjamini and Hochberg, 1995](https://doi.org/10.1111/j.2517-6161.1995.tb02031.x)
    """
    is_correct = np.asarray(is_correct)
    if is_correct.ndim != 1 or (is_correct.dtype != bool and not np.isin(is_correct, (0, 1)).all()):
        raise ValueError(f"expected True or False for each example, received {is_correct.dtype} {is_correct.shape}")
    is_correct = is_correct.astype(bool)
    if least_examples < 1 or not 0 < false_share < 1:
        raise ValueError(
            f"expected least_examples of 1 or more and a false_share between 0 and 1; received {least_examples} and "
            f"{false_share}"
        )
    total, right = len(is_correct), int(is_correct.sum())
    counted = _counts(is_correct, dict(features), texts, crossed)
    tested = [some for some in counted if least_examples <= some[2] <= total - least_examples]
    if not tested:
        return []
    logs = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, total + 1)))])  # of factorials
    p_values = np.array([_chance(correct, number, right, total, logs) for _, _, number, correct in tested])
    q_values = _false_shares(p_values)
    return [
        WeakSlice(
            *tested[i][:3], tested[i][3] / tested[i][2], (right - tested[i][3]) / (total - tested[i][2]),
            float(p_values[i]), float(q_values[i]),
        )
        for i in np.argsort(p_values, kind="stable") if q_values[i] <= false_share
    ]  # fmt: skip


def text_features(
    texts: Sequence[str],
    second_texts: Sequence[str] | None = None,
    labels: Sequence[Hashable] | None = None,
    *,
    num_bins: int = 4,
) -> dict[str, list[str]]:
    """Describe examples by what slices are commonly cut by.

    Args:
        texts: The text of each example.
        second_texts: Those of pairs; None for single texts.
        labels: The name of each example's label; None for none.
        num_bins: Into how many parts numbers are cut, equally large but for equal values.

    Returns:
        {feature: value of each example}: "length" in words, of both texts together; "label"; of pairs "overlap", the
        share of the shorter text's words that the other has, and "longer", which text is.

    Raises:
        ValueError: If texts, second texts and labels are not equally many.

    Example:
        >>> text_features(["a b", "a b c d"], ["a", "e f g h"], ["x", "y"], num_bins=2)["overlap"]
        ['from 1', 'below 1']
    """
    for name, some in (("second texts", second_texts), ("labels", labels)):
        if some is not None and len(some) != len(texts):
            raise ValueError(f"expected {len(texts)} {name}, one for each text; received {len(some)}")
    words = list(_words(texts))
    others = None if second_texts is None else list(_words(second_texts))
    lengths = [len(some) for some in words]
    features = {"length": lengths}
    if others is not None:
        pairs = list(zip(words, others, strict=True))
        features["length"] = [len(one) + len(other) for one, other in pairs]
        shares = [len({*one} & {*other}) / max(1, min(len({*one}), len({*other}))) for one, other in pairs]
        features["overlap"] = binned(shares, num_bins)
        features["longer"] = ["first" if len(one) > len(other) else "not first" for one, other in pairs]
    features["length"] = binned(features["length"], num_bins)
    return features | ({} if labels is None else {"label": list(map(str, labels))})


def binned(values: Sequence[float], num_bins: int) -> list[str]:
    """Cut numbers into parts of equally many, equal values together, and name the part of each.

    Args:
        values: The numbers.
        num_bins: How many parts at most.

    Example:
        >>> binned([1, 2, 3, 4, 5, 5], 3)
        ['below 3', 'below 3', '3 to 4', '3 to 4', 'from 5', 'from 5']
    """
    values = np.asarray(values)
    if not len(values):
        return []
    in_order = np.sort(values)
    cuts = sorted({in_order[len(in_order) * part // num_bins] for part in range(1, num_bins)} - {in_order[0]})
    parts = np.searchsorted(np.array(cuts), values, side="right")
    names = []
    for part in range(len(cuts) + 1):
        some = values[parts == part]
        first, last = some.min(), some.max()
        name = f"{first:g}" if first == last else f"{first:g} to {last:g}"
        if cuts and part in (0, len(cuts)):
            name = f"from {first:g}" if part else f"below {cuts[0]:g}"
        names.append(name)
    return [names[part] for part in parts]


def _words(texts: Iterable[str]) -> Iterator[list[str]]:
    for text in texts:
        yield [text[begin:end].casefold() for begin, end in split_words(text)]


def _counts(is_correct: np.ndarray, features: dict, texts: Iterable[str], crossed: bool):
    """Yield (feature, value, number of examples, how many of them are right)."""
    for name, values in features.items():
        if len(values) != len(is_correct):
            raise ValueError(f"feature {name!r} has {len(values)} values, expected {len(is_correct)}, one an example")
    features = {name: values for name, values in features.items() if len(set(values)) <= _MOST_VALUES}
    for name, values in features.items():
        yield from _counts_of(name, map(str, values), is_correct)
    for one, other in itertools.combinations(features, 2) if crossed else ():
        pairs = (f"{a} and {b}" for a, b in zip(features[one], features[other], strict=True))
        yield from _counts_of(f"{one} and {other}", pairs, is_correct)
    numbers, correct, num_texts = collections.Counter(), collections.Counter(), 0
    for num_texts, words in enumerate(_words(texts), 1):
        words = set(words)
        numbers.update(words)
        if num_texts <= len(is_correct) and is_correct[num_texts - 1]:
            correct.update(words)
    if num_texts not in (0, len(is_correct)):
        raise ValueError(f"expected {len(is_correct)} texts, one for each example; received {num_texts}")
    for word, number in numbers.items():
        yield "word", word, number, correct[word]


def _counts_of(name: str, values: Iterable[str], is_correct: np.ndarray):
    numbers, correct = collections.Counter(), collections.Counter()
    for value, right in zip(values, is_correct, strict=True):
        numbers[value] += 1
        correct[value] += bool(right)
    for value, number in numbers.items():
        yield name, value, number, correct[value]


def _chance(correct: int, number: int, right: int, total: int, logs: np.ndarray) -> float:
    """Return the probability of so few right ones among `number` examples, drawn from all without regard."""
    k = np.arange(max(0, number - (total - right)), correct + 1)
    ways = logs[right] - logs[k] - logs[right - k]
    wrong = total - right
    ways = ways + logs[wrong] - logs[number - k] - logs[wrong - number + k]
    return min(1.0, float(np.exp(ways - (logs[total] - logs[number] - logs[total - number])).sum()))


def _false_shares(p_values: np.ndarray) -> np.ndarray:
    """Return the adjusted p-values of Benjamini and Hochberg."""
    order = np.argsort(-p_values, kind="stable")
    ranks = np.arange(len(p_values), 0, -1)
    adjusted = np.empty(len(p_values))
    adjusted[order] = np.minimum(1.0, np.minimum.accumulate(p_values[order] * len(p_values) / ranks))
    return adjusted
