"""Masked tokens replaced by those that a generator draws."""

from typing import Any

import keras
from keras import ops

from bert_keras.ops import place_at_positions, sample_tokens
from bert_keras.types import Tensor

_SEED_OF_EVALUATION = 0


@keras.saving.register_keras_serializable(package="bert_keras")
class TokenReplacement(keras.layers.Layer):
    """Puts a drawn token in place of each masked one, and of each selected one that was left as it is.

    In training the tokens are other ones in each call, and the state of the noise is saved with the model; otherwise
    the noise is always the same, so that an evaluation repeats. No gradient flows back into the logits.

    Args:
        seed: int, or None for other noise in each run.
        **kwargs: arguments of `keras.layers.Layer`.

    Call arguments:
        token_ids: (batch, length) int tensor.
        mask_positions: (batch, predictions) int tensor, 0 in unused slots.
        logits: (batch, predictions, vocabulary_size) float tensor: how likely each token is at these positions.
        training: whether other tokens are to be drawn in each call.

    Output:
        pair of the (batch, length) int32 tensor with the replaced tokens, and the (batch, predictions) int32 tensor of
        the drawn ones; what it says in unused slots was put nowhere.

    Example:
        >>> import numpy as np
        >>> from bert_keras.layers import TokenReplacement
        >>> logits = np.array([[[0, 0, 0, 0, 0, 99.0]]], "float32")
        >>> token_ids, drawn = TokenReplacement()(np.array([[2, 4, 3]]), np.array([[1]]), logits)
        >>> np.array(token_ids).tolist(), np.array(drawn).tolist()
        ([[2, 5, 3]], [[5]])

    Reference:
        [Clark et al., 2020](https://arxiv.org/abs/2003.10555), section 2; `_get_fake_data` of
        https://github.com/google-research/electra/blob/master/run_pretraining.py
    """

    def __init__(self, *, seed: int | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.built = True

    def call(
        self, token_ids: Tensor, mask_positions: Tensor, logits: Tensor, training: bool = False
    ) -> tuple[Tensor, Tensor]:
        token_ids, mask_positions = ops.cast(token_ids, "int32"), ops.cast(mask_positions, "int32")
        drawn = sample_tokens(logits, self.seed_generator if training else _SEED_OF_EVALUATION)
        placed, is_placed = place_at_positions(drawn, mask_positions, ops.shape(token_ids)[1])
        return ops.where(is_placed, placed, token_ids), drawn

    def compute_output_spec(
        self, token_ids: Tensor, mask_positions: Tensor, logits: Tensor, training: bool = False
    ) -> Any:
        return keras.KerasTensor(token_ids.shape, "int32"), keras.KerasTensor(mask_positions.shape, "int32")

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"seed": self.seed}
