"""What an optimizer does to a model, layer by layer, as a table of text."""

import collections

_HEADER = ("rate", "decayed", "not decayed", "frozen", "layer")


def rate_table(weights: list[tuple[str, int, float | None, bool]]) -> str:
    """Show learning rates by layer; a layer whose parts have different rates is shown by its parts.

    Args:
        weights: list of (path, number of weights, share of the learning rate or None where it is frozen, whether it is
            decayed), one for each variable.

    Returns:
        str of a line for each layer: the share of the learning rate, how many of its weights are trained with weight
        decay, trained without, and frozen.

    Example:
        >>> print(rate_table([("a/kernel", 6, 0.5, True), ("a/bias", 2, 0.5, False), ("b/kernel", 4, None, False)]))
          rate  decayed  not decayed  frozen  layer
           0.5        6            2       0  a
        frozen        0            0       4  b
    """
    rows = [_HEADER, *(_row(layer, some) for layer, some in _layers(weights, depth=1))]
    widths = [max(map(len, column)) for column in zip(*rows)]
    return "\n".join("  ".join([*map(str.rjust, row[:-1], widths), row[-1]]) for row in rows)


def _layers(weights, depth):
    """(layer, its weights) for the highest layers that have one rate each."""
    by_layer = collections.defaultdict(list)
    for path, *others in weights:
        by_layer["/".join(path.split("/")[:-1][:depth])].append((path, *others))
    for layer, some in by_layer.items():
        has_parts = any(len(path.split("/")) > depth + 1 for path, *_ in some)
        if has_parts and len({rate for _, _, rate, _ in some} - {None}) > 1:
            yield from _layers(some, depth + 1)
        else:
            yield layer, some


def _row(layer, weights):
    rates = sorted({rate for _, _, rate, _ in weights} - {None})
    counts = [0, 0, 0]
    for _, number, rate, is_decayed in weights:
        counts[2 if rate is None else 0 if is_decayed else 1] += number
    shown = "-".join(f"{rate:.3g}" for rate in (rates[0], rates[-1])[: len(rates)]) if rates else "frozen"
    return (shown, *(f"{count:,}" for count in counts), layer)
