"""The forward pass of an encoder: its layers in their order, and the only loop over its blocks."""

import dataclasses
import inspect
from collections.abc import Callable, Sequence

import keras
from keras import ops

from bert_keras.ops import KeyValueCache, gather_positions
from bert_keras.types import Tensor


@dataclasses.dataclass(frozen=True)
class LayerStack:
    """The layers of an encoder, and how they are called one after the other.

    Whatever is asked of an encoder is this one pass: the plain model is built by it on symbolic tensors; few positions,
    hidden states and attention scores come from it on the tensors of a batch. It is no layer: Keras finds the layers in
    the model, and neither names nor files show who calls them.

    Attributes:
        embeddings: layer from the encoder's inputs to (batch, length, hidden_dim).
        attention_mask: layer from the encoder's inputs to what each token may see.
        blocks: list of `EncoderBlock` in the order in which they are called; one that several layers share comes as
            often as it is called.
        final_layer_norm: layer norm behind the last block, or None.
        pooler: layer from the last vectors to the pooled output, or None.
        rotary_positions: `RotaryPositions` of the blocks that look at the whole row, or None.
        local_attention_mask: `LocalAttentionMask` of the other blocks, or None where there are none.
        local_rotary_positions: `RotaryPositions` of those, or None.
        global_every: which blocks look at the whole row: the first, and each that is a multiple of so many behind it.
        takes_blocks: whether a local mask may come in blocks: where it is that of `AttentionMask`, and `SelfAttention`
            gets it.
    """

    embeddings: keras.layers.Layer
    attention_mask: keras.layers.Layer
    blocks: list
    final_layer_norm: keras.layers.Layer | None = None
    pooler: keras.layers.Layer | None = None
    rotary_positions: keras.layers.Layer | None = None
    local_attention_mask: keras.layers.Layer | None = None
    local_rotary_positions: keras.layers.Layer | None = None
    global_every: int = 1
    takes_blocks: bool = True

    def __call__(
        self,
        inputs: dict,
        *,
        output_positions: Tensor | None = None,
        return_hidden_states: bool = False,
        return_attention_scores: bool = False,
        cache: KeyValueCache | None = None,
        cross_attentions: Sequence[Callable] | None = None,
    ) -> dict:
        """Compute the outputs.

        Args:
            inputs: dict of the encoder's inputs, tensors or symbolic tensors.
            output_positions: (batch, positions) int tensor, or None for all. A head that looks at 20 of 128 positions
                leaves the last block's feed-forward, a sixth of the work of an encoder of 4 blocks, with a sixth of its
                rows; the outputs are the same.
            return_hidden_states: whether to return the output of the embeddings and that of each block.
            return_attention_scores: whether to return the scores of each block's attention.
            cache: `KeyValueCache` of the tokens before, None where there are none. The `token_ids` then are the next
                ones of rows that the other inputs describe as a whole, (batch, slots).
            cross_attentions: of a decoder, for each of the blocks what it calls behind its attention; else None.

        Returns:
            dict as `BertEncoder` describes it; with a cache, it has the new one as `cache`.

        Raises:
            ValueError: where a part of one's own cannot work with a cache.
        """
        row, queries = inputs, None
        if cache is not None:
            inputs, queries = self._next_tokens(row, cache)
        x = self.embeddings(**_taken_by(self.embeddings, inputs))  # (batch, length, hidden)
        in_blocks = self.takes_blocks and not return_attention_scores and cache is None
        of_global, of_local = self._surroundings(row, inputs.get("positions"), queries, in_blocks=in_blocks)
        hidden_states, attention_scores, kept = [x], [], []
        for number, block in enumerate(self.blocks):
            is_last = number == len(self.blocks) - 1
            more = {} if cache is None else {"cache": cache.layers[number], "slot": cache.next_slot}
            if cross_attentions is not None:
                more["cross_attention"] = cross_attentions[number]
            x = block(
                x,
                **of_local if number % self.global_every else of_global,
                return_attention_scores=return_attention_scores,
                output_positions=output_positions if is_last else None,
                **more,
            )
            if cache is not None:
                x, keys_and_values = x
                kept.append(keys_and_values)
            if return_attention_scores:
                x, scores = x
                attention_scores.append(scores)
            if return_hidden_states:  # otherwise their memory is free again
                hidden_states.append(x)
        if output_positions is not None and not self.blocks:
            x = gather_positions(x, output_positions, name="output_positions (mask_positions)")
        if self.final_layer_norm is not None:
            x = self.final_layer_norm(x)
        outputs = {"sequence_output": x}
        if self.pooler is not None:
            outputs["pooled_output"] = self.pooler(x)
        if return_hidden_states:
            outputs["hidden_states"] = hidden_states
        if return_attention_scores:
            outputs["attention_scores"] = attention_scores
        if cache is not None:
            outputs["cache"] = KeyValueCache(tuple(kept), cache.next_slot + ops.shape(queries)[0])
        return outputs

    def _surroundings(self, row, positions, queries, *, in_blocks):
        """Tell what a token may see and where it stands, for blocks that look at the whole row and for local ones."""
        padding_mask = row.get("padding_mask")
        own = {} if queries is None else {"queries": queries}
        known = {} if positions is None else {"positions": positions}
        of_global = {"attention_mask": self.attention_mask(**_taken_by(self.attention_mask, row | own))}
        if self.rotary_positions is not None:
            of_global["rotary_positions"] = self.rotary_positions(padding_mask, **known)
        of_local = dict(of_global)
        if self.local_attention_mask is not None:
            of_local["attention_mask"] = self.local_attention_mask(
                of_global["attention_mask"], padding_mask if in_blocks else None, **own
            )
        if self.local_rotary_positions is not None:
            of_local["rotary_positions"] = self.local_rotary_positions(padding_mask, **known)
        return of_global, of_local

    def _next_tokens(self, row, cache):
        """Give the inputs of the embeddings for the tokens behind a cache, and their slots in the row."""
        for layer, argument in ((self.embeddings, "positions"), (self.attention_mask, "queries")):
            if argument not in inspect.signature(layer.call).parameters:
                raise ValueError(
                    f"{type(layer).__name__} cannot work with a cache, which writing needs: its `call` has no argument "
                    f"`{argument}`."
                )
        slots = cache.next_slot + ops.arange(ops.shape(row["token_ids"])[1], dtype="int32")
        is_token = ops.cast(ops.not_equal(row["padding_mask"], 0), "int32")
        # Padding may stand before a row, and moves no position.
        of_row = row | {"positions": ops.maximum(ops.cumsum(is_token, axis=1) - 1, 0)}
        inputs = {name: ops.take(of_row[name], slots, axis=1) for name in of_row if name != "token_ids"}
        return inputs | {"token_ids": row["token_ids"]}, slots


