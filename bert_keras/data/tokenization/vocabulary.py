"""A WordPiece vocabulary: the tokens of `vocab.txt` in the order of their ids, and the ids of BERT's special tokens."""

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from bert_keras.atomic_files import write_file
from bert_keras.data.tokenization.row_layout import RowLayout

SPECIAL_TOKENS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


class Vocabulary:
    """The tokens a model knows; a token's position is its id. Immutable.

    Only `[UNK]` must be there. The id of another special token that the vocabulary lacks raises when it is asked for,
    so that a vocabulary without `[MASK]` still tokenizes, and fails clearly where masking begins.

    Args:
        tokens: The tokens in the order of their ids; a piece that continues a word begins with `##`.
        source: Where the tokens come from, named in error messages; a path as `load` passes it.

    Raises:
        ValueError: A token is empty, appears twice or holds a NUL or a line end, or `[UNK]` is missing; the message
            names the line.

    Example:
        >>> vocabulary = Vocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "token", "##s"])
        >>> len(vocabulary), vocabulary.mask_id, vocabulary.special_ids
        (7, 4, (0, 1, 2, 3, 4))
        >>> vocabulary.token_to_id("##s"), vocabulary.id_to_token(5)
        (6, 'token')

    Reference:
        `load_vocab` of https://github.com/google-research/bert/blob/master/tokenization.py
    """

    __slots__ = ("_tokens", "_ids", "_source")

    def __init__(self, tokens: Iterable[str], *, source: str | os.PathLike | None = None):
        self._tokens = tuple(tokens)
        self._source = None if source is None else os.fspath(source)
        self._ids = {}
        for index, token in enumerate(self._tokens):
            place = self._place(index)
            if not isinstance(token, str):
                raise ValueError(f"{place}: a token must be a str, received {token!r}")
            if not token:
                raise ValueError(f"{place}: empty token; ids count lines, so no line may be empty")
            if not {"\0", "\n", "\r"}.isdisjoint(token):
                raise ValueError(f"{place}: token {token!r} holds a NUL or a line end; is this a text file?")
            if self._ids.setdefault(token, index) != index:
                raise ValueError(f"{place}: token {token!r} already stands at {self._place(self._ids[token])}")
        if "[UNK]" not in self._ids:
            raise ValueError(
                f"{self._source or 'vocabulary'}: no [UNK] among {len(self)} tokens, needed for unknown words"
            )

    @classmethod
    def load(cls, path: str | os.PathLike) -> "Vocabulary":
        """Read a `vocab.txt`: UTF-8, one token a line.

        Raises:
            FileNotFoundError: There is no such file.
            ValueError: The file is not UTF-8 or not a vocabulary; the message names the line.
        """
        try:
            content = Path(path).read_bytes()
        except (FileNotFoundError, IsADirectoryError) as error:
            raise FileNotFoundError(f"expected a vocabulary file (vocab.txt) at {os.fspath(path)!r}") from error
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            place = f"{os.fspath(path)}:{line}"
            raise ValueError(f"{place}: not UTF-8 (byte 0x{content[error.start]:02x}); convert the file") from error
        # Not splitlines(): a token may be any character, among them those that Unicode counts as a line end.
        return cls((line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")), source=path)

    def save(self, path: str | os.PathLike) -> None:
        """Write the tokens as UTF-8, one a line; all of the file or nothing of it."""
        write_file(path, self._content())

    @property
    def tokens(self) -> tuple[str, ...]:
        """The tokens in the order of their ids."""
        return self._tokens

    @property
    def source(self) -> str | None:
        """Where the tokens came from, for messages."""
        return self._source

    @property
    def pad_id(self) -> int:
        """Id of `[PAD]`."""
        return self.token_to_id("[PAD]")

    @property
    def unk_id(self) -> int:
        """Id of `[UNK]`."""
        return self.token_to_id("[UNK]")

    @property
    def cls_id(self) -> int:
        """Id of `[CLS]`."""
        return self.token_to_id("[CLS]")

    @property
    def sep_id(self) -> int:
        """Id of `[SEP]`."""
        return self.token_to_id("[SEP]")

    @property
    def mask_id(self) -> int:
        """Id of `[MASK]`."""
        return self.token_to_id("[MASK]")

    @property
    def special_ids(self) -> tuple[int, ...]:
        """Ids of the special tokens that are there, ascending."""
        return tuple(sorted(self._ids[token] for token in SPECIAL_TOKENS if token in self._ids))

    @property
    def continues_word(self) -> np.ndarray:
        """(vocabulary,) bool, whether a token continues the word before it: begins with `##`."""
        return np.array([token.startswith("##") for token in self._tokens])

    @property
    def row_layout(self) -> RowLayout:
        """`[CLS] text [SEP]`, or `[CLS] text [SEP] text [SEP]`; a `ValueError` where one of them is missing."""
        return RowLayout(begin=(self.cls_id,), between=(self.sep_id,), end=(self.sep_id,), pad_id=self.pad_id)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the file as `save` writes it: tells whether data and model speak of the same ids."""
        return hashlib.sha256(self._content()).hexdigest()

    def token_to_id(self, token: str) -> int:
        """Return the id of a token; a `ValueError` where the vocabulary lacks it."""
        try:
            return self._ids[token]
        except KeyError:
            raise ValueError(f"{self._source or 'vocabulary'}: no {token} among its {len(self)} tokens") from None

    def id_to_token(self, token_id: int) -> str:
        """Return the token of an id; a `ValueError` where there is none."""
        if not 0 <= token_id < len(self):
            raise ValueError(f"token id {token_id} is not in the vocabulary: expected 0 to {len(self) - 1}")
        return self._tokens[token_id]

    def _content(self):
        return "".join(f"{token}\n" for token in self._tokens).encode()

    def _place(self, index):
        return f"token {index}" if self._source is None else f"{self._source}:{index + 1}"

    def __len__(self):
        return len(self._tokens)

    def __contains__(self, token):
        return token in self._ids

    def __eq__(self, other):
        return isinstance(other, Vocabulary) and self._tokens == other._tokens

    def __hash__(self):
        return hash(self._tokens)

    def __repr__(self):
        return f"Vocabulary({len(self)} tokens{'' if self._source is None else f' from {self._source}'})"
