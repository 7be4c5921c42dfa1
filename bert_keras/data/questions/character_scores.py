"""Exact match and F1 of answers by their characters, for languages whose words are not parted by spaces or differ."""

import collections
import string
import unicodedata
from collections.abc import Callable, Iterable, Mapping

from bert_keras.data.questions.answer_scores import best_scores, mean_share
from bert_keras.data.questions.questions import Question

# KorQuAD's script makes spaces of these, and takes ASCII's other punctuation out.
_KORQUAD_MARKS = str.maketrans(
    {mark: " " for mark in "'\"《》<>〈〉()‘’"} | dict.fromkeys(set(string.punctuation) - set("'\"<>()"))
)


def drcd_scores(questions: Iterable[Question], answers: Mapping[str, str]) -> dict[str, float]:
    """Score answers as DRCD's paper describes it: F1 over the characters that both answers have.

    Lower case counts as upper, and neither spaces nor punctuation nor ASCII's symbols count at all: DRCD has published
    no script that would say so.

    Args:
        questions: The questions with all right answers.
        answers: {question id: answer}; a question without counts as answered wrongly.

    Returns:
        `exact` and `f1`, shares from 0 to 1, where the official scripts print percentages.

    Raises:
        ValueError: If there is no question.

    Example:
        >>> from bert_keras.data import Answer
        >>> drcd_scores([Question("1", "哪裡？", "他住在臺北市。", (Answer("臺北市", 3),))], {"1": "臺北"})
        {'exact': 0.0, 'f1': 0.8}

    Reference:
        Shao et al., 2018, https://arxiv.org/abs/1806.00920
    """
    return _scores(questions, answers, _letters)


def korquad_scores(questions: Iterable[Question], answers: Mapping[str, str]) -> dict[str, float]:
    """Score answers as the official KorQuAD 1.0 evaluation does: F1 over the characters that both answers have.

    Quotation marks, parentheses and angle brackets are spaces, other ASCII punctuation is left out, and lower case
    counts as upper; spaces count for the exact match alone.

    Args:
        questions: The questions with all right answers.
        answers: {question id: answer}; a question without counts as answered wrongly.

    Returns:
        `exact` and `f1`, shares from 0 to 1, where the official scripts print percentages.

    Raises:
        ValueError: If there is no question.

    Example:
        >>> from bert_keras.data import Answer
        >>> korquad_scores([Question("1", "어디?", "그는 서울시에 산다.", (Answer("서울시", 3),))], {"1": "서울시에"})
        {'exact': 0.0, 'f1': 0.8571428571428571}

    Reference:
        `evaluate-v1.0.py` of https://korquad.github.io/KorQuad%201.0
    """
    return _scores(questions, answers, lambda text: " ".join(text.translate(_KORQUAD_MARKS).lower().split()))


def _scores(
    questions: Iterable[Question], answers: Mapping[str, str], normalize: Callable[[str], str]
) -> dict[str, float]:
    def pair_scores(right: str, given: str) -> tuple[float, float]:
        right, given = normalize(right), normalize(given)
        first, second = (collections.Counter(text.replace(" ", "")) for text in (right, given))
        num_same = (first & second).total()
        return float(right == given), 2 * num_same / (first.total() + second.total()) if num_same else 0.0

    rows = [best_scores(question, answers.get(question.id), pair_scores) for question in questions]
    if not rows:
        raise ValueError("no questions to score")
    return {"exact": mean_share(row[0] for row in rows), "f1": mean_share(row[1] for row in rows)}


def _letters(text: str) -> str:
    return "".join(
        character
        for character in text.lower()
        if not character.isspace()
        and character not in string.punctuation
        and not unicodedata.category(character).startswith("P")
    )
