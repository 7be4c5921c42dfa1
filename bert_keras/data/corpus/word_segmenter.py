"""Words of a language that writes no spaces, found when a corpus is prepared, so that whole words can be masked."""

import functools
from collections.abc import Callable, Sequence

import numpy as np

Segmenter = Callable[[str], Sequence[str]]


@functools.cache
def load_word_segmenter(segmenter: str | Segmenter) -> Segmenter:
    """Return the function that cuts a text into words.

    Args:
        segmenter: `"jieba"`, or a function that takes a text and returns the words that it is made of, spaces included.

    Raises:
        ImportError: If the package is not installed.
        ValueError: If there is no segmenter of that name.
    """
    if callable(segmenter):
        return segmenter
    if segmenter != "jieba":
        raise ValueError(f"word_segmenter must be 'jieba' or a function, received {segmenter!r}")
    try:
        import jieba
    except ImportError:
        raise ImportError("word_segmenter='jieba' needs the package jieba: pip install jieba") from None
    return jieba.lcut


def segmenter_settings(segmenter: str | Segmenter | None) -> dict[str, str]:
    """Return what a corpus says of its segmenter, to be known again: nothing where there is none."""
    if segmenter is None:
        return {}
    name = segmenter if isinstance(segmenter, str) else f"{segmenter.__module__}.{segmenter.__qualname__}"
    return {"word_segmenter": name}


def words_of_tokens(texts: Sequence[str], tokenizer: Callable, segmenter: str | Segmenter) -> np.ndarray:
    """Return which tokens begin a word, (tokens,) bool: those that do not lie in the word of the token before.

    Args:
        texts: Sentences.
        tokenizer: Has `tokenize_with_offsets`.
        segmenter: As for `load_word_segmenter`.

    Raises:
        ValueError: If the words of a text, one after the other, are not the text.

    Example:
        >>> from bert_keras.data import WordPieceTokenizer
        >>> tokenizer = WordPieceTokenizer(["[UNK]", "北", "京", "人"])
        >>> words_of_tokens(["北京人"], tokenizer, lambda text: ["北京", "人"]).tolist()
        [True, False, True]
    """
    segmenter = load_word_segmenter(segmenter)
    _, first_characters, _ = tokenizer.tokenize_with_offsets(texts)
    begins = []
    for text, characters in zip(texts, first_characters.numpy(), strict=True):
        words = list(segmenter(text))
        if "".join(words) != text:
            raise ValueError(
                f"the words of a text must be the text, spaces included: {text[:60]!r} became {words[:20]!r}"
            )
        ends = np.cumsum([len(word) for word in words])
        numbers = np.searchsorted(ends, characters, side="right")
        begins.append(np.diff(numbers, prepend=-1) != 0)
    return np.concatenate(begins) if begins else np.zeros(0, bool)
