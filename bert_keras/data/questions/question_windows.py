"""Questions with their passages as rows of the encoder: a long passage becomes several rows that overlap."""

import logging
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from bert_keras.data.questions.questions import Question
from bert_keras.data.rows.rows import entries_of_rows
from bert_keras.data.rows.token_rows import TokenRows
from bert_keras.data.rows.tokenized_texts import tokenize_all, tokenize_all_with_offsets
from bert_keras.data.tokenization.tokenizer import Tokenizer

_logger = logging.getLogger(__name__)


class QuestionWindows(TokenRows):
    """`Rows` of `[CLS] question [SEP] window of the passage [SEP]`, and where in them the answers are.

    A passage that does not fit beside its question is seen through windows that begin `stride` tokens apart. Every
    passage is tokenized once, however many questions it has. `question_of`, (windows,) int, says which question each
    row belongs to, the rows of a question being neighbours.

    Targets are `(y, sample_weight)`: y `start` and `end`, the first and the last token of the answer, 0 where the
    window has none, (batch,) int32; sample_weight of the same names and shapes, float32, 0 where the answers of a
    question have no known place.

    Args:
        questions: From `read_questions`, or a sequence of `Question`.
        tokenizer: A `WordPieceTokenizer`, or what has its `vocabulary`, `__call__` and `tokenize_with_offsets`.
        sequence_length: The longest row, special tokens included.
        stride: Tokens between the beginnings of two windows; Google's `doc_stride`.
        max_question_tokens: A longer question is cut; how many were is logged.

    Raises:
        ValueError: If a row has no room for a question and a stride.

    Example:
        >>> from bert_keras.data import WordPieceTokenizer
        >>> tokenizer = WordPieceTokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "who", "a", "b", "c", "d", "e"])
        >>> lengths = dict(sequence_length=8, stride=2, max_question_tokens=2)
        >>> windows = QuestionWindows([Question("1", "who", "a b c d e")], tokenizer, **lengths)
        >>> windows.inputs([0, 1], 8)["token_ids"].numpy().tolist()
        [[2, 4, 3, 5, 6, 7, 8, 3], [2, 4, 3, 7, 8, 9, 3, 0]]

    Reference:
        `convert_examples_to_features` of https://github.com/google-research/bert/blob/master/run_squad.py
    """

    def __init__(
        self,
        questions: Sequence[Question],
        tokenizer: Tokenizer,
        *,
        sequence_length: int = 384,
        stride: int = 128,
        max_question_tokens: int = 64,
    ):
        layout = tokenizer.vocabulary.row_layout
        num_specials = layout.num_special_tokens(2)
        self._before_context = len(layout.begin) + len(layout.between)  # special tokens
        if stride < 1 or max_question_tokens < 1 or sequence_length < max_question_tokens + stride + num_specials:
            raise ValueError(
                f"sequence_length must hold a question, a stride and {num_specials} special tokens, received "
                f"sequence_length={sequence_length}, max_question_tokens={max_question_tokens}, stride={stride}"
            )
        self.questions = tuple(questions)
        question_ids, question_starts, question_lengths = tokenize_all([q.question for q in questions], tokenizer)
        if is_long := int((question_lengths > max_question_tokens).sum()):
            _logger.warning("%d of %d questions were cut to %d tokens", is_long, len(questions), max_question_tokens)
        self._question_lengths = np.minimum(question_lengths, max_question_tokens)

        number_of = {}
        contexts = np.array([number_of.setdefault(q.context, len(number_of)) for q in questions], np.int32)
        tokens, starts, lengths = tokenize_all_with_offsets(list(number_of), tokenizer)
        context_ids, self._first_characters, self._end_characters = tokens
        self._context_starts, self._context_lengths = starts[contexts], lengths[contexts]  # of each question

        begins = [
            _window_begins(length, sequence_length - question_length - num_specials, stride)
            for length, question_length in zip(self._context_lengths, self._question_lengths)
        ]
        self.question_of = np.repeat(np.arange(len(begins), dtype=np.int32), [len(b) for b in begins])
        self._first_windows = np.cumsum([0, *map(len, begins)])  # of each question, and one behind the last
        self._begins = np.concatenate(begins).astype(np.int32)  # (windows,) in tokens of the context
        question_lengths = self._question_lengths[self.question_of]
        self._num_tokens = np.minimum(
            self._context_lengths[self.question_of] - self._begins, sequence_length - question_lengths - num_specials
        )
        context_starts = len(question_ids) + self._context_starts[self.question_of] + self._begins
        super().__init__(
            np.concatenate([question_ids, context_ids]),
            (question_starts[self.question_of], question_lengths),
            (context_starts, self._num_tokens),
            tokenizer,
            sequence_length=sequence_length,
        )
        self._answer_positions = self._find_answers()
        *positions, is_known = self._answer_positions
        with tf.device("CPU"):  # where the input pipeline runs
            self._positions = dict(zip(("start", "end"), map(tf.constant, positions)))
            self._weights = tf.constant(is_known, tf.float32)

    def __len__(self):
        return len(self.question_of)

    def targets(self, numbers: tf.Tensor, length: tf.Tensor | int) -> tuple[dict[str, tf.Tensor], dict[str, tf.Tensor]]:
        """As `Rows.targets`."""
        y = {name: entries_of_rows(position, numbers) for name, position in self._positions.items()}
        return y, dict.fromkeys(y, entries_of_rows(self._weights, numbers))

    def answer_positions(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Where each row has the first answer of its question that has a place.

        Returns:
            starts, ends: (windows,) int32, the row's first and last token of the answer; 0, the `[CLS]`, where the
            window does not hold all of it or the question has no answer. is_known: (windows,) bool, False where the
            question has answers, but none at a known place or none that covers a token.
        """
        return self._answer_positions

    def _find_answers(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        spans = np.array([self._token_span(number) for number in range(len(self.questions))]).reshape(-1, 3)
        first, last, is_known = spans[self.question_of].T  # in tokens of the context
        is_inside = (first >= self._begins) & (last < self._begins + self._num_tokens) & (is_known > 0)
        to_row = self._question_lengths[self.question_of] + self._before_context - self._begins
        return (
            np.where(is_inside, first + to_row, 0).astype(np.int32),
            np.where(is_inside, last + to_row, 0).astype(np.int32),
            is_known != 0,
        )

    def _token_span(self, number: int) -> tuple[int, int, int]:
        """First and last token of a question's answer in its context; 1, or -1 without an answer, 0 if not found."""
        question = self.questions[number]
        if not question.answers:
            return 0, 0, -1
        begin, end = self._context_starts[number], self._context_starts[number] + self._context_lengths[number]
        for answer in question.answers:
            if answer.start is not None:
                # All tokens that share a character with the answer: the first that ends behind its start, and so on.
                first = np.searchsorted(self._end_characters[begin:end], answer.start, side="right")
                last = np.searchsorted(self._first_characters[begin:end], answer.start + len(answer.text)) - 1
                if first <= last:
                    return int(first), int(last), 1
        return 0, 0, 0

    def context_tokens(self, window: int) -> tuple[int, np.ndarray, np.ndarray, np.ndarray]:
        """Return what is needed to read an answer off a window's scores.

        Returns:
            The row position of the window's first context token; first characters and last characters + 1 of its
            tokens in the passage, (tokens,) int32 each; and (tokens,) bool, whether no other window of the question
            shows the token with more context on both sides.
        """
        number, begin, count = self.question_of[window], self._begins[window], self._num_tokens[window]
        start = self._context_starts[number] + begin
        siblings = self._windows_around(window)
        position = begin + np.arange(count)
        contexts = [self._context_around(sibling, position) for sibling in siblings]
        has_most = np.argmax(contexts, axis=0) == window - siblings[0]
        characters = slice(start, start + count)
        row_position = int(self._question_lengths[number]) + self._before_context
        return row_position, self._first_characters[characters], self._end_characters[characters], has_most

    def _windows_around(self, window: int) -> range:
        """Return the windows that share tokens with one of a question's: few, however many the question has."""
        number, begin = self.question_of[window], self._begins[window]
        first, end = (int(self._first_windows[i]) for i in (number, number + 1))
        begins, longest = self._begins[first:end], self._num_tokens[first]  # ascending, and the first is the longest
        low, high = np.searchsorted(begins, [begin - longest + 1, begin + self._num_tokens[window]])
        return range(min(first + int(low), window), max(first + int(high), window + 1))

    def _context_around(self, window: int, position: np.ndarray) -> np.ndarray:
        """How much of the passage a window shows around tokens: the smaller side counts, as in Google's code."""
        left = position - self._begins[window]
        right = self._begins[window] + self._num_tokens[window] - 1 - position
        smaller = np.minimum(left, right)
        return np.where(smaller < 0, -np.inf, smaller + 0.01 * self._num_tokens[window])


def _window_begins(num_tokens: int, room: int, stride: int) -> np.ndarray:
    return stride * np.arange(1 + max(0, -(-(num_tokens - room) // stride)))
