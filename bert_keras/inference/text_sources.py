"""What a user gives as texts, as a list of str: a list of them, or the path of a file."""

import os
import pathlib

from bert_keras.data.files.text_lines import read_lines

TABLE_SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson", ".json")


def as_texts(texts):
    """Read the lines of a file, or take a list as it is.

    Args:
        texts: list of str; or `pathlib.Path` of a UTF-8 text file, plain or `.gz`, one text a line.

    Returns:
        list of str.

    Raises:
        FileNotFoundError: where there is no such file.
        ValueError: where a text is no str, or the name of a file that exists, or the file is a table; with file and
            line, where a line is not UTF-8, holds a NUL or more than 1 MiB.
    """
    if not isinstance(texts, os.PathLike):
        texts = list(texts)
        for text in texts:
            if not isinstance(text, str):
                raise ValueError(f"Expected each text to be a str, received {str(text)[:80]!r}.")
        if len(texts) == 1:
            expect_no_file_name(texts[0])
        return texts
    if pathlib.Path(str(texts).removesuffix(".gz")).suffix.lower() in TABLE_SUFFIXES:
        raise ValueError(
            f"{os.fspath(texts)} is a table, not a text a line: read its column of texts with "
            "bert_keras.data.read_examples(path, text_column=...).texts, or predict it with recipes/predict.py."
        )
    lines = []
    for line in read_lines(texts):
        if line.problem or line.is_cut:
            raise ValueError(f"{os.fspath(texts)}:{line.number}: {line.problem or 'line of more than 1 MiB'}")
        lines.append(line.text)
    return lines


def expect_no_file_name(text):
    """Refuse a str that names a file: its lines were meant.

    Args:
        text: str.

    Raises:
        ValueError: where there is such a file.
    """
    if len(text) < 1000 and os.path.isfile(text):
        raise ValueError(f"{text!r} is the name of a file: give pathlib.Path({text!r}) for its lines.")
