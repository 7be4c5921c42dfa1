"""How a row is laid out for a model that writes: where a source ends, a target begins and a text ends."""

import dataclasses

from bert_keras.data.tokenization.row_layout import RowLayout
from bert_keras.data.tokenization.tokenizer import TokenIds


def writing_layout(vocabulary: TokenIds) -> RowLayout:
    """Give the layout of a row for a model that writes: with an end token, and with the target in segment 1.

    It is the family's, of families without segments too, for a `PrefixLM` tells by them what it writes. GPT-2's only
    special token ends a text, parts two and fills a row up.

    Args:
        vocabulary: of the tokenizer.

    Raises:
        ValueError: If the tokenizer has no end token: a model would never learn where to stop.

    Example:
        >>> from bert_keras.data import WordPieceTokenizer
        >>> tokenizer = WordPieceTokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "so"])
        >>> writing_layout(tokenizer.vocabulary).row([5], [5, 5])
        [2, 5, 3, 5, 5, 3]
    """
    if len(vocabulary.special_ids) == 1:
        (end,) = vocabulary.special_ids
        return RowLayout((), (end,), (end,), pad_id=end)
    layout = vocabulary.row_layout
    if not layout.end:
        special = ", ".join(vocabulary.tokens[number] for number in vocabulary.special_ids) or "none"
        raise ValueError(
            "expected a tokenizer with an end token, by which a model that writes learns where to stop; this one puts "
            f"none behind a text (its special tokens: {special}). Give it one: a template in its tokenizer.json, or "
            "SpecialTokens(end=...)"
        )
    return dataclasses.replace(layout, has_segments=True)