def block_numbers(num_layers: int, num_layer_groups: int | None = None, layers_per_group: int = 1) -> list[int]:
    """Say which block each pass of an encoder goes through.

    Args:
        num_layers: number of layers.
        num_layer_groups: number of groups into which the layers fall, lowest first; the layers of a group share its
            blocks. None for a group for each layer.
        layers_per_group: number of blocks of a group; each of its layers goes through all of them.

    Returns:
        list of the blocks' numbers, `num_layers * layers_per_group` of them.

    Raises:
        ValueError: where the groups cannot be equally large, or have no block.

    Example:
        >>> from bert_keras.models.layer_stack import block_numbers
        >>> block_numbers(4, num_layer_groups=2)
        [0, 0, 1, 1]
        >>> block_numbers(4, num_layer_groups=1, layers_per_group=2)
        [0, 1, 0, 1, 0, 1, 0, 1]

    Reference:
        [Lan et al., 2020](https://arxiv.org/abs/1909.11942), section 3.1; its code in
        https://github.com/google-research/albert
    """
    groups = num_layers if num_layer_groups is None else num_layer_groups
    if layers_per_group < 1 or groups < min(num_layers, 1) or (groups and num_layers % groups):
        raise ValueError(
            f"num_layer_groups must divide num_layers, and a group has a block at least. Received: {num_layers=}, "
            f"{num_layer_groups=}, {layers_per_group=}"
        )
    return [
        layer * groups // num_layers * layers_per_group + inner
        for layer in range(num_layers)
        for inner in range(layers_per_group)
    ]


def _taken_by(layer, inputs):
    """Those of the inputs that the layer's `call` names: ten lines of one's own need not name them all."""
    names = inspect.signature(layer.call).parameters
    return {name: tensor for name, tensor in inputs.items() if name in names}
