"""Dynamic masking: which tokens the masked language model must predict, chosen anew each time a row is read.

`TokenMasking` works on dense tensors with stateless noise. `TextSelectorMasking` gives the same result format for the
selectors of tensorflow-text. Both are called with `(token_ids, seed)`, and so is any masking of a user's own.
"""

import math
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from bert_keras.data.tokenization.tokenizer import TokenIds


class MaskedTokens(NamedTuple):
    """A masked batch.

    Attributes:
        token_ids: (batch, length) int32, the masked rows.
        mask_positions: (batch, predictions) int32, ascending; 0 in unused slots.
        labels: (batch, predictions) int32, the original ids; 0 in unused slots.
        weights: (batch, predictions) float32, 1 in used slots, 0 in unused ones.
    """

    token_ids: tf.Tensor
    mask_positions: tf.Tensor
    labels: tf.Tensor
    weights: tf.Tensor


class TokenMasking:
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

    Output:
        `MaskedTokens`.

    Reference: Devlin et al. 2019, https://arxiv.org/abs/1810.04805, section 3.1, and `create_pretraining_data.py`.
    """

    def __init__(
        self,
        vocabulary: TokenIds,
        num_predictions: int,
        mask_rate: float = 0.15,
        mask_token_rate: float = 0.8,
        random_token_rate: float = 0.1,
    ):
        if not 0 < mask_rate < 1:
            raise ValueError(f"mask_rate must lie between 0 and 1, received {mask_rate}")
        if min(mask_token_rate, random_token_rate) < 0 or mask_token_rate + random_token_rate > 1:
            raise ValueError(
                "mask_token_rate and random_token_rate must not be negative nor add up to more than 1, received "
                f"{mask_token_rate} and {random_token_rate}"
            )
        if num_predictions < 1:
            raise ValueError(f"num_predictions must be at least 1, received {num_predictions}")
        self.vocabulary = vocabulary
        self.mask_id = vocabulary.mask_id  # raises here, not in the graph, if there is none
        self.num_predictions = num_predictions
        self.mask_rate = mask_rate
        self.mask_token_rate = mask_token_rate
        self.random_token_rate = random_token_rate
        self._is_ordinary, self._ordinary_ids = _ordinary_tokens(vocabulary)

    def __call__(self, token_ids: tf.Tensor, seed: tf.Tensor) -> MaskedTokens:
        """Mask a batch, see the class."""
        batch_size, length = token_ids.shape[0] or tf.shape(token_ids)[0], token_ids.shape[1]
        slots = min(self.num_predictions, length)
        # One draw for all three uses: setting up a generator costs more than the numbers of a small batch.
        noise = tf.random.stateless_uniform([batch_size, length + 2 * slots], seed, alg="philox")
        selection, action, replacement = tf.split(noise, [length, slots, slots], axis=1)

        is_candidate = tf.gather(self._is_ordinary, token_ids)  # (batch, length)
        _, chosen = tf.math.top_k(tf.where(is_candidate, selection, -1.0), slots)  # (batch, slots)
        num_candidates = tf.reduce_sum(tf.cast(is_candidate, tf.float32), axis=1, keepdims=True)
        num_selected = tf.maximum(tf.round(self.mask_rate * num_candidates), tf.minimum(num_candidates, 1.0))
        is_used = tf.range(slots, dtype=tf.float32) < num_selected
        positions = tf.sort(tf.where(is_used, chosen, length), axis=1)  # unused slots go to the end
        positions = tf.where(is_used, positions, 0)
        labels = tf.where(is_used, tf.gather(token_ids, positions, batch_dims=1), 0)

        shown = tf.where(
            action < self.mask_token_rate + self.random_token_rate,
            _random_tokens(replacement, self._ordinary_ids),
            labels,
        )
        shown = tf.where(action < self.mask_token_rate, self.mask_id, shown)
        # Differences are added, not values set: the unused slots all point at position 0 and must not race.
        flat = tf.reshape(token_ids, [-1])
        cells = positions + tf.range(batch_size)[:, tf.newaxis] * length
        changes = tf.where(is_used, shown - labels, 0)
        masked = tf.tensor_scatter_nd_add(flat, cells[..., tf.newaxis], changes)
        masked = tf.reshape(masked, tf.shape(token_ids))
        return _padded(masked, positions, labels, is_used, self.num_predictions)


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
        self._is_ordinary, self._ordinary_ids = _ordinary_tokens(vocabulary)

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
        shown = tf.where(is_drawn, _random_tokens(noise, self._ordinary_ids), shown)
        masked = tf.tensor_scatter_nd_update(token_ids, tf.cast(tf.where(is_selected), tf.int32), shown)
        shape = [None, self.num_predictions]
        is_used = tf.ones_like(positions, tf.bool).to_tensor(False, shape=shape)
        return _padded(
            masked, positions.to_tensor(0, shape=shape), labels.to_tensor(0, shape=shape), is_used, self.num_predictions
        )


def default_num_predictions(sequence_length: int, mask_rate: float) -> int:
    """Slots that are enough for `mask_rate` of a full row: 10 for 64 tokens, 20 for 128 at 15 %."""
    return math.ceil(mask_rate * sequence_length)


def _ordinary_tokens(vocabulary) -> tuple[np.ndarray, np.ndarray]:
    """For each token whether it is not a special one, (vocabulary,) bool, and the ids of those, int32."""
    is_ordinary = np.ones(len(vocabulary), bool)
    is_ordinary[list(vocabulary.special_ids)] = False
    return is_ordinary, np.flatnonzero(is_ordinary).astype(np.int32)


def _random_tokens(noise: tf.Tensor, token_ids: np.ndarray) -> tf.Tensor:
    """Draw from `token_ids`, each equally likely, by noise in [0, 1)."""
    index = tf.cast(noise * len(token_ids), tf.int32)
    return tf.gather(token_ids, tf.minimum(index, len(token_ids) - 1))  # rounding may reach the number itself


def _padded(token_ids, positions, labels, is_used, num_predictions: int) -> MaskedTokens:
    """Widen the slots where a row is shorter than the number of predictions."""
    missing = [[0, 0], [0, num_predictions - positions.shape[1]]]
    return MaskedTokens(
        token_ids, tf.pad(positions, missing), tf.pad(labels, missing), tf.pad(tf.cast(is_used, tf.float32), missing)
    )
