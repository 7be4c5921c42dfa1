"""Dynamic masking: which tokens the masked language model must predict, chosen anew each time a row is read.

`TokenMasking` works on dense tensors with stateless noise. `TextSelectorMasking` gives the same result format for the
selectors of tensorflow-text. Both are called with `(token_ids, seed)`, and so is any masking of a user's own.
"""

from typing import Any

import tensorflow as tf

from bert_keras.data.pretraining.masked_tokens import (
    MaskedTokens,
    SlotMasking,
    batch_shape,
    ordinary_tokens,
    padded_slots,
    random_tokens,
    slots_of,
)
from bert_keras.data.tokenization.tokenizer import TokenIds


class TokenMasking(SlotMasking):
    """Masks tokens as BERT does, with a fixed number of slots for predictions in a row.

    Of each row `max(1, round(mask_rate * candidates))` tokens are selected, `num_predictions` at most; candidates are
    all tokens but the special ones. Of the selected tokens 80 % become `[MASK]`, 10 % a random token that is never a
    special one, and 10 % stay as they are. Equal seeds give equal masks.

    Args:
        vocabulary: Gives `mask_id`, `special_ids` and its length.
        num_predictions: Slots for predictions in a row.
        mask_rate: Share of the candidates to select.
        mask_token_rate: Share of the selected tokens that become `[MASK]`.
        random_token_rate: Share of the selected tokens that become a random token.

    Call arguments:
        token_ids: (batch, length) int32.
        seed: (2,) integer tensor.
        mask_rate: Another share for this call: a number, or (batch, 1) float32.

    Output:
        `MaskedTokens`.

    Example:
        A rule of one's own is a function; this one masks the last word of each row, as a language model that writes
        would be asked:

        >>> from bert_keras.data import MaskedTokens, Vocabulary
        >>> vocabulary = Vocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "so", "good"])
        >>> def mask_last(token_ids, seed):
        ...     is_text = tf.logical_not(tf.reduce_any(token_ids[..., None] == list(vocabulary.special_ids), axis=-1))
        ...     column = tf.range(token_ids.shape[1])
        ...     last = tf.reduce_max(tf.where(is_text, column, 0), axis=1, keepdims=True)
        ...     labels = tf.gather(token_ids, last, batch_dims=1)
        ...     masked = tf.where(column == last, vocabulary.mask_id, token_ids)
        ...     return MaskedTokens(masked, last, labels, tf.ones_like(labels, tf.float32))
        >>> mask_last(tf.constant([[2, 5, 6, 3, 0]]), seed=None).token_ids.numpy().tolist()
        [[2, 5, 4, 3, 0]]

    Reference: Devlin et al. 2019, https://arxiv.org/abs/1810.04805, section 3.1, and `create_pretraining_data.py`.
    """

    def __call__(
        self, token_ids: tf.Tensor, seed: tf.Tensor, mask_rate: float | tf.Tensor | None = None
    ) -> MaskedTokens:
        """Mask a batch, see the class."""
        batch_size, length = batch_shape(token_ids)
        slots = min(self.num_predictions, length)
        # One draw for all three uses: setting up a generator costs more than the numbers of a small batch.
        noise = tf.random.stateless_uniform([batch_size, length + 2 * slots], seed, alg="philox")
        selection, action, replacement = tf.split(noise, [length, slots, slots], axis=1)

        is_candidate = tf.gather(self.is_ordinary, token_ids)  # (batch, length)
        _, chosen = tf.math.top_k(tf.where(is_candidate, selection, -1.0), slots)  # (batch, slots)
        num_candidates = tf.reduce_sum(tf.cast(is_candidate, tf.float32), axis=1, keepdims=True)
        rate = self.mask_rate if mask_rate is None else mask_rate
        num_selected = tf.maximum(tf.round(rate * num_candidates), tf.minimum(num_candidates, 1.0))
        positions, is_used = slots_of(chosen, num_selected, length)
        return self.fill_slots(token_ids, positions, is_used, action, replacement)


class TextSelectorMasking:
    """Masks with an item selector and a mask values chooser of tensorflow-text.

    For selection rules that tensorflow-text has or a user has written for it. Ragged, so several times slower than
    `TokenMasking`. Special tokens that a selector picks, or that a chooser draws (tensorflow-text draws from the whole
    vocabulary), are put right here. Its classes draw from TensorFlow's global generator, not from `seed`: masks repeat
    only after `tf.random.set_seed` and without parallel calls.

    Args:
        vocabulary: Gives `special_ids`, `mask_id` and its length.
        num_predictions: Slots for predictions in a row; of more that are selected the first get them, the others stay.
        selector: E.g. `tensorflow_text.RandomItemSelector(20, 0.15, unselectable_ids=list(vocabulary.special_ids))`.
        values_chooser: E.g. `tensorflow_text.MaskValuesChooser(len(vocabulary), vocabulary.mask_id)`.

    Call arguments and output: as for `TokenMasking`.
    """

    def __init__(self, vocabulary: TokenIds, num_predictions: int, selector: Any, values_chooser: Any):
        self.vocabulary = vocabulary
        self.num_predictions = num_predictions
        self.selector = selector
        self.values_chooser = values_chooser
        self._is_ordinary, self._ordinary_ids = ordinary_tokens(vocabulary)

    def __call__(self, token_ids: tf.Tensor, seed: tf.Tensor) -> MaskedTokens:
        """Mask a batch, see the class."""
        length = token_ids.shape[1]
        is_ordinary = tf.gather(self._is_ordinary, token_ids)
        ragged = tf.RaggedTensor.from_tensor(token_ids)
        is_selected = self.selector.get_selection_mask(ragged, axis=1).to_tensor(False, shape=[None, length])
        is_selected &= is_ordinary
        is_selected &= tf.cumsum(tf.cast(is_selected, tf.int32), axis=1) <= self.num_predictions
        positions = tf.ragged.boolean_mask(
            tf.broadcast_to(tf.range(length, dtype=tf.int32), tf.shape(token_ids)), is_selected
        )
        labels = tf.ragged.boolean_mask(token_ids, is_selected)
        shown = self.values_chooser.get_mask_values(labels).flat_values
        is_drawn = ~tf.gather(self._is_ordinary, shown) & (shown != self.vocabulary.mask_id)
        noise = tf.random.stateless_uniform(tf.shape(shown), seed, alg="philox")
        shown = tf.where(is_drawn, random_tokens(noise, self._ordinary_ids), shown)
        masked = tf.tensor_scatter_nd_update(token_ids, tf.cast(tf.where(is_selected), tf.int32), shown)
        shape = [None, self.num_predictions]
        is_used = tf.ones_like(positions, tf.bool).to_tensor(False, shape=shape)
        return padded_slots(
            masked, positions.to_tensor(0, shape=shape), labels.to_tensor(0, shape=shape), is_used, self.num_predictions
        )
