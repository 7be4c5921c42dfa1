"""The rows of classification: labelled texts, or pairs of them; and batches of these."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from bert_keras.data.classification.examples import Examples
from bert_keras.data.classification.long_texts import cut_long_texts
from bert_keras.data.rows.batches import batches_of
from bert_keras.data.rows.rows import entries_of_rows
from bert_keras.data.rows.tokenized_texts import TokenizedTexts
from bert_keras.data.tokenization.tokenizer import Tokenizer


class TextRows(TokenizedTexts):
    """Labelled texts, or pairs of texts, as `Rows`, for classification or regression.

    Texts are tokenized once, in big batches, and kept as ids. Targets are `(y, sample_weight)`: y (batch,) int32
    classes or float32 numbers, or (batch, classes) float32 of 0 and 1 where a text may have several labels;
    sample_weight (batch,) float32. `text_of`, (rows,) int, is the number of the text that each row comes from.

    Args:
        examples: From `read_examples`. Without labels there are no targets.
        tokenizer: Turns strings into a RaggedTensor of ids, e.g. a `WordPieceTokenizer`.
        sequence_length: The longest row.
        label_names: The classes in the order of the model's outputs, `label_names` of the training examples: labels of
            other examples are renumbered by name, and one that training has not seen is an error. None for those of
            `examples`.
        long_texts: What becomes of single texts that do not fit: `"truncate"` cuts them, `"windows"` makes rows of
            their pieces, see `cut_long_texts`. Of pairs that do not fit the longer text is cut.

    Raises:
        ValueError: If a label is unknown, `long_texts` is neither of the two, or windows are asked for of pairs.

    Example:
        >>> from bert_keras.data import WordPieceTokenizer
        >>> tokenizer = WordPieceTokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "so", "good", "bad"])
        >>> examples = Examples(("so good", "bad"), labels=(0, 1), label_names=("yes", "no"))
        >>> rows = TextRows(examples, tokenizer, sequence_length=8)
        >>> rows.row_lengths.tolist(), rows.targets(np.array([1]), 8)[0].numpy().tolist()
        ([4, 3], [1])
    """

    def __init__(
        self,
        examples: Examples,
        tokenizer: Tokenizer,
        *,
        sequence_length: int,
        label_names: Sequence[str] | None = None,
        long_texts: str = "truncate",
    ):
        if long_texts not in ("truncate", "windows"):
            raise ValueError(f"long_texts must be 'truncate' or 'windows', received {long_texts!r}")
        self.text_of = np.arange(len(examples))
        if long_texts == "windows":
            examples, self.text_of = cut_long_texts(examples, tokenizer, sequence_length=sequence_length)
        self._labels = None if examples.labels is None else tf.constant(examples.label_array(label_names))
        self._weights = tf.constant(examples.weights or [1.0] * len(examples), tf.float32)
        super().__init__(examples.texts, examples.second_texts, tokenizer, sequence_length=sequence_length)

    def targets(self, numbers: tf.Tensor, length: tf.Tensor | int) -> tuple[tf.Tensor, tf.Tensor] | None:
        """As `Rows.targets`."""
        if self._labels is None:
            return None
        return entries_of_rows(self._labels, numbers), entries_of_rows(self._weights, numbers)


def classification_dataset(
    examples: Examples, tokenizer: Tokenizer, *, sequence_length: int, batch_size: int, **options: Any
) -> tf.data.Dataset:
    """Make batches of labelled texts, or pairs of texts: `batches` of `TextRows`.

    Args:
        examples: As for `TextRows`, as are the next two.
        tokenizer: What makes token ids of strings.
        sequence_length: The longest row.
        batch_size: Rows in a batch.
        **options: Further ones of `TextRows` and of `batches`.

    Returns:
        A dataset of `(x, y, sample_weight)`, as `TextRows` says; without labels of x alone.

    Example:
        >>> from bert_keras.data import WordPieceTokenizer, read_examples
        >>> tokenizer = WordPieceTokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "so", "good", "bad"])
        >>> examples = read_examples([("so good", "yes"), ("so so bad", "no")], text_column=0, label_column=1)
        >>> dataset = classification_dataset(examples, tokenizer, sequence_length=16, batch_size=2, training=False)
        >>> x, y, sample_weight = next(iter(dataset))
        >>> x["token_ids"][1].numpy().tolist()[:5], y.numpy().tolist()
        ([2, 5, 5, 7, 3], [1, 0])
    """
    sizes = dict(sequence_length=sequence_length, batch_size=batch_size)
    return batches_of(TextRows, examples, tokenizer, **sizes, **options)
