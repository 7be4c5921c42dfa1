"""An encoder that writes: the scores of the next token at each token, and texts that go on."""

from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np

from bert_keras.checkpoints.checkpoint import Checkpoint
from bert_keras.models.decoding import generate, stream
from bert_keras.models.encoder import BertEncoder
from bert_keras.models.task_model import TaskModel
from bert_keras.models.vocabulary_head import NAME, head_arguments, is_of_family, vocabulary_head
from bert_keras.ops import get_activation
from bert_keras.training.target_kinds import NEXT_TOKENS
from bert_keras.types import Tensor


class LanguageModel(TaskModel):
    """What `CausalLM` and `PrefixLM` have in common: they differ in what a token sees, and in which tokens are written.

    Args:
        encoder: `BertEncoder` with the `attention_pattern` of the model.
        head_activation: activation function of the head or its name, None for that of the encoder's family.
        head_layer_norm_epsilon: added to the variance in the head's layer norm, None for the encoder's.
        dtype: dtype or policy of the head, None for the encoder's.
        **kwargs: arguments of `keras.Model`.
    """

    heads, target_kinds, derives_labels = (NAME,), NEXT_TOKENS, True
    attention_pattern = ""  # of its encoder
    written_segment = 0  # of the tokens that it writes

    def __init__(
        self, encoder: BertEncoder, *, head_activation: str | Callable | None = None,
        head_layer_norm_epsilon: float | None = None, dtype: str | keras.DTypePolicy | None = None, **kwargs: Any,
    ):  # fmt: skip
        if encoder.attention_pattern != self.attention_pattern:
            raise ValueError(
                f"{type(self).__name__} needs an encoder with attention_pattern={self.attention_pattern!r}; this one "
                f"has {encoder.attention_pattern!r}. {type(self).__name__}.from_preset(...) builds one from any preset."
            )
        head = vocabulary_head(
            encoder, activation=head_activation, layer_norm_epsilon=head_layer_norm_epsilon, dtype=dtype
        )
        inputs = encoder.new_inputs()
        super().__init__(encoder, inputs, head(encoder(inputs)["sequence_output"]), dtype=dtype, **kwargs)
        self.head_activation = None if head_activation is None else get_activation(head_activation)
        self.head_layer_norm_epsilon = head_layer_norm_epsilon

    @classmethod
    def preset_arguments(cls, checkpoint: Checkpoint, **asked: Any) -> tuple[dict, bool]:
        """Take the head that the preset has, a masked-LM head too; one that it lacks is new."""
        return checkpoint.settings | asked, True

    def next_tokens(self, x: dict[str, Tensor]) -> Tensor:
        """Give the labels of a batch, (batch, length) int32, -100 where there is none; each model says which."""
        raise NotImplementedError

    def check_targets(self, x: Any, y: Any, y_pred: Any, sample_weight: Any) -> tuple[Any, Any]:
        """As every model; without labels, those that the inputs themselves are."""
        return super().check_targets(x, self.next_tokens(x) if y is None else y, y_pred, sample_weight)

    def decode(self, logits: np.ndarray) -> np.ndarray:
        """Tell the most probable next token at each token.

        Args:
            logits: (batch, length, vocabulary_size) array.

        Returns:
            (batch, length) int32 array.
        """
        return np.argmax(logits, axis=-1).astype("int32")

    def generate(self, prompts: Any, *, max_new_tokens: int, **options: Any) -> list:
        """Go on writing behind prompts; see `bert_keras.models.decoding.generate`.

        Args:
            prompts: list of lists of token ids, which may be of unlike length; or (batch, length) int array; or a dict
                with `token_ids`, `padding_mask` and, of a target that has begun, `segment_ids`.
            max_new_tokens: most tokens to be written.
            **options: how the next token is chosen.

        Returns:
            list of int32 arrays, the new tokens of each prompt.

        Raises:
            ValueError: where a prompt is empty or too long, or an option is none.
        """
        return generate(self, prompts, max_new_tokens=max_new_tokens, **options)

    def stream(self, prompt: Any, *, max_new_tokens: int, **options: Any) -> Iterator[np.ndarray]:
        """Go on writing behind one prompt, and give the tokens while they are written.

        Args:
            prompt: list of token ids.
            max_new_tokens: most tokens to be written.
            **options: further ones of `bert_keras.models.decoding.stream`.

        Yields:
            int32 arrays of new tokens.

        Raises:
            ValueError: as for `generate`.
        """
        return stream(self, prompt, max_new_tokens=max_new_tokens, **options)

    def score_next(self, vectors: Tensor) -> Tensor:
        """Score the words that may stand behind tokens.

        Args:
            vectors: (batch, tokens, hidden_dim) tensor of the encoder.

        Returns:
            (batch, tokens, vocabulary_size) float32 logits.
        """
        return self.get_layer(NAME)(vectors)

    def preset_settings(self) -> dict:
        """Give which model it is, and the numbers of a head that differs from its encoder."""
        return {"head": type(self).__name__} | super().preset_settings()

    def _plain_form(self):
        arrays, arguments = super()._plain_form()
        head = self.get_layer(NAME)
        return arrays, arguments | ({} if head.plain else head_arguments(head))

    def _beyond_transformers(self):
        head = self.get_layer(NAME)
        is_encoders = head.plain or is_of_family(head, self.encoder)
        return super()._beyond_transformers() + ([] if is_encoders else ["a masked-LM head with numbers of its own"])
