"""Rows that share something are put into different batches, where that is possible: in-batch negatives want it so."""

import collections
from collections.abc import Mapping, Sequence

_POOL = 8  # so many batches' rows wait for a batch that they fit into
_TRIES = 100_000  # looks at other batches, for all rows together that found none
_NOTHING = frozenset()


def keep_apart(order: Sequence[int], shared: Mapping[int, frozenset], batch_size: int) -> list[int]:
    """Reorder rows a little, so that no batch has two that share something.

    Rows wait for the next batch that they fit into; one that finds none to the end changes places with a row of
    another batch. Where that is impossible too, as with more rows of a kind than batches, some batches have two.

    Args:
        order: Row numbers in the order in which batches are cut from them.
        shared: {row: what it has}, of the rows that share anything with another one.
        batch_size: Rows in a batch.

    Returns:
        The same numbers in another order, a function of the order given.

    Example:
        >>> keep_apart([0, 1, 2, 3], {0: frozenset("a"), 1: frozenset("a")}, batch_size=2)
        [0, 2, 1, 3]
    """
    rest, waiting, batches, misplaced = iter(order), collections.deque(), [], []
    for begin in range(0, len(order), batch_size):
        size, batch, had, passed = min(batch_size, len(order) - begin), [], set(), collections.deque()
        while len(batch) < size and len(passed) < _POOL * batch_size:
            row = waiting.popleft() if waiting else next(rest, None)
            if row is None:
                break
            own = shared.get(row, _NOTHING)
            (batch if had.isdisjoint(own) else passed).append(row)
            had |= own
        waiting = passed + waiting
        misplaced += ((len(batches), place) for place in range(len(batch), size))
        batches.append([*batch, *(waiting.popleft() for _ in range(size - len(batch)))])
    _change_places(batches, misplaced, shared)
    return [row for batch in batches for row in batch]


def _change_places(batches: list[list[int]], misplaced: list[tuple[int, int]], shared: Mapping[int, frozenset]) -> None:
    """Give rows that share something with another of their batch the place of a row elsewhere, in either order."""

    def had_by(number: int, but: int = -1) -> set:
        return set().union(*(shared.get(row, _NOTHING) for place, row in enumerate(batches[number]) if place != but))

    had = [had_by(number) for number in range(len(batches))] if misplaced else []
    tries = _TRIES
    for number, place in misplaced:
        row, others = batches[number][place], had_by(number, but=place)
        own = shared.get(row, _NOTHING)
        if others.isdisjoint(own):
            continue
        for other in sorted(range(len(batches)), key=lambda other, number=number: abs(other - number)):
            tries -= 1
            if tries < 0:
                return
            if not had[other].isdisjoint(own):
                continue
            fitting = (i for i, some in enumerate(batches[other]) if others.isdisjoint(shared.get(some, _NOTHING)))
            if (found := next(fitting, None)) is not None:
                batches[number][place], batches[other][found] = batches[other][found], row
                had[number], had[other] = had_by(number), had_by(other)
                break
