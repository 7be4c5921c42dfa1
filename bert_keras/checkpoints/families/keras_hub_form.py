"""What KerasHub calls a family's classes, and what these compute whatever their configs say."""

from collections.abc import Mapping
from typing import NamedTuple

# Of the backbones in keras_hub/src/models; all have these.
NUMBERS = {
    name: name
    for name in (
        "vocabulary_size", "num_layers", "num_heads", "hidden_dim", "intermediate_dim", "max_sequence_length",
        "dropout",
    )
}  # fmt: skip


class KerasHubForm(NamedTuple):
    """A family in KerasHub.

    Args:
        prefix: what the names of its classes begin with, such as "Bert" of `BertBackbone` and `BertTokenizer`.
        fixed: {argument of our encoder: its value in the backbone}, of what no config says.
        fixed_head: {argument of `BertPretrainer`: its value in the head for masked tokens}, likewise; None where the
            family has neither this head nor that for classes.
        numbers: {field of the backbone's config: argument of our encoder}; all of them must be there.
    """

    prefix: str
    fixed: Mapping[str, object]
    fixed_head: Mapping[str, object] | None
    numbers: Mapping[str, str] = NUMBERS

    @property
    def name(self) -> str:
        """What messages call the backbone's class."""
        return f"{self.prefix}Backbone"

    @property
    def has_segments(self) -> bool:
        """Whether the backbone has a table of segments."""
        return "num_segments" in self.numbers
