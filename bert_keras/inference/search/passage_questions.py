"""What a reader learns to answer from a collection by: questions about passages, and passages that do not answer."""

import collections
import dataclasses
import logging
from collections.abc import Iterable

import numpy as np

from bert_keras.data import Answer, Question
from bert_keras.inference.search.bm25 import Bm25
from bert_keras.inference.search.index_texts import IndexText
from bert_keras.inference.search.open_answer_scores import has_answer
from bert_keras.inference.search.passages import passages_of

_logger = logging.getLogger(__name__)
_RANKS = 50  # in which passages without an answer are sought


def passage_questions(
    questions: Iterable[Question], *, num_negatives: int = 1, num_words: int = 100, overlap: int = 30
) -> list[Question]:
    """Ask each question of the passage that answers it, and of passages that only look as if they did.

    Contexts are cut as the documents of an index are. A question is asked of the passage that has its answer with most
    text on both sides, and of those that a search by words finds for it, in any context, and that have none of its
    answers. One without an answer is asked of its own context's passages alone, the best `num_negatives + 1`. How many
    questions are left out, whose answers lie in no passage as a whole or have no known place, is logged.

    Args:
        questions: With their contexts.
        num_negatives: Most passages without an answer for each question.
        num_words: As for `cut_passages`.
        overlap: As for `cut_passages`.

    Returns:
        The questions with passages as their contexts; the id of one without an answer is `ID#NUMBER`, from 1.

    Raises:
        ValueError: If `num_negatives` is below 0, `overlap` does not fit `num_words`, or no question is left.

    Example:
        >>> context = "Ada was born in London. She wrote. The train to London ran."
        >>> question = Question("q", "Where was Ada born?", context, (Answer("London", 16),))
        >>> [one.context for one in passage_questions([question], num_negatives=0, num_words=5, overlap=0)]
        ['Ada was born in London.']

    Reference:
        Clark and Gardner, 2018, https://arxiv.org/abs/1710.10723: readers that see passages without an answer
    """
    if num_negatives < 0:
        raise ValueError(f"num_negatives must be at least 0, received {num_negatives}.")
    questions = list(questions)
    number_of = {context: str(n) for n, context in enumerate(dict.fromkeys(one.context for one in questions))}
    passages = list(
        passages_of(((n, context) for context, n in number_of.items()), num_words=num_words, overlap=overlap)
    )
    own = collections.defaultdict(list)  # the passages of each context, by their numbers
    for number, passage in enumerate(passages):
        own[passage.further["document"]].append(number)
    search = Bm25(passage.text for passage in passages) if num_negatives and passages else None

    asked, num_left_out = [], 0
    for question in questions:
        mine = own[number_of[question.context]]
        answered = _with_its_passage(question, [passages[number] for number in mine])
        if answered is None and (question.answers or not mine):
            num_left_out += 1
            continue
        if answered is not None:
            asked.append(answered)
            others = _found(search, question, _RANKS)
            others = [one for one in others if not has_answer(question, passages[one].text)][:num_negatives]
        else:
            mask = np.isin(np.arange(len(passages)), mine)
            others = _found(search, question, num_negatives + 1, mask=mask) or mine[: num_negatives + 1]
        for rank, number in enumerate(others, 1):
            context = passages[number].text
            asked.append(dataclasses.replace(question, id=f"{question.id}#{rank}", context=context, answers=()))
    if num_left_out:
        _logger.warning(
            "%d of %d questions are left out: no passage of %d words has their answer as a whole",
            num_left_out, len(questions), num_words,
        )  # fmt: skip
    if not asked:
        raise ValueError(f"Expected questions with an answer in their context, received {len(questions)} without.")
    return asked


def _with_its_passage(question: Question, passages: Iterable[IndexText]) -> Question | None:
    """Return the question about the passage that has an answer with most text on both sides."""
    best, most = None, -1
    for passage in passages:
        start, end = passage.further["start"], passage.further["end"]
        answers = [
            Answer(one.text, one.start - start)
            for one in question.answers
            if one.start is not None and start <= one.start and one.start + len(one.text) <= end
        ]
        around = [min(one.start, end - start - one.start - len(one.text)) for one in answers]
        if answers and max(around) > most:
            most = max(around)
            best = dataclasses.replace(question, context=passage.text, answers=tuple(answers))
    return best


def _found(search: Bm25 | None, question: Question, top_k: int, **options) -> list[int]:
    if search is None:
        return []
    return [number for number in search.search([question.question], top_k, **options)[0][0].tolist() if number >= 0]
