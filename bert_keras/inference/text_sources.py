"""What a user gives as texts, as a list of str: one of them, any iterable of them, or the path of a file."""

import os
import pathlib
from collections.abc import Iterable, Mapping

from bert_keras.data.files.text_lines import read_lines

TABLE_SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson", ".json")
Texts = str | os.PathLike | Iterable[str]


def as_texts(texts: Texts, *, what: str = "text", advice: str = "") -> list[str]:
    """Make a list of what a predictor is given as texts.

    Args:
        texts: one str; any iterable of str, a generator too; or `pathlib.Path` of a UTF-8 text file, plain or `.gz`,
            one text a line.
        what: what one of them is called in errors.
        advice: what an error says further of one that is no str.

    Returns:
        list of str.

    Raises:
        FileNotFoundError: where there is no such file.
        ValueError: where a text is no str or the name of a file that exists, texts are a dict or a DataFrame, or the
            file is a table; with file and line, where a line is not UTF-8, holds a NUL or more than 1 MiB.

    Example:
        >>> as_texts(word for word in ("so", "good"))
        ['so', 'good']
    """
    if isinstance(texts, os.PathLike):
        return _lines(texts)
    if isinstance(texts, Mapping) or hasattr(texts, "itertuples"):  # they would be read by their keys
        raise ValueError(
            f"Expected {what}s as str, an iterable of str or a pathlib.Path, received a {type(texts).__name__}: give "
            f"one of its columns, such as texts[{next(iter(texts), 'text')!r}]."
        )
    if isinstance(texts, (bytes, bytearray)) or not isinstance(texts, Iterable):
        raise ValueError(f"Expected {what}s as str, an iterable of str or a pathlib.Path, received {texts!r:.80}.")
    texts = [texts] if isinstance(texts, str) else list(texts)
    for number, text in enumerate(texts, 1):
        if not isinstance(text, str):
            raise ValueError(
                f"Expected each {what} to be a str, received {text!r:.80} ({type(text).__name__}), number {number} of "
                f"{len(texts)}{advice}."
            )
    if len(texts) == 1 and len(texts[0]) < 1000 and os.path.isfile(texts[0]):
        raise ValueError(f"{texts[0]!r} is the name of a file: give pathlib.Path({texts[0]!r}) for its lines.")
    return texts


def _lines(path: os.PathLike) -> list[str]:
    if pathlib.Path(str(path).removesuffix(".gz")).suffix.lower() in TABLE_SUFFIXES:
        raise ValueError(
            f"{os.fspath(path)} is a table, not a text a line: read its column of texts with "
            "bert_keras.data.read_examples(path, text_column=...).texts, or predict it with recipes/predict.py."
        )
    lines = []
    for line in read_lines(path):
        if line.problem or line.is_cut:
            raise ValueError(f"{os.fspath(path)}:{line.number}: {line.problem or 'line of more than 1 MiB'}")
        lines.append(line.text)
    return lines
