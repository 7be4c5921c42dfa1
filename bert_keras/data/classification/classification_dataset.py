"""The input pipeline of classification: labelled texts, or pairs of them, as batches."""

from collections.abc import Callable, Sequence

import tensorflow as tf

from bert_keras.data.batches.bucketed_dataset import bucketed_dataset
from bert_keras.data.batches.tokenized_texts import TokenizedTexts
from bert_keras.data.classification.examples import Examples


def classification_dataset(
    examples: Examples,
    tokenizer: Callable,
    *,
    sequence_length: int,
    batch_size: int,
    training: bool = True,
    seed: int = 0,
    label_names: Sequence[str] | None = None,
    buckets: Sequence[int] | None = None,
    repeat: bool = False,
    start_step: int = 0,
) -> tf.data.Dataset:
    """Batches of labelled texts, or pairs of texts, for classification or regression.

    Texts are tokenized once, in big batches, and kept as ids. In training, batches are made of texts of like length and
    come in another order in each epoch: the n-th time the dataset is read to its last batch. The order is a function
    of `(seed, epoch)`. Otherwise the examples keep their order, so that `model.predict(dataset)[: len(examples)]`
    belongs to them row by row.

    Args:
        examples: From `read_examples`. Without labels the dataset yields `x` only.
        tokenizer: Turns strings into a RaggedTensor of ids, e.g. a `WordPieceTokenizer`.
        sequence_length: The longest row. Longer texts are cut, of a pair the longer one first; how many is logged.
        batch_size: Rows in a batch. Free places hold rows of weight 0.
        training: Whether to shuffle.
        seed: Any integer.
        label_names: The classes in the order of the model's outputs, `label_names` of the training examples: labels of
            other examples are renumbered by name, and one that training has not seen is an error.
        buckets: Row lengths, ascending; None for those that leave least padding, see `bucketed_dataset`.
        repeat: In training, an endless stream, for `fit(..., steps_per_epoch=n)`.
        start_step: Batches of the training to leave out: `saving.step` of a `SaveAndResume`.

    Returns:
        A dataset of `(x, y, sample_weight)`: x `token_ids`, `segment_ids`, `padding_mask` (batch_size, row length)
        int32; y (batch_size,) int32 classes or float32 numbers, or (batch_size, classes) float32 of 0 and 1 where a
        text may have several labels; sample_weight (batch_size,) float32, 0 in free places.

    Raises:
        ValueError: If a label is unknown or the lengths do not fit.

    Example:
        >>> from bert_keras.data import WordPieceTokenizer, read_examples
        >>> tokenizer = WordPieceTokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "so", "good", "bad"])
        >>> examples = read_examples([("so good", "yes"), ("so so bad", "no")], text_column=0, label_column=1)
        >>> dataset = classification_dataset(examples, tokenizer, sequence_length=16, batch_size=2, training=False)
        >>> x, y, sample_weight = next(iter(dataset))
        >>> x["token_ids"][1].numpy().tolist()[:5], y.numpy().tolist()
        ([2, 5, 5, 7, 3], [1, 0])
    """
    labels = None if examples.labels is None else tf.constant(examples.label_array(label_names))
    example_weights = tf.constant(examples.weights or [1.0] * len(examples), tf.float32)
    texts = TokenizedTexts(examples, tokenizer, sequence_length)

    def make_batch(numbers: tf.Tensor, length: tf.Tensor | int):
        x = texts.rows(numbers, length)
        if labels is None:
            return x
        is_real, numbers = numbers >= 0, tf.maximum(numbers, 0)
        y = tf.gather(labels, numbers)
        y *= tf.cast(is_real if labels.shape.rank == 1 else is_real[:, tf.newaxis], y.dtype)
        return x, y, tf.gather(example_weights, numbers) * tf.cast(is_real, tf.float32)

    return bucketed_dataset(
        texts.row_lengths, make_batch, sequence_length=sequence_length, batch_size=batch_size, training=training,
        seed=seed, buckets=buckets, repeat=repeat, start_step=start_step,
    )  # fmt: skip
