"""Tokens that may not come next: an early end, what would repeat a run of tokens, words that the prompt has not."""

import dataclasses

from keras import ops

from bert_keras.types import Tensor

_NEVER = float("-inf")


@dataclasses.dataclass(frozen=True)
class AllowedTokens:
    """Takes the score of tokens that may not come next.

    Attributes:
        stop_token_ids: tokens that end a text.
        min_new_tokens: fewest tokens before one of those.
        no_repeat_ngram: length of runs of tokens none of which may occur twice in a row; 0 for no such rule. A stop
            token ends a run and repeats none.
        prompt_tokens_only: whether the prompt's tokens and the stop tokens alone may come.
    """

    stop_token_ids: tuple[int, ...] = ()
    min_new_tokens: int = 0
    no_repeat_ngram: int = 0
    prompt_tokens_only: bool = False

    def __call__(self, scores: Tensor, tokens: Tensor, slot: Tensor, step: Tensor) -> Tensor:
        """Give the scores with minus infinity for tokens that may not come next.

        Args:
            scores: (rows, vocabulary_size) float tensor.
            tokens: (rows, slots) int tensor, -1 at padding, and at what may be repeated.
            slot: int scalar, where the next token goes.
            step: int scalar, number of tokens written so far.
        """
        is_stop = self.are_stops(ops.arange(scores.shape[-1], dtype="int32"))
        if self.prompt_tokens_only:
            may_come = ops.logical_or(_words_of(tokens, slot, scores.shape[-1]), is_stop)
            scores = ops.where(may_come, scores, _NEVER)
        if self.stop_token_ids and self.min_new_tokens:
            scores = ops.where(ops.logical_and(is_stop, step < self.min_new_tokens), _NEVER, scores)
        if self.no_repeat_ngram:
            # Of what a prompt ends with, such as the separator behind a source, a text may end, too.
            repeats = _would_repeat(tokens, slot, self.no_repeat_ngram, scores.shape[-1])
            scores = ops.where(ops.logical_and(repeats, ops.logical_not(is_stop)), _NEVER, scores)
        return scores

    def are_used_up(self, scores: Tensor) -> Tensor | None:
        """Tell in which rows no token at all may come next, so that the text is at its end.

        Args:
            scores: (rows, vocabulary_size) float tensor, from a call.

        Returns:
            (rows,) bool tensor; None where the rules always leave a token.
        """
        if not self.no_repeat_ngram:
            return None
        return ops.equal(ops.max(scores, axis=-1), _NEVER)

    def are_stops(self, tokens: Tensor) -> Tensor:
        """Tell which tokens end a text.

        Args:
            tokens: int tensor.

        Returns:
            bool tensor of the same shape.
        """
        found = ops.zeros_like(tokens, dtype="bool")
        for stop in self.stop_token_ids:
            found = ops.logical_or(found, ops.equal(tokens, stop))
        return found


def _would_repeat(tokens, slot, length, vocabulary_size):
    """Tell of each word whether with it the last `length` tokens would occur before, too: (rows, vocabulary) bool."""
    num_windows = ops.shape(tokens)[1] - length + 1
    # The slots of the tokens with which the run would begin; where there are too few, nothing is repeated.
    recent = ops.take(tokens, ops.maximum(slot - length + 1 + ops.arange(length - 1, dtype="int32"), 0), axis=1)
    following = tokens[:, length - 1 :]  # (rows, windows): the last token of each earlier run
    is_run = ops.logical_and(following >= 0, ops.arange(num_windows, dtype="int32") + length - 1 < slot)
    for place in range(length - 1):
        is_same = ops.equal(tokens[:, place : place + num_windows], recent[:, place : place + 1])
        is_run = ops.logical_and(is_run, ops.logical_and(is_same, recent[:, place : place + 1] >= 0))
    is_run = ops.logical_and(is_run, slot >= length - 1)
    return _has_words(ops.where(is_run, following, -1), vocabulary_size)


def _words_of(tokens, slot, vocabulary_size):
    """Tell which words a row has before a slot: (rows, vocabulary) bool."""
    is_before = ops.arange(ops.shape(tokens)[1], dtype="int32") < slot
    return _has_words(ops.where(is_before, tokens, -1), vocabulary_size)


def _has_words(tokens, vocabulary_size):
    """Tell of each word whether it is among a row's tokens, of which -1 is none: (rows, vocabulary) bool."""
    num_rows = ops.shape(tokens)[0]
    rows = ops.broadcast_to(ops.expand_dims(ops.arange(num_rows, dtype="int32"), 1), ops.shape(tokens))
    indices = ops.stack([rows, ops.maximum(tokens, 0)], axis=-1)
    counts = ops.scatter(
        ops.reshape(indices, (-1, 2)), ops.reshape(ops.cast(tokens >= 0, "int32"), (-1,)), (num_rows, vocabulary_size)
    )
    return counts > 0
