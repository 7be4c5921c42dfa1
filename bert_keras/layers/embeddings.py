"""The first layer: tokens, positions and segments to vectors."""

from typing import Any

import keras
from keras import ops

from bert_keras.layers.dropout import Dropout
from bert_keras.layers.initializers import fresh_initializer
from bert_keras.layers.layer_normalization import LayerNormalization
from bert_keras.ops import check_ids, packed_positions
from bert_keras.types import Initializer, Shape, Tensor


@keras.saving.register_keras_serializable(package="bert_keras")
class Embeddings(keras.layers.Layer):
    """Sums the embeddings of each token, its position and its segment, then normalizes.

    Token ids (batch, length) become (batch, length, embedding_dim) vectors, to which those of the positions and of
    the segments are added; layer norm and dropout follow; where an `embedding_dim` is given a dense layer brings the
    vectors to (batch, length, hidden_dim).

    Positions count from 0. In a packed row, where `padding_mask` numbers the sequences 1, 2, 3, ..., they start again
    at each sequence, so that a packed sequence gets the vectors that it gets alone.

    With a `position_offset` they count as RoBERTa's do: the first token of a sequence has the row behind so many, and
    padding, wherever it stands, the last of those rows and no number.

    Args:
        vocabulary_size: number of tokens.
        hidden_dim: width of the output.
        vocabulary_multiple: the token table gets as many rows more as make their number a multiple of this; no token
            id may point there. Default 1: none.
        max_sequence_length: number of positions. Default 512.
        position_offset: rows of the position table before that of the first position. Default 0.
        num_segments: number of rows of the segment table, 0 for none. Default 2.
        learned_positions: whether there is a position table; without it others tell the positions, such as
            `RotaryPositions`. Default True.
        norm: whether there is a layer norm; GPT-2 has none here. Default True.
        use_bias: whether the layer norm and the projection to `hidden_dim` have a bias. Default True.
        embedding_dim: width of the tables, None for `hidden_dim` without a dense layer behind them. ALBERT's
            "factorised" embedding is a smaller one.
        dropout: rate of the dropout after the layer norm. Default 0.
        layer_norm_epsilon: added to the variance. Default 1e-12, as published.
        token_initializer: initializer of the token table, None for BERT's truncated normal of 0.02.
        position_initializer: the same for the position table.
        segment_initializer: the same for the segment table.
        kernel_initializer: the same for the projection to `hidden_dim`.
        **kwargs: arguments of `keras.layers.Layer`.

    Call arguments:
        token_ids: (batch, length) int tensor.
        segment_ids: (batch, length) int tensor, or None: all in segment 0. With one segment it is not looked at.
        padding_mask: (batch, length) int tensor, or None: one sequence a row.
        positions: (batch, length) int tensor of the tokens' positions from 0, or None: as described above.

    Output:
        (batch, length, hidden_dim) tensor.

    Raises:
        ValueError: where a sequence is longer than `max_sequence_length`, or an id is beyond its table, as far as
            `bert_keras.ops.check_ids` can see.

    Example:
        >>> import numpy as np
        >>> from bert_keras.layers import Embeddings
        >>> Embeddings(vocabulary_size=100, hidden_dim=8)(np.array([[2, 17, 3]])).shape == (1, 3, 8)
        True

    Reference:
        [Devlin et al., 2019](https://arxiv.org/abs/1810.04805), figure 2.
    """

    def __init__(
        self,
        vocabulary_size: int,
        hidden_dim: int,
        *,
        vocabulary_multiple: int = 1,
        max_sequence_length: int = 512,
        position_offset: int = 0,
        num_segments: int = 2,
        learned_positions: bool = True,
        norm: bool = True,
        use_bias: bool = True,
        embedding_dim: int | None = None,
        dropout: float = 0.0,
        layer_norm_epsilon: float = 1e-12,
        token_initializer: Initializer | None = None,
        position_initializer: Initializer | None = None,
        segment_initializer: Initializer | None = None,
        kernel_initializer: Initializer | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.vocabulary_size = vocabulary_size
        self.vocabulary_multiple = vocabulary_multiple
        self.hidden_dim = hidden_dim
        self.max_sequence_length = max_sequence_length
        self.position_offset = position_offset
        self.num_segments = num_segments
        self.learned_positions = learned_positions
        self.norm = norm
        self.use_bias = use_bias
        self.embedding_dim = embedding_dim
        self.dropout = dropout
        self.layer_norm_epsilon = layer_norm_epsilon
        self.token_initializer = keras.initializers.get(token_initializer)
        self.position_initializer = keras.initializers.get(position_initializer)
        self.segment_initializer = keras.initializers.get(segment_initializer)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)

        def table(layer, num_rows, initializer, name, **options):
            initializer = fresh_initializer(initializer)
            width = embedding_dim or hidden_dim
            return layer(
                num_rows, width, embeddings_initializer=initializer, dtype=self.dtype_policy, name=name, **options
            )

        # Reversible, because the masked-LM head scores words with the same table; in the layer's own precision.
        self.token_embedding = table(
            keras.layers.ReversibleEmbedding,
            -(-vocabulary_size // vocabulary_multiple) * vocabulary_multiple,
            token_initializer,
            "token_embedding",
            reverse_dtype=self.compute_dtype,
        )
        self.position_embedding = None
        if learned_positions:
            self.position_embedding = table(
                keras.layers.Embedding,
                position_offset + max_sequence_length,
                position_initializer,
                "position_embedding",
            )
        self.segment_embedding = None
        if num_segments:
            self.segment_embedding = table(
                keras.layers.Embedding, num_segments, segment_initializer, "segment_embedding"
            )
        self.layer_norm = None
        if norm:
            self.layer_norm = LayerNormalization(
                epsilon=layer_norm_epsilon, center=use_bias, dtype=self.dtype_policy, name="layer_norm"
            )
        self.dropout_layer = Dropout(dropout, dtype=self.dtype_policy, name="dropout")
        self.projection = None
        if embedding_dim is not None:
            self.projection = keras.layers.Dense(
                hidden_dim,
                use_bias=use_bias,
                kernel_initializer=fresh_initializer(kernel_initializer),
                dtype=self.dtype_policy,
                name="projection",
            )

    def build(
        self, token_ids_shape: Shape, segment_ids_shape: Shape | None = None, padding_mask_shape: Shape | None = None
    ) -> None:
        for table in (self.token_embedding, self.position_embedding, self.segment_embedding):
            if table is not None:
                table.build(token_ids_shape)
        embedded_shape = (*token_ids_shape, self.embedding_dim or self.hidden_dim)
        if self.layer_norm is not None:
            self.layer_norm.build(embedded_shape)
        if self.projection is not None:
            self.projection.build(embedded_shape)
        self.built = True

    def call(
        self,
        token_ids: Tensor,
        segment_ids: Tensor | None = None,
        padding_mask: Tensor | None = None,
        positions: Tensor | None = None,
    ) -> Tensor:
        token_ids = check_ids(token_ids, self.vocabulary_size, "token_ids")
        x = self.token_embedding(token_ids)  # (batch, length, embedding)
        if positions is None:
            self._expect_room(token_ids.shape[1])
        if self.position_embedding is not None:
            positions = self._positions(token_ids, padding_mask) if positions is None else self._rows_of(positions)
            x += self.position_embedding(positions)
        if self.segment_embedding is not None:
            if segment_ids is None or self.num_segments == 1:
                segment_ids = ops.zeros((1, 1), "int32")
            x += self.segment_embedding(check_ids(segment_ids, self.num_segments, "segment_ids"))
        x = self.dropout_layer(x if self.layer_norm is None else self.layer_norm(x))
        return x if self.projection is None else self.projection(x)  # (batch, length, hidden)

    def _expect_room(self, length):
        if length is not None and length > self.max_sequence_length:
            raise ValueError(
                f"Expected at most {self.max_sequence_length} tokens a row (max_sequence_length), received {length}. "
                "Cut the texts when tokenizing, or build the encoder with a larger max_sequence_length."
            )

    def _rows_of(self, positions):
        positions = check_ids(positions, self.max_sequence_length, "positions in a row (max_sequence_length)")
        return positions + self.position_offset

    def _positions(self, token_ids, padding_mask):
        positions = ops.expand_dims(ops.arange(ops.shape(token_ids)[1], dtype="int32"), 0)  # (1, length)
        if token_ids.shape[1] is None:
            positions = check_ids(positions, self.max_sequence_length, "positions in a row (max_sequence_length)")
        if padding_mask is None:
            return positions + self.position_offset
        padding_mask = ops.cast(padding_mask, "int32")
        positions = packed_positions(padding_mask)  # (batch, length)
        if not self.position_offset:
            return positions
        # RoBERTa counts the tokens of a sequence; in the first one of a row padding may stand anywhere.
        counts = ops.cumsum(ops.cast(ops.equal(padding_mask, 1), "int32"), axis=1)
        counts = ops.where(padding_mask > 1, positions + 1, counts)
        return self.position_offset - 1 + counts * ops.cast(padding_mask > 0, "int32")

    def compute_output_shape(
        self, token_ids_shape: Shape, segment_ids_shape: Shape | None = None, padding_mask_shape: Shape | None = None
    ) -> Any:
        return (*token_ids_shape, self.hidden_dim)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "vocabulary_size": self.vocabulary_size,
            "vocabulary_multiple": self.vocabulary_multiple,
            "hidden_dim": self.hidden_dim,
            "max_sequence_length": self.max_sequence_length,
            "position_offset": self.position_offset,
            "num_segments": self.num_segments,
            "learned_positions": self.learned_positions,
            "norm": self.norm,
            "use_bias": self.use_bias,
            "embedding_dim": self.embedding_dim,
            "dropout": self.dropout,
            "layer_norm_epsilon": self.layer_norm_epsilon,
            "token_initializer": keras.initializers.serialize(self.token_initializer),
            "position_initializer": keras.initializers.serialize(self.position_initializer),
            "segment_initializer": keras.initializers.serialize(self.segment_initializer),
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }
