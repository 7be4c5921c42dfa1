"""What a family of encoders is called in each format: its configuration, its weights, its published models."""

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from bert_keras.checkpoints.families.keras_hub_form import KerasHubForm
from bert_keras.checkpoints.weight_table import Row

# What an encoder has whose family says nothing else: BERT's blocks, and positions from a table.
_PLAIN = {
    "normalize_first": False, "first_norm": True, "use_bias": True, "gated": False, "rotary_theta": None,
    "local_attention": None, "attention_pattern": "bidirectional", "embedding_norm": True,
}  # fmt: skip
_QUERY_KEY_VALUE = ("query", "key", "value")


class Layer(NamedTuple):
    """A layer of ours with weights, and what each format calls it; None where the format has none.

    Args:
        kind: which weights it has: "table", "layer_norm", "dense", "logits", the last dense layer of a head, "bias",
            "query_key_value" or "attention_output"; "scale" and "kernel" are a layer norm and a dense layer without
            bias.
        ours: path of the layer in our models.
        huggingface: its name in transformers; for queries, keys and values what "query", "key" and "value" stand
            behind, or a tuple of the names of the layers that are one here.
        google: its name in Google's TF1 release.
        keras_hub: its name in KerasHub.
    """

    kind: str
    ours: str
    huggingface: str | tuple[str, ...]
    google: str | None = None
    keras_hub: str | None = None

    def inside(self, block: "Layer", *numbers: int) -> "Layer":
        """Give the layer in a block of those numbers, see `Family.block`."""
        names = zip(block[1:], self[1:])
        return Layer(self.kind, *(rest and _behind(outer.format(*numbers), rest) for outer, rest in names))

    def parts(self, form: str) -> tuple[str, ...]:
        """Give the names of the layers of a format that are this one, () where the format has none."""
        name = getattr(self, form)
        if name is None or isinstance(name, tuple):
            return name or ()
        return tuple(f"{name}{part}" for part in _QUERY_KEY_VALUE) if self.kind == "query_key_value" else (name,)


def _behind(outer, rest):
    return tuple(outer + name for name in rest) if isinstance(rest, tuple) else outer + rest


class HeadForm(NamedTuple):
    """What a family's own head for a text looks at, and what stands before its logits.

    Args:
        pooling: "pooled", the encoder's pooled output, or "first", the first token's vector. Default "pooled".
        hidden_activation: activation of a dense layer before the logits, None where there is no such layer. Default
            None.
        hidden_dropout: whether the head drops before that layer, too. Default False.
        hidden_norm: whether a layer norm stands behind that layer, and neither has a bias. Default False.
    """

    pooling: str = "pooled"
    hidden_activation: str | None = None
    hidden_dropout: bool = False
    hidden_norm: bool = False

    def hidden(self, layer_norm_epsilon: float) -> dict:
        """Give the arguments of `ClassificationHead` that make what stands before the logits.

        Args:
            layer_norm_epsilon: the encoder's.
        """
        found = {"hidden_activation": self.hidden_activation, "hidden_dropout": self.hidden_dropout}
        return found | ({"hidden_norm_epsilon": layer_norm_epsilon, "hidden_bias": False} if self.hidden_norm else {})


