"""Several texts at a time, of which those go on that are the most probable as a whole."""

import dataclasses
from typing import NamedTuple

from keras import ops

from bert_keras.models.decoding.allowed_tokens import AllowedTokens
from bert_keras.types import Tensor

_FAR_BELOW = -1e9  # any score
_LEAST = _FAR_BELOW / 2  # what is below is no text


class Beams(NamedTuple):
    """What is written so far.

    Attributes:
        tokens: (batch, beams, slots) int32, the texts that go on, -1 at padding, and where a text ends since no token
            may come.
        scores: (batch, beams) float32, the sums of their log-probabilities.
        finished: (batch, beams, slots) int32, the best finished texts, best first.
        finished_scores: (batch, beams) float32, their sums by the length.
        is_finished: (batch, beams) bool, whether there is such a text.
        may_improve: (batch, 1) bool, whether a text that goes on may still be better than the worst finished one.
    """

    tokens: Tensor
    scores: Tensor
    finished: Tensor
    finished_scores: Tensor
    is_finished: Tensor
    may_improve: Tensor


@dataclasses.dataclass(frozen=True)
class BeamSearch:
    """Keeps the most probable texts, step by step as `generate` of transformers does.

    Attributes:
        allowed: `AllowedTokens`.
        num_beams: number of texts for each prompt.
        length_penalty: a finished text's score is the sum of its log-probabilities, divided by its length to the power
            of this: above 0 long texts gain, below 0 short ones.
    """

    allowed: AllowedTokens
    num_beams: int
    length_penalty: float = 1.0

    @property
    def rows_per_prompt(self) -> int:
        """Number of rows that are read for each prompt."""
        return self.num_beams

    def start(self, tokens: Tensor, noise: Tensor) -> Beams:
        """Begin with prompts; see `SingleChoice.start`."""
        tokens = ops.repeat(ops.expand_dims(tokens, 1), self.num_beams, axis=1)  # (batch, beams, slots)
        low = ops.cast(tokens[:, :, 0] * 0, "float32") + _FAR_BELOW  # (batch, beams)
        # All beams are alike now: the first alone counts.
        scores = ops.where(ops.arange(self.num_beams) == 0, 0.0, low)
        return Beams(tokens, scores, tokens, low, low > 0, low[:, :1] < 0)

    def advance(self, beams: Beams, logits: Tensor, slot: Tensor, step: Tensor, is_last: Tensor) -> tuple:
        """Choose the texts that go on, and keep those that are finished.

        Args:
            beams: what is written so far.
            logits: (batch * beams, vocabulary_size) float32 tensor.
            slot: int32 scalar, where the next token goes.
            step: int32 scalar, number of tokens written so far.
            is_last: bool scalar, whether there is no room behind it.

        Returns:
            `Beams`; the tokens to be read next, (batch * beams,) int32; and the rows from which they go on, the same.
        """
        num_words, num_slots = logits.shape[-1], ops.shape(beams.tokens)[2]
        log_probs = ops.log_softmax(logits, axis=-1)
        log_probs = self.allowed(log_probs, ops.reshape(beams.tokens, (-1, num_slots)), slot, step)
        is_used_up = self.allowed.are_used_up(log_probs)
        if is_used_up is not None:  # the one way to go on is to end, here, and it costs nothing: in the place of word 0
            is_first = ops.arange(num_words) == 0
            log_probs = ops.where(ops.logical_and(ops.expand_dims(is_used_up, 1), is_first), 0.0, log_probs)
        totals = ops.reshape(log_probs, (-1, self.num_beams, num_words)) + ops.expand_dims(beams.scores, 2)
        # As many that go on as there are beams, even if all of them could end.
        num_candidates = self.num_beams * max(2, 1 + len(self.allowed.stop_token_ids))
        num_candidates = min(num_candidates, self.num_beams * num_words)
        totals, places = ops.top_k(ops.reshape(totals, (-1, self.num_beams * num_words)), k=num_candidates)
        places = ops.cast(places, "int32")
        parents, tokens = places // num_words, places % num_words  # (batch, candidates)
        lengths = length = ops.cast(step + 1, "float32")
        ends = ops.logical_or(self.allowed.are_stops(tokens), is_last)
        if is_used_up is not None:
            has_none = _picked(ops.reshape(is_used_up, (-1, self.num_beams)), parents)
            tokens = ops.where(has_none, -1, tokens)
            lengths = ops.where(has_none, ops.maximum(length - 1, 1.0), length)
            ends = ops.logical_or(ends, has_none)
        texts = ops.slice_update(_picked(beams.tokens, parents), (0, 0, slot), ops.expand_dims(tokens, 2))

        scores, best = ops.top_k(totals + ops.where(ends, _FAR_BELOW, 0.0), k=self.num_beams)
        # Where fewer texts go on than there are beams, ended ones fill the places, far below, and must not end again.
        ends_now = ops.logical_and(ends, totals > _LEAST)
        beams = self._finish(beams, texts, totals / lengths**self.length_penalty, ends_now)
        worst = ops.where(beams.is_finished, ops.min(beams.finished_scores, axis=1, keepdims=True), _FAR_BELOW)
        best_score = ops.where(scores[:, :1] > _LEAST, scores[:, :1] / length**self.length_penalty, _FAR_BELOW)
        improves = ops.any(best_score > worst, axis=1, keepdims=True)
        beams = beams._replace(
            tokens=_picked(texts, best),
            scores=scores,
            may_improve=ops.logical_and(ops.logical_and(beams.may_improve, improves), ops.logical_not(ops.all(ends))),
        )
        rows = _picked(parents, best) + self.num_beams * _numbers(parents)
        tokens = ops.maximum(_picked(tokens, best), 0)
        return beams, ops.reshape(tokens, (-1,)), ops.reshape(rows, (-1,))

    def _finish(self, beams, texts, scores, ends):
        """Put texts that end now among the finished ones; only the best candidates may, the others are a reserve."""
        is_among_best = ops.arange(scores.shape[1]) < self.num_beams
        ends = ops.logical_and(ends, is_among_best)
        scores = scores + ops.where(ops.logical_and(ends, beams.may_improve), 0.0, _FAR_BELOW)
        scores, best = ops.top_k(ops.concatenate([beams.finished_scores, scores], axis=1), k=self.num_beams)
        return beams._replace(
            finished=_picked(ops.concatenate([beams.finished, texts], axis=1), best),
            finished_scores=scores,
            is_finished=_picked(ops.concatenate([beams.is_finished, ends], axis=1), best),
        )

    def goes_on(self, beams: Beams) -> Tensor:
        """Tell whether any text may still improve: bool scalar."""
        return ops.any(beams.may_improve)

    def results(self, beams: Beams) -> tuple[Tensor, Tensor]:
        """Give the finished texts, (batch, beams, slots), and their scores, (batch, beams), best first.

        Where there are fewer texts than beams, the others are all -1, with scores of minus infinity.
        """
        texts = ops.where(ops.expand_dims(beams.is_finished, 2), beams.finished, -1)
        return texts, ops.where(beams.is_finished, beams.finished_scores, float("-inf"))


def _numbers(like):
    """Return 0, 1, 2, ... by row: (batch, 1) int32."""
    return ops.expand_dims(ops.arange(ops.shape(like)[0], dtype="int32"), 1)


def _picked(values, places):
    """Return (batch, places, ...) of (batch, beams, ...) by (batch, places) numbers."""
    num = ops.shape(values)[1]
    rows = ops.cast(places, "int32") + num * _numbers(values)
    return ops.take(ops.reshape(values, (-1, *ops.shape(values)[2:])), rows, axis=0)
