"""The rows of TSDAE: of a text what is left when most of its words are deleted, and the whole beside it."""

from typing import Any

import numpy as np
import tensorflow as tf

from bert_keras.data.matching.matching_examples import MatchingExamples
from bert_keras.data.rows.batches import batches_of
from bert_keras.data.rows.tokenized_texts import TokenizedTexts
from bert_keras.data.rows.word_finder import WordFinder
from bert_keras.data.tokenization.tokenizer import Tokenizer


class DenoisingRows(TokenizedTexts):
    """Texts as `Rows` for a `DenoisingAutoencoder`, each `[CLS] text [SEP]`: its remains, then the whole.

    Inputs are (batch, 2, length). Which words are deleted is a function of `(seed, epoch, number of the example)`; of
    each text one word is left at least. A batch is its inputs alone, for the whole is what the model learns to write;
    a filler has no `padding_mask` there, and so nothing to be written.

    Args:
        examples: Texts alone, from `read_matching`.
        tokenizer: Turns strings into a RaggedTensor of ids, e.g. a `WordPieceTokenizer`.
        sequence_length: The longest text, special tokens included. Longer ones are cut.
        deletion_rate: Share of the words that are deleted.
        prompts: As for `MatchingRows`: what stands before a text is the first of them.

    Raises:
        ValueError: If there is no example, one has other texts than one, or the rate is not between 0 and 1.

    Example:
        >>> from bert_keras.data import WordPieceTokenizer
        >>> tokenizer = WordPieceTokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "so", "good", "##ness", "a"])
        >>> examples = MatchingExamples((("so a goodness", "so a goodness"),))
        >>> rows = DenoisingRows(examples, tokenizer, sequence_length=8)
        >>> rows.inputs(np.array([0]), 6, seed=np.array([1, 0]))["token_ids"].numpy().tolist()
        [[[2, 5, 6, 7, 3, 0], [2, 5, 8, 6, 7, 3]]]

    Reference:
        [Wang et al., 2021](https://arxiv.org/abs/2104.06979), sections 3 and 6.1
    """

    def __init__(
        self,
        examples: MatchingExamples,
        tokenizer: Tokenizer,
        *,
        sequence_length: int,
        deletion_rate: float = 0.6,
        prompts: tuple[str, str] = ("", ""),
    ):
        if not 0 < deletion_rate < 1:
            raise ValueError(f"expected a deletion_rate between 0 and 1, received {deletion_rate}")
        if not len(examples):
            raise ValueError("expected one text or more, received none")
        if pairs := [texts for texts in examples.texts if {*texts} != {texts[0]}]:
            raise ValueError(
                f"expected texts alone, of which words are deleted; {len(pairs)} of {len(examples)} examples have "
                f"several, such as {pairs[0]!r}: a column of texts is read by text_columns (--text-columns) of one name"
            )
        texts = [prompts[0] + text for text, *_ in examples.texts]
        super().__init__(texts, None, tokenizer, sequence_length=sequence_length)
        self.deletion_rate = deletion_rate
        vocabulary = tokenizer.vocabulary
        is_of_word = np.ones(len(vocabulary), bool)
        is_of_word[[token for token in vocabulary.special_ids if token != vocabulary.unk_id]] = False
        self._words = WordFinder(vocabulary, is_of_word)

    def inputs(self, numbers: tf.Tensor, length: tf.Tensor | int, seed: tf.Tensor) -> dict[str, tf.Tensor]:
        """As `Rows.inputs`, (batch, 2, length) int32 each; the same of a number and a seed."""
        with tf.device("CPU"):
            numbers = tf.cast(numbers, tf.int32)
            whole = super().inputs(numbers, length)
            remains = self._remains(whole, numbers, tf.cast(seed, tf.int64))
            whole["padding_mask"] *= tf.cast(numbers >= 0, tf.int32)[:, tf.newaxis]
            return {name: tf.stack([remains[name], whole[name]], axis=1) for name in whole}

    def _remains(self, whole: dict[str, tf.Tensor], numbers: tf.Tensor, seed: tf.Tensor) -> dict[str, tf.Tensor]:
        def noise_of(number):  # as long whatever the batch is, so that it is that of the example
            own_seed = tf.random.fold_in(seed, tf.cast(number, tf.int64), alg="philox")
            return tf.random.stateless_uniform([self.sequence_length], own_seed, alg="philox")

        words = self._words(whole["token_ids"])
        noise = tf.map_fn(noise_of, numbers, fn_output_signature=tf.float32)  # (batch, sequence_length)
        noise = tf.gather(noise, words.numbers, batch_dims=1)  # (batch, length), that of its word
        most = tf.reduce_max(tf.where(words.is_candidate, noise, 0.0), axis=1, keepdims=True)
        is_kept = ~words.is_candidate | (noise >= tf.minimum(self.deletion_rate, most))
        order = tf.argsort(tf.cast(~is_kept, tf.int32), axis=1, stable=True)
        is_token = tf.cast(is_kept, tf.int32) * whole["padding_mask"]
        remains = {name: tf.gather(value, order, batch_dims=1) for name, value in whole.items()}
        remains["padding_mask"] = tf.gather(is_token, order, batch_dims=1)
        remains["token_ids"] = tf.where(remains["padding_mask"] > 0, remains["token_ids"], self.layout.pad_id)
        return remains


def denoising_dataset(
    examples: MatchingExamples, tokenizer: Tokenizer, *, sequence_length: int, batch_size: int, **options: Any
) -> tf.data.Dataset:
    """Make batches of texts beside what is left of them: `batches` of `DenoisingRows`.

    Args:
        examples: As for `DenoisingRows`, as are the next two.
        tokenizer: What makes token ids of strings.
        sequence_length: The longest text.
        batch_size: Texts in a batch.
        **options: Further ones of `DenoisingRows` and of `batches`.

    Returns:
        A dataset of x alone, as `DenoisingRows` says.

    Example:
        >>> from bert_keras.data import WordPieceTokenizer, read_matching
        >>> tokenizer = WordPieceTokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "so", "good"])
        >>> examples = read_matching([{"text": "so good"}, {"text": "good"}])
        >>> dataset = denoising_dataset(examples, tokenizer, sequence_length=8, batch_size=2)
        >>> next(iter(dataset))["token_ids"].shape
        TensorShape([2, 2, 8])
    """
    sizes = dict(sequence_length=sequence_length, batch_size=batch_size)
    return batches_of(DenoisingRows, examples, tokenizer, **sizes, **options)
