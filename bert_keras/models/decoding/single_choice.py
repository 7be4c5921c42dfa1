"""One next token a row: the most probable one, or one drawn from those that are probable enough."""

import dataclasses
from typing import NamedTuple

from keras import ops

from bert_keras.models.decoding.allowed_tokens import AllowedTokens
from bert_keras.ops.sample_tokens import drawn_column
from bert_keras.types import Tensor


class Written(NamedTuple):
    """What is written so far.

    Attributes:
        tokens: (batch, slots) int32, -1 at padding, and where a text ends since no token may come.
        scores: (batch,) float32, the sum of the log-probabilities of the new tokens.
        is_finished: (batch,) bool, whether the text is at its end.
        noise: (batch, max_new_tokens) float32, what each token is drawn by.
    """

    tokens: Tensor
    scores: Tensor
    is_finished: Tensor
    noise: Tensor


@dataclasses.dataclass(frozen=True)
class SingleChoice:
    """Chooses one token for each row.

    Attributes:
        allowed: `AllowedTokens`.
        is_drawn: whether tokens are drawn; the most probable one is taken otherwise.
        temperature: what logits are divided by.
        top_k: draw among so many most probable tokens, 0 for all.
        top_p: draw among the fewest most probable tokens that together have so much probability, 1 for all.
    """

    allowed: AllowedTokens
    is_drawn: bool = False
    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0

    rows_per_prompt = 1

    def start(self, tokens: Tensor, noise: Tensor) -> Written:
        """Begin with prompts.

        Args:
            tokens: (batch, slots) int32 tensor, -1 at padding.
            noise: (batch, max_new_tokens) float32 tensor, uniform from 0 to 1.
        """
        scores = ops.zeros_like(tokens[:, 0], dtype="float32")
        return Written(tokens, scores, ops.zeros_like(scores, dtype="bool"), noise)

    def advance(self, written: Written, logits: Tensor, slot: Tensor, step: Tensor, is_last: Tensor) -> tuple:
        """Choose the next tokens.

        Args:
            written: what is written so far.
            logits: (batch, vocabulary_size) float32 tensor.
            slot: int32 scalar, where the next token goes.
            step: int32 scalar, number of tokens written so far.
            is_last: bool scalar, whether there is no room behind it.

        Returns:
            `Written`; the tokens to be read next, (batch,) int32; and None, for each row goes on from itself.
        """
        scores = self.allowed(logits, written.tokens, slot, step)
        is_used_up = self.allowed.are_used_up(scores)
        if self.is_drawn:
            noise = ops.take(written.noise, ops.expand_dims(step, 0), axis=1)  # (batch, 1)
            tokens = self._draw(scores / self.temperature, noise)
        else:
            tokens = ops.cast(ops.argmax(scores, axis=-1), "int32")
        chosen = ops.take_along_axis(ops.log_softmax(logits, axis=-1), ops.expand_dims(tokens, 1), axis=1)[:, 0]
        is_finished = written.is_finished
        if is_used_up is not None:
            is_finished = ops.logical_or(is_finished, is_used_up)
        is_open = ops.logical_not(is_finished)
        tokens = ops.where(is_open, tokens, -1)
        written = Written(
            ops.slice_update(written.tokens, (0, slot), ops.expand_dims(tokens, 1)),
            written.scores + ops.where(is_open, chosen, 0.0),
            ops.logical_or(is_finished, self.allowed.are_stops(tokens)),
            written.noise,
        )
        return written, ops.maximum(tokens, 0), None

    def goes_on(self, written: Written) -> Tensor:
        """Tell whether a row is not finished yet: bool scalar."""
        return ops.logical_not(ops.all(written.is_finished))

    def results(self, written: Written) -> tuple[Tensor, Tensor]:
        """Give the tokens, (batch, 1, slots), and their scores, (batch, 1)."""
        return ops.expand_dims(written.tokens, 1), ops.expand_dims(written.scores, 1)

    def _draw(self, logits, noise):
        words = None
        if self.top_k or self.top_p < 1:
            size = logits.shape[-1]
            logits, words = ops.top_k(logits, k=min(self.top_k or size, size))  # the most probable ones first
        probabilities = ops.softmax(logits, axis=-1)
        if self.top_p < 1:
            before = ops.cumsum(probabilities, axis=-1) - probabilities
            probabilities = ops.where(before < self.top_p, probabilities, 0.0)
        column = ops.minimum(drawn_column(probabilities, noise), logits.shape[-1] - 1)
        if words is None:
            return column
        return ops.cast(ops.take_along_axis(words, ops.expand_dims(column, 1), axis=1)[:, 0], "int32")
