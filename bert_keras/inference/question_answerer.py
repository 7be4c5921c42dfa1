"""Questions and passages in, answers as exact pieces of the passages out."""

import os
from collections.abc import Iterable
from typing import Any

from bert_keras import models
from bert_keras.data import (
    PredictedAnswers,
    Question,
    Questions,
    QuestionWindows,
    Tokenizer,
    best_answers,
    read_questions,
)
from bert_keras.inference.predictor import Predictor, check_top_k
from bert_keras.inference.text_sources import Texts, as_texts


class QuestionAnswerer(Predictor):
    """Finds the answers to questions in passages of any length.

    A passage that does not fit into a row is read in windows that overlap.

    Args:
        model: `bert_keras.models.QuestionAnswerer`. Where it has a `null_threshold`, the passage may not say.
        tokenizer: `bert_keras.data.Tokenizer`.
        stride: tokens between the beginnings of two windows. Default 128, or a third of a shorter row.
        max_question_tokens: longer questions are cut. Default 64, or what a short row has room for.
        max_answer_tokens: the longest answer. Default 30.
        **options: as for `Predictor`; `sequence_length` is at most 384 where it is not given.

    Call arguments:
        questions: as for `Predictor`; a `pathlib.Path` is one of a file in SQuAD's format.
        contexts: one passage for all questions, or one for each, like `questions`; None for a file, which has them.
        top_k: how many answers for each question, the one that is given without it first. Default None, that one.

    Output:
        for each question a dict of `answer`, `start`, `end` (`answer` is the passage's characters from start to end)
        and `score`, its probability among the 20 best spans; a list of such dicts with `top_k`. An `answer` of "" says
        that the passage does not answer. For one question, its own; for a file, a dict from the question's id.

    Raises:
        ValueError: where there are not as many contexts as questions.

    Example:
        ```python
        answerer = QuestionAnswerer.from_preset("runs/finetune_question_answering/preset")
        answerer("Where was Ada born?", "Ada Lovelace was born in London in 1815.")
        # {"answer": "London", "start": 25, "end": 31, "score": 0.93}
        ```
    """

    model_class = models.QuestionAnswerer
    most_tokens = 384

    def __init__(
        self,
        model: models.QuestionAnswerer,
        tokenizer: Tokenizer,
        *,
        stride: int | None = None,
        max_question_tokens: int | None = None,
        max_answer_tokens: int = 30,
        **options: Any,
    ) -> None:
        super().__init__(model, tokenizer, **options)
        self.stride = stride or min(128, self.sequence_length // 3)
        room = self.sequence_length - self.stride - tokenizer.vocabulary.row_layout.num_special_tokens(2)
        self.max_question_tokens = max_question_tokens or min(64, room)
        self.max_answer_tokens = max_answer_tokens

    def __call__(
        self, questions: Texts | QuestionWindows, contexts: Texts | None = None, top_k: int | None = None
    ) -> dict | list:
        if isinstance(questions, str) and contexts is not None:
            return self([questions], contexts, top_k)[0]
        if isinstance(questions, str) and not os.path.exists(questions):
            raise ValueError(
                f"Expected contexts, where to look for the answer, or a file that exists; received {questions!r}."
            )
        if isinstance(questions, (str, os.PathLike)):
            asked = read_questions(questions, has_answers=False, errors="keep")
            return dict(zip((question.id for question in asked), self.results(self.rows(asked), top_k), strict=True))
        if isinstance(questions, QuestionWindows):
            return self.results(questions, top_k)
        questions = as_texts(questions, what="question")
        contexts = (
            [contexts] * len(questions) if isinstance(contexts, str) else as_texts(contexts or (), what="context")
        )
        if len(contexts) != len(questions):
            raise ValueError(f"Expected a context for each of {len(questions)} questions, received {len(contexts)}.")
        asked = [Question(str(i), *pair) for i, pair in enumerate(zip(questions, contexts, strict=True))]
        return self.results(self.rows(asked), top_k) if asked else []

    def rows(self, questions: Questions | Iterable[Question] | QuestionWindows) -> QuestionWindows:
        """Make the windows of questions, to be predicted at once or again and again while the model is trained.

        Args:
            questions: from `bert_keras.data.read_questions`, or an iterable of `Question`; windows are given back.
        """
        if isinstance(questions, QuestionWindows):
            return questions
        lengths = dict(stride=self.stride, max_question_tokens=self.max_question_tokens)
        return QuestionWindows(tuple(questions), self.tokenizer, sequence_length=self.sequence_length, **lengths)

    def results(self, rows: QuestionWindows, top_k: int | None = None) -> list:
        """Predict windows; see the call."""
        check_top_k(top_k)
        results = []
        for predicted in self.predict(rows):
            best = predicted.best(self.model.null_threshold)
            others = [span for span in predicted.spans if span.text != best.text]
            answers = [
                {"answer": span.text, "start": span.start, "end": span.end, "score": span.probability}
                for span in [best, *others][: 1 if top_k is None else top_k]
            ]
            results.append(answers[0] if top_k is None else answers)
        return results

    def predict(self, questions: Questions | Iterable[Question] | QuestionWindows) -> list[PredictedAnswers]:
        """Find the best spans of each question with all their scores.

        Args:
            questions: as for `rows`.

        Returns:
            list of `bert_keras.data.PredictedAnswers`, for `write_answers` or a threshold.
        """
        if not isinstance(questions, QuestionWindows) and not (questions := tuple(questions)):
            return []
        windows = self.rows(questions)
        starts, ends = zip(*((row["start"], row["end"]) for row in self.outputs_of(windows)), strict=True)
        no_answer = self.model.null_threshold is not None
        return best_answers(windows, starts, ends, max_answer_tokens=self.max_answer_tokens, no_answer=no_answer)
