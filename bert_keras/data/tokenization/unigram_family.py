"""The families whose tokenizers are unigram models of SentencePiece, ALBERT and XLM-RoBERTa: what tells them apart."""

import dataclasses
from collections.abc import Sequence


@dataclasses.dataclass(frozen=True)
class UnigramFamily:
    """What tells apart the families whose tokenizers are unigram models.

    Attributes:
        name: As `model_type` in `config.json` has it.
        specials: {token: id}, ids from behind being negative.
        begin, between, end: The special tokens of a row.
        has_segments: Whether the second text of a row is of segment 1.
        file: Name of the model file in a preset.
        model_pieces: What the file has in place of the special tokens at the beginning: all but `<mask>`.
        tokenizer_class: The class of transformers.
    """

    name: str
    specials: dict[str, int]
    begin: str
    between: tuple[str, ...]
    end: str
    has_segments: bool
    file: str
    model_pieces: tuple[str, ...]
    tokenizer_class: str

    @property
    def mask_token(self) -> str:
        """The token that stands in place of a masked one."""
        return next(token for token in self.specials if "mask" in token.lower())


ALBERT = UnigramFamily(
    name="albert",
    specials={"<pad>": 0, "<unk>": 1, "[CLS]": 2, "[SEP]": 3, "[MASK]": 4},
    begin="[CLS]",
    between=("[SEP]",),
    end="[SEP]",
    has_segments=True,
    file="spiece.model",
    model_pieces=("<pad>", "<unk>", "[CLS]", "[SEP]", "[MASK]"),
    tokenizer_class="AlbertTokenizer",
)
# fairseq put four tokens of its own before the pieces and one behind, and left out the first three of the file.
XLM_ROBERTA = UnigramFamily(
    name="xlm-roberta",
    specials={"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3, "<mask>": -1},
    begin="<s>",
    between=("</s>", "</s>"),
    end="</s>",
    has_segments=False,
    file="sentencepiece.bpe.model",
    model_pieces=("<unk>", "<s>", "</s>"),
    tokenizer_class="XLMRobertaTokenizer",
)
UNIGRAM_FAMILIES = (ALBERT, XLM_ROBERTA)


def family_of(tokens: Sequence[str]) -> UnigramFamily:
    """Return the family that has the special tokens of a vocabulary.

    Raises:
        ValueError: Neither has.

    Example:
        >>> family_of(["<s>", "<pad>", "</s>", "<unk>", "▁a", "<mask>"]).name
        'xlm-roberta'
    """
    for family in UNIGRAM_FAMILIES:
        if len(tokens) >= len(family.specials):
            if all(tokens[index] == token for token, index in family.specials.items()):
                return family
    first, last = ", ".join(map(repr, tokens[:5])), repr(tokens[-1]) if tokens else "nothing"
    raise ValueError(
        "expected <pad>, <unk>, [CLS], [SEP], [MASK] as the first tokens (albert), or <s>, <pad>, </s>, <unk> as the "
        f"first and <mask> as the last (xlm-roberta); received {first} and at last {last}"
    )
