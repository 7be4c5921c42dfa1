"""What the tokenizers of every kind share: strings of any shape in, ids, pieces and offsets out, and ids to text."""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from bert_keras.data.tokenization.detokenization import gather_tokens
from bert_keras.data.tokenization.string_tensors import Strings, for_any_rank


class StringTokenizer:
    """A tokenizer on TensorFlow's strings, eagerly or inside `tf.data.Dataset.map`.

    A subclass sets `vocabulary`, and of its tokens `_tokens`, (vocabulary,) strings that `pieces` shows, and
    `_is_special`, (vocabulary,) bool. It has `_ids`, (texts,) strings to ragged int32 ids, `_ids_and_offsets`, strings
    to ids, first and last-plus-one characters, `_join`, tokens to texts, and `get_config`.

    It adds no special tokens and no padding. Bytes that are not UTF-8 count as U+FFFD, and so do lone surrogates of a
    Python string.
    """

    @property
    def vocabulary_size(self) -> int:
        """Number of tokens."""
        return len(self.vocabulary)

    @tf.autograph.experimental.do_not_convert
    def __call__(self, texts: Strings) -> tf.RaggedTensor | tf.Tensor:
        """Return the token ids of texts.

        Args:
            texts: One string (`str`, `bytes`, scalar tensor), or a list or a dense or ragged tensor of strings.

        Returns:
            int32 ids: (tokens,) for one string, otherwise ragged with one dimension more than `texts`.

        Raises:
            ValueError: `texts` does not consist of strings.
        """
        return for_any_rank(self._ids, texts)

    def pieces(self, texts: Strings) -> tf.RaggedTensor | tf.Tensor:
        """Return the tokens of texts as strings, spelled as in the vocabulary, in the shape of their ids."""
        return tf.gather(self._tokens, self(texts))

    @tf.autograph.experimental.do_not_convert
    def tokenize_with_offsets(self, texts: Strings) -> tuple:
        """Return the token ids of texts and the characters they come from.

        Offsets count the characters (code points) of the original text, so that in Python `text[start:end]` is what
        became the token; a character that became several tokens belongs to each of them.

        Args:
            texts: As for `__call__`.

        Returns:
            ids, starts, ends: int32, each in the shape of `__call__`'s ids; `ends` is exclusive.
        """
        return for_any_rank(self._ids_and_offsets, texts)

    def detokenize(
        self, ids: Sequence | np.ndarray | tf.Tensor | tf.RaggedTensor, *, skip_special_tokens: bool = False
    ) -> tf.Tensor | tf.RaggedTensor:
        """Join tokens to text.

        Args:
            ids: (..., tokens) integers: a list, an array, a dense or a ragged tensor.
            skip_special_tokens: Leave `[PAD]`, `<s>` and the other special tokens out.

        Returns:
            (...) string tensor.

        Raises:
            ValueError: An id is beyond the vocabulary; inside a graph, TensorFlow's `InvalidArgumentError`.

        Example:
            >>> from bert_keras.data import WordPieceTokenizer
            >>> tokenizer = WordPieceTokenizer(["[UNK]", "[CLS]", "na", "##ive"])
            >>> tokenizer.detokenize([1, 2, 3, 2], skip_special_tokens=True).numpy()
            b'naive na'
        """
        return self._join(gather_tokens(self._spellings, ids, self._is_special if skip_special_tokens else None))

    @property
    def _spellings(self):
        """(vocabulary,) strings that texts are joined of."""
        return self._tokens

    def __reduce__(self):  # tensors do not travel to another process; the arguments do
        return self.from_config, (self.get_config(),)
