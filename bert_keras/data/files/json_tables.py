"""An object of JSON that is a whole table, as Hugging Face and pandas write it: with a list of rows, or of columns."""

from collections.abc import Collection
from typing import Any


def list_of_rows(table: dict, own_keys: Collection[str] = ()) -> str | None:
    """Return the key of the only list of objects, whatever its name.

    Args:
        table: The object.
        own_keys: Keys of a row: an object with one of them has no such list.

    Raises:
        ValueError: If there are several.

    Example:
        >>> list_of_rows({"version": 1, "reviews": [{"text": "good"}]})
        'reviews'
    """
    if any(key in table for key in own_keys):
        return None
    names = [name for name, value in table.items() if _is_objects(value)]
    if len(names) > 1:
        raise ValueError(f"holds the lists {', '.join(map(repr, names))}: put one of them into a file")
    return names[0] if names else None


def rows_of_columns(table: dict, own_keys: Collection[str] = ()) -> list[dict[str, Any]] | None:
    """Return the rows of an object of columns, lists or with pandas objects {row: cell}; None if it is a row.

    Also of pandas' other ways to write a table, `orient="index"` and `orient="split"`.

    Args:
        table: The object.
        own_keys: Keys of a row, by which rows are told from columns.

    Raises:
        ValueError: If it is neither.

    Example:
        >>> rows_of_columns({"text": ["good", "bad"], "label": [1, 0]})
        [{'text': 'good', 'label': 1}, {'text': 'bad', 'label': 0}]
        >>> rows_of_columns({"columns": ["text", "label"], "data": [["good", 1]]}, ["text"])
        [{'text': 'good', 'label': 1}]
    """
    columns = list(table.values())
    if own_keys and not any(key in table for key in own_keys):
        if all(isinstance(row, dict) and all(key in row for key in own_keys) for row in columns):
            return columns
        names, rows = table.get("columns"), table.get("data")
        if isinstance(names, list) and isinstance(rows, list) and all(names.count(key) == 1 for key in own_keys):
            if all(isinstance(row, list) and len(row) == len(names) for row in rows):
                return [dict(zip(names, row)) for row in rows]
    if not all(isinstance(column, (dict, list)) for column in columns):
        return None
    if columns and all(isinstance(column, dict) and list(column) == list(columns[0]) for column in columns):
        columns = [list(column.values()) for column in columns]
    if columns and all(isinstance(column, list) and len(column) == len(columns[0]) for column in columns):
        return [dict(zip(table, cells)) for cells in zip(*columns)]
    raise ValueError(f"expected a list of rows in JSON, received an object with {', '.join(map(repr, table))}")


def _is_objects(value) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(row, dict) for row in value)
