"""How much a model needs each attention head: what changes when that one is silent."""

import contextlib
import dataclasses
import logging
from collections.abc import Callable, Iterator, Mapping

import keras
import numpy as np

from bert_keras.inference import Predictor
from bert_keras.inspection.inner_outputs import encoder_of
from bert_keras.inspection.labelled_rows import Labelled, labelled_rows
from bert_keras.text_table import aligned

_logger = logging.getLogger(__name__)
_ROWS_OF_A_TABLE = 20


@contextlib.contextmanager
def silent_head(encoder: keras.Model, block: int, head: int) -> Iterator[None]:
    """Silence an attention head as long as the context lasts.

    What the head found is not passed on: its rows in the kernel behind the heads are 0 meanwhile, and bit for bit what
    they were behind it, after an error, too. Models that are traced already see it. A block that layers share is silent
    in all of them.

    Args:
        encoder: `BertEncoder` whose attention is `SelfAttention`, or has its `num_heads` and `output_projection`.
        block: Number of the block in `encoder.encoder_blocks`, from 0.
        head: Number of the head, from 0.

    Raises:
        ValueError: If there is no such block or head, or the attention is another.

    Example:
        >>> from bert_keras.models import BertEncoder
        >>> encoder = BertEncoder.from_size("tiny", vocabulary_size=100)
        >>> with silent_head(encoder, block=1, head=0):
        ...     kernel = encoder.encoder_blocks[1].attention.output_projection.kernel
        ...     print(float(keras.ops.max(keras.ops.abs(kernel[:64]))))  # of 128 rows, for 2 heads
        0.0

    Reference:
        [Michel et al., 2019](https://arxiv.org/abs/1905.10650), section 2.3.
    """
    blocks = encoder.encoder_blocks
    _expect_number("block", block, len(blocks))
    attention = blocks[block].attention
    if not (hasattr(attention, "num_heads") and hasattr(attention, "output_projection")):
        raise ValueError(
            f"Expected an attention with num_heads and an output_projection, as SelfAttention has, in block {block}; "
            f"received {type(attention).__name__}, of which nobody knows what a head is."
        )
    _expect_number("head", head, attention.num_heads)
    # Of a product of LoRA's two matrices the first has the rows.
    kernels = [each for each in attention.output_projection.weights if each.name in ("kernel", "lora_kernel_a")]
    before = [np.array(keras.ops.convert_to_numpy(kernel)) for kernel in kernels]
    width = attention.hidden_dim // attention.num_heads
    try:
        for kernel, values in zip(kernels, before, strict=True):
            silent = values.copy()
            silent[head * width : (head + 1) * width] = 0
            kernel.assign(silent)
        yield
    finally:
        for kernel, values in zip(kernels, before, strict=True):
            kernel.assign(values)


def _expect_number(what, number, count):
    if not 0 <= number < count:
        raise ValueError(f"Expected a {what} from 0 to {count - 1}, received {number}.")


