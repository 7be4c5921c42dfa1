"""Spans in their texts, as TensorBoard's text tab can show them: right ones bold, wrong ones blue.

The tab lets neither colours nor styles through; its links are blue, and these here lead to the tab itself. A picture
has colours, and is drawn beside it; the text tab has any letters, and its texts can be copied.
"""

import itertools
from collections.abc import Sequence

from bert_keras.training.callbacks.event_writer import EventWriter
from bert_keras.training.callbacks.watching.markdown import plain, shortened, table, whole
from bert_keras.training.callbacks.watching.span_picture import span_picture
from bert_keras.training.callbacks.watching.spans import INVENTED, MISSED, RIGHT, Mark, SpanPredictions, part_around

_NUM_ROWS = 20
_SIGNS = {RIGHT: "✓", INVENTED: "✗", MISSED: "○"}


def write_spans(writer: EventWriter, predictions: SpanPredictions, step: int) -> None:
    """Write the table `spans` and the picture `spans_in_colour`: the texts with most mistakes first, and all counts.

    Args:
        writer: Where to.
        predictions: From the validation part.
        step: Of the training.
    """
    headed, rows = predictions.headings is not None, []
    chosen = predictions.hardest(_NUM_ROWS)
    for number in chosen:
        heading = [plain(shortened(predictions.headings[number]))] if headed else []
        text = marked_text(predictions.texts[number], predictions.marks[number])
        rows.append([whole(str(predictions.num_mistakes(number))), *heading, text])
    counts = predictions.counts()
    said = ", ".join(f"{counts[verdict]} {verdict} {sign}" for verdict, sign in _SIGNS.items())
    writer.text("spans", f"{said}\n\n" + table([whole("mistakes"), *["question"] * headed, "text"], rows), step)
    writer.image("spans_in_colour", span_picture(predictions, chosen), step)


def marked_text(text: str, marks: Sequence[Mark]) -> str:
    """Return a text as markdown, with brackets around each mark, a sign of what it is worth, and its label.

    Args:
        text: The text; far from all marks it is cut.
        marks: What is found and what is there; one without characters stands at the end.

    Example:
        >>> print(marked_text("Ada slept", [Mark(0, 3, "person", "right")]))
        <strong>&#91;Ada&#93;</strong>✓person slept
    """
    placed = [mark for mark in marks if mark.end > mark.start]
    first, last = part_around(text, placed)
    edges = sorted({first, last, *(edge for mark in placed for edge in (mark.start, mark.end))})
    pieces = ["..." if first else ""]
    for start, end in itertools.pairwise(edges):
        inside = [mark for mark in placed if mark.start <= start and end <= mark.end]
        opened = "&#91;" * sum(mark.start == start for mark in inside)
        closed = sorted((mark for mark in inside if mark.end == end), key=lambda mark: -mark.start)
        pieces.append(_coloured(opened + plain(text[start:end]) + "&#93;" * len(closed), inside))
        pieces += [f"{_SIGNS[mark.verdict]}{plain(mark.label)}" for mark in closed]
    pieces += ["..."] if last < len(text) else []
    pieces += [f" {_coloured('&#91;&#93;', [mark])}{_SIGNS[mark.verdict]}{plain(mark.label)}"
               for mark in marks if mark not in placed]  # fmt: skip
    return "".join(pieces)


def _coloured(piece, marks):
    if not marks:
        return piece
    is_right = all(mark.verdict == RIGHT for mark in marks)
    return f"<strong>{piece}</strong>" if is_right else f'<a href="#text">{piece}</a>'
