"""The rows of multiple choice: texts, and each of their choices beside them; and batches of these."""

import itertools
from typing import Any

import tensorflow as tf

from bert_keras.data.classification.choices import Choices
from bert_keras.data.rows.batches import batches_of
from bert_keras.data.rows.rows import entries_of_rows
from bert_keras.data.rows.tokenized_texts import TokenizedTexts
from bert_keras.data.tokenization.tokenizer import Tokenizer


class ChoiceRows:
    """Texts with all their choices as `Rows`, `[CLS] text [SEP] choice [SEP]` for each choice.

    A row is a text: inputs are (batch, choices, length), and a text is as long as its longest choice makes it. Targets
    are `(y, sample_weight)`, the right choice, (batch,) int32, and (batch,) float32.

    Args:
        examples: From `read_choices`. Without labels there are no targets.
        tokenizer: Turns strings into a RaggedTensor of ids, e.g. a `WordPieceTokenizer`.
        sequence_length: The longest row. Longer ones are cut, of text and choice the longer one first.
    """

    def __init__(self, examples: Choices, tokenizer: Tokenizer, *, sequence_length: int):
        self.choices = examples.choices
        self.sequence_length = sequence_length
        self._num_choices = len(examples.choices[0]) if examples.choices else 1
        contexts = [context for context in examples.contexts for _ in range(self._num_choices)]
        choices = list(itertools.chain(*examples.choices))
        self._texts = TokenizedTexts(contexts, choices, tokenizer, sequence_length=sequence_length)
        self.row_lengths = self._texts.row_lengths.reshape(-1, self._num_choices).max(axis=1)
        self._labels = None if examples.labels is None else tf.constant(examples.labels, tf.int32)

    def inputs(self, numbers: tf.Tensor, length: tf.Tensor | int) -> dict[str, tf.Tensor]:
        """As `Rows.inputs`, (batch, choices, length) int32 each."""
        numbers = tf.cast(numbers, tf.int32)[:, tf.newaxis]
        rows = tf.where(numbers >= 0, numbers * self._num_choices + tf.range(self._num_choices), -1)  # (batch, choices)
        inputs = self._texts.inputs(tf.reshape(rows, [-1]), length)
        return {name: tf.reshape(value, [-1, self._num_choices, length]) for name, value in inputs.items()}

    def targets(self, numbers: tf.Tensor, length: tf.Tensor | int) -> tuple[tf.Tensor, tf.Tensor] | None:
        """As `Rows.targets`."""
        if self._labels is None:
            return None
        return entries_of_rows(self._labels, numbers), tf.cast(numbers >= 0, tf.float32)


def multiple_choice_dataset(
    examples: Choices, tokenizer: Tokenizer, *, sequence_length: int, batch_size: int, **options: Any
) -> tf.data.Dataset:
    """Make batches of texts with all their choices: `batches` of `ChoiceRows`.

    Args:
        examples: As for `ChoiceRows`, as are the next two.
        tokenizer: What makes token ids of strings.
        sequence_length: The longest row.
        batch_size: Texts in a batch.
        **options: Further ones of `ChoiceRows` and of `batches`.

    Returns:
        A dataset of `(x, y, sample_weight)`, as `ChoiceRows` says; without labels of x alone.

    Example:
        >>> from bert_keras.data import WordPieceTokenizer, read_choices
        >>> tokenizer = WordPieceTokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "cats", "meow", "bark"])
        >>> rows = [("cats", "bark", "meow", 1)]
        >>> examples = read_choices(rows, context_column=0, stem_column=None, choice_columns=(1, 2), label_column=3)
        >>> dataset = multiple_choice_dataset(examples, tokenizer, sequence_length=16, batch_size=1, training=False)
        >>> x, y, sample_weight = next(iter(dataset))
        >>> x["token_ids"][0, :, :5].numpy().tolist(), y.numpy().tolist()
        ([[2, 5, 3, 7, 3], [2, 5, 3, 6, 3]], [1])
    """
    sizes = dict(sequence_length=sequence_length, batch_size=batch_size)
    return batches_of(ChoiceRows, examples, tokenizer, **sizes, **options)
