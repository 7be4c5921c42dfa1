"""The encoder with three GlobalPointers that find subjects, objects and the relations between them at once."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np

from bert_keras.layers import Dropout, GlobalPointer
from bert_keras.models.encoder import BertEncoder
from bert_keras.models.probabilities import logit, sigmoid
from bert_keras.models.task_model import TaskModel
from bert_keras.tagging_schemes import OBJECT, SUBJECT
from bert_keras.training.target_kinds import SPANS


@keras.saving.register_keras_serializable(package="bert_keras")
class TripleExtractor(TaskModel):
    """Finds all triples of subject, relation and object that a text states, also such that share words.

    Inputs are those of the encoder. Outputs are scores, float32, above 0 where something is: `entities`
    (batch, 2, length, length), begins and ends of subjects and of objects; `heads` (batch, relations, length, length),
    the beginning of a subject and the beginning of its object; `tails`, the same of their ends. A triple is there where
    all four agree. `bert_keras.data.triple_dataset` makes the batches, `SpanLoss` is the loss of each output.

    Args:
        encoder: `BertEncoder`; its pooler is not used, so nothing trains one: `pooler=False` spares Keras a warning.
        relations: names of the relations in the order of the scores.
        head_dim: width of the queries and keys. Default 64.
        efficient: whether labels share queries and keys. Default True.
        dropout: rate of the dropout before the heads. Default 0.1.
        dtype: dtype or policy of the heads, None for the encoder's.
        **kwargs: arguments of `keras.Model`.

    Raises:
        ValueError: where `relations` are not different names.

    Example:
        >>> import numpy as np
        >>> from bert_keras.models import BertEncoder, TripleExtractor
        >>> extractor = TripleExtractor(BertEncoder.from_size("tiny", vocabulary_size=100, pooler=False), ["born-in"])
        >>> ids = np.array([[2, 17, 45, 3]])
        >>> outputs = extractor({"token_ids": ids, "segment_ids": 0 * ids, "padding_mask": 0 * ids + 1})
        >>> outputs["entities"].shape == (1, 2, 4, 4), outputs["heads"].shape == (1, 1, 4, 4)
        (True, True)

    Reference:
        GPLinker: Su, 2022, https://kexue.fm/archives/8888
    """

    heads, head_name = ("head_pointer", "tail_pointer", "entity_pointer"), "triples"
    target_kinds = dict.fromkeys(("entities", "heads", "tails"), SPANS)
    shaping = noted = ("head_dim", "efficient")

    def __init__(
        self, encoder: BertEncoder, relations: Sequence[str], *, head_dim: int = 64, efficient: bool = True,
        dropout: float = 0.1, dtype: str | keras.DTypePolicy | None = None, **kwargs: Any,
    ):  # fmt: skip
        if not relations or len(set(relations)) != len(relations):
            raise ValueError(f"Expected different relations, received {list(relations)}.")
        head = {"head_dim": head_dim, "efficient": efficient, "dtype": dtype or encoder.dtype_policy}
        link = head | {"ordered": False, "rotary": False}  # subject and object stand anywhere
        dropout_layer = Dropout(dropout, dtype=head["dtype"], name="dropout")
        inputs = encoder.new_inputs()
        x, mask = dropout_layer(encoder(inputs)["sequence_output"]), inputs["padding_mask"]
        outputs = {
            "entities": GlobalPointer(2, name="entity_pointer", **head)(x, mask),
            "heads": GlobalPointer(len(relations), name="head_pointer", **link)(x, mask),
            "tails": GlobalPointer(len(relations), name="tail_pointer", **link)(x, mask),
        }
        super().__init__(encoder, inputs, outputs, dtype=dtype, **kwargs)
        self.relations = list(relations)
        self.head_dim = head_dim
        self.efficient = efficient
        self.dropout = dropout

    def decode(self, outputs: Mapping[str, np.ndarray], mask: np.ndarray, threshold: float = 0.5) -> list[list[tuple]]:
        """Read the triples off the outputs.

        Args:
            outputs: dict of arrays, as the model gives them.
            mask: (batch, length) boolean array, the positions at which entities may begin and end.
            threshold: probability above which an entity or a link is there. Default 0.5, a score of 0.

        Returns:
            for each row a list of (subject, object, relation, probability): subject and object are (begin, end) by
            positions, the relation is a number, the probability that of the least likely of the four that must agree.

        Raises:
            ValueError: where `threshold` is no probability.
        """
        least = logit(threshold)
        rows = ({name: scores[row] for name, scores in outputs.items()} for row in range(len(mask)))
        return [list(_triples(scores, is_place, least)) for scores, is_place in zip(rows, mask, strict=True)]


def _triples(scores, is_place, least):
    """Return the triples of one row whose four scores are above `least`."""
    spans = {}
    for label, begin, end in np.argwhere(scores["entities"] > least).tolist():
        if is_place[begin] and is_place[end]:
            spans.setdefault(label, []).append((begin, end))
    objects = {}
    for target in spans.get(OBJECT, ()):
        objects.setdefault(target[0], []).append(target)
    # Links first: there are far fewer of them than pairs of entities.
    links = {}
    for relation, head, target_head in np.argwhere(scores["heads"] > least).tolist():
        links.setdefault(head, []).append((relation, target_head))
    for subject in spans.get(SUBJECT, ()):
        for relation, target_head in links.get(subject[0], ()):
            for target in objects.get(target_head, ()):
                lowest = min(
                    scores["entities"][SUBJECT, *subject],
                    scores["entities"][OBJECT, *target],
                    scores["heads"][relation, subject[0], target[0]],
                    scores["tails"][relation, subject[1], target[1]],
                )
                if lowest > least:
                    yield subject, target, relation, float(sigmoid(lowest))