@dataclasses.dataclass(frozen=True)
class Family:
    """A family of encoders.

    Args:
        model_type: what `config.json` calls it.
        name: what its paper calls it.
        sizes: {size: numbers of the encoder}, for `BertEncoder.from_size`.
        size_defaults: arguments of the encoder that all these sizes have.
        always: arguments of the encoder that no file says, for every encoder of the family has them.
        numbers: {field of `config.json`: (argument of our encoder, type)}; all of them must be there.
        activation_field: field of `config.json` with the activation.
        defaults: {field of `config.json`: what transformers takes where the file is silent}.
        activations: {activation in `config.json`: ours}.
        refused: {field of `config.json`: values under which it is a model that we have}.
        embeddings: layers before the blocks.
        block: the names of a block, with {} for its number; or with {0} for it, {1} for that of its group and {2} for
            that in the group, where layers share blocks.
        block_layers: layers of a block, by the rest of their names.
        pooler: layers of the pooler.
        heads: {head: its layers}.
        architectures: {kind of model: (class of transformers, its heads)}.
        without_pooler: kinds whose class in transformers has no pooler.
        prefix: what stands before the encoder's tensors in a model of transformers with a head.
        decoder: the tensor of the masked-LM head that is the token table.
        anchor: a tensor of transformers that every encoder has, and no head.
        copies: {tensor of transformers: another that it is a copy of}, which some versions store and which must be
            equal.
        constants: tensors of transformers that some versions store though nothing in them was learned; with {} for
            the number of a block.
        head_dropouts: {kind of model: fields of `config.json` with the rate of the dropout before its head}, of which
            the first that is set counts; "" for all other kinds.
        token_ids: {field of `config.json`: id of a special token}, as in the published vocabularies.
        positions_behind: field of `config.json` with the id behind which positions begin: of so many rows of the
            position table the last is padding's. None where they begin with the first row.
        behind_blocks: layers between the last block and the pooler. Default none.
        first_block_layers: layers of the first block, where it has others than the rest; None where it has not.
        read: function from the fields of `config.json` to further arguments of the encoder, that are no single field;
            it raises a ValueError that names the field with what is supported. None where there are none.
        write: the function back, from the encoder's arguments to fields.
        plain_vocabulary_head: whether words are scored by the product with the token table alone. Default False.
        masked_lm_activation: activation of the masked-LM head, whatever that of the encoder; None for the encoder's.
        head_forms: {head: its `HeadForm`}, of those that have another than BERT's.
        always_projects: whether a dense layer stands behind the embeddings where they are as wide as the encoder, too.
            Default False.
        poolings: field of `config.json` that says what the heads for a text see, and {its value: pooling}; None where
            every such head sees the same.
        tokenizer: kind of tokenizer of its published models: "wordpiece", "byte_pair", "unigram" (ALBERT's) or
            "unigram_xlm_roberta", as `data.train_tokenizer` calls it. Default "wordpiece".
        keras_hub: the family's `KerasHubForm`, None where KerasHub does not have it.
    """

    model_type: str
    name: str
    sizes: Mapping[str, Mapping[str, int]]
    size_defaults: Mapping[str, object]
    always: Mapping[str, object]
    numbers: Mapping[str, tuple[str, type]]
    activation_field: str
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
    decoder: str
    anchor: str
    copies: Mapping[str, str]
    constants: tuple[str, ...]
    head_dropouts: Mapping[str, tuple[str, ...]]
    token_ids: Mapping[str, int]
    positions_behind: str | None = None
    behind_blocks: tuple[Layer, ...] = ()
    first_block_layers: tuple[Layer, ...] | None = None
    read: Callable[[Mapping], dict] | None = None
    write: Callable[[Mapping], dict] | None = None
    plain_vocabulary_head: bool = False
    masked_lm_activation: str | None = None
    head_forms: Mapping[str, HeadForm] = dataclasses.field(default_factory=dict)
    always_projects: bool = False
    poolings: tuple[str, Mapping[str, str]] | None = None
    tokenizer: str = "wordpiece"
    keras_hub: KerasHubForm | None = None

    def size(self, name: str) -> Mapping[str, int]:
        """Give the numbers of a published size.

        Args:
            name: such as "base".

        Raises:
            ValueError: where the family has no such size; it lists those that there are.
        """
        if name not in self.sizes:
            raise ValueError(f"No size of {self.name} is called {name!r}. Sizes: {', '.join(self.sizes)}.")
        return self.sizes[name]

    def head_form(self, head: str) -> HeadForm:
        """Give the form of one of the family's own heads for a text, by the head's name."""
        return self.head_forms.get(head, HeadForm())

    def has_pooling(self, head: str, pooling: str) -> bool:
        """Tell whether one of the family's own heads for a text may see it so.

        Args:
            head: name of the head.
            pooling: "pooled", "first" or "mean".
        """
        several = () if self.poolings is None else self.poolings[1].values()
        return pooling == self.head_form(head).pooling or pooling in several

    def expect_form(self, form: str, called: str) -> None:
        """Refuse a format that has no names for the family.

        Args:
            form: "huggingface", "google" or "keras_hub".
            called: what the format is called, for the message.

        Raises:
            ValueError: where it has none.
        """
        if not any(layer.parts(form) for layer in self.embeddings):
            raise ValueError(f'{called} has no {self.name}: take format="huggingface".')

    def differences(self, arguments: Mapping, but: Iterable[str] = ()) -> list[str]:
        """Say what of an encoder the family does not have in transformers.

        Args:
            arguments: arguments of the encoder's constructor.
            but: arguments that are not looked at.

        Returns:
            list of arguments with their values, such as "num_segments=0"; empty for an encoder of the family.
        """
        its_own = {ours for ours, _ in self.numbers.values()} | set(self.size_defaults)
        always = {name: value for name, value in _PLAIN.items() if name not in its_own} | dict(self.always)
        always = {name: value for name, value in always.items() if name not in but}
        found = [f"{name}={arguments[name]}" for name, value in always.items() if arguments[name] != value]
        numbers = spelled_out(arguments)
        # A field of a number is 1 at least: an encoder without segments, say, has no place there.
        needed = (ours for ours, kind in self.numbers.values() if kind is int and not numbers[ours])
        found += [f"{name}={arguments[name]}" for name in needed]
        fields = [ours for ours, _ in self.numbers.values()]
        if "num_layer_groups" not in fields and numbers["num_layer_groups"] != numbers["num_layers"]:
            found.append(f"num_layer_groups={numbers['num_layer_groups']}")
        if "layers_per_group" not in fields and numbers["layers_per_group"] != 1:
            found.append(f"layers_per_group={numbers['layers_per_group']}")
        width = arguments["embedding_dim"]
        is_narrow = "embedding_dim" in fields and numbers["embedding_dim"] != numbers["hidden_dim"]
        if (width is not None) != (is_narrow or self.always_projects):
            found.append(f"embedding_dim={width}")
        if "rotary_theta" in self.size_defaults and arguments["rotary_theta"] is None:
            found.append("rotary_theta=None")
        offset = arguments["position_offset"]
        if (offset > 0) != (self.positions_behind is not None):
            found.append(f"position_offset={offset}")
        return found

    def encoder(
        self, num_layers: int, num_layer_groups: int | None = None, layers_per_group: int = 1
    ) -> Iterator[Layer]:
        """Go through the layers of an encoder.

        Args:
            num_layers: number of layers.
            num_layer_groups: number of groups of layers that share their blocks, None where no layer does.
            layers_per_group: number of blocks in a group. Default 1.
        """
        yield from self.embeddings
        for index in range((num_layer_groups or num_layers) * layers_per_group):
            numbers = index, *divmod(index, layers_per_group)
            layers = self.block_layers if index or self.first_block_layers is None else self.first_block_layers
            yield from (layer.inside(self.block, *numbers) for layer in layers)
        yield from self.behind_blocks
        yield from self.pooler

    def model(self, num_layers: int, num_layer_groups: int | None = None, layers_per_group: int = 1) -> Iterator[Layer]:
        """Go through the layers of an encoder with all heads.

        Args:
            num_layers: as for `encoder`, as are the next two.
            num_layer_groups: number of groups of layers that share their blocks, None where no layer does.
            layers_per_group: number of blocks in a group. Default 1.
        """
        yield from self.encoder(num_layers, num_layer_groups, layers_per_group)
        for layers in self.heads.values():
            yield from layers


def spelled_out(arguments: Mapping) -> dict:
    """Give the arguments of an encoder with numbers for those that may be None in place of others.

    Args:
        arguments: arguments of the encoder's constructor.
    """
    own = {"embedding_dim": arguments.get("embedding_dim") or arguments["hidden_dim"]}
    groups = arguments.get("num_layer_groups")
    own["num_layer_groups"] = arguments["num_layers"] if groups is None else groups
    return dict(arguments) | own | {"layers_per_group": arguments.get("layers_per_group", 1)}


def rows(layers: Iterable[Layer], form: str, spelling: Mapping[str, Mapping[str, tuple[str, dict]]]) -> list[Row]:
    """Give the rows of layers in a format.

    Args:
        layers: layers; those that the format does not have are passed over.
        form: "huggingface", "google" or "keras_hub".
        spelling: {kind of layer: {our weight: (what stands behind the layer's name, options of `Row`)}}.
    """
    found = []
    for layer in layers:
        if parts := layer.parts(form):
            found += [
                Row(f"{layer.ours}/{weight}", tuple(f"{part}{ending}" for part in parts), **options)
                for weight, (ending, options) in spelling[layer.kind].items()
            ]
    return found
