"""Which examples go to a validation part: the same for every order of the rows, equal texts together."""

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
    groups = collections.defaultdict(list)  # the numbers of equal texts
    for number, text in enumerate(texts):
        groups[tuple(" ".join(side.casefold().split()) for side in text)].append(number)
    strata = collections.defaultdict(list)
    for text, numbers in groups.items():
        strata[kinds[numbers[0]]].append((_order(text, seed), numbers))
    if joins_rare:
        alone = [kind for kind, some in strata.items() if len(some) == 1]
        strata["alone"] = [strata.pop(kind)[0] for kind in alone]
    chosen = set()
    for some in strata.values():
        in_order = [numbers for _, numbers in sorted(some)]
        wanted, taken = share * sum(map(len, in_order)), 0
        for index, numbers in enumerate(in_order[:-1]):  # the last stays with the rest
            if index and abs(taken + len(numbers) - wanted) >= abs(taken - wanted):
                break
            chosen.update(numbers)
            taken += len(numbers)
    if not chosen:
        raise ValueError(f"no class has two different texts, so that none can go to a validation part of {share}")
    return [number for number in range(len(texts)) if number not in chosen], sorted(chosen)


def _order(text: tuple[str, ...], seed: int) -> bytes:
    return hashlib.blake2b("\0".join((str(seed), *text)).encode(errors="surrogatepass"), digest_size=16).digest()
