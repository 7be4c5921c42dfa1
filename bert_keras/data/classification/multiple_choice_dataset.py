"""Texts with their choices as batches: each choice is a row of its own beside the text."""

import itertools
from collections.abc import Callable, Sequence

import tensorflow as tf

from bert_keras.data.batches.bucketed_dataset import bucketed_dataset
from bert_keras.data.batches.tokenized_texts import TokenizedTexts
from bert_keras.data.classification.choices import Choices
from bert_keras.data.classification.examples import Examples


def multiple_choice_dataset(
    examples: Choices,
    tokenizer: Callable,
    *,
    sequence_length: int,
    batch_size: int,
    training: bool = True,
    seed: int = 0,
    buckets: Sequence[int] | None = None,
    repeat: bool = False,
    start_step: int = 0,
) -> tf.data.Dataset:
    """Batches of texts with all their choices, rows `[CLS] text [SEP] choice [SEP]`.

    Args:
        examples: From `read_choices`. Without labels the dataset yields `x` only.
        tokenizer: Turns strings into a RaggedTensor of ids, e.g. a `WordPieceTokenizer`.
        sequence_length: The longest row. Longer ones are cut, of text and choice the longer one first.
        batch_size: Texts in a batch. Free places hold texts of weight 0.
        training: Whether to shuffle, as `classification_dataset` does; otherwise the texts keep their order.
        seed: Any integer.
        buckets: Row lengths, ascending; None for those that leave least padding, see `bucketed_dataset`.
        repeat: In training, an endless stream, for `fit(..., steps_per_epoch=n)`.
        start_step: Batches of the training to leave out.

    Returns:
        A dataset of `(x, y, sample_weight)`: x `token_ids`, `segment_ids`, `padding_mask` (batch_size, choices, row
        length) int32; y (batch_size,) int32, the right choice; sample_weight (batch_size,) float32.

    Raises:
        ValueError: If the lengths do not fit.

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
    num_choices = len(examples.choices[0])
    contexts = tuple(context for context in examples.contexts for _ in range(num_choices))
    texts = TokenizedTexts(Examples(contexts, tuple(itertools.chain(*examples.choices))), tokenizer, sequence_length)
    labels = None if examples.labels is None else tf.constant(examples.labels, tf.int32)

    def make_batch(numbers: tf.Tensor, length: tf.Tensor | int):
        is_real = numbers >= 0
        rows = numbers[:, tf.newaxis] * num_choices + tf.range(num_choices)  # (batch, choices)
        rows = tf.reshape(tf.where(is_real[:, tf.newaxis], rows, -1), [-1])
        x = {name: _by_text(value, num_choices, length) for name, value in texts.rows(rows, length).items()}
        if labels is None:
            return x
        weights = tf.cast(is_real, tf.float32)
        return x, tf.gather(labels, tf.maximum(numbers, 0)) * tf.cast(is_real, tf.int32), weights

    return bucketed_dataset(
        texts.row_lengths.reshape(-1, num_choices).max(axis=1), make_batch, sequence_length=sequence_length,
        batch_size=batch_size, training=training, seed=seed, buckets=buckets, repeat=repeat, start_step=start_step,
    )  # fmt: skip


def _by_text(rows: tf.Tensor, num_choices: int, length: tf.Tensor | int) -> tf.Tensor:
    return tf.reshape(rows, [-1, num_choices, length])
