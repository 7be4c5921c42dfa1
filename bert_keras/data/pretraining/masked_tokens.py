"""What masking rules share: slots for the selected tokens, and what is shown in place of each: [MASK], another, itself.

A rule selects; the rest is here. `SlotMasking` says the constructor's arguments once and fills the slots.
"""

import math
from typing import NamedTuple

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


class SlotMasking:
    """What a masking rule is built with, and how it fills its slots.

    Args:
        vocabulary: Gives `mask_id`, `special_ids` and its length.
        num_predictions: Slots for predictions in a row.
        mask_rate: Share of the candidates to select.
        mask_token_rate: Share of the selected tokens that become `[MASK]`.
        random_token_rate: Share of the selected tokens that become a random token.

    Raises:
        ValueError: If a rate or number is out of range, or the vocabulary has no `[MASK]`.
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
        self.is_ordinary, self.ordinary_ids = ordinary_tokens(vocabulary)

    def fill_slots(
        self,
        token_ids: tf.Tensor,
        positions: tf.Tensor,
        is_used: tf.Tensor,
        action: tf.Tensor,
        replacement: tf.Tensor,
    ) -> MaskedTokens:
        """Mask tokens, given where.

        Args:
            token_ids: (batch, length) int32.
            positions: (batch, slots) int32, of `slots_of`.
            is_used: (batch, slots) bool, of `slots_of`.
            action: (batch, slots) noise in [0, 1): whether `[MASK]`, a random token or the token itself is shown.
            replacement: (batch, slots) noise in [0, 1), which draws the random tokens.
        """
        batch_size, length = batch_shape(token_ids)
        labels = tf.where(is_used, tf.gather(token_ids, positions, batch_dims=1), 0)
        shown = tf.where(
            action < self.mask_token_rate + self.random_token_rate,
            random_tokens(replacement, self.ordinary_ids),
            labels,
        )
        shown = tf.where(action < self.mask_token_rate, self.mask_id, shown)
        # Differences are added, not values set: the unused slots all point at position 0 and must not race.
        flat = tf.reshape(token_ids, [-1])
        cells = positions + tf.range(batch_size)[:, tf.newaxis] * length
        changes = tf.where(is_used, shown - labels, 0)
        masked = tf.tensor_scatter_nd_add(flat, cells[..., tf.newaxis], changes)
        masked = tf.reshape(masked, tf.shape(token_ids))
        return padded_slots(masked, positions, labels, is_used, self.num_predictions)


def slots_of(chosen: tf.Tensor, num_selected: tf.Tensor, length: int) -> tuple[tf.Tensor, tf.Tensor]:
    """Put the selected columns of each row into its slots.

    Args:
        chosen: (batch, slots) int32, columns, those to be masked first.
        num_selected: (batch, 1) float32, how many of them are masked.
        length: Of a row.

    Returns:
        (batch, slots) int32 columns in ascending order, 0 in unused slots; (batch, slots) bool, whether a slot is used.
    """
    is_used = tf.range(chosen.shape[1], dtype=tf.float32) < num_selected
    positions = tf.sort(tf.where(is_used, chosen, length), axis=1)  # unused slots go to the end
    return tf.where(is_used, positions, 0), is_used


def default_num_predictions(sequence_length: int, mask_rate: float) -> int:
    """Slots that are enough for `mask_rate` of a full row: 10 for 64 tokens, 20 for 128 at 15 %."""
    return math.ceil(mask_rate * sequence_length)


def batch_shape(token_ids: tf.Tensor) -> tuple[int | tf.Tensor, int]:
    """Return the rows, a number where it is known, and the length of a batch."""
    return token_ids.shape[0] or tf.shape(token_ids)[0], token_ids.shape[1]


def ordinary_tokens(vocabulary: TokenIds) -> tuple[np.ndarray, np.ndarray]:
    """For each token whether it is not a special one, (vocabulary,) bool, and the ids of those, int32."""
    is_ordinary = np.ones(len(vocabulary), bool)
    is_ordinary[list(vocabulary.special_ids)] = False
    return is_ordinary, np.flatnonzero(is_ordinary).astype(np.int32)


def random_tokens(noise: tf.Tensor, token_ids: np.ndarray) -> tf.Tensor:
    """Draw from `token_ids`, each equally likely, by noise in [0, 1)."""
    index = tf.cast(noise * len(token_ids), tf.int32)
    return tf.gather(token_ids, tf.minimum(index, len(token_ids) - 1))  # rounding may reach the number itself


def padded_slots(
    token_ids: tf.Tensor, positions: tf.Tensor, labels: tf.Tensor, is_used: tf.Tensor, num_predictions: int
) -> MaskedTokens:
    """Widen the slots where a row is shorter than the number of predictions."""
    missing = [[0, 0], [0, num_predictions - positions.shape[1]]]
    return MaskedTokens(
        token_ids, tf.pad(positions, missing), tf.pad(labels, missing), tf.pad(tf.cast(is_used, tf.float32), missing)
    )
