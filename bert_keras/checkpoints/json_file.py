"""JSON of unknown origin: one object or list, of bounded size."""

import os

from bert_keras.json_text import parse_json

_MAX_BYTES = 10_000_000


def read_json(path: str | os.PathLike, kind: type[dict] | type[list] = dict) -> dict | list:
    """Read a file that must hold one JSON object, or one list.

    Args:
        path: path of the file.
        kind: dict or list. Default dict.

    Returns:
        dict or list.

    Raises:
        FileNotFoundError: where there is no such file.
        ValueError: where it is too large, no JSON in UTF-8, or of another kind.
    """
    size = os.path.getsize(path)
    if size > _MAX_BYTES:
        raise ValueError(f"{path} has {size} bytes; a configuration has at most {_MAX_BYTES}.")
    with open(path, "rb") as file:
        try:
            content = parse_json(file.read().decode("utf-8"))
        except ValueError as error:
            raise ValueError(f"{path} is not JSON in UTF-8: {error}.") from error
    if not isinstance(content, kind):
        raise ValueError(f"{path} must hold a JSON {'object' if kind is dict else 'list'}.")
    return content
