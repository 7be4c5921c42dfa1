"""A sentence encoder learns from texts alone: a decoder writes a text anew, out of the vector of its remains."""

import logging
import os
from typing import Any

import keras

from bert_keras.layers import VectorCrossAttention
from bert_keras.models.batch_inputs import BatchInputs
from bert_keras.models.encoder import BertEncoder
from bert_keras.models.named_weights import padded
from bert_keras.models.saved_model import open_preset
from bert_keras.models.sentence_encoder import SentenceEncoder
from bert_keras.models.vocabulary_head import NAME, vocabulary_head
from bert_keras.ops.next_tokens import next_tokens
from bert_keras.training.losses.loss_terms import LossTerms
from bert_keras.training.target_checks import TargetChecks
from bert_keras.training.target_kinds import NEXT_TOKENS
from bert_keras.training.token_statistics import TokenStatistics
from bert_keras.training.traced_once import TracedOnce
from bert_keras.types import Tensor

_LOG = logging.getLogger("bert_keras")


@keras.saving.register_keras_serializable(package="bert_keras")
class DenoisingAutoencoder(LossTerms, TokenStatistics, TargetChecks, TracedOnce, BatchInputs):
    """Reads a text of which most words are deleted, and writes the whole of it: TSDAE.

    All that the decoder knows of the text is its sentence vector, which therefore has to say what it is about. It is
    there to train the sentence encoder, whose layers it shares: train this model, and save that one.

    Inputs are those of the sentence encoder, with 2 texts a row: the remains, and the whole, as `data.DenoisingRows`
    has them. Output is (batch, length, vocabulary_size) float32 logits of the whole text's next tokens. `fit` needs no
    labels; the loss is their mean cross-entropy, in nats a token.

    Args:
        sentence_encoder: `SentenceEncoder`.
        tied: whether the decoder's blocks and embeddings are the encoder's own. Else it has others, which begin as
            copies. Default True.
        **kwargs: arguments of `keras.Model`.

    Example:
        >>> import numpy as np
        >>> from bert_keras.models import BertEncoder, DenoisingAutoencoder, SentenceEncoder
        >>> sentence_encoder = SentenceEncoder(BertEncoder.from_size("tiny", vocabulary_size=100, pooler=False))
        >>> model = DenoisingAutoencoder(sentence_encoder)
        >>> ids = np.array([[[2, 17, 3, 0, 0], [2, 17, 45, 8, 3]]])
        >>> x = {"token_ids": ids, "segment_ids": 0 * ids, "padding_mask": (ids != 0).astype("int32")}
        >>> model(x).shape == (1, 5, 100)
        True
        >>> model.compile("adam")
        >>> history = model.fit(x, verbose=0)

    Reference:
        [Wang et al., 2021](https://arxiv.org/abs/2104.06979), section 3
    """

    target_kinds, derives_labels = NEXT_TOKENS, True

    def __init__(self, sentence_encoder: SentenceEncoder, *, tied: bool = True, **kwargs: Any):
        encoder = sentence_encoder.encoder
        inputs = {name: keras.Input((2, None), dtype="int32", name=name) for name in sentence_encoder.input}
        remains, whole = ({name: value[:, place] for name, value in inputs.items()} for place in (0, 1))
        vectors = sentence_encoder({name: keras.ops.expand_dims(value, 1) for name, value in remains.items()})
        decoder = VectorDecoder(encoder if tied else _copy_of(encoder), dtype=encoder.dtype_policy, name="decoder")
        super().__init__(inputs=inputs, outputs=decoder(whole, vectors[:, 0]), **kwargs)
        self.sentence_encoder = sentence_encoder
        self.tied = tied

    @property
    def encoder(self) -> keras.Model:
        """The encoder of the sentence encoder."""
        return self.sentence_encoder.encoder

    def load_head(self, preset: str | os.PathLike | keras.Model) -> None:
        """Begin with the masked-LM head of a preset, of which words are scored; a preset without one is logged.

        Args:
            preset: what the sentence encoder was loaded from.

        Raises:
            ValueError: where the preset's head does not fit.
        """
        checkpoint, head = open_preset(preset), self.get_layer("decoder").head
        above = head.path.removesuffix(NAME)
        weights = {w.path.removeprefix(above): w for w in head.weights if w.path.startswith(head.path)}
        shapes = {name: tuple(weight.shape) for name, weight in weights.items() if name in checkpoint.shapes}
        for name, array in checkpoint.read(shapes)[0].items():
            weights[name].assign(padded(array, weights[name].shape))
        if missing := [name for name in weights if name not in shapes]:
            _LOG.warning("%s has no %s: they are new, and are trained.", checkpoint.source, ", ".join(missing))

    def check_targets(self, x: Any, y: Any, y_pred: Any, sample_weight: Any) -> tuple[Any, Any]:
        """As every model; without labels, the whole text's next tokens."""
        if y is None:
            y = next_tokens(x["token_ids"][:, 1], x["padding_mask"][:, 1])
        return super().check_targets(x, y, y_pred, sample_weight)

    def get_config(self) -> dict[str, Any]:
        encoder = keras.saving.serialize_keras_object(self.sentence_encoder)
        return {"name": self.name, "sentence_encoder": encoder, "tied": self.tied}

    @classmethod
    def from_config(cls, config: dict) -> "DenoisingAutoencoder":
        """Build the model from its config."""
        encoder = keras.saving.deserialize_keras_object(config["sentence_encoder"])
        return cls(**config | {"sentence_encoder": encoder})


