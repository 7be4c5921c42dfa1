"""The input pipeline of token classification: sentences of tagged words as batches, labels on first pieces."""

from collections.abc import Callable, Sequence

import numpy as np
import tensorflow as tf

from bert_keras.data.batches.bucketed_dataset import bucketed_dataset
from bert_keras.data.tagging.basic_tokens import learned_words
from bert_keras.data.tagging.tagged_sentences import TaggedSentences
from bert_keras.data.tagging.tokenized_words import TokenizedWords


def tagging_dataset(
    sentences: TaggedSentences,
    tokenizer: Callable,
    *,
    sequence_length: int,
    batch_size: int,
    training: bool = True,
    seed: int = 0,
    tag_names: Sequence[str] | None = None,
    words: str = "basic",
    overlap: int | None = None,
    buckets: Sequence[int] | None = None,
    repeat: bool = False,
    start_step: int = 0,
) -> tf.data.Dataset:
    r"""Batches of tagged sentences, for named entities or parts of speech.

    Tags stand on the basic tokens of the raw text, where a predictor will look for them: `basic_tokens` says how tags
    of a file's words become tags of tokens. Each token is cut into pieces by itself; its tag stands on its first piece,
    with weight 1, and all other positions have weight 0. A sentence longer than a row becomes several windows of whole
    tokens with context on both sides; a token has weight 1 in one of them alone. So, with `training=False`, what a
    model says where the weights are 1, batch after batch, is one prediction for each token of all sentences in their
    order: `basic_tokens(sentences).sentences.split(predictions)`.

    Args:
        sentences: From `read_tagged_sentences`, or `sentences_of_texts`; without tags y is 0.
        tokenizer: Turns strings into a RaggedTensor of ids, e.g. a `WordPieceTokenizer`.
        sequence_length: The longest row.
        batch_size: Rows in a batch. Free places hold rows of weight 0.
        training: Whether to shuffle.
        seed: Any integer.
        tag_names: The tags in the order of the model's outputs, `tag_names` of the training sentences; None for those
            of `sentences`.
        words: What the model learns tags of: "basic", the basic tokens of the raw text, which are all that a predictor
            sees of it, so that `U.K.` is four; or "file", the words of `sentences`, for a model that will be given
            words cut alike. The model's `words` must say the same.
        overlap: Pieces that neighbouring windows of a sentence share; None for a quarter of a row.
        buckets: Row lengths, ascending; None for those that leave least padding, see `bucketed_dataset`.
        repeat: In training, an endless stream, for `fit(..., steps_per_epoch=n)`.
        start_step: Batches of the training to leave out: `saving.step` of a `SaveAndResume`.

    Returns:
        A dataset of `(x, y, sample_weight)`: x `token_ids`, `segment_ids`, `padding_mask`, y the number of the tag,
        all (batch_size, row length) int32; sample_weight (batch_size, row length) float32.

    Raises:
        ValueError: If a tag is unknown, the sentences have spans that no tags spell, or tags that do, and no scheme,
            or the lengths do not fit.

    Example:
        >>> from bert_keras.data import WordPieceTokenizer, read_tagged_sentences
        >>> import pathlib, tempfile
        >>> tokenizer = WordPieceTokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "ad", "##a", "smiled"])
        >>> path = pathlib.Path(tempfile.mkdtemp(), "train.conll")
        >>> _ = path.write_text("Ada B-person\nsmiled O\n")
        >>> sentences = read_tagged_sentences(path)
        >>> dataset = tagging_dataset(sentences, tokenizer, sequence_length=16, batch_size=1, training=False)
        >>> x, y, sample_weight = next(iter(dataset))
        >>> y[0, :5].numpy().tolist(), sample_weight[0, :5].numpy().tolist()  # [CLS] ad ##a smiled [SEP]
        ([0, 1, 0, 0, 0], [0.0, 1.0, 0.0, 1.0, 0.0])
    """
    if sentences.spans is not None and sentences.tags is None:
        raise ValueError("the sentences have spans and no tags; read them with a scheme, such as scheme='BIO'")
    sentences = learned_words(sentences, words)
    tokenized = TokenizedWords(sentences.words, tokenizer, sequence_length, overlap)
    tags = np.zeros(len(tokenized.first_pieces), np.int32)
    if sentences.tags is not None:
        tags = _numbers(sentences, sentences.tag_names if tag_names is None else tag_names)
    tag_of_piece = np.zeros(1 + tokenized.first_pieces.max(initial=0), np.int32)
    tag_of_piece[tokenized.first_pieces] = tags
    with tf.device("CPU"):
        tag_of_piece = tf.constant(tag_of_piece)

    def make_batch(numbers: tf.Tensor, length: tf.Tensor | int):
        is_word, source = tokenized.word_positions(numbers, length)
        y = tf.where(is_word, tf.gather(tag_of_piece, tf.where(is_word, source, 0)), 0)
        return tokenized.rows(numbers, length), y, tf.cast(is_word, tf.float32)

    return bucketed_dataset(
        tokenized.row_lengths, make_batch, sequence_length=sequence_length, batch_size=batch_size, training=training,
        seed=seed, buckets=buckets, repeat=repeat, start_step=start_step,
    )  # fmt: skip


def _numbers(sentences: TaggedSentences, tag_names: Sequence[str]) -> np.ndarray:
    """The tags of all words, end to end, by their place in `tag_names`."""
    number_of = {name: number for number, name in enumerate(tag_names)}
    try:
        return np.array([number_of[tag] for tags in sentences.tags for tag in tags], np.int32)
    except KeyError as error:
        known = ", ".join(map(repr, tag_names))
        raise ValueError(f"tag {error} is not among the known ones: {known}") from None
