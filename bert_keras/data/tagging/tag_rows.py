"""The rows of token classification: sentences of tagged words, their tags on first pieces; and batches of these."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from bert_keras.data.rows.batches import batches_of
from bert_keras.data.tagging.tagged_sentences import TaggedSentences
from bert_keras.data.tagging.word_rows import SentenceRows
from bert_keras.data.tokenization.tokenizer import Tokenizer


class TagRows(SentenceRows):
    """Tagged sentences as `Rows`, for named entities or parts of speech.

    Tags stand on the basic tokens of the raw text, where a predictor will look for them: `basic_tokens` says how tags
    of a file's words become tags of tokens. Each token is cut into pieces by itself; its tag stands on its first piece,
    with weight 1, and all other positions have weight 0. A sentence longer than a row becomes several windows of whole
    tokens with context on both sides; a token has weight 1 in one of them alone. So what a model says where the weights
    are 1, row after row, is one prediction for each token of all sentences in their order:
    `rows.sentences.split(predictions)`.

    Targets are `(y, sample_weight)`: y (batch, length) int32 numbers of tags, 0 without tags; sample_weight
    (batch, length) float32.

    Args:
        sentences: From `read_tagged_sentences`, or `sentences_of_texts`.
        tokenizer: Turns strings into a RaggedTensor of ids, e.g. a `WordPieceTokenizer`.
        tag_names: The tags in the order of the model's outputs, `tag_names` of the training sentences; None for those
            of `sentences`.
        **options: As for `SentenceRows`: `sequence_length`, `words` and `overlap`.

    Raises:
        ValueError: If a tag is unknown, or the sentences have spans that no tags spell, or tags that do, and no scheme.
    """

    def __init__(
        self,
        sentences: TaggedSentences,
        tokenizer: Tokenizer,
        *,
        tag_names: Sequence[str] | None = None,
        **options: Any,
    ):
        if sentences.spans is not None and sentences.tags is None:
            raise ValueError("the sentences have spans and no tags; read them with a scheme, such as scheme='BIO'")
        super().__init__(sentences, tokenizer, **options)
        tag_of_piece = np.zeros(1 + self.first_pieces.max(initial=0), np.int32)
        if self.sentences.tags is not None:
            names = self.sentences.tag_names if tag_names is None else tag_names
            tag_of_piece[self.first_pieces] = _numbers(self.sentences.tags, names)
        with tf.device("CPU"):  # where the input pipeline runs
            self._tag_of_piece = tf.constant(tag_of_piece)

    def targets(self, numbers: tf.Tensor, length: tf.Tensor | int) -> tuple[tf.Tensor, tf.Tensor]:
        """As `Rows.targets`."""
        is_word, source = self.word_positions(numbers, length)
        y = tf.where(is_word, tf.gather(self._tag_of_piece, tf.where(is_word, source, 0)), 0)
        return y, tf.cast(is_word, tf.float32)


def tagging_dataset(
    sentences: TaggedSentences, tokenizer: Tokenizer, *, sequence_length: int, batch_size: int, **options: Any
) -> tf.data.Dataset:
    r"""Make batches of tagged sentences, for named entities or parts of speech: `batches` of `TagRows`.

    Args:
        sentences: As for `TagRows`, as are the next two.
        tokenizer: What makes token ids of strings.
        sequence_length: The longest row.
        batch_size: Rows in a batch.
        **options: Further ones of `TagRows` and of `batches`.

    Returns:
        A dataset of `(x, y, sample_weight)`, as `TagRows` says.

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
    sizes = dict(sequence_length=sequence_length, batch_size=batch_size)
    return batches_of(TagRows, sentences, tokenizer, **sizes, **options)


def _numbers(tags: Sequence[Sequence[str]], tag_names: Sequence[str]) -> np.ndarray:
    """Return the tags of all words, end to end, by their place in `tag_names`."""
    number_of = {name: number for number, name in enumerate(tag_names)}
    try:
        return np.array([number_of[tag] for some in tags for tag in some], np.int32)
    except KeyError as error:
        known = ", ".join(map(repr, tag_names))
        raise ValueError(f"tag {error} is not among the known ones: {known}") from None
