"""Which examples go to a validation part or to a fold: the same for every order of the rows, equal texts together."""

import collections
import hashlib
from collections.abc import Hashable, Sequence


def split_numbers(
    texts: Sequence[tuple[str, ...]],
    kinds: Sequence[Hashable],
    share: float,
    *,
    seed: int = 0,
    joins_rare: bool = False,
) -> tuple[list[int], list[int]]:
    """Split the numbers of examples in two: equal texts, but for case and spaces, stay on one side.

    Args:
        texts: Those of each example by which it stays on one side with others.
        kinds: The class of each.
        share: How much goes to the second part, between 0 and 1.
        seed: Another one makes another split.
        joins_rare: Whether kinds that only one text has are split as one.

    Raises:
        ValueError: If the share is out of range, or one part would be empty.

    Example:
        >>> split_numbers([("a",), ("b",), ("A ",)], [0, 0, 0], 0.5)
        ([1], [0, 2])
    """
    if not 0 < share < 1:
        raise ValueError(f"the share of a validation part is between 0 and 1, received {share}")
    strata = _strata(texts, kinds, seed, joins_rare)
    chosen = set()
    for in_order in strata.values():
        wanted, taken = share * sum(map(len, in_order)), 0
        for index, numbers in enumerate(in_order[:-1]):  # the last stays with the rest
            if index and abs(taken + len(numbers) - wanted) >= abs(taken - wanted):
                break
            chosen.update(numbers)
            taken += len(numbers)
    if not chosen:
        raise ValueError(f"no class has two different texts, so that none can go to a validation part of {share}")
    return [number for number in range(len(texts)) if number not in chosen], sorted(chosen)


def fold_numbers(
    texts: Sequence[tuple[str, ...]],
    kinds: Sequence[Hashable],
    num_folds: int,
    *,
    seed: int = 0,
    joins_rare: bool = False,
) -> list[int]:
    """Return the fold of each example: each kind in equal shares, equal texts but for case and spaces in one fold.

    Args:
        texts: As for `split_numbers`.
        kinds: The class of each.
        num_folds: How many folds.
        seed: Another one makes other folds.
        joins_rare: As for `split_numbers`.

    Raises:
        ValueError: If there are fewer than two folds, or fewer different texts than folds.

    Example:
        >>> fold_numbers([("a",), ("b",), ("A ",), ("c",)], [0, 0, 0, 1], 2)
        [0, 1, 0, 1]
    """
    if num_folds < 2:
        raise ValueError(f"expected two folds or more, received {num_folds}")
    strata = _strata(texts, kinds, seed, joins_rare)
    if (num_texts := sum(map(len, strata.values()))) < num_folds:
        raise ValueError(f"expected as many different texts as folds, {num_folds}, or more; received {num_texts}")
    folds, sizes = [0] * len(texts), [0] * num_folds
    for some in strata.values():
        of_kind = [0] * num_folds
        for numbers in some:
            fold = min(zip(of_kind, sizes, range(num_folds)))[-1]
            for number in numbers:
                folds[number] = fold
            of_kind[fold] += len(numbers)
            sizes[fold] += len(numbers)
    return folds


def _strata(
    texts: Sequence[tuple[str, ...]], kinds: Sequence[Hashable], seed: int, joins_rare: bool
) -> dict[Hashable, list[list[int]]]:
    """Return for each kind the numbers of its examples, those of equal texts together; all in the seed's order."""
    groups = collections.defaultdict(list)
    for number, text in enumerate(texts):
        groups[tuple(" ".join(side.casefold().split()) for side in text)].append(number)
    strata = collections.defaultdict(list)
    for text, numbers in groups.items():
        strata[kinds[numbers[0]]].append((_order(text, seed), numbers))
    if joins_rare:
        alone = [kind for kind, some in strata.items() if len(some) == 1]
        strata["alone"] = [strata.pop(kind)[0] for kind in alone]
    in_order = sorted((sorted(some), kind) for kind, some in strata.items() if some)
    return {kind: [numbers for _, numbers in some] for some, kind in in_order}


def _order(text: tuple[str, ...], seed: int) -> bytes:
    return hashlib.blake2b("\0".join((str(seed), *text)).encode(errors="surrogatepass"), digest_size=16).digest()