@dataclasses.dataclass(frozen=True)
class HeadImportance:
    """What a model's measures become when one head is silent; prints as a table, the heads that matter most first.

    Args:
        measures: The model's measures with all heads.
        changes: For each measure (blocks, heads) float64, by how much it is higher without the head.
    """

    measures: Mapping[str, float]
    changes: Mapping[str, np.ndarray]

    def ranked(self, measure: str | None = None) -> list[tuple[int, int]]:
        """Return (block, head) of all heads, those first without which a measure changes most.

        Args:
            measure: Its name; None for the first.
        """
        changes = self.changes[measure or next(iter(self.changes))]
        order = np.argsort(-np.abs(changes), axis=None, kind="stable")
        return [(int(number) // changes.shape[1], int(number) % changes.shape[1]) for number in order]

    def __str__(self) -> str:
        ranked = self.ranked()
        lines = [("silent head", *self.measures), ("none", *(f"{value:.4f}" for value in self.measures.values()))]
        lines += [
            (f"block {block} head {head}", *(f"{some[block, head]:+.4f}" for some in self.changes.values()))
            for block, head in ranked[:_ROWS_OF_A_TABLE]
        ]
        rest = len(ranked) - _ROWS_OF_A_TABLE
        return aligned(lines) + (f"\nand {rest} heads that matter less" if rest > 0 else "")


def head_importance(
    predictor: Predictor,
    labelled: Labelled | None = None,
    *,
    measure: Callable[[], Mapping[str, float]] | None = None,
) -> HeadImportance:
    """Silence each head of a model in turn, and see how much worse it does.

    All examples are predicted once for each head, and once with all: take some hundreds.

    Args:
        predictor: A `Classifier` of one class a text, a `Tagger`, a `RelationExtractor`, or another whose outputs are
            logits over classes; with a `measure`, any.
        labelled: Labelled examples, as `read_examples`, `read_tagged_sentences` or `read_relations` give them, or
            `Rows` with targets; measured are the `loss`, the mean negative logarithm of the right class' probability,
            and the `accuracy`.
        measure: In place of examples, a function that gives the model's measures by name; the first ranks the heads.

    Raises:
        ValueError: If neither or both of examples and measure are given, examples have no labels, or the outputs are
            no logits over classes.

    Example:
        >>> from bert_keras.data import Examples, WordPieceTokenizer
        >>> from bert_keras.inference import Classifier
        >>> from bert_keras.models import BertEncoder, TextClassifier
        >>> tokenizer = WordPieceTokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "so", "good", "bad"])
        >>> model = TextClassifier(BertEncoder.from_size("tiny", 8), 2, labels=("no", "yes"))
        >>> examples = Examples(("so good", "bad"), labels=(1, 0), label_names=("no", "yes"))
        >>> importance = head_importance(Classifier(model, tokenizer), examples)
        >>> importance.changes["loss"].shape, len(importance.ranked())
        ((2, 2), 4)

    Reference:
        [Michel et al., 2019](https://arxiv.org/abs/1905.10650), section 3.2.
    """
    if (labelled is None) == (measure is None):
        raise ValueError("Expected labelled examples or a measure, one of the two.")
    if measure is None:
        rows = labelled_rows(predictor, labelled, getattr(predictor.model, "labels", None))

        def measure():
            return _loss_and_accuracy(predictor, rows)

    encoder = encoder_of(predictor)
    with_all = dict(measure())
    changes = {name: [] for name in with_all}
    for number, block in enumerate(encoder.encoder_blocks):
        for head in range(getattr(block.attention, "num_heads", 1)):
            with silent_head(encoder, number, head):
                without = measure()
            for name, value in with_all.items():
                changes[name].append(without[name] - value)
        _logger.info("importance of heads: block %d of %d", number + 1, len(encoder.encoder_blocks))
    shape = len(encoder.encoder_blocks), -1
    return HeadImportance(with_all, {name: np.array(some, "float64").reshape(shape) for name, some in changes.items()})


def _loss_and_accuracy(predictor, rows):
    """Mean cross-entropy and accuracy of whatever has one class: texts (batch,), or words (batch, length)."""
    loss = hits = total = 0.0
    for numbers, outputs in predictor.outputs(rows):
        y, weights = (np.asarray(some) for some in rows.targets(numbers, np.shape(outputs)[1]))
        if not np.issubdtype(y.dtype, np.integer) or y.shape != np.shape(outputs)[:-1]:
            raise ValueError(
                f"{type(predictor).__name__} gives outputs of shape {np.shape(outputs)} for targets of shape {y.shape} "
                f"and type {y.dtype}: no logits over classes. Give a measure."
            )
        logits = outputs.astype("float64")
        logits -= logits.max(axis=-1, keepdims=True)
        of_right = np.take_along_axis(logits, y[..., np.newaxis], axis=-1)[..., 0]
        loss += float((weights * (np.log(np.exp(logits).sum(axis=-1)) - of_right)).sum())
        hits += float((weights * (logits.argmax(axis=-1) == y)).sum())
        total += float(weights.sum())
    return {"loss": loss / total, "accuracy": hits / total}
