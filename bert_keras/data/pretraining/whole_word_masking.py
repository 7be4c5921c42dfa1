"""Whole word masking: of a word all pieces are masked, or none, at the rate that was asked for."""

from typing import Any

import tensorflow as tf

from bert_keras.data.pretraining.masked_tokens import MaskedTokens, SlotMasking, batch_shape, slots_of
from bert_keras.data.rows.word_finder import WordFinder, Words
from bert_keras.data.tokenization.tokenizer import TokenIds


class WholeWordMasking(SlotMasking):
    """Masks whole words, as the later releases of BERT do.

    Words are drawn one after the other until their tokens are `mask_rate` of the candidates. The word that would
    overshoot is masked with the probability by which the mean comes out right, and not at all where it does not fit
    into the slots. So a word with more tokens than there are slots is never masked: of text without spaces, which a
    tokenizer cuts into pieces of one endless word, hardly anything.

    A token continues a word as `vocabulary.continues_word` says, whatever the family's mark is. One with a Chinese
    character in it is a word of its own. Of each selected token for itself, 80 % become `[MASK]`, 10 % a random token.

    Args:
        vocabulary: Gives `continues_word`, `tokens`, `mask_id`, `special_ids` and its length.
        num_predictions: Slots for predictions in a row.
        mask_rate: Share of the candidates to select.
        mask_token_rate: Share of the selected tokens that become `[MASK]`.
        random_token_rate: Share of the selected tokens that become a random token.

    Call arguments:
        token_ids: (batch, length) int32.
        seed: (2,) integer tensor.
        mask_rate: Another share for this call: a number, or (batch, 1) float32.
        begins_word: (batch, length) bool, which tokens begin a word, where that is known better: a segmenter's words.

    Output:
        `MaskedTokens`.

    Example:
        >>> from bert_keras.data import Vocabulary
        >>> vocabulary = Vocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "un", "##heard", "so"])
        >>> masking = WholeWordMasking(vocabulary, 2, mask_rate=0.5, mask_token_rate=1.0, random_token_rate=0.0)
        >>> masked = masking(tf.constant([[2, 5, 6, 5, 6, 3]]), seed=tf.constant([0, 1]))
        >>> masked.token_ids.numpy().tolist()
        [[2, 5, 6, 4, 4, 3]]

    Reference: `create_whole_word_masks` and the note of 31 May 2019, https://github.com/google-research/bert.
    """

    def __init__(
        self,
        vocabulary: TokenIds,
        num_predictions: int,
        mask_rate: float = 0.15,
        mask_token_rate: float = 0.8,
        random_token_rate: float = 0.1,
    ):
        super().__init__(vocabulary, num_predictions, mask_rate, mask_token_rate, random_token_rate)
        self._words = WordFinder(vocabulary, self.is_ordinary)

    def __call__(
        self,
        token_ids: tf.Tensor,
        seed: tf.Tensor,
        mask_rate: float | tf.Tensor | None = None,
        begins_word: tf.Tensor | None = None,
    ) -> MaskedTokens:
        """Mask a batch, see the class."""
        batch_size, length = batch_shape(token_ids)
        slots = min(self.num_predictions, length)
        # One draw for all uses: setting up a generator costs more than the numbers of a small batch.
        widths = [length, 1, slots, slots, *self._more_noise(length)]
        noise = tf.random.stateless_uniform([batch_size, sum(widths)], seed, alg="philox")
        order, last, action, replacement, *more = tf.split(noise, widths, axis=1)

        words = self._words(token_ids, begins_word)
        groups = self._groups(words, *more)
        # Tokens in the order of their groups' noise; of equal ones the first comes first, so a word stays together. One
        # more than there are slots, by which a word that does not fit is known.
        key = tf.where(words.is_candidate, tf.gather(order, groups, batch_dims=1), -1.0)
        _, chosen = tf.math.top_k(key, min(slots + 1, length))
        rate = self.mask_rate if mask_rate is None else mask_rate
        num_selected = _num_selected(words, chosen, rate, slots, last)
        positions, is_used = slots_of(chosen[:, :slots], num_selected, length)
        action = self._actions(action, groups, positions, *more)
        return self.fill_slots(token_ids, positions, is_used, action, replacement)

    def _more_noise(self, length: int) -> list[int]:
        """Return how much more noise a row needs, for rules that are made of this one."""
        return []

    def _groups(self, words: Words, *more: Any) -> tf.Tensor:
        """Return the number of the group that each token is drawn with, (batch, length) int32: here, its word's."""
        return words.numbers

    def _actions(self, action: tf.Tensor, groups: tf.Tensor, positions: tf.Tensor, *more: Any) -> tf.Tensor:
        """Return the noise that decides what is shown, (batch, slots): here, for each token another."""
        return action


def _num_selected(words: Words, chosen: tf.Tensor, rate, slots: int, noise: tf.Tensor) -> tf.Tensor:
    """Return how many of the chosen columns are masked, so that they end with a word, (batch, 1) float32.

    Args:
        words: The words of the rows.
        chosen: (batch, columns) int32, the columns in the order in which they are masked.
        rate: Share of the candidates.
        slots: The most that can be masked.
        noise: (batch, 1) noise in [0, 1).
    """
    num_candidates = tf.reduce_sum(tf.cast(words.is_candidate, tf.float32), axis=1, keepdims=True)
    target = tf.maximum(rate * num_candidates, tf.minimum(num_candidates, 1.0))
    target = tf.minimum(target, float(slots))
    column = tf.range(chosen.shape[1])
    numbers = tf.gather(words.numbers, chosen, batch_dims=1)
    reached = tf.maximum(tf.cast(tf.math.ceil(target), tf.int32) - 1, 0)  # the column whose word reaches the target
    is_of_last = numbers == tf.gather(numbers, reached, batch_dims=1)
    is_of_last &= column < tf.cast(num_candidates, tf.int32)  # behind them are the special tokens
    size = tf.reduce_sum(tf.cast(is_of_last, tf.float32), axis=1, keepdims=True)
    before = tf.reduce_sum(tf.cast((column < reached) & ~is_of_last, tf.float32), axis=1, keepdims=True)
    is_masked = (before + size <= slots) & (noise * size < target - before)
    return before + tf.where(is_masked, size, 0.0)
