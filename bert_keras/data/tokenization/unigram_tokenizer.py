"""Text to the ids of a SentencePiece unigram model inside the TensorFlow graph, with character offsets."""

import os
import re
from pathlib import Path

import numpy as np
import tensorflow as tf

from bert_keras.data.tokenization.sentencepiece_kernel import SentencePieceKernel
from bert_keras.data.tokenization.sentencepiece_model import NORMAL, UNUSED, SentencePieceModel
from bert_keras.data.tokenization.string_tokenizer import StringTokenizer
from bert_keras.data.tokenization.unigram_family import ALBERT
from bert_keras.data.tokenization.unigram_normalization import (
    FILLER,
    character_widths,
    normalize_accents_and_case,
    other_spaces,
)
from bert_keras.data.tokenization.unigram_offsets import characters_of_tokens
from bert_keras.data.tokenization.unigram_preset import read_unigram_preset, write_unigram_preset
from bert_keras.data.tokenization.unigram_ties import order_runs
from bert_keras.data.tokenization.unigram_vocabulary import SPACE, UnigramVocabulary

# Code points that never will be characters: stand-ins for the special tokens, which a text cannot forge.
_RESERVED = [chr(code_point) for code_point in range(ord(FILLER) + 1, 0xFDF0)]


class UnigramTokenizer(StringTokenizer):
    """Cuts texts into the pieces of ALBERT or XLM-RoBERTa that are the most probable together, on TensorFlow's strings.

    Called, and asked for offsets and texts, as every `StringTokenizer`. The ids are those of `sentencepiece`; words end
    at all white space, and special tokens in a text are found, as in transformers. In pieces U+2581 stands for a space;
    alone, the beginning of a word, its offsets are the word's first character.

    Args:
        vocabulary: Tokens, scores and character map; the family is known by its special tokens.
        lower_case: Lower the text, ALBERT's `do_lower_case`; None for what the family does: ALBERT lowers.
        strip_accents: Remove accents, the opposite of ALBERT's `keep_accents`; None for what the family does: ALBERT
            removes them.
        split_special_tokens: False keeps `[MASK]` and its like in a text whole, as transformers does. True reads them
            as ordinary text, so that a text from outside cannot inject one.

    Raises:
        ValueError: XLM-RoBERTa shall lower or strip accents, which its published models never do; or tokens have
            U+FDD0, a code point that never will be a character.

    Example:
        >>> tokens = ["<pad>", "<unk>", "[CLS]", "[SEP]", "[MASK]", "▁a", "▁na", "ive", "▁"]
        >>> vocabulary = UnigramVocabulary(tokens, [0, 0, 0, 0, 0, -1, -2, -3, -4])
        >>> tokenizer = UnigramTokenizer(vocabulary)
        >>> tokenizer(["A naïve [MASK]", "what?"]).to_list()
        [[5, 6, 7, 4], [8, 1]]
        >>> ids, starts, ends = tokenizer.tokenize_with_offsets("A naïve [MASK]")
        >>> starts.numpy().tolist(), ends.numpy().tolist()
        ([0, 2, 4, 8], [1, 4, 7, 14])

    Reference:
        Kudo and Richardson 2018, "SentencePiece", https://arxiv.org/abs/1808.06226
    """

    def __init__(
        self,
        vocabulary: UnigramVocabulary,
        *,
        lower_case: bool | None = None,
        strip_accents: bool | None = None,
        split_special_tokens: bool = False,
    ):
        self.vocabulary = vocabulary
        is_albert = vocabulary.family is ALBERT
        self.lower_case = is_albert if lower_case is None else lower_case
        self.strip_accents = is_albert if strip_accents is None else strip_accents
        self.split_special_tokens = split_special_tokens
        if not is_albert and (self.lower_case or self.strip_accents):
            raise ValueError(f"lower_case and strip_accents are ALBERT's, received for {vocabulary!r}")
        self._rules = dict(lower_case=self.lower_case, strip_accents=self.strip_accents)

        model, used = vocabulary.model, set("".join(vocabulary.tokens))
        free = [character for character in _RESERVED if character not in used]
        if FILLER in used or len(free) <= len(vocabulary.special_tokens):
            raise ValueError(f"{vocabulary!r} has tokens of U+FDD0 to U+FDEF, which never will be characters")
        self._unknown, *stand_ins = free[: len(vocabulary.special_tokens) + 1]
        self._stand_ins = dict(zip(vocabulary.special_tokens, stand_ins, strict=True))
        # NUL ends a text for some of the kernels; no vocabulary has it, so that it is as unknown as a stand-in.
        self._reserved = rf"\x00{FILLER}{self._unknown}{''.join(stand_ins)}"
        self._other_spaces = other_spaces(model.character_map)
        if is_albert:  # printable ASCII without special tokens and quotes: nothing to normalise but the case
            self._plain = r"(?:'?[ -&(-;=-Z\\-_a-~])*'?"
        else:
            self._plain = f"[^<{self._reserved}{self._other_spaces}]*"
        with tf.device("CPU"):  # strings live there; constants on another device would be copied at every call
            self._kernel = SentencePieceKernel(self._kernel_model().serialize())
            self._tokens = tf.constant(vocabulary.tokens)
            self._is_special = tf.constant(np.isin(np.arange(len(vocabulary)), vocabulary.special_ids))
            self._letters = tf.constant([ord(t[0]) if {t[0]} == set(t) - {SPACE} else 0 for t in vocabulary.tokens])
            self._num_characters = tf.constant([len(t) - t.count(SPACE) for t in vocabulary.tokens], tf.int64)

    def _kernel_model(self) -> SentencePieceModel:
        """Spell special tokens as stand-ins with a space before, and `<unk>` once more behind all tokens."""
        model = self.vocabulary.model
        pieces, scores, types = list(model.pieces), list(model.scores), list(model.types)
        for index, piece in enumerate(pieces):
            if SPACE in piece[1:]:  # of several words, which are cut one by one
                types[index] = UNUSED
        best = max((score for score, kind in zip(scores, types) if kind == NORMAL), default=0.0)
        for token, stand_in in self._stand_ins.items():
            index = self.vocabulary.special_tokens[token]
            if token == "<unk>":
                pieces.append(SPACE + stand_in), scores.append(best), types.append(NORMAL)
            else:
                pieces[index], scores[index], types[index] = SPACE + stand_in, best, NORMAL
        return SentencePieceModel(pieces, scores, types, model.character_map)

    @classmethod
    def from_preset(cls, directory: str | os.PathLike) -> "UnigramTokenizer":
        """Build the tokenizer of a preset.

        Of `tokenizer.json` and a model file the first counts, as in transformers. A model file of ALBERT alone is read
        as transformers up to 4 made a `tokenizer.json` of it: pieces such as "5," lose 100 of their score, as Google's
        code takes them apart.

        Args:
            directory: Holds `tokenizer.json`, `spiece.model` or `sentencepiece.bpe.model`, and `tokenizer_config.json`,
                without which the defaults hold; is a preset of KerasHub; or a name as
                `bert_keras.preset_location.locate_preset` takes it.

        Raises:
            FileNotFoundError: The directory has no such file.
            ValueError: A file is faulty or asks for other rules; the message names file and field.
        """
        vocabulary, options = read_unigram_preset(directory)
        return cls(vocabulary, **options)

    def save_to_preset(self, directory: str | os.PathLike, *, model_max_length: int | None = None) -> None:
        """Write the model file, `tokenizer.json` and `tokenizer_config.json`, which `transformers` reads too.

        Args:
            directory: The preset's folder, made if need be.
            model_max_length: Longest input of the model in tokens, noted for transformers.
        """
        options = {key: value for key, value in self.get_config().items() if key != "vocabulary"}
        write_unigram_preset(Path(directory), self.vocabulary, **options, model_max_length=model_max_length)

    def get_config(self) -> dict:
        """Return the constructor's arguments, the vocabulary as its own config."""
        return {
            "vocabulary": self.vocabulary.get_config(),
            "lower_case": self.lower_case,
            "strip_accents": self.strip_accents,
            "split_special_tokens": self.split_special_tokens,
        }

    @classmethod
    def from_config(cls, config: dict) -> "UnigramTokenizer":
        """Build a tokenizer from what `get_config` returned."""
        return cls(**config | {"vocabulary": UnigramVocabulary.from_config(config["vocabulary"])})

    def _normalize(self, texts):
        """(batch,) strings to: these as valid UTF-8 with stand-ins, equally long; and what the kernel shall see."""
        rows = tf.where(~tf.strings.regex_full_match(texts, self._plain))
        marked = tf.strings.unicode_transcode(tf.gather_nd(texts, rows), "UTF-8", "UTF-8", errors="replace")
        marked = tf.strings.regex_replace(marked, f"[{self._reserved}]", self._unknown)
        if self._other_spaces:
            marked = tf.strings.regex_replace(marked, f"[{self._other_spaces}]", " ")
        if not self.split_special_tokens:
            for token, stand_in in self._stand_ins.items():
                spaces = " " * (len(token) - 2)  # no special token is shorter than <s>
                marked = tf.strings.regex_replace(marked, re.escape(token), f" {stand_in}{spaces}")
        if self.vocabulary.family is ALBERT:  # two backquotes or apostrophes are a quotation mark
            marked = tf.strings.regex_replace(marked, "``|''", FILLER + '"')
        normalized = normalize_accents_and_case(marked, **self._rules)
        lowered = tf.strings.lower(texts) if self.lower_case else texts
        return tf.tensor_scatter_nd_update(texts, rows, marked), tf.tensor_scatter_nd_update(lowered, rows, normalized)

    def _join(self, tokens):
        text = tf.strings.reduce_join(tokens, axis=-1)
        spaced = tf.ragged.map_flat_values(tf.strings.regex_replace, text, SPACE, " ")
        return tf.ragged.map_flat_values(tf.strings.regex_replace, spaced, "^ ", "")

    def _ids(self, texts):
        return self._in_order(self._kernel.tokenize(self._normalize(texts)[1]))[0]

    def _in_order(self, ids):
        """Give `<unk>` spelled out in a text, behind all others, its own id, and break ties; and where runs begin."""
        values = tf.where(ids.values == self.vocabulary_size, self.vocabulary.unk_id, ids.values)
        letters, lengths = tf.gather(self._letters, values), tf.gather(self._num_characters, values)
        order, firsts = order_runs(letters, lengths, ids.value_rowids())
        return ids.with_values(tf.gather(values, order)), firsts

    def _ids_and_offsets(self, texts):
        """(batch,) strings to: ids, first and last-plus-one characters, all (batch, tokens)."""
        marked, normalized = self._normalize(texts)
        ids, first_bytes = self._kernel.tokenize_with_first_bytes(normalized)
        ids, firsts = self._in_order(ids)
        lengths = tf.gather(self._num_characters, ids.values)
        lengths = tf.where(ids.values == self.vocabulary.unk_id, tf.constant(-1, tf.int64), lengths)
        widths = character_widths(self.vocabulary.model.character_map, **self._rules)
        characters = tf.strings.unicode_decode(marked, "UTF-8")
        starts, ends = characters_of_tokens(characters, first_bytes, lengths, firsts, widths)
        # A stand-in has a space before and spaces behind, in place of the other characters of its token.
        at = tf.cast(characters.row_splits[:-1], tf.int64)
        first = tf.gather(characters.values, tf.gather(at, ids.value_rowids()) + tf.cast(starts, tf.int64))
        for token, stand_in in self._stand_ins.items():
            is_token = first == ord(stand_in)
            starts = tf.where(is_token, starts - 1, starts)
            ends = tf.where(is_token, starts + len(token), ends)
        return ids, ids.with_values(starts), ids.with_values(ends)
