"""The vocabulary of a SentencePiece unigram model: pieces, their scores, and the special tokens of its family."""

import base64
import functools
import hashlib
from collections.abc import Collection, Sequence

import numpy as np

from bert_keras.data.tokenization.character_map import CharacterMap
from bert_keras.data.tokenization.row_layout import RowLayout
from bert_keras.data.tokenization.sentencepiece_model import (
    CONTROL,
    NORMAL,
    UNKNOWN,
    USER_DEFINED,
    SentencePieceModel,
)
from bert_keras.data.tokenization.unigram_family import UNIGRAM_FAMILIES, family_of

SPACE = "▁"  # U+2581, which begins the pieces that begin a word


class UnigramVocabulary:
    """The tokens of ALBERT or XLM-RoBERTa, a token's position being its id, with what a unigram model needs. Immutable.

    The family is known by its special tokens: `<pad>`, `<unk>`, `[CLS]`, `[SEP]`, `[MASK]` at the beginning are
    ALBERT's; `<s>`, `<pad>`, `</s>`, `<unk>` at the beginning and `<mask>` at the end XLM-RoBERTa's.

    Args:
        tokens: In the order of their ids; one that begins a word begins with U+2581.
        scores: Logarithm of each token's probability; of special tokens they do not count.
        character_map: What becomes of characters before a text is cut, as SentencePiece's `precompiled_charsmap`.
        user_defined: Tokens that a text is always cut around, as SentencePiece's `user_defined_symbols`.
        source: Where the tokens come from, named in error messages.

    Raises:
        ValueError: The special tokens are of neither family, a token is empty or comes twice, a score is no finite
            number, or the character map is damaged.

    Example:
        >>> tokens = ["<pad>", "<unk>", "[CLS]", "[SEP]", "[MASK]", "▁token", "s"]
        >>> vocabulary = UnigramVocabulary(tokens, [0, 0, 0, 0, 0, -1.0, -2.0])
        >>> vocabulary.family.name, vocabulary.mask_id, vocabulary.continues_word[5:].tolist()
        ('albert', 4, [False, True])

    Reference:
        Kudo 2018, "Subword Regularization", https://arxiv.org/abs/1804.10959
    """

    def __init__(
        self,
        tokens: Sequence[str],
        scores: Sequence[float],
        *,
        character_map: CharacterMap | bytes = b"",
        user_defined: Collection[str] = (),
        source: str | None = None,
    ):
        self._source = source
        try:
            tokens = tuple(tokens)
            if wrong := [token for token in tokens if not isinstance(token, str)]:
                raise ValueError(f"a token must be a str, received {wrong[0]!r:.100}")
            self.family = family_of(tokens)
            specials = {token: index % len(tokens) for token, index in self.family.specials.items()}
            user_defined = set(user_defined)
            if unknown := user_defined - set(tokens) | user_defined & set(specials):
                raise ValueError(f"user_defined must be ordinary tokens, received {sorted(unknown)}")
            character_map = character_map if isinstance(character_map, CharacterMap) else CharacterMap(character_map)
            types = [USER_DEFINED if token in user_defined else NORMAL for token in tokens]
            for token, index in specials.items():
                types[index] = UNKNOWN if token == "<unk>" else CONTROL
            with np.errstate(over="ignore"):  # what is too large becomes infinite, and is refused
                scores = np.array(scores, np.float32).tolist()
            self._model = SentencePieceModel(tokens, scores, types, character_map)
        except (TypeError, ValueError) as error:
            raise ValueError(f"{source or 'unigram vocabulary'}: {error}") from error
        self._special_tokens = specials

    @classmethod
    def from_model(cls, model: SentencePieceModel, *, source: str | None = None) -> "UnigramVocabulary":
        """Build the vocabulary of a model file: of ALBERT's as it is, of XLM-RoBERTa's as fairseq numbers it.

        Raises:
            ValueError: The first pieces are of neither family, or pieces are of a type that neither has.
        """
        place = source or "model of SentencePiece"
        for family in UNIGRAM_FAMILIES:
            num_specials = len(family.model_pieces)
            if model.pieces[:num_specials] == family.model_pieces:
                break
        else:
            expected = " or ".join(f"{', '.join(family.model_pieces)} ({family.name})" for family in UNIGRAM_FAMILIES)
            raise ValueError(f"{place}: expected the first pieces to be {expected}, received {model.pieces[:5]}")
        for piece, kind in list(zip(model.pieces, model.types))[num_specials:]:
            if kind not in (NORMAL, USER_DEFINED):
                names = {UNKNOWN: "unknown", CONTROL: "control", 5: "unused", 6: "byte"}
                raise ValueError(f"{place}: the piece {piece!r} is of type {names[kind]!r}, which {family.name} lacks")
        pieces, scores = list(model.pieces[num_specials:]), list(model.scores[num_specials:])
        before = [token for token, index in family.specials.items() if index >= 0]
        behind = [token for token, index in family.specials.items() if index < 0]
        user_defined = [piece for piece, kind in zip(model.pieces, model.types) if kind == USER_DEFINED]
        return cls(
            [*before, *pieces, *behind],
            [0.0] * len(before) + scores + [0.0] * len(behind),
            character_map=model.character_map,
            user_defined=user_defined,
            source=source,
        )

    def to_model(self) -> SentencePieceModel:
        """Return what `from_model` reads: the model without what fairseq adds to it."""
        own, model = self.family.model_pieces, self._model
        specials = set(self._special_tokens)
        kept = [index for index, token in enumerate(model.pieces) if token not in specials]
        types = [UNKNOWN if piece == "<unk>" else CONTROL for piece in own] + [model.types[index] for index in kept]
        scores = [0.0] * len(own) + [model.scores[index] for index in kept]
        return SentencePieceModel([*own, *(model.pieces[index] for index in kept)], scores, types, model.character_map)

    @property
    def model(self) -> SentencePieceModel:
        """The tokens with their scores, types and character map, numbered as here."""
        return self._model

    @property
    def tokens(self) -> tuple[str, ...]:
        """The tokens in the order of their ids."""
        return self._model.pieces

    @property
    def source(self) -> str | None:
        """Where the tokens came from, for messages."""
        return self._source

    @property
    def special_tokens(self) -> dict[str, int]:
        """{token: id} of the special tokens."""
        return dict(self._special_tokens)

    @property
    def unk_id(self) -> int:
        """Id of `<unk>`."""
        return self._special_tokens["<unk>"]

    @property
    def pad_id(self) -> int:
        """Id of `<pad>`."""
        return self._special_tokens["<pad>"]

    @property
    def mask_id(self) -> int:
        """Id of `[MASK]` or `<mask>`."""
        return self._special_tokens[self.family.mask_token]

    @property
    def special_ids(self) -> tuple[int, ...]:
        """Ids of the special tokens, ascending."""
        return tuple(sorted(self._special_tokens.values()))

    @property
    def continues_word(self) -> np.ndarray:
        """(vocabulary,) bool, whether a token continues the word before it: does not begin with U+2581.

        `<unk>` does, since a word that begins with something unknown has U+2581 alone before it.
        """
        continues = np.array([not token.startswith(SPACE) for token in self.tokens])
        continues[[index for index in self.special_ids if index != self.unk_id]] = False
        return continues

    @property
    def row_layout(self) -> RowLayout:
        """`[CLS] text [SEP] text [SEP]` with segments, or `<s> text </s></s> text </s>` without."""
        ids, family = self._special_tokens, self.family
        between = tuple(ids[token] for token in family.between)
        return RowLayout((ids[family.begin],), between, (ids[family.end],), ids["<pad>"], family.has_segments)

    @functools.cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the model: tells whether data and model speak of the same ids."""
        return hashlib.sha256(self._model.serialize()).hexdigest()

    def token_to_id(self, token: str) -> int:
        """Return the id of a token; a `ValueError` where the vocabulary lacks it."""
        try:
            return self._ids[token]
        except KeyError:
            place = self._source or "unigram vocabulary"
            raise ValueError(f"{place}: no {token} among its {len(self)} tokens") from None

    def id_to_token(self, token_id: int) -> str:
        """Return the token of an id; a `ValueError` where there is none."""
        if not 0 <= token_id < len(self):
            raise ValueError(f"token id {token_id} is not in the vocabulary: expected 0 to {len(self) - 1}")
        return self.tokens[token_id]

    @functools.cached_property
    def _ids(self):
        return {token: index for index, token in enumerate(self.tokens)}

    def get_config(self) -> dict:
        """Return the arguments as JSON can hold them."""
        model = self._model
        return {
            "tokens": list(model.pieces),
            "scores": list(model.scores),
            "character_map": base64.b64encode(model.character_map.content).decode(),
            "user_defined": [token for token, kind in zip(model.pieces, model.types) if kind == USER_DEFINED],
        }

    @classmethod
    def from_config(cls, config: dict) -> "UnigramVocabulary":
        """Build a vocabulary from what `get_config` returned."""
        return cls(**config | {"character_map": base64.b64decode(config["character_map"])})

    def __len__(self):
        return len(self.tokens)

    def __contains__(self, token):
        return token in self._ids

    def __eq__(self, other):
        return isinstance(other, UnigramVocabulary) and self.model == other.model

    def __hash__(self):
        return hash(self._model)

    def __repr__(self):
        source = "" if self._source is None else f" from {self._source}"
        return f"UnigramVocabulary({len(self)} tokens of {self.family.name}{source})"
