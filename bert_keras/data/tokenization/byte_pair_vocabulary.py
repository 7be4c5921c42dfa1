"""A byte-pair vocabulary: tokens in the order of their ids, the merges that make them, and the special tokens."""

import dataclasses
import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from typing import Self

import numpy as np

from bert_keras.data.tokenization.added_tokens import SpecialTokens
from bert_keras.data.tokenization.byte_alphabet import ALPHABET
from bert_keras.data.tokenization.row_layout import RowLayout

_SPACES = tuple(" \t\n\r\v\f")  # a token that begins with one begins a word
_ENDS = ("begin", "between", "end")


class BytePairVocabulary:
    """The tokens that a model knows, and the merges that make them of bytes. Immutable; a `TokenIds`.

    Tokens are spelled in GPT-2's alphabet, which has a character for each byte: a space is `Ġ`. All 256 must be there,
    so that any text has ids, and so must the parts and the result of every merge.

    Args:
        tokens: The tokens in the order of their ids.
        merges: Pairs of tokens in the order in which they are merged.
        special_tokens: What the special tokens are, and which tokens stay whole in a text; None for RoBERTa's.
        source: Where tokens and merges come from, named in error messages.
        merge_lines: For each merge the line of `source` where it stands, for messages.

    Raises:
        ValueError: A token is empty or appears twice, a byte has none, a merge has parts or a result that are no
            tokens or comes twice, or a special token is missing; the message names token, or merge and line.

    Example:
        >>> from bert_keras.data.tokenization.byte_alphabet import ALPHABET
        >>> tokens = ["<s>", "<pad>", "</s>", "<unk>", "<mask>", *ALPHABET, "Ġs", "Ġso"]
        >>> vocabulary = BytePairVocabulary(tokens, [("Ġ", "s"), ("Ġs", "o")])
        >>> len(vocabulary), vocabulary.mask_id, vocabulary.tokens[-1]
        (263, 4, 'Ġso')

    Reference:
        https://github.com/openai/gpt-2/blob/master/src/encoder.py
    """

    __slots__ = ("_tokens", "_ids", "_merges", "_special_tokens", "_source", "_fingerprint")

    def __init__(
        self,
        tokens: Iterable[str],
        merges: Iterable[Sequence[str]],
        special_tokens: SpecialTokens | None = None,
        *,
        source: str | os.PathLike | None = None,
        merge_lines: Sequence[int] | None = None,
    ):
        self._tokens, self._ids = tuple(tokens), {}
        self._source = "vocabulary" if source is None else os.fspath(source)
        special_tokens = SpecialTokens.roberta() if special_tokens is None else special_tokens
        self._fingerprint = None
        for index, token in enumerate(self._tokens):
            if not isinstance(token, str) or not token:
                raise ValueError(f"{self._source}: token {index} must be a str of one character or more, got {token!r}")
            if self._ids.setdefault(token, index) != index:
                raise ValueError(f"{self._source}: {token!r} is token {self._ids[token]} and token {index}")
        for byte, character in enumerate(ALPHABET):
            if character not in self._ids:
                raise ValueError(
                    f"{self._source}: no token {character!r} among {len(self)}, which spells byte 0x{byte:02x}; "
                    "byte-level BPE needs all 256"
                )
        added = sorted(special_tokens.added, key=lambda token: self.token_to_id(token.content))
        self._special_tokens = dataclasses.replace(special_tokens, added=tuple(added))
        self._merges = tuple(tuple(merge) for merge in merges)
        self._check_merges(merge_lines)

    def _check_merges(self, lines):
        ranks, alphabet = {}, frozenset(ALPHABET)
        for rank, merge in enumerate(self._merges):
            place = f"{self._source}:{lines[rank]}" if lines else f"{self._source}: merge {rank}"
            if len(merge) != 2 or not all(isinstance(part, str) and part for part in merge):
                raise ValueError(f"{place}: a merge must be two tokens, received {merge!r:.100}")
            result = merge[0] + merge[1]
            for token in (*merge, result):
                if token not in self._ids:
                    raise ValueError(f"{place}: merge {' '.join(merge)!r} needs {token!r}, which is no token")
            if not alphabet.issuperset(result):
                raise ValueError(f"{place}: merge {' '.join(merge)!r} is not in the alphabet of byte-level BPE")
            if ranks.setdefault(merge, rank) != rank:
                raise ValueError(f"{place}: merge {' '.join(merge)!r} stands there twice")

    @property
    def tokens(self) -> tuple[str, ...]:
        """The tokens in the order of their ids."""
        return self._tokens

    @property
    def merges(self) -> tuple[tuple[str, str], ...]:
        """The merges in the order of their ranks."""
        return self._merges

    @property
    def special_tokens(self) -> SpecialTokens:
        """What the special tokens are for, and which tokens stay whole in a text."""
        return self._special_tokens

    @property
    def source(self) -> str:
        """Where tokens and merges came from, for messages."""
        return self._source

    @property
    def unk_id(self) -> int:
        """Id of what cannot be spelled; no text becomes it, as all bytes have tokens."""
        return self._id_of("unk")

    @property
    def mask_id(self) -> int:
        """Id that a masked language model sees in place of a token."""
        return self._id_of("mask")

    @property
    def pad_id(self) -> int:
        """Id that fills a row up."""
        return self._id_of("pad")

    @property
    def special_ids(self) -> tuple[int, ...]:
        """Ids of the special tokens, ascending."""
        return tuple(sorted(self._ids[token.content] for token in self._special_tokens.added if token.special))

    @property
    def continues_word(self) -> np.ndarray:
        """(vocabulary,) bool, whether a token continues a word: does not begin with white space, and is not added."""
        added = {token.content for token in self._special_tokens.added}
        begins = tuple(ALPHABET[ord(space)] for space in _SPACES)
        return np.array([not token.startswith(begins) and token not in added for token in self._tokens])

    @property
    def row_layout(self) -> RowLayout:
        """Which special tokens stand in a row; a `ValueError` where there is no token to fill it up."""
        special = self._special_tokens
        ends = {name: tuple(self._ids[token] for token in getattr(special, name)) for name in _ENDS}
        return RowLayout(**ends, pad_id=self.pad_id, has_segments=special.has_segments)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of tokens and merges: tells whether data and model speak of the same ids."""
        if self._fingerprint is None:
            content = json.dumps([self._tokens, self._merges], separators=(",", ":"))
            self._fingerprint = hashlib.sha256(content.encode()).hexdigest()
        return self._fingerprint

    def token_to_id(self, token: str) -> int:
        """Return the id of a token; a `ValueError` where the vocabulary lacks it."""
        try:
            return self._ids[token]
        except KeyError:
            raise ValueError(f"{self._source}: no {token} among its {len(self)} tokens") from None

    def get_config(self) -> dict:
        """Return the constructor's arguments as JSON has them."""
        config = {"tokens": list(self._tokens), "merges": [list(merge) for merge in self._merges]}
        return config | {"special_tokens": self._special_tokens.get_config()}

    @classmethod
    def from_config(cls, config: dict) -> Self:
        """Build a vocabulary from what `get_config` returned."""
        return cls(config["tokens"], config["merges"], SpecialTokens.from_config(config["special_tokens"]))

    def _id_of(self, part):
        token = getattr(self._special_tokens, part)
        if token is None:
            raise ValueError(f"{self._source}: there is no {part} token")
        return self._ids[token]

    def __len__(self):
        return len(self._tokens)

    def __contains__(self, token):
        return token in self._ids

    def __eq__(self, other):
        return isinstance(other, BytePairVocabulary) and self._key() == other._key()

    def __hash__(self):
        return hash(self._key())

    def _key(self):
        return self._tokens, self._merges, self._special_tokens

    def __repr__(self):
        return f"BytePairVocabulary({len(self)} tokens from {self._source}, {len(self._merges)} merges)"
