"""How good answers from a collection are: whether they are right, and whether the passages had them."""

import functools
import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from bert_keras.data import Answer, Question, squad_scores
from bert_keras.inference.search.open_question_answerer import OpenAnswers


def open_answer_scores(
    questions: Iterable[Question],
    found: Sequence[OpenAnswers],
    *,
    scores: Callable[[Sequence[Question], Mapping[str, str]], dict[str, float]] = squad_scores,
    ranks: Sequence[int] = (1, 5, 20),
) -> dict[str, float]:
    """Score what `OpenQuestionAnswerer.find_and_read` gives.

    Args:
        questions: with their right answers; of their contexts nothing is looked at.
        found: for each question what was found.
        scores: from questions and {id: answer} to measures. Default `squad_scores`; `cmrc_scores` for Chinese.
        ranks: for `recall@k`. Default 1, 5 and 20; those above the number of passages are left out.

    Returns:
        the measures, and `recall@k`, the share of the questions with an answer for which one of the first k passages
        contains one, in any case of letters.

    Raises:
        ValueError: where there are not as many questions as results, or none.

    Example:
        >>> from bert_keras.data import Answer
        >>> passages = [{"text": "Bob sat."}, {"text": "She was born in London."}]
        >>> found = [OpenAnswers(passages, [{"answer": "London"}])]
        >>> open_answer_scores([Question("1", "Where?", "", (Answer("London"),))], found, ranks=(1, 2))
        {'exact': 1.0, 'f1': 1.0, 'recall@1': 0.0, 'recall@2': 1.0}

    Reference:
        recall as the top-k accuracy of [Karpukhin et al., 2020](https://arxiv.org/abs/2004.04906), section 5
    """
    questions = list(questions)
    if len(questions) != len(found):
        raise ValueError(f"Expected what was found for each of {len(questions)} questions, received {len(found)}.")
    answers = {q.id: one.answers[0]["answer"] if one.answers else "" for q, one in zip(questions, found)}
    measures = dict(scores(questions, answers))
    firsts = [_first_with_answer(question, one.passages) for question, one in zip(questions, found) if question.answers]
    most = max(len(one.passages) for one in found)
    for rank in ranks:
        if firsts and (rank <= most or rank == min(ranks)):
            measures[f"recall@{rank}"] = sum(first < rank for first in firsts) / len(firsts)
    return measures


def has_answer(question: Question, text: str) -> bool:
    """Return whether a text contains one of a question's answers, in any case of letters.

    Args:
        question: with its right answers.
        text: any str.
    """
    return any(pattern.search(text) for pattern in _patterns(question.answers))


@functools.lru_cache(maxsize=1)  # a question is asked of several texts, one after the other
def _patterns(answers: tuple[Answer, ...]) -> list[re.Pattern]:
    return [re.compile(_as_words(answer.text.strip()), re.IGNORECASE) for answer in answers]


def _first_with_answer(question: Question, passages: Sequence[dict]) -> float:
    """Return the place of the first passage with an answer, from 0; infinity where there is none."""
    return next((n for n, one in enumerate(passages) if has_answer(question, one["text"])), float("inf"))


def _as_words(answer: str) -> str:
    """Return a pattern of an answer; where it begins or ends with a letter or digit of ASCII, so does a word there."""
    edges = (r"(?<![a-z0-9])", r"(?![a-z0-9])")
    before, after = (
        edge if c.isascii() and c.isalnum() else "" for edge, c in zip(edges, (answer[:1], answer[-1:]), strict=True)
    )
    return before + re.escape(answer) + after
