"""ELECTRA's discriminator: the encoder with a head that tells which tokens were replaced."""

from typing import Any

import keras
import numpy as np
from keras import ops

from bert_keras.checkpoints.checkpoint import Checkpoint
from bert_keras.checkpoints.families import family_named
from bert_keras.layers import ReplacedTokenHead
from bert_keras.models.encoder import BertEncoder
from bert_keras.models.task_model import TaskModel
from bert_keras.training.target_kinds import REPLACED_TOKENS


@keras.saving.register_keras_serializable(package="bert_keras")
class ReplacedTokenDetector(TaskModel):
    """Tells of every token whether it stands where another one stood.

    Inputs are those of the encoder. Output is (batch, length) float32 logits, above 0 for "replaced", at padding too:
    without weights the loss and the metrics leave padding out. Labels are 1 for a replaced token and 0 for a real one.

    Args:
        encoder: `BertEncoder`, such as `BertEncoder.from_size("small", vocabulary_size=..., family="electra")`; its
            pooler, if it has one, is not used.
        dtype: dtype or policy of the head, None for the encoder's.
        **kwargs: arguments of `keras.Model`.

    Example:
        >>> import numpy as np
        >>> from bert_keras.models import BertEncoder, ReplacedTokenDetector
        >>> encoder = BertEncoder(100, 1, 2, 8, 16, pooler=False, family="electra")
        >>> detector = ReplacedTokenDetector(encoder)
        >>> ids = np.array([[2, 17, 45, 3]])
        >>> detector({"token_ids": ids, "segment_ids": 0 * ids, "padding_mask": 0 * ids + 1}).shape == (1, 4)
        True

    Reference:
        [Clark et al., 2020](https://arxiv.org/abs/2003.10555), section 2.
    """

    heads, target_kinds = ("replaced_token_head",), REPLACED_TOKENS

    def __init__(self, encoder: BertEncoder, *, dtype: str | keras.DTypePolicy | None = None, **kwargs: Any):
        head = ReplacedTokenHead(
            activation=encoder.activation, kernel_initializer=encoder.kernel_initializer,
            dtype=dtype or encoder.dtype_policy, name="replaced_token_head",
        )  # fmt: skip
        inputs = encoder.new_inputs()
        super().__init__(encoder, inputs, head(encoder(inputs)["sequence_output"]), dtype=dtype, **kwargs)

    @property
    def kind(self) -> str:
        """What others read it as: of most families the encoder alone, beside which our head stands."""
        return "replaced_token" if "replaced_token" in family_named(self.encoder.family).architectures else "encoder"

    @classmethod
    def preset_arguments(cls, checkpoint: Checkpoint, **asked: Any) -> tuple[dict, bool]:
        """Take the head that the preset has; there is nothing that it could be asked for in another shape."""
        return asked, True

    def decode(self, logits: np.ndarray) -> np.ndarray:
        """Tell the replaced tokens.

        Args:
            logits: (batch, length) array.

        Returns:
            (batch, length) int32 array, 1 for a replaced token; what it says of padding means nothing.
        """
        return (np.asarray(logits) > 0).astype("int32")

    def target_weights(self, x: Any, y: Any, sample_weight: Any) -> Any:
        """As of every model, but without weights the positions that are not padding count."""
        if sample_weight is None:
            return ops.cast(ops.not_equal(x["padding_mask"], 0), "float32")
        return sample_weight
