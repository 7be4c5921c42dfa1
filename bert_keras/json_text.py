"""JSON that somebody else wrote: whatever is wrong with it is a `ValueError`."""

import json
import os
from pathlib import Path
from typing import Any


class DuplicateKey(ValueError):
    """What `UNIQUE_KEYS` raises where an object has one key twice, of which Python would keep the last."""


def _unique(pairs: list[tuple]) -> dict:
    value = dict(pairs)
    if len(value) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise DuplicateKey(f"the key {twice!r} comes twice in an object")
    return value


UNIQUE_KEYS = json.JSONDecoder(object_pairs_hook=_unique)  # made once: as fast as json.loads


def parse_json(text: str | bytes, *, unique_keys: bool = False, **options: Any) -> Any:
    """Parse JSON as `json.loads` does, and refuse what is nested too deep for Python to read.

    Args:
        text: str, or bytes in UTF-8.
        unique_keys: whether to refuse an object with one key twice, by a `DuplicateKey`.
        **options: arguments of `json.loads`.

    Returns:
        dict, list, str, number, bool or None.

    Raises:
        ValueError: where it is no JSON, not in UTF-8, or nested too deep, which `json.loads` makes a RecursionError.

    Example:
        >>> parse_json('{"label": [1, 2]}')
        {'label': [1, 2]}
    """
    try:
        if isinstance(text, (bytes, bytearray)):
            text = text.decode("utf-8-sig")  # json.loads guesses at UTF-16 too
        return UNIQUE_KEYS.decode(text) if unique_keys else json.loads(text, **options)
    except RecursionError:
        raise ValueError("JSON nested too deep") from None


def read_json_object(path: str | os.PathLike, *, unique_keys: bool = False) -> dict[str, Any]:
    """Read a file that holds one JSON object.

    Args:
        path: the file.
        unique_keys: as for `parse_json`.

    Raises:
        FileNotFoundError: where there is no such file.
        ValueError: where it is no JSON, or no object; the message names the file.
    """
    try:
        content = parse_json(Path(path).read_bytes(), unique_keys=unique_keys)
    except ValueError as error:
        raise ValueError(f"{os.fspath(path)}: expected JSON in UTF-8: {error}") from error
    if not isinstance(content, dict):
        raise ValueError(f"{os.fspath(path)}: expected a JSON object, received {type(content).__name__}")
    return content
