"""How tagged sentences are written in their file: what a recipe's command line and the reader of tags share."""

import dataclasses
from typing import Literal

Scheme = Literal["BIO", "IOB2", "BIOES", "IOBES", "BILOU", "BMES", "IOB1", "IOE2"]


@dataclasses.dataclass(frozen=True)
class TagFormat:
    """How tagged sentences are written in their file: arguments of `bert_keras.data.read_tagged_sentences`.

    In a recipe each field is an option.

    Example:
        >>> dataclasses.asdict(TagFormat(scheme=None))["tag_faults"]
        'refuse'
    """

    scheme: Scheme | None = "BIO"  # how the tags spell spans; None for tags that do not, such as parts of speech
    tag_faults: Literal["refuse", "repair"] = "refuse"  # I- without its B- and the like; or read as conlleval does
    word_column: int | None | str = None  # of CoNLL files, from 0; None for the first, or FORM; in JSON a key
    tag_column: int | None | str = None  # the same, from the end if negative; None for the last, or UPOS
    errors: Literal["raise", "skip"] = "raise"  # at the first faulty sentence; or skip those, and count them
    encoding: str | None = None  # gbk, cp1252 or another, where it is not UTF-8
