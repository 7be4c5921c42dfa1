"""Which tokens of a byte-pair vocabulary a text can become, and the merge that completes each of them."""

from collections.abc import Sequence

import numpy as np

NEVER = -1


def completing_merges(tokens: Sequence[str], merges: Sequence[tuple[str, str]]) -> np.ndarray:
    """Return for each token the rank of the merge that completes it, alone in a word.

    Merges happen by their rank and, of the same rank, from the left. Neighbours never change what happens inside a
    piece of a word whose ends no merge crosses. So a token that is not whole when it is a word by itself is whole
    nowhere; and one that is, is always completed by the same merge, for only one of the states on the way to it has
    two parts. That makes byte-pair encoding one with choosing, of all neighbours that together are such a token, those
    of the lowest rank: the rule of SentencePiece's kernel.

    Args:
        tokens: All tokens, which have the merges' parts and results among them, each once.
        merges: The pairs, in the order of their ranks, each once.

    Returns:
        (tokens,) int32: the rank; 0 for single characters; `NEVER` for what no text becomes.

    Example:
        >>> completing_merges(["a", "b", "ab", "bb", "abb"], [("b", "b"), ("a", "b"), ("ab", "b")]).tolist()
        [0, 0, 1, 0, -1]
    """
    ids, num_tokens = {token: index for index, token in enumerate(tokens)}, len(tokens)
    pairs = np.array([(ids[a], ids[b], ids[a + b]) for a, b in merges], np.int64).reshape(-1, 3)
    keys = pairs[:, 0] * num_tokens + pairs[:, 1]
    order = np.argsort(keys)
    keys, results = keys[order], pairs[order, 2]

    lengths, ranks = np.array([len(token) for token in tokens]), np.full(num_tokens, NEVER, np.int32)
    ranks[lengths == 1] = 0
    is_result = np.zeros(num_tokens, bool)
    is_result[pairs[:, 2]] = True
    for length in np.unique(lengths[is_result]):
        some = np.flatnonzero(is_result & (lengths == length))
        parts = np.array([[ids.get(character, -1) for character in tokens[token]] for token in some], np.int64)
        whole = (parts >= 0).all(axis=1)  # of a character that is no token nothing is made
        some, parts = some[whole], parts[whole]
        for left in range(length - 1, 0, -1):  # merges still to come
            found = parts[:, :-1] * num_tokens + parts[:, 1:]
            places = np.minimum(np.searchsorted(keys, found), len(keys) - 1)
            rank = np.where(keys[places] == found, order[places], len(keys))
            best = rank.argmin(axis=1)  # the first of the lowest
            lowest = rank[np.arange(len(rank)), best]
            goes_on = lowest < len(keys)
            some, parts, places, best = some[goes_on], parts[goes_on], places[goes_on], best[goes_on]
            rows = np.arange(len(some))
            parts[rows, best] = results[places[rows, best]]
            is_behind = np.arange(left) > best[:, np.newaxis]
            parts = np.where(is_behind, parts[:, 1:], parts[:, :-1])
            if left == 1:
                ranks[some] = lowest[goes_on]
    return ranks
