"""BERT's encoder: tokens in, one vector a token and one for the sequence out."""

import dataclasses
import os
from collections.abc import Callable, Sequence
from typing import Any

import keras
from keras import ops

from bert_keras.checkpoints.checkpoint import Checkpoint
from bert_keras.checkpoints.families import BERT, family_named
from bert_keras.layers import (
    AttentionMask,
    Embeddings,
    EncoderBlock,
    FeedForward,
    GatedFeedForward,
    LayerNormalization,
    LocalAttentionMask,
    Pooler,
    RotaryPositions,
    SelfAttention,
)
from bert_keras.layers.initializers import values_follow
from bert_keras.models.inspector import inspector
from bert_keras.models.layer_stack import LayerStack, block_numbers
from bert_keras.models.named_weights import named_weights
from bert_keras.models.preset_model import PresetModel
from bert_keras.models.saved_model import open_preset
from bert_keras.ops import KeyValueCache, empty_cache, get_activation
from bert_keras.types import Tensor

PARTS = ("embeddings", "attention_mask", "attention", "feed_forward")


@keras.saving.register_keras_serializable(package="bert_keras")
class BertEncoder(PresetModel):
    """A stack of Transformer blocks over embedded tokens.

    Input is a dict of int32 tensors, all (batch, length): `token_ids`; `segment_ids`, 0 in the first text and 1 in the
    second, where there is more than one segment; `padding_mask`, 0 at padding and 1 at tokens, or 1, 2, 3, ... for the
    sequences packed in a row: each then attends to itself alone and counts its positions from 0.

    Output is a dict of `sequence_output`, (batch, length, hidden_dim), and `pooled_output`, (batch, hidden_dim).
    A head that looks at few vectors may give `output_positions` among the inputs: (batch, positions) int32, at which
    alone there is a `sequence_output` then, and of which the first, 0, gives the `pooled_output`.

    Parts may be layers of your own, subclasses of the published ones or not: `embeddings`, `attention_mask`,
    `attention` and `feed_forward`. Each is a prototype: the encoder uses copies, made through its config, and saves
    that config. A part keeps its own numbers, such as its dropout.

    Args:
        vocabulary_size: number of tokens. A token id beyond it is refused, except inside JAX's compiled steps and on
            torch's GPUs; see `bert_keras.ops.check_ids`.
        num_layers: number of layers, each of which is a block of its own unless some share theirs, see below.
        num_heads: number of attention heads a block; must divide `hidden_dim`.
        hidden_dim: width of the vectors.
        intermediate_dim: width inside the feed-forward, 4 times `hidden_dim` in BERT.
        vocabulary_multiple: rows of the token table in memory are padded to a multiple of it, such as 64, for matrix
            products on some machines; neither files nor outputs show it. Default 1.
        max_sequence_length: number of positions; a longer row is refused. XLA on TensorFlow can raise neither this nor
            the former where a dataset does not tell its shapes: there the nearest row of the table stands in. Default
            512.
        position_offset: rows of the position table before that of the first position; the last of them is padding's.
            RoBERTa has 2. Default 0.
        num_segments: number of segments. With fewer than two, `segment_ids` is no input: 1 adds its one row to every
            token, 0 none. Default 2.
        embedding_dim: width of the token, position and segment tables, behind which a dense layer widens the vectors
            to `hidden_dim`. Default None: the tables are as wide as the encoder, and there is no such layer.
        num_layer_groups: number of groups into which the layers fall, lowest first; those of a group share its weights.
            It must divide `num_layers`. ALBERT has 1. Default None: no layer shares any.
        layers_per_group: number of blocks in a group, and so in a layer. Default 1.
        dropout: rate of the dropout on embeddings and on each part's output. Default 0.1.
        attention_dropout: rate of the dropout on attention scores, None for `dropout`.
        activation: activation function of the feed-forward or its name. Default "gelu", the exact one; "gelu_tanh" is
            the approximation of Google's code.
        layer_norm_epsilon: added to the variance in every layer norm. Default 1e-12.
        attention_pattern: what of its sequence a token sees: "bidirectional", all; "causal", itself and the past;
            "prefix", the tokens of segment 0 too, see `AttentionMask`. With "prefix", `segment_ids` is an input however
            many segments there are. Default "bidirectional".
        normalize_first: whether layer norms come before the parts, with one more after the last block. Default False.
        first_norm: whether, with `normalize_first`, there is a layer norm before the first block's attention, too.
            ModernBERT has none: the embeddings' own stands just before it. Default True.
        embedding_norm: whether there is a layer norm behind the embeddings. GPT-2 has none. Default True.
        use_bias: whether dense layers and layer norms have biases, those of heads too, but for their logits. Default
            True.
        gated: whether the feed-forward is a `GatedFeedForward`. Dropout then is where ModernBERT has it: inside the
            feed-forward, and at the rate of `attention_dropout` on the attention's output. Default False.
        rotary_theta: base of the wavelengths of `RotaryPositions`, in place of a table of positions; None for the
            table. Default None.
        local_attention: window of the blocks that look at near tokens alone: a token sees those that are at most
            `local_attention // 2` before and behind it, and memory grows with the length, not with its square. None
            where every block looks at the whole row. Default None.
        local_rotary_theta: the same as `rotary_theta` for these blocks, None for the same value.
        global_every: with `local_attention`, which blocks look at the whole row all the same: the first, and each that
            is a multiple of so many behind it. Default 3.
        pooler: whether there is a `pooled_output`. Default True.
        embeddings: layer to use in place of `Embeddings`, from those of the inputs that its `call` names to (batch,
            length, hidden_dim). A masked-LM head needs its `token_embedding`.
        attention_mask: layer to use in place of `AttentionMask`, from those of the inputs that its `call` names to
            (batch, length, length) bool, True where the first may see the second.
        attention: layer to use in place of `SelfAttention`, copied for each block; see `EncoderBlock` for what it must
            do. Its `attention_mask` is (batch, length, length) in blocks with `local_attention`, too.
        feed_forward: the same in place of `FeedForward`.
        kernel_initializer: initializer of the kernels, None for BERT's truncated normal of 0.02.
        token_initializer: the same for the token table.
        position_initializer: the same for the position table.
        segment_initializer: the same for the segment table.
        dtype: dtype or policy of all layers, such as "mixed_bfloat16".
        family: what presets call it, and which heads are its own: such as "bert", "roberta" or "albert": one of the
            keys of `bert_keras.checkpoints.families.FAMILIES`. It changes no number of the encoder: those that a family
            has are what `from_size` and `from_preset` give. Default "bert".
        **kwargs: arguments of `keras.Model`.

    Call arguments:
        inputs: dict of tensors, see above.
        training: whether to drop.
        return_hidden_states: whether the outputs have `hidden_states` too, the embeddings' output and that of each
            block, (batch, length, hidden_dim) each; of the last block at the `output_positions` alone. A block that
            layers share has one for each time that it is called. Default False.
        return_attention_scores: whether the outputs have `attention_scores` too, one (batch, num_heads, length, length)
            for each of these blocks; an attention of one's own may have none. Default False.

    Raises:
        ValueError: where there is no such `family` or `attention_pattern`, or the latter beside an `attention_mask`,
            `num_layer_groups` does not divide `num_layers`, an input is missing, a row is too long, an id is beyond its
            table, `embeddings` have other numbers than the encoder, or scores are asked of an attention that has none.

    Example:
        >>> import numpy as np
        >>> from bert_keras.models import BertEncoder
        >>> encoder = BertEncoder.from_size("tiny", vocabulary_size=100)
        >>> ids = np.array([[2, 17, 45, 3, 0]])
        >>> outputs = encoder({"token_ids": ids, "segment_ids": 0 * ids, "padding_mask": (ids != 0).astype("int32")})
        >>> outputs["sequence_output"].shape == (1, 5, 128) and outputs["pooled_output"].shape == (1, 128)
        True

    Reference:
        [Devlin et al., 2019](https://arxiv.org/abs/1810.04805).
    """

    parts = PARTS

    def __init__(
        self,
        vocabulary_size: int,
        num_layers: int,
        num_heads: int,
        hidden_dim: int,
        intermediate_dim: int,
        *,
        vocabulary_multiple: int = 1,
        max_sequence_length: int = 512,
        position_offset: int = 0,
        num_segments: int = 2,
        embedding_dim: int | None = None,
        num_layer_groups: int | None = None,
        layers_per_group: int = 1,
        dropout: float = 0.1,
        attention_dropout: float | None = None,
        activation: str | Callable = "gelu",
        layer_norm_epsilon: float = 1e-12,
        attention_pattern: str = "bidirectional",
        normalize_first: bool = False,
        first_norm: bool = True,
        embedding_norm: bool = True,
        use_bias: bool = True,
        gated: bool = False,
        rotary_theta: float | None = None,
        local_attention: int | None = None,
        local_rotary_theta: float | None = None,
        global_every: int = 3,
        pooler: bool = True,
        embeddings: keras.layers.Layer | None = None,
        attention_mask: keras.layers.Layer | None = None,
        attention: keras.layers.Layer | None = None,
        feed_forward: keras.layers.Layer | None = None,
        kernel_initializer: str | dict | keras.initializers.Initializer | None = None,
        token_initializer: str | dict | keras.initializers.Initializer | None = None,
        position_initializer: str | dict | keras.initializers.Initializer | None = None,
        segment_initializer: str | dict | keras.initializers.Initializer | None = None,
        dtype: str | keras.DTypePolicy | None = None,
        family: str = BERT.model_type,
        **kwargs: Any,
    ):
        family_named(family)  # or it is refused
        passes = block_numbers(num_layers, num_layer_groups, layers_per_group)
        own_parts = dict(zip(PARTS, (embeddings, attention_mask, attention, feed_forward), strict=True))
        if attention_mask is not None and attention_pattern != "bidirectional":
            raise ValueError(
                f"attention_pattern={attention_pattern!r} is a rule of AttentionMask, and an attention_mask of one's "
                "own says itself what tokens see: leave one of them out."
            )

        # === Layers ===
        if embeddings is not None:
            _expect_same_numbers(
                embeddings,
                vocabulary_size=vocabulary_size,
                vocabulary_multiple=vocabulary_multiple,
                hidden_dim=hidden_dim,
                max_sequence_length=max_sequence_length,
                position_offset=position_offset,
                num_segments=num_segments,
                embedding_dim=embedding_dim,
            )
            embeddings = _copy_part(embeddings, "embeddings", dtype)
        else:
            embeddings = Embeddings(
                vocabulary_size,
                hidden_dim,
                vocabulary_multiple=vocabulary_multiple,
                max_sequence_length=max_sequence_length,
                position_offset=position_offset,
                num_segments=num_segments,
                embedding_dim=embedding_dim,
                learned_positions=rotary_theta is None,
                norm=embedding_norm,
                use_bias=use_bias,
                dropout=dropout,
                layer_norm_epsilon=layer_norm_epsilon,
                token_initializer=token_initializer or kernel_initializer,
                position_initializer=position_initializer or kernel_initializer,
                segment_initializer=segment_initializer or kernel_initializer,
                kernel_initializer=kernel_initializer,
                dtype=dtype,
                name="embeddings",
            )
        if attention_mask is not None:
            attention_mask = _copy_part(attention_mask, "attention_mask", dtype)
        else:
            attention_mask = AttentionMask(attention_pattern, dtype=dtype, name="attention_mask")
        score_dropout = dropout if attention_dropout is None else attention_dropout
        attention_prototype = attention or SelfAttention(
            hidden_dim,
            num_heads,
            dropout=score_dropout,
            output_dropout=score_dropout if gated else 0.0,
            use_bias=use_bias,
            kernel_initializer=kernel_initializer,
        )
        feed_forward_arguments = {
            "activation": activation, "use_bias": use_bias, "kernel_initializer": kernel_initializer,
        }  # fmt: skip
        if feed_forward is not None:
            feed_forward_prototype = feed_forward
        elif gated:
            feed_forward_prototype = GatedFeedForward(
                hidden_dim, intermediate_dim, dropout=dropout, **feed_forward_arguments
            )
        else:
            feed_forward_prototype = FeedForward(hidden_dim, intermediate_dim, **feed_forward_arguments)
        blocks = [
            EncoderBlock(
                _copy_part(attention_prototype, "attention", dtype),
                _copy_part(feed_forward_prototype, "feed_forward", dtype),
                normalize_first=normalize_first,
                attention_norm=index > 0 or first_norm,
                use_bias=use_bias,
                dropout=0.0 if gated else dropout,
                layer_norm_epsilon=layer_norm_epsilon,
                dtype=dtype,
                name=f"encoder_block_{index}",
            )
            for index in sorted(set(passes))
        ]
        final_layer_norm = None
        if normalize_first:
            final_layer_norm = LayerNormalization(
                epsilon=layer_norm_epsilon, center=use_bias, dtype=dtype, name="final_layer_norm"
            )
        stack = LayerStack(
            embeddings,
            attention_mask,
            [blocks[index] for index in passes],
            final_layer_norm,
            takes_blocks=(
                own_parts["attention"] is None
                and own_parts["attention_mask"] is None
                and attention_pattern == "bidirectional"
            ),
            **_whereabouts(
                hidden_dim // num_heads, rotary_theta, local_attention, local_rotary_theta, global_every, dtype
            ),
        )

        # === Functional model ===
        has_segments = num_segments > 1 or attention_pattern == "prefix"
        names = ["token_ids", *(["segment_ids"] if has_segments else []), "padding_mask"]
        inputs = {name: keras.Input((None,), dtype="int32", name=name) for name in names}
        outputs = stack(inputs)
        if pooler:
            # Made after the blocks have built their parts: in this order all of them draw their seeds.
            pooler_layer = Pooler(
                hidden_dim, use_bias=use_bias, kernel_initializer=kernel_initializer, dtype=dtype, name="pooler"
            )
            stack = dataclasses.replace(stack, pooler=pooler_layer)
            outputs["pooled_output"] = pooler_layer(outputs["sequence_output"])
        super().__init__(inputs=inputs, outputs=outputs, **kwargs)
        if dtype is not None:
            self.dtype_policy = keras.dtype_policies.get(dtype)
        self._stack = stack

        # === Config ===
        self.vocabulary_size = vocabulary_size
        self.vocabulary_multiple = vocabulary_multiple
        self.num_layers = num_layers
        self.num_heads = num_heads
        self.hidden_dim = hidden_dim
        self.intermediate_dim = intermediate_dim
        self.max_sequence_length = max_sequence_length
        self.position_offset = position_offset
        self.num_segments = num_segments
        self.embedding_dim = embedding_dim
        self.num_layer_groups = num_layer_groups
        self.layers_per_group = layers_per_group
        self.dropout = dropout
        self.attention_dropout = attention_dropout
        self.activation = get_activation(activation)
        self.layer_norm_epsilon = layer_norm_epsilon
        self.attention_pattern = attention_pattern
        self.normalize_first = normalize_first
        self.first_norm = first_norm
        self.embedding_norm = embedding_norm
        self.use_bias = use_bias
        self.gated = gated
        self.rotary_theta = rotary_theta
        self.local_attention = local_attention
        self.local_rotary_theta = local_rotary_theta
        self.global_every = global_every
        self.pooler = pooler
        self.family = family
        self._own_parts = lambda: dict(own_parts)  # in a function, for Keras would save them as layers
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.token_initializer = keras.initializers.get(token_initializer)
        self.position_initializer = keras.initializers.get(position_initializer)
        self.segment_initializer = keras.initializers.get(segment_initializer)

    @classmethod
    def from_size(
        cls, size: str, /, vocabulary_size: int, *, family: str = BERT.model_type, **overrides: Any
    ) -> "BertEncoder":
        """Build an encoder of a published size, with new weights.

        Args:
            size: such as "tiny", "mini", "small", "medium", "base" or "large", the keys of `SIZES`; another family may
                have others.
            vocabulary_size: number of tokens.
            family: the family whose size it is, with what else all encoders of it have. Default "bert".
            **overrides: further arguments of the constructor; a number of the size may be overridden too.

        Raises:
            ValueError: where no family, or no size of it, has that name.

        Example:
            >>> from bert_keras.models import BertEncoder
            >>> encoder = BertEncoder.from_size("tiny", vocabulary_size=100, family="roberta")
            >>> encoder.position_offset, sorted(encoder.input)
            (2, ['padding_mask', 'token_ids'])
        """
        table = family_named(family)
        return cls(vocabulary_size, **{"family": family, **table.size_defaults, **table.size(size), **overrides})

    def new_inputs(self) -> dict[str, keras.KerasTensor]:
        """Make symbolic tensors by the names of the inputs, (batch, length) int32, for a model around the encoder."""
        return {name: keras.Input((None,), dtype="int32", name=name) for name in self.input}

    @classmethod
    def from_preset(cls, preset: str | os.PathLike | keras.Model, **overrides: Any) -> "BertEncoder":
        """Load an encoder; what else the preset has, a head say, is left out and named in `load_report`.

        Args:
            preset: what `bert_keras.models.open_preset` takes: a directory, a name or an object.
            **overrides: arguments of the constructor that shall differ from the preset's, such as `dropout` or `dtype`.
                `dropout` holds for the attention, too, unless `attention_dropout` is given.

        Raises:
            FileNotFoundError: where a file is missing.
            ValueError: where a file is damaged, describes a model that we do not have, or a weight does not fit.
        """
        checkpoint = open_preset(preset)
        encoder = cls.from_checkpoint(checkpoint, is_loaded_next=True, **overrides)
        encoder._load(checkpoint)
        return encoder

    @classmethod
    def from_checkpoint(
        cls, checkpoint: Checkpoint, *, is_loaded_next: bool = False, **overrides: Any
    ) -> "BertEncoder":
        """Build the encoder that a checkpoint describes, with new weights.

        Args:
            checkpoint: what `open_preset` gives.
            is_loaded_next: whether the checkpoint's weights are loaded next: if it has all of the encoder's, they are
                0 until then, for no time is taken to draw them. Default False.
            **overrides: as for `from_preset`.
        """
        if is_loaded_next:
            with values_follow():
                encoder = cls.from_checkpoint(checkpoint, **overrides)
            if named_weights(encoder).keys() <= checkpoint.shapes.keys():
                return encoder
        if "dropout" in overrides:
            overrides = {"attention_dropout": overrides["dropout"]} | overrides
        saved = checkpoint.encoder_class
        kind = saved if saved is not None and issubclass(saved, cls) else cls
        return kind(**checkpoint.encoder_arguments | overrides)

    @property
    def embeddings(self) -> keras.layers.Layer:
        """The first layer: BERT's own, or a copy of the one given."""
        return self._stack.embeddings

    @property
    def attention_mask(self) -> keras.layers.Layer:
        """The layer that says what each token may see: BERT's own, or a copy of the one given."""
        return self._stack.attention_mask

    @property
    def attention(self) -> keras.layers.Layer | None:
        """The layer given as prototype of each block's attention, None for BERT's own."""
        return self._own_parts()["attention"]

    @property
    def feed_forward(self) -> keras.layers.Layer | None:
        """The layer given as prototype of each block's feed-forward, None for BERT's own."""
        return self._own_parts()["feed_forward"]

    def own_parts(self) -> dict[str, keras.layers.Layer | None]:
        """Return the parts as they were given: dict from argument to layer, None for BERT's own."""
        return self._own_parts()

    def __dir__(self):
        # Keras saves every layer that it finds here; a prototype is no layer of the model.
        return [name for name in super().__dir__() if name not in ("attention", "feed_forward")]

    @property
    def encoder_blocks(self) -> list[EncoderBlock]:
        """The blocks with weights of their own, lowest first; one that several layers share comes once."""
        return list(dict.fromkeys(self._stack.blocks))

    @property
    def token_embedding(self) -> keras.layers.Layer:
        """The layer with the token table, which the masked-LM head is tied to."""
        return self.embeddings.token_embedding

    def freeze_lowest(self, num_blocks: int | None) -> None:
        """Train only what lies above the embeddings and the lowest blocks; compile after it.

        Args:
            num_blocks: number of blocks to freeze, 0 for the embeddings alone, None for nothing. A block that several
                layers share counts once: it is frozen, or learns, in all of them.

        Raises:
            ValueError: where there are not so many blocks.
        """
        if num_blocks is None:
            return
        blocks = self.encoder_blocks
        if not 0 <= num_blocks <= len(blocks):
            shared = f", for {self.num_layers} layers share them" if len(blocks) < self.num_layers else ""
            raise ValueError(f"Expected 0 to {len(blocks)} blocks to freeze{shared}; received {num_blocks}.")
        for index, layer in enumerate([self.embeddings, *blocks]):
            layer.trainable = index > num_blocks

    def expect_room_for(self, sequence_length: int, vocabulary_size: int | None = None) -> None:
        """Refuse rows that are longer than the table of positions, before a long training meets the first of them.

        Args:
            sequence_length: tokens in the longest row.
            vocabulary_size: number of the tokenizer's words; None to leave that out.

        Raises:
            ValueError: where there are fewer positions, or fewer vectors than words.
        """
        if vocabulary_size is not None and vocabulary_size > self.vocabulary_size:
            raise ValueError(
                f"The tokenizer has {vocabulary_size} words, the encoder vectors for {self.vocabulary_size}: they do "
                "not belong together. `bert_keras.models.change_vocabulary` makes room for more words."
            )
        if sequence_length > self.max_sequence_length:
            raise ValueError(
                f"Expected a sequence_length of at most {self.max_sequence_length}, the encoder's number of positions, "
                f"received {sequence_length}."
            )

    def call(
        self,
        inputs: Any,
        training: bool | None = None,
        mask: Any = None,
        return_hidden_states: bool = False,
        return_attention_scores: bool = False,
    ) -> Any:
        asked_for = _asked_for(inputs, return_hidden_states, return_attention_scores)
        if not asked_for:
            return super().call(inputs, training=training, mask=mask)
        own = {name: ops.convert_to_tensor(value, "int32") for name, value in self._own_inputs(inputs).items()}
        if "output_positions" in asked_for:
            asked_for["output_positions"] = ops.convert_to_tensor(asked_for["output_positions"], "int32")
        return self._stack(own, **asked_for)

    def compute_output_spec(
        self,
        inputs: Any,
        training: bool | None = None,
        mask: Any = None,
        return_hidden_states: bool = False,
        return_attention_scores: bool = False,
    ) -> Any:
        asked_for = _asked_for(inputs, return_hidden_states, return_attention_scores)
        if not asked_for:
            return super().compute_output_spec(inputs)
        return self._stack(self._own_inputs(inputs), **asked_for)

    def new_cache(self, batch: int | Tensor, slots: int | Tensor) -> KeyValueCache:
        """Make an empty cache for rows that are written token by token.

        Args:
            batch: number of rows.
            slots: number of tokens that a row may have in all.
        """
        return empty_cache(
            batch, slots, num_layers=len(self._stack.blocks), num_heads=self.num_heads,
            head_dim=self.hidden_dim // self.num_heads, dtype=self._stack.blocks[0].compute_dtype,
        )  # fmt: skip

    def call_with_cache(
        self, inputs: dict[str, Tensor], cache: KeyValueCache, output_positions: Tensor | None = None
    ) -> tuple[Tensor, KeyValueCache]:
        """Read the next tokens of rows whose earlier tokens are in a cache: the same forward pass for these alone.

        Args:
            inputs: dict with `token_ids`, (batch, tokens) int32, the next ones; and `padding_mask` and, where the
                encoder takes it, `segment_ids`, (batch, slots) int32, of the whole rows. Rows may begin with padding;
                positions count from the first token.
            cache: what `new_cache` gave, or this method before.
            output_positions: (batch, positions) int tensor, at which of these tokens alone there is an output, or None.

        Returns:
            (batch, tokens, hidden_dim) tensor, and the new cache.

        Raises:
            ValueError: where the attention is bidirectional, so that later tokens change earlier ones, or a part of
                one's own cannot work with a cache.
        """
        if self.attention_pattern == "bidirectional" and self.own_parts()["attention_mask"] is None:
            raise ValueError(
                'An encoder with attention_pattern="bidirectional" cannot write: each new token would change what '
                'stands before it. Build or load it with attention_pattern="causal" or "prefix".'
            )
        stack = dataclasses.replace(self._stack, pooler=None)
        outputs = stack(self._own_inputs(inputs), output_positions=output_positions, cache=cache)
        return outputs["sequence_output"], outputs["cache"]

    def call_as_decoder(self, inputs: dict[str, Tensor], cross_attentions: Sequence[Callable]) -> Tensor:
        """Read rows as a decoder does: a token sees itself and those before it, and what it is told from elsewhere.

        Args:
            inputs: dict of the encoder's inputs, tensors.
            cross_attentions: for each pass through a block a function from (batch, length, hidden_dim) to the same,
                called between its attention and its feed-forward.

        Returns:
            (batch, length, hidden_dim) tensor.
        """
        causal = AttentionMask("causal", name="attention_mask_of_decoder")
        stack = dataclasses.replace(self._stack, attention_mask=causal, pooler=None, takes_blocks=False)
        return stack(self._own_inputs(inputs), cross_attentions=cross_attentions)["sequence_output"]

    def inspector(self, *, attention_scores: bool = True) -> keras.Model:
        """Return a model over the same weights that also shows what lies inside; the encoder is not touched.

        It is for looking at: save and export the encoder, and make its inspector anew.

        Args:
            attention_scores: whether to show the scores too; an attention of one's own may have none.

        Returns:
            `keras.Model` from the same inputs to the encoder's outputs, `hidden_states` (the embeddings' output and
            that of each block, (batch, length, hidden_dim) each) and `attention_scores` (one (batch, num_heads,
            length, length) a block).
        """
        return inspector(self, attention_scores=attention_scores)


