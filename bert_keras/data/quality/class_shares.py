"""Classes by part: rare ones, those of one part alone, and shares that differ more than chance makes them."""

import collections
import math
from collections.abc import Iterator, Sequence

import numpy as np

from bert_keras.data.classification.label_names import alike
from bert_keras.data.quality.checked_part import CheckedPart
from bert_keras.data.quality.finding import Finding

_DEVIATIONS = 5.0  # of the difference of two shares, or of two means, that chance alone rarely makes
_DIFFERENCE = 0.05  # of shares, below which nobody minds
_OF_DEVIATION = 0.25  # of means, in standard deviations of the numbers


def find_class_faults(parts: Sequence[CheckedPart], *, fewest: int = 10) -> Iterator[Finding]:
    """Find classes that training has rarely or not at all, and parts whose shares or numbers differ.

    Args:
        parts: As for `find_repeated_texts`. Of spans each one counts.
        fewest: How many examples of a class training should have.

    Example:
        >>> train = CheckedPart("train", (("a",),) * 20, ("",) * 20, ("a",) * 20, classes=(("yes",),) * 19 + (("no",),))
        >>> [found.what for found in find_class_faults([train])]
        ["class 'no': 1 example, fewer than 10"]
    """
    train = next((part for part in parts if part.is_train), None)
    others = [part for part in parts if part is not train]
    for part in parts:
        if part.numbers:
            yield from _of_numbers(part, train)
    if train is None or not train.classes:
        return
    counts = {part.name: collections.Counter(label for some in part.classes or () for label in some) for part in parts}
    ours, first_place = counts[train.name], _first_places(train)
    for label, count in sorted(ours.items(), key=lambda item: (item[1], item[0])):
        if count < fewest:
            what = f"class {label!r}: {count} example{'s' * (count > 1)}, fewer than {fewest}"
            yield Finding("classes", train.name, what, first_place[label])
    for group, how in alike(ours):
        names = ", ".join(f"{label!r} ({ours[label]})" for label in group)
        yield Finding("classes", train.name, f"classes {names} {how}", first_place[group[0]])
    for part in others:
        if not part.classes:
            continue
        theirs, first_place_there = counts[part.name], _first_places(part)
        for label in sorted(theirs.keys() - ours.keys()):
            what = f"class {label!r}: {theirs[label]} in {part.name}, none in train"
            yield Finding("classes", part.name, what, first_place_there[label])
        if missing := sorted(ours.keys() - theirs.keys()):
            shown = ", ".join(f"{label!r} ({ours[label]} in train)" for label in missing[:10])
            more = f" and {len(missing) - 10} more" if len(missing) > 10 else ""
            yield Finding("classes", part.name, f"no example of {shown}{more}")
        for label in sorted(ours.keys() & theirs.keys()):
            shares = ours[label] / ours.total(), theirs[label] / theirs.total()
            if _differ(*shares, ours.total(), theirs.total()):
                what = f"class {label!r}: {shares[0]:.1%} of train, {shares[1]:.1%} of {part.name}"
                yield Finding("classes", part.name, what)


def _differ(first: float, second: float, num_first: int, num_second: int) -> bool:
    together = (first * num_first + second * num_second) / (num_first + num_second)
    deviation = math.sqrt(together * (1 - together) * (1 / num_first + 1 / num_second))
    return abs(first - second) > max(_DIFFERENCE, _DEVIATIONS * deviation)


def _first_places(part: CheckedPart) -> dict[str, str]:
    places = {}
    for place, labels in zip(part.places, part.classes, strict=True):
        for label in labels:
            places.setdefault(label, place)
    return places


def _of_numbers(part: CheckedPart, train: CheckedPart | None) -> Iterator[Finding]:
    numbers = np.array(part.numbers, float)
    if len(set(part.numbers)) == 1:
        yield Finding("classes", part.name, f"every number is {numbers[0]:g}", part.places[0])
    if train is None or train is part or not train.numbers:
        return
    ours = np.array(train.numbers, float)
    beyond = np.flatnonzero((numbers < ours.min()) | (numbers > ours.max()))
    if len(beyond):
        what = f"{len(beyond)} numbers beyond those of train, {ours.min():g} to {ours.max():g}: {numbers[beyond[0]]:g}"
        yield Finding("classes", part.name, what, part.places[beyond[0]])
    difference, deviation = abs(numbers.mean() - ours.mean()), np.concatenate([numbers, ours]).std()
    error = deviation * math.sqrt(1 / len(numbers) + 1 / len(ours))
    if difference > max(_OF_DEVIATION * deviation, _DEVIATIONS * error):
        what = f"numbers are {numbers.mean():.3g} in the mean, {ours.mean():.3g} in train"
        yield Finding("classes", part.name, what)
