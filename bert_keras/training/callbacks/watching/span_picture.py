"""Spans in their texts as a picture: what is right, missed and invented in colour."""

from collections.abc import Sequence

import numpy as np

from bert_keras.training.callbacks.watching.spans import INVENTED, MISSED, RIGHT, Mark, SpanPredictions, part_around
from bert_keras.training.drawing import coloured_spans, is_drawable

# No kind of colour blindness mixes them up, and the label of a mistake says what it is.
_COLOURS = {RIGHT: (26, 102, 178), INVENTED: (200, 84, 0), MISSED: (110, 40, 130)}
_NOWHERE = "   []"  # stands at the end for a mark without characters


def span_picture(predictions: SpanPredictions, numbers: Sequence[int]) -> np.ndarray:
    """Draw texts with what is found in them and what is there.

    A text with letters that no font here has is left out, and the title says how many are: the text tab has them.

    Args:
        predictions: From the validation part.
        numbers: Of the texts that are drawn.

    Returns:
        (height, width, 3) uint8 array.
    """
    texts, places, headings = [], [], []
    for number in numbers:
        text, of_text = _with_places(predictions.texts[number], predictions.marks[number])
        heading = "" if predictions.headings is None else predictions.headings[number]
        if all(is_drawable(some) for some in (text, heading, *(place[2] for place in of_text))):
            texts.append(text)
            places.append(of_text)
            headings.append(heading)
    counts, left_out = predictions.counts(), len(numbers) - len(texts)
    title = f"{len(texts)} of {len(predictions.texts)} texts, most mistakes first; in all "
    title += ", ".join(f"{counts[verdict]} {verdict}" for verdict in _COLOURS)
    if left_out:
        title += f"; {left_out} have letters that no font here has: see the text tab"
    headings = None if predictions.headings is None else headings
    return coloured_spans(texts, places, _COLOURS, headings=headings, title=title)


def _with_places(text: str, marks: Sequence[Mark]) -> tuple[str, list]:
    """Return the part of a text that is near its marks, and these as places in it."""
    placed = [mark for mark in marks if mark.end > mark.start]
    first, last = part_around(text, placed)
    before, behind = "..." * (first > 0), "..." * (last < len(text))
    shown, moved = f"{before}{text[first:last]}{behind}", len(before) - first
    places = [(mark.start + moved, mark.end + moved, _said(mark), mark.verdict) for mark in placed]
    for mark in marks:
        if mark.end <= mark.start:
            shown += _NOWHERE
            places.append((len(shown) - 2, len(shown), _said(mark), mark.verdict))
    return shown, places


def _said(mark: Mark) -> str:
    return mark.label if mark.verdict == RIGHT else ", ".join(filter(None, [mark.label, mark.verdict]))