class VectorDecoder(keras.layers.Layer):
    """Scores the next token of a text at each of its tokens, by those before it and by one vector.

    The blocks are those of an encoder whose tokens see the past alone, with cross-attention onto the vector between the
    attention and the feed-forward of each.

    Args:
        encoder: `BertEncoder`, whose embeddings, blocks and token table are used.
        **kwargs: arguments of `keras.layers.Layer`.

    Call arguments:
        inputs: dict of the encoder's inputs, (batch, length) int32 each.
        vector: (batch, dim) tensor.

    Output:
        (batch, length, vocabulary_size) float32 logits.
    """

    def __init__(self, encoder: BertEncoder, **kwargs: Any):
        super().__init__(**kwargs)
        self.encoder = encoder
        self.cross_attentions = [
            VectorCrossAttention(
                encoder.hidden_dim, norm=not encoder.normalize_first, dropout=encoder.dropout,
                layer_norm_epsilon=encoder.layer_norm_epsilon, kernel_initializer=encoder.kernel_initializer,
                dtype=encoder.dtype_policy, name=f"cross_attention_{number}",
            )
            for number in range(encoder.num_layers * encoder.layers_per_group)
        ]  # fmt: skip
        self.head = vocabulary_head(encoder)

    def build(self, inputs_shape: Any, vector_shape: Any) -> None:
        hidden_shape = (*inputs_shape["token_ids"], self.encoder.hidden_dim)
        for layer in self.cross_attentions:
            layer.build(hidden_shape, vector_shape)
        self.head.build(hidden_shape)
        self.built = True

    def call(self, inputs: dict[str, Tensor], vector: Tensor) -> Tensor:
        told = [lambda x, layer=layer: layer(x, vector) for layer in self.cross_attentions]
        return self.head(self.encoder.call_as_decoder(inputs, told))

    def compute_output_spec(self, inputs: dict[str, Tensor], vector: Tensor) -> Any:
        return keras.KerasTensor((*inputs["token_ids"].shape, self.encoder.vocabulary_size), "float32")


def _copy_of(encoder):
    copy = BertEncoder.from_config(encoder.get_config() | {"name": f"{encoder.name}_of_decoder"})
    copy.set_weights(encoder.get_weights())
    return copy
