"""Why a model gives an answer, to be shown: in a terminal, in a notebook, or as a page of its own."""

import dataclasses
import html
import os
import re
import sys
from pathlib import Path

import numpy as np

from bert_keras.atomic_files import write_file
from bert_keras.inspection.attention import Attention
from bert_keras.inspection.attribution import Attribution
from bert_keras.inspection.attribution_sums import sums_in_words
from bert_keras.inspection.explanation_page import explanation_page
from bert_keras.text_table import aligned

_WORDS_OF_A_LIST = 8
_LETTERS_OF_A_WORD = 40  # a longer one, as an address, would push the numbers off the line
# Of a terminal's 256 colours: blue speaks for the answer, orange against it; no kind of colour blindness mixes them up.
_FOR, _AGAINST, _BLACK = (195, 153, 75), (230, 222, 214), 16
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # what would steer the terminal
_LEVELS = (0.08, 0.33, 0.66)  # shares of the strongest score


@dataclasses.dataclass(frozen=True)
class Explanation:
    """An answer with its probability, what speaks for it by one method or more, and the attention of all heads.

    It prints as text, in colour where that is a terminal and the environment does not set NO_COLOR; a notebook shows it
    as its page.

    Args:
        attributions: Of one answer, one for each method.
        predictions: Answers of the model with their probabilities, the likeliest first; of written words the geometric
            mean of those of their tokens; none where the model gives none, as of a number.
        attention: From `attention_of`; empty where it was not asked for, or the encoder has none to show.
        note: What is missing, and why.
    """

    attributions: tuple[Attribution, ...]
    predictions: tuple[tuple[str, float], ...] = ()
    attention: tuple[Attention, ...] = ()
    note: str = ""

    @property
    def texts(self) -> tuple[str, ...]:
        """The raw text, and the second one of a pair."""
        return self.attributions[0].texts

    @property
    def answer(self) -> str:
        """What is explained."""
        return self.attributions[0].answer

    @property
    def probability(self) -> float | None:
        """The probability of the answer, where the model tells one."""
        return dict(self.predictions).get(self.answer)

    def in_terminal(self, *, colour: bool) -> str:
        """Return lines for a terminal.

        Args:
            colour: Whether words stand on colours; the strongest are listed with their scores in any case.
        """
        share = "" if self.probability is None else f" {self.probability:.3f}"
        lines = [f"{_printable(self.answer)}{share}"]
        for found in self.attributions:
            lines += ["", f"{found.method}: {sums_in_words(found)}"]
            if colour:
                lines += [_coloured(found, number) for number in range(len(found.texts))]
            words = found.of_words()
            strongest = sorted(range(len(words)), key=lambda i: -abs(words[i][1]))[:_WORDS_OF_A_LIST]
            lines.append(aligned([(_short(_printable(words[i][0])), f"{words[i][1]:+.3g}") for i in strongest]))
        return "\n".join([*lines, *([self.note] if self.note else [])])

    def __str__(self) -> str:
        return self.in_terminal(colour=sys.stdout.isatty() and not os.environ.get("NO_COLOR"))

    def to_html(self) -> str:
        """Return one page of HTML that needs nothing but itself."""
        return explanation_page([self])

    def _repr_html_(self) -> str:
        # In a frame, so that neither the notebook's style nor another cell changes the page.
        page = html.escape(self.to_html().encode("utf-8", "replace").decode(), quote=True)
        style = "width:100%;height:36em;border:0;resize:vertical"
        return f'<iframe sandbox="allow-scripts" style="{style}" title="explanation" srcdoc="{page}"></iframe>'

    def write_html(self, path: str | os.PathLike) -> Path:
        """Write one page of HTML that needs nothing but itself.

        Args:
            path: The file; its folder is made.

        Returns:
            The path.
        """
        return write_explanations([self], path)


def write_explanations(explanations: "list[Explanation]", path: str | os.PathLike) -> Path:
    """Write explanations below one another on one page of HTML that needs nothing but itself.

    The first have a view of their attention, as many as fit into some megabytes; the page says which have none.

    Args:
        explanations: One or more, from `explain`.
        path: The file; its folder is made.

    Returns:
        The path.

    Raises:
        ValueError: If there is no explanation.
    """
    if not explanations:
        raise ValueError("Expected one explanation or more, received none.")
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_file(path, explanation_page(explanations).encode("utf-8", "replace"))  # half an emoji is no UTF-8
    return path


def _coloured(found, text_number):
    text, pieces, end = found.texts[text_number], [], 0
    strongest = max(float(np.abs(found.scores).max()), 1e-12)
    for word, score in zip(found.words, found.scores, strict=True):
        if word.text_number != text_number:
            continue
        level = sum(abs(float(score)) / strongest > least for least in _LEVELS)
        shown = _printable(text[word.begin : word.end])
        if level:
            colour = (_FOR if score > 0 else _AGAINST)[level - 1]
            shown = f"\033[48;5;{colour};38;5;{_BLACK}m{shown}\033[0m"
        pieces += [_printable(text[end : word.begin]), shown]
        end = word.end
    return "".join([*pieces, _printable(text[end:])])


def _short(word):
    return word if len(word) <= _LETTERS_OF_A_WORD else f"{word[: _LETTERS_OF_A_WORD - 1]}…"


def _printable(text):
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)
