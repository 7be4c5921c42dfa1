"""Questions and passages in, answers as exact pieces of the passages out."""

import os

from bert_keras import models
from bert_keras.data import Question, QuestionWindows, best_answers, read_questions
from bert_keras.inference.preset_parts import preset_parts
from bert_keras.inference.rows_by_length import predict_by_length


class QuestionAnswerer:
    """Finds the answers to questions in passages of any length.

    A passage that does not fit into a row is read in windows that overlap; rows of like length share a batch.

    Args:
        model: `bert_keras.models.QuestionAnswerer`. Where it has a `null_threshold`, the passage may not say.
        tokenizer: `bert_keras.data.WordPieceTokenizer`.
        sequence_length: longest row, special tokens included. Default 384, or as much as the model takes.
        stride: tokens between the beginnings of two windows. Default 128, or a third of a shorter row.
        max_question_tokens: longer questions are cut. Default 64, or what a short row has room for.
        max_answer_tokens: the longest answer. Default 30.
        batch_size: most rows in one call of the model. Default 32.

    Call arguments:
        questions: one str, a list of str, or the path of a file in SQuAD's format.
        contexts: one passage for all questions, or a list of one for each; None for a file, which has them.
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

    def __init__(
        self,
        model,
        tokenizer,
        *,
        sequence_length=None,
        stride=None,
        max_question_tokens=None,
        max_answer_tokens=30,
        batch_size=32,
    ):
        self.model = model
        self.tokenizer = tokenizer
        self.sequence_length = sequence_length or min(384, model.encoder.max_sequence_length)
        self.stride = stride or min(128, self.sequence_length // 3)
        self.max_question_tokens = max_question_tokens or min(64, self.sequence_length - self.stride - 3)
        self.max_answer_tokens = max_answer_tokens
        self.batch_size = batch_size

    @classmethod
    def from_preset(cls, directory, **options):
        """Load model and tokenizer of a preset.

        Args:
            directory: path of the directory, such as recipes/finetune_question_answering.py writes.
            **options: those of the constructor, and arguments of the encoder's constructor that
                shall differ from the preset's, such as `dtype`.

        Raises:
            ValueError: where the preset has no head for answers: a new one would guess at random.
        """
        model, tokenizer, options = preset_parts(cls, models.QuestionAnswerer, directory, options)
        if new := [name for name in model.load_report.new if name.startswith("span_head")]:
            raise ValueError(f"{directory} has no head for answers: {', '.join(new)} would be random.")
        return cls(model, tokenizer, **options)

    def __call__(self, questions, contexts=None, top_k=None):
        if isinstance(questions, str) and contexts is not None:
            return self([questions], [contexts] if isinstance(contexts, str) else contexts, top_k)[0]
        if isinstance(questions, str) and not os.path.exists(questions):
            raise ValueError(
                f"Expected contexts, where to look for the answer, or a file that exists; received {questions!r}."
            )
        if isinstance(questions, (str, os.PathLike)):
            asked = read_questions(questions, has_answers=False, errors="keep")
            return dict(zip((question.id for question in asked), self._answer(asked, top_k), strict=True))
        questions = list(questions)
        contexts = [contexts] * len(questions) if isinstance(contexts, str) else list(contexts or ())
        if len(contexts) != len(questions):
            raise ValueError(f"Expected a context for each of {len(questions)} questions, received {len(contexts)}.")
        return self._answer([Question(str(i), *pair) for i, pair in enumerate(zip(questions, contexts))], top_k)

    def predict(self, questions):
        """Find the best spans of each question with all their scores.

        Args:
            questions: `bert_keras.data.Questions`, or a list of `Question`.

        Returns:
            list of `bert_keras.data.PredictedAnswers`, for `write_answers` or a threshold.
        """
        if not len(questions):
            return []
        windows = QuestionWindows(
            questions,
            self.tokenizer,
            sequence_length=self.sequence_length,
            stride=self.stride,
            max_question_tokens=self.max_question_tokens,
        )
        lengths = dict(sequence_length=self.sequence_length, batch_size=self.batch_size)
        logits = predict_by_length(self.model, windows.inputs, windows.row_lengths, **lengths)
        starts, ends = ([row[name] for row in logits] for name in ("start", "end"))
        no_answer = self.model.null_threshold is not None
        return best_answers(windows, starts, ends, max_answer_tokens=self.max_answer_tokens, no_answer=no_answer)

    def _answer(self, questions, top_k):
        results = []
        for predicted in self.predict(questions):
            best = predicted.best(self.model.null_threshold)
            others = [span for span in predicted.spans if span.text != best.text]
            answers = [
                {"answer": span.text, "start": span.start, "end": span.end, "score": span.probability}
                for span in [best, *others][: 1 if top_k is None else top_k]
            ]
            results.append(answers[0] if top_k is None else answers)
        return results