def _asked_for(inputs, return_hidden_states, return_attention_scores):
    """Return what is wanted beyond the plain outputs, as arguments of the forward pass; nothing: the built graph."""
    asked_for = {
        "output_positions": inputs.get("output_positions") if isinstance(inputs, dict) else None,
        "return_hidden_states": return_hidden_states,
        "return_attention_scores": return_attention_scores,
    }
    return {name: value for name, value in asked_for.items() if value is not None and value is not False}


def _whereabouts(head_dim, rotary_theta, local_attention, local_rotary_theta, global_every, dtype):
    """Make the layers that tell blocks where tokens stand and which of them are near, as fields of the `LayerStack`."""
    if global_every < 1:
        raise ValueError(f"Expected a global_every of at least 1, received {global_every}.")
    if local_rotary_theta is not None and (rotary_theta is None or local_attention is None):
        raise ValueError("local_rotary_theta needs rotary_theta and local_attention, of which it is the variant.")
    layers = {}
    if rotary_theta is not None:
        layers["rotary_positions"] = RotaryPositions(head_dim, theta=rotary_theta, dtype=dtype, name="rotary_positions")
    if local_attention is not None:
        layers |= {
            "local_attention_mask": LocalAttentionMask(local_attention, dtype=dtype, name="local_attention_mask"),
            "global_every": global_every,
        }
    if local_rotary_theta not in (None, rotary_theta):
        layers["local_rotary_positions"] = RotaryPositions(
            head_dim, theta=local_rotary_theta, dtype=dtype, name="local_rotary_positions"
        )
    return layers


def _expect_same_numbers(embeddings, **numbers):
    """Refuse embeddings made for another vocabulary, width or length than the encoder says that it has."""
    for name, number in numbers.items():
        if getattr(embeddings, name, number) != number:
            raise ValueError(
                f"Expected embeddings with {name}={number}, as the encoder has, received {getattr(embeddings, name)}."
            )


def _copy_part(prototype, name, dtype):
    """Return a new layer of the prototype's class and config, in the encoder's precision."""
    config = prototype.get_config() | {"name": name}
    if dtype is not None:
        config["dtype"] = dtype
    return type(prototype).from_config(config)
