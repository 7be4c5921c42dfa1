"""Text to WordPiece ids exactly as Google's BERT does it, inside the TensorFlow graph, with character offsets."""

import logging
import os
import re
from collections.abc import Sequence
from pathlib import Path

import tensorflow as tf

from bert_keras.data.tokenization.normalization import normalize, normalized_lengths
from bert_keras.data.tokenization.string_tokenizer import StringTokenizer
from bert_keras.data.tokenization.tensorflow_text_kernels import WordPieceKernel
from bert_keras.data.tokenization.tokenizer_config import write_tokenizer_config
from bert_keras.data.tokenization.tokenizer_json import write_tokenizer_json
from bert_keras.data.tokenization.tokenizer_preset import read_tokenizer_preset
from bert_keras.data.tokenization.vocabulary import SPECIAL_TOKENS, Vocabulary
from bert_keras.data.tokenization.word_length import MAX_WORD_LENGTH, limit_word_length, no_long_word

_logger = logging.getLogger(__name__)
# Code points that Unicode never gave to a character, inside the range that Google's rules take for Chinese and so cut
# out as words of their own: stand-ins for the special tokens, which a text cannot forge and the kernel cannot split.
_RESERVED = [chr(code_point) for code_point in (0xFA6E, 0xFA6F, *range(0xFADA, 0xFB00))]
_MOST_BYTES = 1 << 30  # a word, for the kernel


