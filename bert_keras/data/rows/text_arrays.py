"""Strings as the arrays of one batch, for a `fit` or `predict` of one's own."""

from collections.abc import Callable, Iterable

import numpy as np
import tensorflow as tf

from bert_keras.data.rows.tokenized_texts import TokenizedTexts

_NO_LIMIT = 1 << 30


def pack(
    tokenizer: Callable,
    texts: Iterable[str],
    second_texts: Iterable[str] | None = None,
    *,
    sequence_length: int | None = None,
) -> dict[str, np.ndarray]:
    """Make the encoder's inputs of texts, or of pairs of texts, at once and in memory.

    A row is `[CLS] text [SEP]` or `[CLS] text [SEP] second text [SEP]`, padded behind it, as in every dataset here. A
    row that is too long is cut at its end, of a pair the longer text first; how many were cut is logged.

    Args:
        tokenizer: A `WordPieceTokenizer`.
        texts: The (first) texts.
        second_texts: As many second texts, for pairs.
        sequence_length: Tokens of every row, special ones included; None for those of the longest row, so that nothing
            is cut.

    Returns:
        `token_ids`, `segment_ids` (0 in the first text, 1 in the second) and `padding_mask` (1 at tokens, 0 at
        padding), each (texts, sequence_length) int32.

    Raises:
        ValueError: If there is no text, something is no string, the numbers of first and second texts differ, or
            `sequence_length` has no room for a token of each text.

    Example:
        >>> from bert_keras.data import WordPieceTokenizer
        >>> tokenizer = WordPieceTokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "cat", "sat"])
        >>> batch = pack(tokenizer, ["A cat", "A cat sat"], ["sat", "sat"])
        >>> batch["token_ids"].tolist()
        [[2, 4, 5, 3, 6, 3, 0], [2, 4, 5, 6, 3, 6, 3]]
        >>> batch["segment_ids"].tolist()[0], batch["padding_mask"].tolist()[0]
        ([0, 0, 0, 0, 1, 1, 0], [1, 1, 1, 1, 1, 1, 0])
        >>> pack(tokenizer, ["A cat sat"], sequence_length=4)["token_ids"].tolist()
        [[2, 4, 5, 3]]

        With labels it is what `fit` takes: `model.fit(pack(tokenizer, texts), labels)`.
    """
    texts = _strings(texts, "texts")
    if not texts:
        raise ValueError("texts must hold one text or more, received none")
    if second_texts is not None:
        second_texts = _strings(second_texts, "second_texts")
        if len(second_texts) != len(texts):
            raise ValueError(
                f"each text needs its second text: received {len(texts)} texts and {len(second_texts)} second_texts"
            )
    num_texts = 1 if second_texts is None else 2
    least = tokenizer.vocabulary.row_layout.num_special_tokens(num_texts) + num_texts
    if sequence_length is not None and sequence_length < least:
        raise ValueError(f"sequence_length must be at least {least}, received {sequence_length}")
    rows = TokenizedTexts(texts, second_texts, tokenizer, sequence_length=sequence_length or _NO_LIMIT)
    with tf.device("CPU"):
        inputs = rows.inputs(tf.range(len(texts)), sequence_length or int(rows.row_lengths.max()))
    return {name: values.numpy() for name, values in inputs.items()}


def _strings(texts: Iterable[str], name: str) -> tuple[str, ...]:
    if isinstance(texts, (str, bytes)):
        raise ValueError(f"{name} must be a list of strings, received one string, {texts[:60]!r}: put it in a list")
    try:
        texts = tuple(texts)
    except TypeError:
        raise ValueError(f"{name} must be a list of strings, received {type(texts).__name__}") from None
    for number, text in enumerate(texts):
        if not isinstance(text, str):
            raise ValueError(f"{name} must be strings, received {type(text).__name__} {text!r:.60} at {number}")
    return texts
