"""What can be asked of a checkpoint, whatever its format."""

from collections.abc import Mapping

import numpy as np

from bert_keras.checkpoints.encoder_shapes import encoder_shapes
from bert_keras.checkpoints.families import BERT, Family, family_named
from bert_keras.checkpoints.load_report import LoadReport
from bert_keras.checkpoints.weight_table import WeightTable


class Checkpoint:
    """A configuration and a table of weights that agree; the weights have not been read yet.

    Args:
        config: what describes the model: `path`, `encoder_arguments`, `labels` and `settings`.
        table: `WeightTable` of the weights that are there.

    Raises:
        ValueError: where a weight of the encoder has another shape than the configuration says, or one of them is
            missing; only the pooler may.
    """

    encoder_class = None  # of the encoder, where it is not BertEncoder itself
    sentence_pooling = None  # "mean" or "first": what a sentence encoder was trained to make its vectors of

    is_sentence_encoder = False  # whether sentence-transformers' files stand beside it, or ours like them

    def __init__(self, config: object, table: WeightTable):
        self.config = config
        self.source = table.source
        self._table = table
        shapes = encoder_shapes(self.encoder_arguments)
        table.expect(shapes, f" by {config.path}")
        for name in shapes:  # or nothing would show that the configuration asks for more than fits into memory
            if name not in table.shapes and not name.startswith("pooler/"):
                raise ValueError(f"{self.source} has no weight {name}, as every {self.family.name} does.")

    @property
    def encoder_arguments(self) -> dict:
        """Arguments of the encoder's constructor."""
        return self.config.encoder_arguments

    @property
    def family(self) -> Family:
        """Table of the family that the encoder is of."""
        return family_named(self.encoder_arguments.get("family", BERT.model_type))

    @property
    def labels(self) -> list[str] | None:
        """Return the names of the classes in the order of their logits, None where they have none."""
        return self.config.labels

    @property
    def settings(self) -> dict:
        """What is noted of the model around the encoder, by the names of its constructor's arguments.

        There always is `dropout`; of a head that only we have, `head` says which it is.
        """
        return self.config.settings

    @property
    def own_heads(self) -> list[str]:
        """Names of the heads that the file says it has, where they may be of a class of somebody's own."""
        return self.config.own_heads

    @property
    def shapes(self) -> dict[str, tuple[int, ...] | None]:
        """{canonical name: shape} of the weights that are there."""
        return self._table.shapes

    def sentence_modules(self) -> dict:
        """Give what makes a sentence encoder of it: arguments of the constructor of `SentenceEncoder`.

        Raises:
            ValueError: where it has modules that ours have not.
        """
        return {}

    def read(self, shapes: Mapping[str, tuple[int, ...]]) -> tuple[dict[str, np.ndarray], LoadReport]:
        """Read the weights that a model wants, once it is sure that all of them fit.

        Args:
            shapes: {canonical name: shape} of the model's weights.

        Returns:
            {canonical name: float32 array} of those that the checkpoint has, and a `LoadReport`.

        Raises:
            ValueError: where a weight has another shape, or what is stored is damaged or contradicts itself.
        """
        return self._table.read(shapes)


def expect_as_many_tensors(source: object, num_tensors: int, num_blocks: int) -> None:
    """Refuse a configuration that speaks of more blocks than there can be, before rows are made for them.

    Args:
        source: what is read.
        num_tensors: number of tensors that it has.
        num_blocks: number of layers by its configuration, those that share their weights counted once.

    Raises:
        ValueError: where there are fewer tensors than blocks.
    """
    if num_blocks > num_tensors:
        raise ValueError(
            f"{source} has {num_tensors} tensors, too few for the {num_blocks} layers of its configuration."
        )
