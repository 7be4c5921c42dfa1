"""What a user gives as texts, as a list of str: a list of them, or the path of a file."""

import os

from bert_keras.data.files.text_lines import read_lines


def as_texts(texts):
    """Read the lines of a file, or take a list as it is.

    Args:
        texts: list of str; or path of a UTF-8 text file, plain or `.gz`, one text a line.

    Returns:
        list of str.

    Raises:
        FileNotFoundError: where there is no such file.
        ValueError: with file and line, where a line is not UTF-8, holds a NUL or more than 1 MiB.
    """
    if not isinstance(texts, os.PathLike):
        return list(texts)
    lines = []
    for line in read_lines(texts):
        if line.problem or line.is_cut:
            raise ValueError(f"{os.fspath(texts)}:{line.number}: {line.problem or 'line of more than 1 MiB'}")
        lines.append(line.text)
    return lines
