"""Tokens that stay whole wherever a text has them, and the parts that the special ones of a family play."""

import dataclasses
from typing import Self


@dataclasses.dataclass(frozen=True)
class AddedToken:
    """A token that is found in a text before the text is cut into words.

    Args:
        content: The token, as a text has it.
        special: Whether it is a special token: never masked, and ordinary text where special tokens are to be split.
        lstrip: Whether it takes the white space before it.
        rstrip: Whether it takes the white space behind it.
        normalized: Whether it is sought in the normalised text, after those that are not.

    Raises:
        ValueError: The token is empty, or takes white space on both sides.

    Example:
        >>> AddedToken("<mask>", lstrip=True).content
        '<mask>'

    Reference:
        `AddedToken` of https://huggingface.co/docs/tokenizers/api/added-tokens
    """

    content: str
    special: bool = True
    lstrip: bool = False
    rstrip: bool = False
    normalized: bool = False

    def __post_init__(self):
        if not isinstance(self.content, str) or not self.content:
            raise ValueError(f"an added token must be a str of one character or more, received {self.content!r}")
        if self.lstrip and self.rstrip:
            raise ValueError(f"{self.content!r} takes white space on both sides; only one side is supported")


@dataclasses.dataclass(frozen=True)
class SpecialTokens:
    """What the special tokens of a vocabulary are for, and all tokens that stay whole in a text.

    Args:
        begin: Tokens before the first text of a row.
        between: Tokens between two texts.
        end: Tokens behind the last.
        pad: Token that fills a row up; None where there is none, as it is with the next two.
        unk: Token of what cannot be spelled.
        mask: Token that a masked language model sees.
        added: All tokens that stay whole in a text, those named before among them.
        has_segments: Whether the second text of a row is of segment 1.

    Raises:
        ValueError: A token that is named is not among `added`, or is there twice.

    Example:
        >>> tokens = SpecialTokens.bert()
        >>> tokens.begin, tokens.between, tokens.mask
        (('[CLS]',), ('[SEP]',), '[MASK]')
    """

    begin: tuple[str, ...] = ()
    between: tuple[str, ...] = ()
    end: tuple[str, ...] = ()
    pad: str | None = None
    unk: str | None = None
    mask: str | None = None
    added: tuple[AddedToken, ...] = ()
    has_segments: bool = False

    def __post_init__(self):
        contents = [token.content for token in self.added]
        if len({*contents}) < len(contents):
            raise ValueError(f"an added token must not be there twice, received {contents!r:.200}")
        named = {*self.begin, *self.between, *self.end, self.pad, self.unk, self.mask} - {None}
        if lacking := sorted(named.difference(contents)):
            raise ValueError(f"special tokens must be among the added tokens, which lack {', '.join(lacking)}")

    @classmethod
    def roberta(cls) -> Self:
        """Return RoBERTa's: `<s> text </s>`, `<s> text </s></s> text </s>`; `<mask>` takes the space before it."""
        added = [AddedToken(token) for token in ("<s>", "<pad>", "</s>", "<unk>")]
        added.append(AddedToken("<mask>", lstrip=True))
        ends = {"begin": ("<s>",), "between": ("</s>", "</s>"), "end": ("</s>",)}
        return cls(**ends, pad="<pad>", unk="<unk>", mask="<mask>", added=tuple(added))

    @classmethod
    def bert(cls) -> Self:
        """Return BERT's, as ModernBERT has them: `[CLS] text [SEP] text [SEP]`; `[MASK]` takes the space before it."""
        added = [AddedToken(token) for token in ("[UNK]", "[CLS]", "[SEP]", "[PAD]")]
        added.append(AddedToken("[MASK]", lstrip=True))
        ends = {"begin": ("[CLS]",), "between": ("[SEP]",), "end": ("[SEP]",)}
        return cls(**ends, pad="[PAD]", unk="[UNK]", mask="[MASK]", added=tuple(added))

    @classmethod
    def from_config(cls, config: dict) -> Self:
        """Build from what `get_config` returned."""
        config = {name: tuple(value) if isinstance(value, list) else value for name, value in config.items()}
        return cls(**config | {"added": tuple(AddedToken(**token) for token in config["added"])})

    def get_config(self) -> dict:
        """Return the constructor's arguments as JSON has them."""
        config = dataclasses.asdict(self)
        return {name: list(value) if isinstance(value, tuple) else value for name, value in config.items()}
