"""JSON that somebody else wrote: whatever is wrong with it is a `ValueError`."""

import json


def parse_json(text, **options):
    """Parse JSON as `json.loads` does, and refuse what is nested too deep for Python to read.

    Args:
        text: str, or bytes in UTF-8.
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
        return json.loads(text, **options)
    except RecursionError:
        raise ValueError("JSON nested too deep") from None
