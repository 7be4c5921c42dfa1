"""Text to byte-pair ids as GPT-2, RoBERTa and ModernBERT have them, inside the TensorFlow graph, with offsets."""

import os
import re

import tensorflow as tf

from bert_keras.data.tokenization.added_token_cuts import AddedTokenCuts
from bert_keras.data.tokenization.byte_alphabet import bytes_of
from bert_keras.data.tokenization.byte_pair_files import read_byte_pair_preset, write_byte_pair_preset
from bert_keras.data.tokenization.byte_pair_vocabulary import BytePairVocabulary
from bert_keras.data.tokenization.byte_pair_words import SPACES, STAND_INS, BytePairWords
from bert_keras.data.tokenization.canonical_composition import COMPOSING, compose, source_characters
from bert_keras.data.tokenization.offset_trimming import OffsetTrimming
from bert_keras.data.tokenization.string_tokenizer import StringTokenizer


class BytePairTokenizer(StringTokenizer):
    r"""Cuts texts into ids of byte-level byte-pair encoding, on TensorFlow's strings.

    Called, and asked for offsets and texts, as every `StringTokenizer`. A text is cut at the tokens that stay whole,
    then into words by GPT-2's rule, a space going with the word behind it, and the bytes of each word are merged in the
    order of the merges. Nothing is lost: `detokenize` gives the bytes back; of other ids than a text's they need not be
    UTF-8. `pieces` are spelled in GPT-2's alphabet of bytes.

    With `compose`, marks that Unicode got after version 9 go in Unicode's order, where `tokenizers` leaves them as they
    are; and offsets may differ by one where composing moves a mark past a character that alone becomes two, such as
    U+0344 or, with two marks behind it, U+212B.

    Args:
        vocabulary: A `BytePairVocabulary`.
        add_prefix_space: Read a text as if it began with a space, so that its first word is one as any other.
        trim_offsets: Whether offsets leave out the spaces at the ends of a token, as RoBERTa's do and ModernBERT's do
            not.
        compose: Compose characters and their accents first (Unicode's NFC), as ModernBERT does.
        split_special_tokens: False keeps `<mask>` and its like in a text whole, as transformers does. True reads them
            as ordinary text, so that a text from outside cannot inject one.

    Example:
        >>> from bert_keras.data import BytePairVocabulary
        >>> from bert_keras.data.tokenization.byte_alphabet import ALPHABET
        >>> tokens = ["<s>", "<pad>", "</s>", "<unk>", "<mask>", *ALPHABET, "Ġs", "Ġso"]
        >>> tokenizer = BytePairTokenizer(BytePairVocabulary(tokens, [("Ġ", "s"), ("Ġs", "o")]))
        >>> tokenizer.pieces(["so so", "é <mask>"]).to_list()[0]
        [b's', b'o', b'\xc4\xa0so']
        >>> ids, starts, ends = tokenizer.tokenize_with_offsets("é <mask>")
        >>> ids.numpy().tolist(), starts.numpy().tolist(), ends.numpy().tolist()
        ([200, 174, 4], [0, 0, 2], [1, 1, 8])

    Reference:
        https://github.com/openai/gpt-2/blob/master/src/encoder.py; offsets as https://github.com/huggingface/tokenizers
        has them, `pre_tokenizers/byte_level.rs`
    """

    def __init__(
        self,
        vocabulary: BytePairVocabulary,
        *,
        add_prefix_space: bool = False,
        trim_offsets: bool = True,
        compose: bool = False,
        split_special_tokens: bool = False,
    ):
        self.vocabulary = vocabulary
        self.add_prefix_space = add_prefix_space
        self.trim_offsets = trim_offsets
        self.compose = compose
        self.split_special_tokens = split_special_tokens

        added = vocabulary.special_tokens.added
        is_special = {token.content: token.special for token in added}
        self._words = BytePairWords(vocabulary)
        kept = [token for token in added if not (token.special and split_special_tokens)]
        ids = {token: vocabulary.token_to_id(token.content) for token in kept}
        self._raw = AddedTokenCuts({t: i for t, i in ids.items() if not t.normalized}, "UTF8_CHAR")
        self._normalized = AddedTokenCuts({t: i for t, i in ids.items() if t.normalized}, "BYTE")
        self._plain = _plain(kept, compose)

        tokens = vocabulary.tokens
        spelled = [token.encode() if token in is_special else bytes_of(token) or token.encode() for token in tokens]
        self._trimming = OffsetTrimming(vocabulary, keeps_first_space=add_prefix_space)
        with tf.device("CPU"):  # strings live there; constants on another device would be copied at every call
            self._tokens = tf.constant(tokens)
            self._bytes = tf.constant(spelled)
            self._lengths = tf.constant([len(token) for token in spelled], tf.int64)
            self._is_special = tf.constant([is_special.get(token, False) for token in tokens])

    @classmethod
    def from_preset(cls, directory: str | os.PathLike) -> "BytePairTokenizer":
        """Build the tokenizer of a preset.

        Args:
            directory: Holds `tokenizer.json`, or `vocab.json` and `merges.txt`; is a preset of KerasHub; or is a name
                for `locate_preset`.

        Raises:
            FileNotFoundError: The directory has no vocabulary, or no merges.
            ValueError: A file is faulty or asks for other rules; the message names file and line or field.
        """
        vocabulary, options = read_byte_pair_preset(directory)
        return cls(vocabulary, **options)

    def save_to_preset(self, directory: str | os.PathLike, *, model_max_length: int | None = None) -> None:
        """Write `vocab.json`, `merges.txt`, `tokenizer.json` and `tokenizer_config.json`, as `transformers` reads them.

        Args:
            directory: The folder, made if need be.
            model_max_length: Longest input of the model in tokens, for transformers.
        """
        options = {name: value for name, value in self.get_config().items() if name != "vocabulary"}
        write_byte_pair_preset(directory, self.vocabulary, **options, model_max_length=model_max_length)

    def get_config(self) -> dict:
        """Return the constructor's arguments, the vocabulary as its own config."""
        rules = ("add_prefix_space", "trim_offsets", "compose", "split_special_tokens")
        return {"vocabulary": self.vocabulary.get_config()} | {name: getattr(self, name) for name in rules}

    @classmethod
    def from_config(cls, config: dict) -> "BytePairTokenizer":
        """Build a tokenizer from what `get_config` returned."""
        return cls(**config | {"vocabulary": BytePairVocabulary.from_config(config["vocabulary"])})

    @property
    def _spellings(self):
        return self._bytes

    def _join(self, tokens):
        return tf.strings.reduce_join(tokens, axis=-1)

    def _ids(self, texts):
        return self._tokenize(texts, with_offsets=False)[0]

    def _ids_and_offsets(self, texts):
        return self._tokenize(texts, with_offsets=True)

    def _tokenize(self, texts, *, with_offsets):
        """(batch,) strings to: ids and, if asked for, first and last-plus-one characters, all (batch, tokens)."""
        odd = tf.where(~tf.strings.regex_full_match(texts, self._plain))[:, 0]
        valid = tf.strings.unicode_transcode(tf.gather(texts, odd), "UTF-8", "UTF-8", errors="replace")
        texts = tf.tensor_scatter_nd_update(texts, odd[:, tf.newaxis], valid)
        ids, *offsets = self._raw(texts, odd, lambda *some: self._normalize(*some, with_offsets))
        if not with_offsets:
            return (ids,)
        starts, ends = (offset.values for offset in offsets)
        ends += 1
        if self.trim_offsets:
            starts, ends = self._trimming(ids, starts, ends)
        return ids, *(ids.with_values(tf.cast(offset, tf.int32)) for offset in (starts, ends))

    def _normalize(self, texts, odd, with_offsets):
        """As `_tokenize`, of texts without the tokens that are sought first; offsets are firsts and lasts, int64."""
        normalized = compose(texts, odd) if self.compose else texts
        ids, *offsets = self._normalized(normalized, odd, lambda *some: self._ordinary(*some, with_offsets))
        if not with_offsets:
            return (ids,)
        characters = source_characters(texts, normalized)
        return ids, *(ids.with_values(characters(ids.value_rowids(), offset.values)) for offset in offsets)

    def _ordinary(self, texts, odd, with_offsets):
        """As `_tokenize`, of texts without added tokens; offsets are the first and the last byte, int64."""
        has_space = tf.zeros_like(texts, tf.bool)
        if self.add_prefix_space:
            has_space = (tf.strings.substr(texts, 0, 1) != " ") & (texts != "")
        ids = self._words(texts, odd, has_space)
        if not with_offsets:
            return (ids,)
        rows, lengths = ids.value_rowids(), tf.gather(self._lengths, ids.values)
        ends = tf.cumsum(lengths)
        starts = ends - lengths
        before = tf.gather(starts, tf.gather(ids.row_splits, rows)) + tf.cast(tf.gather(has_space, rows), tf.int64)
        # The space that was not there counts to the first character.
        return ids, *(ids.with_values(tf.maximum(byte - before, 0)) for byte in (starts, ends - 1))


def _plain(added, composes):
    """Return the expression of texts that have nothing to mend, no added token, and no white space before a space."""
    firsts = {token.content[0] for token in added if not token.content.startswith("  ")}
    character = rf"[^{SPACES}{STAND_INS}{COMPOSING if composes else ''}{''.join(map(re.escape, sorted(firsts)))}]"
    space = "" if " " in firsts else " ?"
    others = "".join(rf"\x{{{ord(other):X}}}" for other in "\t\n\v\f\r" if other not in firsts)
    spaces = f"{space}[{others}]*" if others else space
    return f"(?:{spaces}{character})*{spaces}"