class WordPieceTokenizer(StringTokenizer):
    """Cuts texts into WordPiece ids by the rules of google-research/bert, on TensorFlow's strings.

    Called, and asked for offsets and texts, as every `StringTokenizer`. A text is normalised (control characters and
    U+FFFD removed; lower case and accents by option), cut at spaces, punctuation and around Chinese characters, and
    each word is covered by the longest pieces of the vocabulary, from the left; a word that cannot be covered, or has
    more than `max_word_length` characters, is one `[UNK]`. Joined to text, pieces with `##` go to the piece before,
    everything else gets a space.

    Args:
        vocabulary: A `Vocabulary`, or its tokens.
        lower_case: Lower the text, for an uncased vocabulary.
        strip_accents: Remove accents; None does what `lower_case` says, as the published models do.
        split_special_tokens: False keeps `[MASK]` and its like in a text whole, as transformers does. True reads them
            as ordinary text (`[`, `mask`, `]`), as Google's code does, so that a text from outside cannot inject one.
        max_word_length: Characters that a word may have: 200 in Google's code, 100 in most files of transformers.

    Raises:
        ValueError: The vocabulary has no `[UNK]`, or a token of more than 256 bytes; `max_word_length` is below 1.

    Example:
        >>> tokenizer = WordPieceTokenizer(["[UNK]", "[MASK]", "na", "##ive", "!", "a"])
        >>> tokenizer(["A naïve [MASK]!", "what?"]).to_list()
        [[5, 2, 3, 1, 4], [0, 0]]
        >>> ids, starts, ends = tokenizer.tokenize_with_offsets("A naïve [MASK]!")
        >>> starts.numpy().tolist(), ends.numpy().tolist()
        ([0, 2, 4, 8, 14], [1, 4, 7, 14, 15])

    Reference:
        https://github.com/google-research/bert/blob/master/tokenization.py; the kernel: "Fast WordPiece Tokenization",
        https://arxiv.org/abs/2012.15524
    """

    def __init__(
        self,
        vocabulary: Vocabulary | Sequence[str],
        *,
        lower_case: bool = True,
        strip_accents: bool | None = None,
        split_special_tokens: bool = False,
        max_word_length: int = MAX_WORD_LENGTH,
    ):
        if not isinstance(max_word_length, int) or max_word_length < 1:
            raise ValueError(f"max_word_length must be a number of 1 or more, received {max_word_length!r}")
        self.vocabulary = vocabulary if isinstance(vocabulary, Vocabulary) else Vocabulary(vocabulary)
        self.lower_case = lower_case
        self.strip_accents = strip_accents
        self.split_special_tokens = split_special_tokens
        self.max_word_length = max_word_length
        self._no_long_word = no_long_word(max_word_length)
        # Printable ASCII without "[" and without long words: no special token, nothing to normalise but the case.
        plain = rf"[!-Z\\-~]{{0,{min(max_word_length, MAX_WORD_LENGTH)}}}"
        self._plain = f"(?:{plain} )*{plain}"
        self._rules = {"lower_case": lower_case, "strip_accents": self.strips_accents}

        tokens = self.vocabulary.tokens
        specials = [token for token in SPECIAL_TOKENS if token in self.vocabulary]
        used = set("".join(tokens))
        free = [character for character in _RESERVED if character not in used]
        self._unknown, *stand_ins = free[: len(specials) + 1]
        self._stand_ins = dict(zip(specials, stand_ins, strict=True))
        # The kernel finds a token that is a space in every space of a text, where Google's rules find nothing: such a
        # token is spelled so that no word can match it, as none begins with a Chinese character and goes on.
        spelling = {token: f"{self._unknown}{i}" for i, token in enumerate(tokens) if any(map(str.isspace, token))}
        spelling |= self._stand_ins
        with tf.device("CPU"):  # strings live there; constants on another device would be copied at every call
            try:
                self._kernel = WordPieceKernel(
                    [spelling.get(token, token) for token in tokens],
                    unknown_token=self._stand_ins["[UNK]"],
                    max_bytes_per_word=min(4 * max_word_length, _MOST_BYTES),
                )
            except RuntimeError as error:
                raise ValueError(f"no tokenizer can be built from {self.vocabulary!r}: {error}") from error
            self._tokens = tf.constant(tokens)
            self._continues = tf.constant(self.vocabulary.continues_word)
            self._is_special = tf.constant([token in specials for token in tokens])

    @property
    def strips_accents(self) -> bool:
        """Whether accents are removed: what `strip_accents` says or, where that is None, `lower_case`."""
        return self.lower_case if self.strip_accents is None else self.strip_accents

    @classmethod
    def from_preset(cls, directory: str | os.PathLike) -> "WordPieceTokenizer":
        """Build the tokenizer of a preset.

        Args:
            directory: Holds `vocab.txt`, or `tokenizer.json` as transformers 5 saves it, and `tokenizer_config.json`,
                without which the defaults hold; or is a TF1 release of Google, a preset of KerasHub, or a name as
                `bert_keras.preset_location.locate_preset` takes it.

        Raises:
            FileNotFoundError: The directory has no vocabulary.
            ValueError: A file is faulty or asks for other rules than BERT's; the message names file and line or field.
        """
        vocabulary, options = read_tokenizer_preset(directory)
        return cls(vocabulary, **options)

    def save_to_preset(self, directory: str | os.PathLike, *, model_max_length: int | None = None) -> None:
        """Write `vocab.txt` and `tokenizer_config.json`, which `transformers` reads too, in place of `tokenizer.json`.

        With another `max_word_length` than 200 there is a `tokenizer.json` as well, the only file to name it.

        Args:
            directory: The preset's folder, made if need be.
            model_max_length: Longest input of the model in tokens, noted for transformers.
        """
        directory = Path(directory)
        directory.mkdir(parents=True, exist_ok=True)
        self.vocabulary.save(directory / "vocab.txt")
        options = {
            key: value for key, value in self.get_config().items() if key not in ("vocabulary", "max_word_length")
        }
        write_tokenizer_config(directory / "tokenizer_config.json", **options, model_max_length=model_max_length)
        if not (directory / "assets").is_dir():  # of KerasHub, whose tokenizer.json is another
            for stale in ("tokenizer.json", "added_tokens.json"):  # transformers would read them instead
                (directory / stale).unlink(missing_ok=True)
            if self.max_word_length != MAX_WORD_LENGTH:
                write_tokenizer_json(
                    directory / "tokenizer.json", self.vocabulary, **self._rules, max_word_length=self.max_word_length
                )
        elif self.max_word_length != MAX_WORD_LENGTH:
            _logger.warning(
                "%s has a tokenizer.json of KerasHub, so that max_word_length=%d is not noted there",
                directory, self.max_word_length,
            )  # fmt: skip

    def get_config(self) -> dict:
        """Return the constructor's arguments, the vocabulary as a list of tokens."""
        return {
            "vocabulary": list(self.vocabulary.tokens),
            "lower_case": self.lower_case,
            "strip_accents": self.strip_accents,
            "split_special_tokens": self.split_special_tokens,
            "max_word_length": self.max_word_length,
        }

    @classmethod
    def from_config(cls, config: dict) -> "WordPieceTokenizer":
        """Build a tokenizer from what `get_config` returned."""
        return cls(**config)

    def _join(self, tokens):
        text = tf.strings.reduce_join(tokens, axis=-1, separator=" ")
        return tf.ragged.map_flat_values(tf.strings.regex_replace, text, " ##", "")

    def _ids(self, texts):
        return self._tokenize(texts)[1]

    def _tokenize(self, texts):
        """(batch,) strings to: these with stand-ins; ids, first and last-plus-one bytes of the normalised text."""
        rows = tf.where(~tf.strings.regex_full_match(texts, self._plain))
        lowered = tf.strings.lower(texts) if self.lower_case else texts
        if _is_surely_empty(rows):
            return texts, *self._kernel.tokenize_with_offsets(lowered)
        marked = self._mark_special_tokens(tf.gather_nd(texts, rows))
        normalized = normalize(marked, **self._rules)
        no_long_word = tf.reduce_all(tf.strings.regex_full_match(normalized, self._no_long_word))
        texts = tf.tensor_scatter_nd_update(texts, rows, marked)
        normalized = tf.tensor_scatter_nd_update(lowered, rows, normalized)

        pieces = self._kernel.tokenize_with_offsets(normalized)
        limits = {"continues": self._continues, "unk_id": self.vocabulary.unk_id}
        limits["max_word_length"] = self.max_word_length
        return texts, *tf.cond(no_long_word, lambda: pieces, lambda: limit_word_length(normalized, *pieces, **limits))

    def _mark_special_tokens(self, texts):
        """Make valid UTF-8 and replace each special token, keeping the number of characters."""
        stand_ins = "".join(self._stand_ins.values())
        # Matches valid UTF-8 only. Most texts need nothing of what follows.
        rows = tf.where(~tf.strings.regex_full_match(texts, rf"[^\[{stand_ins}]*"))
        if _is_surely_empty(rows):
            return texts
        marked = tf.strings.unicode_transcode(tf.gather_nd(texts, rows), "UTF-8", "UTF-8", errors="replace")
        marked = tf.strings.regex_replace(marked, f"[{stand_ins}]", self._unknown)
        if not self.split_special_tokens:
            for token, stand_in in self._stand_ins.items():
                padding = "\x01" * (len(token) - 1)  # a control character, which normalisation removes
                marked = tf.strings.regex_replace(marked, re.escape(token), stand_in + padding)
        return tf.tensor_scatter_nd_update(texts, rows, marked)

    def _ids_and_offsets(self, texts):
        """(batch,) strings to: ids, first and last-plus-one characters, all (batch, tokens)."""
        texts, ids, starts, ends = self._tokenize(texts)
        characters = tf.strings.unicode_decode(texts, "UTF-8")  # (batch, characters)
        rows = ids.value_rowids()
        num_bytes = tf.gather(normalized_lengths(**self._rules), characters.values)
        byte_ends = tf.cumsum(tf.cast(num_bytes, tf.int64))  # of each character, in all normalised texts end to end
        first_characters = tf.gather(characters.row_splits, rows)  # of each token's text
        first_bytes = tf.gather(tf.concat([[0], byte_ends], 0), first_characters)

        def character_at(byte):
            return tf.searchsorted(byte_ends, first_bytes + tf.cast(byte, tf.int64), side="right", out_type=tf.int64)

        first, last = character_at(starts.values), character_at(ends.values - 1)
        is_stand_in = tf.gather(characters.values, last)[:, tf.newaxis] == [ord(c) for c in self._stand_ins.values()]
        padding = tf.reduce_sum(tf.where(is_stand_in, [len(token) - 1 for token in self._stand_ins], 0), -1)
        starts = tf.cast(first - first_characters, tf.int32)
        ends = tf.cast(last - first_characters, tf.int32) + 1 + padding
        return ids, ids.with_values(starts), ids.with_values(ends)


def _is_surely_empty(rows):
    """Whether there are no rows, and what is to be done to them need not be: known where each operation runs at once.

    So a short text is spared two thirds of its operations; in a graph all of them are there.
    """
    return rows.shape[0] == 0
