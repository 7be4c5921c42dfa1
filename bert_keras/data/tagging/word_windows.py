"""Long sentences as overlapping windows of whole words, and which window speaks for which word."""

from collections.abc import Sequence
from typing import NamedTuple


class WordWindow(NamedTuple):
    """A run of words that fits into a row.

    Attributes:
        start: Its first word.
        end: The word behind its last.
        owned_start: The first word that it speaks for; the words before are context.
        owned_end: The word behind the last that it speaks for.
    """

    start: int
    end: int
    owned_start: int
    owned_end: int


def word_windows(piece_counts: Sequence[int], max_pieces: int, overlap: int) -> list[WordWindow]:
    """Cut a sentence into windows, so that each word is owned by exactly one, with context on both sides.

    Where two windows overlap, the words of the first half belong to the first. The owned words, window after window,
    are the words of the sentence: merging predictions is putting them end to end.

    Args:
        piece_counts: Pieces of each word, at most `max_pieces`.
        max_pieces: Pieces that a window may have.
        overlap: Pieces that neighbouring windows have in common, or less where a word would be cut.

    Example:
        >>> [tuple(window) for window in word_windows([1] * 10, max_pieces=6, overlap=2)]
        [(0, 6, 0, 5), (4, 10, 5, 10)]
    """
    if not 0 <= overlap < max_pieces:
        raise ValueError(f"the overlap must lie between 0 and {max_pieces - 1} pieces, received {overlap}")
    borders, start = [], 0
    while True:
        end, pieces = start, 0
        while end < len(piece_counts) and pieces + piece_counts[end] <= max_pieces:
            pieces += piece_counts[end]
            end += 1
        borders.append((start, end))
        if end >= len(piece_counts):
            break
        following, shared = end, 0
        # Always at least one word further on, however many pieces the words have.
        while following - 1 > start and shared + piece_counts[following - 1] <= overlap:
            following -= 1
            shared += piece_counts[following]
        start = following
    middles = [(start + end + 1) // 2 for (_, end), (start, _) in zip(borders, borders[1:], strict=False)]
    owned = zip([0, *middles], [*middles, len(piece_counts)], strict=True)
    return [WordWindow(*border, *own) for border, own in zip(borders, owned, strict=True)]
