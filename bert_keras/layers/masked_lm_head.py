"""The head that guesses masked tokens."""

from collections.abc import Callable
from typing import Any, Self

import keras
from keras import ops

from bert_keras.keras_internals import layers_within
from bert_keras.layers.initializers import fresh_initializer
from bert_keras.layers.layer_normalization import LayerNormalization
from bert_keras.ops import fast_activation, gather_positions, get_activation, matmul_transposed
from bert_keras.types import Initializer, Shape, Tensor


@keras.saving.register_keras_serializable(package="bert_keras")
class MaskedLMHead(keras.layers.Layer):
    """Scores every word of the vocabulary at the masked positions.

    Picks the vectors at `mask_positions` out of (batch, length, hidden_dim), takes them through a dense layer, an
    activation and a layer norm to (batch, predictions, embedding_dim), and multiplies with the encoder's own token
    table, to which a bias a word is added: (batch, predictions, vocabulary_size) logits, in float32 whatever the
    precision of the layer. The table stays one variable, trained from both ends.

    In a functional model it notes which of the tables below its inputs is its own, so that the model is tied again when
    it comes back from a file, its config, or `keras.models.clone_model`.

    Args:
        token_embedding: the built or unbuilt `keras.layers.ReversibleEmbedding` of the encoder.
        vocabulary_size: number of words that are scored, None for every row of the table: rows behind are padding.
        activation: activation function or its name. Default "gelu", the exact one.
        layer_norm_epsilon: added to the variance. Default 1e-12, as published.
        use_bias: whether the dense layer and the layer norm have a bias; the words always have one. Default True.
        plain: whether the head is the product with the table alone, without a dense layer, a layer norm or any bias,
            as GPT-2's. Default False.
        kernel_initializer: initializer of the dense kernel, None for BERT's truncated normal of 0.02.
        **kwargs: arguments of `keras.layers.Layer`.

    Call arguments:
        inputs: (batch, length, hidden_dim) tensor.
        mask_positions: (batch, predictions) int tensor, or None: every position is scored.

    Output:
        (batch, predictions, vocabulary_size) float32 tensor.

    Example:
        >>> import keras
        >>> import numpy as np
        >>> from bert_keras.layers import MaskedLMHead
        >>> head = MaskedLMHead(keras.layers.ReversibleEmbedding(100, 8))
        >>> head(np.ones((1, 5, 8), "float32"), np.array([[1, 3]])).shape == (1, 2, 100)
        True

    Reference:
        [Devlin et al., 2019](https://arxiv.org/abs/1810.04805), section 3.1; `get_masked_lm_output` of
        https://github.com/google-research/bert/blob/master/run_pretraining.py
    """

    def __init__(
        self,
        token_embedding: keras.layers.Layer,
        *,
        vocabulary_size: int | None = None,
        activation: str | Callable = "gelu",
        layer_norm_epsilon: float = 1e-12,
        use_bias: bool = True,
        plain: bool = False,
        kernel_initializer: Initializer | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.vocabulary_size = vocabulary_size
        self.activation = get_activation(activation)
        self.layer_norm_epsilon = layer_norm_epsilon
        self.use_bias = use_bias
        self.plain = plain
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self._number_of_table = None  # among those below the inputs; None where it is none of them
        self._table_to_find = None
        if isinstance(token_embedding, _TableToFind):
            self._table_to_find = token_embedding
        else:
            self._make_layers(token_embedding)

    def _make_layers(self, token_embedding):
        self.token_embedding = token_embedding  # first, so that weights have the same order always
        if self.plain:
            return
        self.transform = keras.layers.Dense(
            token_embedding.output_dim,
            activation=fast_activation(self.activation),
            use_bias=self.use_bias,
            kernel_initializer=fresh_initializer(self.kernel_initializer),
            dtype=self.dtype_policy,
            name="transform",
        )
        self.layer_norm = LayerNormalization(
            epsilon=self.layer_norm_epsilon, center=self.use_bias, dtype=self.dtype_policy, name="layer_norm"
        )

    def build(self, inputs_shape: Shape, mask_positions_shape: Shape | None = None) -> None:
        if self._table_to_find is not None:  # not called in a functional model
            self._make_layers(self._table_to_find.make())
            self._table_to_find = None
        if not self.token_embedding.built:
            self.token_embedding.build(inputs_shape[:2])
        if not self.plain:
            self.transform.build(inputs_shape)
            self.layer_norm.build((*inputs_shape[:-1], self.token_embedding.output_dim))
            self.bias = self.add_weight(name="bias", shape=(self._num_words,), initializer="zeros", autocast=False)
        self.built = True

    def __call__(self, inputs: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        if isinstance(inputs, keras.KerasTensor):  # a functional model is being built
            tables = _tables_below(inputs)
            if self._table_to_find is not None:
                self._make_layers(self._table_to_find.among(tables))
                self._table_to_find = None
            same = [number for number, table in enumerate(tables) if table is self.token_embedding]
            self._number_of_table = same[0] if same else None
        return super().__call__(inputs, *args, **kwargs)

    def call(self, inputs: Tensor, mask_positions: Tensor | None = None) -> Tensor:
        x = inputs if mask_positions is None else gather_positions(inputs, mask_positions, name="mask_positions")
        num_predictions = ops.shape(x)[1]
        # Flat, so that the product with the table is one plain matrix product on every backend.
        x = ops.reshape(x, (-1, inputs.shape[-1]))  # (batch * predictions, hidden)
        if not self.plain:
            x = self.layer_norm(self.transform(x))  # (batch * predictions, embedding)
        if self.token_embedding.quantization_mode is None:
            x = matmul_transposed(x, self.token_embedding.embeddings)  # (batch * predictions, vocabulary)
        else:
            x = self.token_embedding(x, reverse=True)
        if x.shape[-1] != self._num_words:  # a slice of all would be copied, and its gradient too
            x = x[:, : self._num_words]
        x = ops.cast(x, "float32")
        if not self.plain:
            x += ops.cast(self.bias, "float32")
        return ops.reshape(x, (-1, num_predictions, self._num_words))

    def compute_output_spec(self, inputs: Tensor, mask_positions: Tensor | None = None) -> Any:
        leading = inputs.shape[:2] if mask_positions is None else mask_positions.shape
        return keras.KerasTensor((*leading, self._num_words), "float32")

    @property
    def _num_words(self):
        return self.vocabulary_size or self.token_embedding.input_dim

    def get_build_config(self) -> None:
        """Nothing: Keras would build the head, and a table for it, before it is called on what lies above its own."""
        return None

    def build_from_config(self, config: dict[str, Any]) -> None:
        """Wait for the call; see `get_build_config`."""

    def get_config(self) -> dict[str, Any]:
        to_find = self._table_to_find
        table = to_find.config if to_find else keras.saving.serialize_keras_object(self.token_embedding)
        return super().get_config() | {
            "token_embedding": table,
            "number_of_table": to_find.number if to_find else self._number_of_table,
            "vocabulary_size": self.vocabulary_size,
            "activation": keras.activations.serialize(self.activation),
            "layer_norm_epsilon": self.layer_norm_epsilon,
            "use_bias": self.use_bias,
            "plain": self.plain,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Build the head with the table that lies below its inputs, if it is one of those, or one of its own."""
        config = dict(config)
        table, number = config.pop("token_embedding"), config.pop("number_of_table", None)
        if number is None:
            return cls(keras.saving.deserialize_keras_object(table), **config)
        return cls(_TableToFind(table, number), **config)


class _TableToFind:
    """The table of a head that comes from a config, until it is known which layers lie below the head.

    Args:
        config: the table's, serialized.
        number: which of the tables below it is.
    """

    def __init__(self, config, number):
        self.config = config
        self.number = number

    def make(self):
        return keras.saving.deserialize_keras_object(self.config)

    def among(self, tables):
        if self.number >= len(tables):
            raise ValueError(
                f"The masked-LM head was tied to table {self.number} of those below its inputs, counted from 0, "
                f"and now there are {len(tables)}: build it around the token_embedding that it shall be tied to."
            )
        return tables[self.number]


def _tables_below(tensor):
    """Return the token tables below a symbolic tensor, in an order that rebuilding does not change."""
    inputs = keras.utils.get_source_inputs(tensor)
    if inputs is tensor:  # a shape alone, from no layer
        return []
    below = keras.Model(inputs, tensor)
    tables = [layer for layer in layers_within(below) if isinstance(layer, keras.layers.ReversibleEmbedding)]
    return list({id(table): table for table in tables}.values())
