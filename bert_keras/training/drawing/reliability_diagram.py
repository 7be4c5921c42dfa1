"""How often a model is right, by how sure it is."""

import numpy as np

from bert_keras.training.drawing.lettering import SIZE, font_of

_SIDE = 360
_LEFT, _TOP = 48, 28


def reliability_diagram(
    counts: np.ndarray, accuracies: np.ndarray, confidences: np.ndarray, *, title: str
) -> np.ndarray:
    """Draw a reliability diagram: bars as high as the share that is right, a line where each should end.

    Args:
        counts: (bins,) decisions in ranges of confidence that part 0 to 1 equally; a bar is the darker the more.
        accuracies: (bins,) shares that are right, NaN without decisions.
        confidences: (bins,) mean confidences.
        title: What stands above.

    Returns:
        (height, width, 3) uint8 array.

    Example:
        >>> image = reliability_diagram([2, 0, 6], [0.5, np.nan, 1.0], [0.2, np.nan, 0.9], title="ECE")
        >>> image.dtype, image.shape[2]
        (dtype('uint8'), 3)
    """
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (_LEFT + _SIDE + 24, _TOP + _SIDE + 3 * SIZE), "white")
    draw = ImageDraw.Draw(image)
    draw.text((_LEFT, _TOP // 2), title, "black", font_of(title), anchor="lm")
    edges, most = np.linspace(0, 1, len(counts) + 1), max(1, *counts)
    for i, count in enumerate(counts):
        if not count:
            continue
        left, right = _x(edges[i]) + 1, _x(edges[i + 1]) - 1
        light = int(200 - 160 * (count / most) ** 0.5)
        draw.rectangle((left, _y(accuracies[i]), right, _y(0)), fill=(light - 30, light, 230))
        draw.line((left, _y(confidences[i]), right, _y(confidences[i])), fill="crimson", width=3)
    draw.line((_x(0), _y(0), _x(1), _y(1)), fill="grey")
    draw.rectangle((_x(0), _y(1), _x(1), _y(0)), outline="grey")
    font, said = font_of("0"), "confidence; bars: share right, red: mean confidence"
    for tick in (0, 0.5, 1):
        draw.text((_LEFT - 6, _y(tick)), f"{tick:g}", "black", font, anchor="rm")
        draw.text((_x(tick), _y(0) + 4), f"{tick:g}", "black", font, anchor="mt")
    draw.text((_LEFT + _SIDE // 2, _y(0) + 8 + SIZE), said, "dimgrey", font, anchor="mt")
    return np.asarray(image)


def _x(share):
    return int(_LEFT + share * _SIDE)


def _y(share):
    return int(_TOP + (1 - share) * _SIDE)
