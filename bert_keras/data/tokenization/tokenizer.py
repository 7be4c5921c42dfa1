"""What the package asks of a tokenizer, of whatever family: the protocol, and the tokenizer of a preset."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Protocol, Self

import numpy as np
import tensorflow as tf

from bert_keras.data.tokenization.byte_pair_tokenizer import BytePairTokenizer
from bert_keras.data.tokenization.keras_hub_assets import BYTE_PAIRS, FOLDER, SENTENCE_PIECES, WORD_PIECES
from bert_keras.data.tokenization.row_layout import RowLayout
from bert_keras.data.tokenization.string_tensors import Strings
from bert_keras.data.tokenization.tokenizer_preset import preset_directory
from bert_keras.data.tokenization.unigram_tokenizer import UnigramTokenizer
from bert_keras.data.tokenization.wordpiece_tokenizer import WordPieceTokenizer
from bert_keras.json_text import parse_json


class TokenIds(Protocol):
    """What is known of a tokenizer's ids; `Vocabulary` knows it of WordPiece's."""

    @property
    def tokens(self) -> tuple[str, ...]:
        """The tokens as strings, in the order of their ids."""

    @property
    def unk_id(self) -> int:
        """Id of what the tokenizer cannot spell."""

    @property
    def mask_id(self) -> int:
        """Id that a masked language model sees in place of a token."""

    @property
    def special_ids(self) -> tuple[int, ...]:
        """Ids that are neither masked nor drawn as random tokens; in text only `unk_id` may occur."""

    @property
    def continues_word(self) -> np.ndarray:
        """(vocabulary,) bool, whether a token continues the word of the token before it."""

    @property
    def row_layout(self) -> RowLayout:
        """Which special tokens stand in a row."""

    @property
    def fingerprint(self) -> str:
        """Differs where ids mean something else: says whether a corpus was made with these."""

    def __len__(self) -> int: ...


class Tokenizer(Protocol):
    """What datasets, predictors and recipes ask of a tokenizer. `WordPieceTokenizer` is BERT's.

    Rows of texts need no more than the call and `vocabulary`, a `TokenIds`, with its `row_layout` and `unk_id`; answers
    and pieces of long texts need offsets; `get_config` lets the workers of `prepare_corpus` build the same tokenizer.
    """

    @property
    def vocabulary(self) -> TokenIds:
        """What is known of the ids."""

    def __call__(self, texts: Strings) -> tf.RaggedTensor | tf.Tensor:
        """Return the int32 ids of texts, without special tokens: one dimension more than the strings have."""

    def pieces(self, texts: Strings) -> tf.RaggedTensor | tf.Tensor:
        """Return the tokens as strings, in the shape of their ids."""

    def tokenize_with_offsets(self, texts: Strings) -> tuple:
        """Return ids, first characters and last characters + 1 in the texts, int32 and equally ragged."""

    def detokenize(
        self, ids: Sequence | np.ndarray | tf.Tensor | tf.RaggedTensor, *, skip_special_tokens: bool = False
    ) -> tf.Tensor | tf.RaggedTensor:
        """Return the texts of ids."""

    def get_config(self) -> dict:
        """Return the constructor's arguments."""

    @classmethod
    def from_config(cls, config: dict) -> Self:
        """Build a tokenizer from what `get_config` returned."""

    def save_to_preset(self, directory: str | os.PathLike, *, model_max_length: int | None = None) -> None:
        """Write the tokenizer's files of a preset, which `transformers` reads, too."""


def tokenizer_of(preset: str | os.PathLike) -> Tokenizer:
    """Load the tokenizer of a preset: that of the model's family.

    Args:
        preset: Directory or name, as `from_preset` of the models takes it.

    Returns:
        A `WordPieceTokenizer`, a `BytePairTokenizer` or a `UnigramTokenizer`: presets of other tokenizers are refused.

    Raises:
        FileNotFoundError: There is no vocabulary.
        ValueError: A file is faulty or asks for rules that we do not have; the message names file and line or field.

    Example:
        >>> import tempfile
        >>> from bert_keras.data import WordPieceTokenizer
        >>> preset = tempfile.mkdtemp()
        >>> WordPieceTokenizer(["[UNK]", "so", "good"]).save_to_preset(preset)
        >>> tokenizer_of(preset)("so good").numpy().tolist()
        [1, 2]
    """
    directory = preset_directory(preset)
    kinds = [kind for kind in _KINDS if any((directory / name).is_file() for name in kind.files)]
    if len(kinds) > 1:
        found = " and ".join(name for kind in kinds for name in kind.files if (directory / name).is_file())
        raise ValueError(f"{directory} holds the files of two tokenizers: {found}; leave those of one")
    if not kinds and (path := directory / "tokenizer.json").is_file():
        model_type = _model_type(path)
        kinds = [kind for kind in _KINDS if model_type == kind.model_type]
        if model_type and not kinds:
            known = ", ".join(kind.model_type for kind in _KINDS)
            raise ValueError(f"{path}: model.type must be one of {known}, received {model_type!r:.50}")
    is_empty = directory.is_dir() and not any((directory / path).exists() for path in ("tokenizer.json", FOLDER))
    if not kinds and is_empty:
        names = ", ".join(name for kind in _KINDS for name in kind.files)
        found = ", ".join(sorted(path.name for path in directory.iterdir())) or "nothing"
        raise FileNotFoundError(
            f"expected a tokenizer in {directory}: tokenizer.json, or the files of one kind among {names}; it holds "
            f"{found}. Copy them from the preset that the encoder was trained with"
        )
    return (kinds or _KINDS)[0].tokenizer.from_preset(preset)


class _Kind(NamedTuple):
    tokenizer: type[Tokenizer]
    files: tuple[str, ...]  # which no other kind has
    model_type: str  # in tokenizer.json


_KINDS = (  # the first is the one where nothing says which
    _Kind(WordPieceTokenizer, ("vocab.txt", WORD_PIECES), "WordPiece"),
    _Kind(BytePairTokenizer, ("vocab.json", "merges.txt", BYTE_PAIRS), "BPE"),
    _Kind(UnigramTokenizer, ("spiece.model", "sentencepiece.bpe.model", SENTENCE_PIECES), "Unigram"),
)


def _model_type(path: Path) -> str | None:
    """Return what a `tokenizer.json` says of itself; None where it is not of Hugging Face's `tokenizers`."""
    try:
        content = parse_json(path.read_bytes())
    except ValueError as error:
        raise ValueError(f"{path}: expected JSON in UTF-8: {error}") from error
    model = content.get("model") if isinstance(content, dict) else None
    return model.get("type") if isinstance(model, dict) else None
