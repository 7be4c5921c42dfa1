"""What a family of encoders is called in each format: its configuration, its weights, its published models."""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from bert_keras.checkpoints.weight_table import Row


class Layer(NamedTuple):
    """A layer of ours with weights, and what each format calls it; None where the format has none.

    Args:
        kind: which weights it has: "table", "layer_norm", "dense", "logits", the last dense layer of a head, "bias",
            "query_key_value" or "attention_output".
        ours: path of the layer in our models.
        huggingface: its name in transformers.
        google: its name in Google's TF1 release.
        keras_hub: its name in KerasHub.
    """

    kind: str
    ours: str
    huggingface: str
    google: str | None = None
    keras_hub: str | None = None

    def inside(self, block: "Layer", index: int) -> "Layer":
        """Give the layer in a block of that number: `block` has the names of blocks, with {} for the number."""
        names = zip(block[1:], self[1:])
        return Layer(self.kind, *(rest and f"{outer.format(index)}{rest}" for outer, rest in names))


@dataclasses.dataclass(frozen=True)
class Family:
    """A family of encoders.

    Args:
        model_type: what `config.json` calls it.
        numbers: {field of `config.json`: (argument of our encoder, type)}; all of them must be there.
        defaults: {field of `config.json`: what transformers takes where the file is silent}.
        activations: {activation in `config.json`: ours}.
        refused: {field of `config.json`: values under which it is a model that we have}.
        embeddings: layers before the blocks.
        block: the names of a block, with {} for its number.
        block_layers: layers of a block, by the rest of their names.
        pooler: layers behind the blocks.
        heads: {head: its layers}.
        architectures: {kind of model: (class of transformers, its heads)}.
        without_pooler: kinds whose class in transformers has no pooler.
        prefix: what stands before the encoder's tensors in a model of transformers with a head.
        anchor: a tensor of transformers that every encoder has, and no head.
        copies: {tensor of transformers: another that it is a copy of}, which some versions store and which must be
            equal.
        constants: tensors of transformers that some versions store though nothing in them was learned.
    """

    model_type: str
    numbers: Mapping[str, tuple[str, type]]
    defaults: Mapping[str, object]
    activations: Mapping[str, str]
    refused: Mapping[str, tuple]
    embeddings: tuple[Layer, ...]
    block: Layer
    block_layers: tuple[Layer, ...]
    pooler: tuple[Layer, ...]
    heads: Mapping[str, tuple[Layer, ...]]
    architectures: Mapping[str, tuple[str, tuple[str, ...]]]
    without_pooler: tuple[str, ...]
    prefix: str
    anchor: str
    copies: Mapping[str, str]
    constants: tuple[str, ...]

    def encoder(self, num_layers: int) -> Iterator[Layer]:
        """Go through the layers of an encoder.

        Args:
            num_layers: number of blocks.
        """
        yield from self.embeddings
        for index in range(num_layers):
            yield from (layer.inside(self.block, index) for layer in self.block_layers)
        yield from self.pooler

    def model(self, num_layers: int) -> Iterator[Layer]:
        """Go through the layers of an encoder with all heads.

        Args:
            num_layers: number of blocks.
        """
        yield from self.encoder(num_layers)
        for layers in self.heads.values():
            yield from layers


def rows(layers: Iterable[Layer], form: str, spelling: Mapping[str, Mapping[str, tuple[str, dict]]]) -> list[Row]:
    """Give the rows of layers in a format.

    Args:
        layers: layers; those that the format does not have are passed over.
        form: "huggingface", "google" or "keras_hub".
        spelling: {kind of layer: {our weight: (what stands behind the layer's name, options of `Row`)}}.
    """
    found = []
    for layer in layers:
        if (name := getattr(layer, form)) is not None:
            parts = ("query", "key", "value") if layer.kind == "query_key_value" else ("",)
            found += [
                Row(f"{layer.ours}/{weight}", tuple(f"{name}{part}{ending}" for part in parts), **options)
                for weight, (ending, options) in spelling[layer.kind].items()
            ]
    return found
