"""ROUGE-L as the scripts of MS COCO's captions count it, and with them E2E NLG's."""

import re
from collections.abc import Sequence

_BETA = 1.2  # how much more recall weighs than precision
_CLITIC = re.compile(r"(?<=\w)(n['’]t|['’](?:s|m|d|ll|re|ve))(?!\w)")
_TOKEN = re.compile(
    r"n['’]t(?!\w)|['’](?:s|m|d|ll|re|ve)(?!\w)"  # do n't, it 's
    r"|\w+(?:(?:[-.]|(?<=\d),(?=\d))\w+)*"  # words, family-friendly, 30.99, 1,000
    r"|[^\w\s.,:;?!`'\"’“”-]"  # a currency; a bracket, which the scripts mean to leave out, and do not
)


def coco_rouge_l(texts: Sequence[Sequence[str]], references: Sequence[Sequence[Sequence[str]]]) -> float:
    """Return the mean over texts of F1.2 of the highest precision and the highest recall with any reference.

    The two may be of different references, and words count that two texts have in one order, whatever is between them.

    Args:
        texts: the words of each text.
        references: for each text, the words of one reference or more.

    Returns:
        float, 0 to 1.

    Example:
        >>> from bert_keras.training.metrics.coco_rouge import coco_rouge_l
        >>> round(coco_rouge_l([["a", "cat", "sat"]], [[["a", "cat"], ["a", "dog", "sat", "there"]]]), 4)
        0.8299

    Reference:
        [Lin, 2004](https://aclanthology.org/W04-1013), [Chen et al., 2015](https://arxiv.org/abs/1504.00325)
    """
    return sum(_score(text, some) for text, some in zip(texts, references, strict=True)) / len(texts)


def penn_words(text: str) -> list[str]:
    """Part an English text into the words that ROUGE-L compares: the Penn Treebank's, lower case, no punctuation.

    Args:
        text: English.

    Returns:
        list of str.

    Example:
        >>> from bert_keras.training.metrics.coco_rouge import penn_words
        >>> penn_words("It isn't family-friendly; Zizzi's is (£20-25).")
        ['it', 'is', "n't", 'family-friendly', 'zizzi', "'s", 'is', '(', '£', '20-25', ')']
    """
    return _TOKEN.findall(_CLITIC.sub(r" \1", text.lower()))


def _score(text, references):
    common = [_common_length(text, words) for words in references]
    if not any(common):
        return 0.0
    precision = max(common) / len(text)
    recall = max(length / len(words) for length, words in zip(common, references) if length)
    return (1 + _BETA**2) * precision * recall / (recall + _BETA**2 * precision)


def _common_length(first, second):
    """Return the length of the longest common subsequence, by bits: Hyyrö, 2004."""
    places = {}
    for place, word in enumerate(first):
        places[word] = places.get(word, 0) | 1 << place
    everywhere = (1 << len(first)) - 1
    unmatched = everywhere  # a 0 where one more word is common
    for word in second:
        matched = unmatched & places.get(word, 0)
        unmatched = (unmatched + matched | unmatched - matched) & everywhere
    return len(first) - unmatched.bit_count()
