"""From scores of tokens to answers: the best spans of a passage over all its windows, as exact pieces of its text."""

import dataclasses
import unicodedata

import numpy as np

from bert_keras.data.questions.question_windows import QuestionWindows


@dataclasses.dataclass(frozen=True)
class AnswerSpan:
    """A possible answer.

    Attributes:
        text: `context[start:end]`; empty for "the passage does not say".
        start: First character in the passage.
        end: Last character + 1.
        probability: Softmax over the possible answers that are given for the question.
        start_logit: Score of the first token.
        end_logit: Score of the last token.
    """

    text: str
    start: int
    end: int
    probability: float
    start_logit: float
    end_logit: float


@dataclasses.dataclass(frozen=True)
class PredictedAnswers:
    """What a model makes of one question.

    Attributes:
        id: The question's.
        spans: The best spans, best first, each text once; one of them has no text where no answer is possible.
        null_odds: Score of no answer minus that of the best span; above a threshold the passage does not say.
    """

    id: str
    spans: tuple[AnswerSpan, ...]
    null_odds: float

    def best(self, threshold: float | None = None) -> AnswerSpan:
        """Return the answer to give.

        Args:
            threshold: The `null_odds` above which it is no answer; None for an answer always.
        """
        no_answer = AnswerSpan("", 0, 0, next((s.probability for s in self.spans if not s.text), 1.0), 0.0, 0.0)
        if threshold is not None and self.null_odds > threshold:
            return no_answer
        return next((span for span in self.spans if span.text), no_answer)


def best_answers(
    windows: QuestionWindows,
    start_logits: np.ndarray,
    end_logits: np.ndarray,
    *,
    num_best: int = 20,
    max_answer_tokens: int = 30,
    no_answer: bool = False,
) -> list[PredictedAnswers]:
    """Find the best spans of each question.

    A span lies in one window, and its first token counts in that window alone which shows it with the most context.
    The score of a span is the sum of its two logits; that of no answer is the lowest sum at `[CLS]` of any window.

    Args:
        windows: The rows that were scored.
        start_logits: (windows, length) floats, or a sequence of rows of different lengths; further rows are left out.
        end_logits: The same.
        num_best: Spans for each question.
        max_answer_tokens: The longest span.
        no_answer: Whether the passage may not say (SQuAD v2.0); "no answer" is then among the spans.

    Returns:
        One `PredictedAnswers` for each question, in order.

    Raises:
        ValueError: If there are fewer rows of logits than windows.

    Example:
        >>> from bert_keras.data import Question, WordPieceTokenizer
        >>> tokenizer = WordPieceTokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "who", "a", "cat"])
        >>> windows = QuestionWindows(
        ...     [Question("1", "who", "a cat")], tokenizer, sequence_length=8, stride=2, max_question_tokens=2
        ... )
        >>> logits = np.eye(8)[[4]]  # all in favour of the second word, behind [CLS] who [SEP] a
        >>> best_answers(windows, logits, logits)[0].best().text
        'cat'

    Reference:
        `write_predictions` of https://github.com/google-research/bert/blob/master/run_squad.py; here all spans are
        looked at, not only those of the 20 best starts and ends.
    """
    if min(len(start_logits), len(end_logits)) < len(windows):
        raise ValueError(f"expected logits of {len(windows)} windows, received {len(start_logits)}, {len(end_logits)}")
    rows_of = np.split(np.arange(len(windows)), np.flatnonzero(np.diff(windows.question_of)) + 1)
    predictions = []
    for question, rows in zip(windows.questions, rows_of, strict=True):
        spans = []  # (score, start logit, end logit, first character, last character + 1)
        for row in rows:
            starts, ends = (np.asarray(logits[row], np.float64) for logits in (start_logits, end_logits))
            spans += _spans_of_row(windows, int(row), starts, ends, num_best, max_answer_tokens)
        null_start, null_end = min(
            ((float(start_logits[row][0]), float(end_logits[row][0])) for row in rows), key=lambda pair: sum(pair)
        )
        predictions.append(_predicted(question, spans, null_start, null_end, num_best, no_answer))
    return predictions


def _spans_of_row(windows, row, starts, ends, num_best, max_answer_tokens):
    position, first_characters, end_characters, has_most_context = windows.context_tokens(row)
    num_tokens = len(first_characters)
    if not num_tokens:
        return []
    starts, ends = (logits[position : position + num_tokens] for logits in (starts, ends))
    # Cell (i, j) is the span of j + 1 tokens that begins at token i.
    padded = np.concatenate([ends, np.full(max_answer_tokens - 1, -np.inf)])
    scores = starts[:, np.newaxis] + np.lib.stride_tricks.sliding_window_view(padded, max_answer_tokens)
    scores[~has_most_context] = -np.inf
    flat = scores.ravel()
    best = np.argpartition(-flat, min(num_best, flat.size - 1))[: num_best + 1]
    spans = []
    for cell in best[np.isfinite(flat[best])]:
        first, extra = divmod(int(cell), max_answer_tokens)
        last = first + extra
        characters = int(first_characters[first]), int(end_characters[last])
        spans.append((float(flat[cell]), float(starts[first]), float(ends[last]), *characters))
    return spans


def _behind_marks(text: str, end: int) -> int:
    """Give an accent that is a character of its own to the letter before, though a vocabulary may strip it."""
    while end < len(text) and unicodedata.category(text[end]) == "Mn":
        end += 1
    return end


def _predicted(question, spans, null_start, null_end, num_best, no_answer):
    kept = {}  # text: the best span with it
    for score, start_logit, end_logit, start, end in sorted(spans, key=lambda span: (-span[0], span[3:])):
        end = _behind_marks(question.context, end)
        text = question.context[start:end]
        if text not in kept and len(kept) < num_best:
            kept[text] = score, AnswerSpan(text, start, end, 0.0, start_logit, end_logit)
    best = max((score for score, _ in kept.values()), default=0.0)  # of an empty passage, as in Google's code
    if no_answer or not kept:
        kept[""] = null_start + null_end, AnswerSpan("", 0, 0, 0.0, null_start, null_end)
    ordered = sorted(kept.values(), key=lambda item: -item[0])
    scores = np.array([score for score, _ in ordered])
    probabilities = np.exp(scores - scores.max())
    probabilities /= probabilities.sum()
    chosen = tuple(dataclasses.replace(s, probability=float(p)) for (_, s), p in zip(ordered, probabilities))
    return PredictedAnswers(question.id, chosen, float(null_start + null_end - best))
