"""Names of classes: which spellings are one class, which are suspiciously alike, and what columns of labels hold."""

import collections
import re
import unicodedata
from collections.abc import Iterable, Sequence

from bert_keras.data.files.cells import NUMBER, Column
from bert_keras.data.files.faults import RowFault


class KnownLabels:
    """Finds labels among those of training; whole numbers by their value, so that `1.0` is `1`, and `01` a code.

    Args:
        names: The classes of training; None if any label is new, and kept as it is.

    Example:
        >>> KnownLabels(["0", "1"]).find("1.0")
        '1'
    """

    def __init__(self, names: Sequence[str] | None):
        self._names = None if names is None else list(names)
        self._known = {name: name for name in self._names or ()}
        self._by_value = {value: name for name in self._known if (value := _whole_value(name)) is not None}
        self._by_form = {unicodedata.normalize("NFC", name): name for name in self._known}
        self._by_look = {_look(name): name for name in self._known}

    def find(self, name: str) -> str:
        """Return the name in training of a label; raises `RowFault` where there is none."""
        if self._names is None or name in self._known:
            return name
        if (value := _whole_value(name)) in self._by_value:
            return self._by_value[value]
        if (form := unicodedata.normalize("NFC", name)) in self._by_form:
            return self._by_form[form]
        known = ", ".join(map(repr, self._names[:20])) + (", ..." if len(self._names) > 20 else "")
        alike = self._by_look.get(_look(name))
        hint = f"; training writes it {alike!r}" if alike else ""
        raise RowFault(f"label {name!r} is not among the known ones: {known}{hint}", "rows with an unknown label")


def one_spelling(names: Iterable[str]) -> dict[str, str]:
    """{label: name of its class}: where a number is written both as `1` and as `1.0`, both are `1`.

    Letters with accents are one letter, however Unicode composes them.

    Example:
        >>> one_spelling(["1", "1.0", "2.0", "b"])
        {'1': '1', '1.0': '1', '2.0': '2.0', 'b': 'b'}
    """
    names = dict.fromkeys(names)
    forms = ((name, unicodedata.normalize("NFC", _without_zeros(name))) for name in names)
    return {name: form if form in names else name for name, form in forms}


def alike(names: Iterable[str]) -> list[tuple[list[str], str]]:
    """Return groups of classes that may be one, with what is alike.

    Example:
        >>> alike(["positive", "Positive", "negative"])
        [(['Positive', 'positive'], 'differ by case, spaces or hyphens only')]
        >>> alike(["01", "1", "-1", "2", "02"])
        [(['01', '1'], 'are the same number'), (['02', '2'], 'are the same number')]
    """
    names, groups, found = sorted(names), collections.defaultdict(list), []
    for name in names:
        groups[_look(name)].append(name)
    for look, group in groups.items():
        if len(group) > 1:
            forms = {unicodedata.normalize("NFKC", name) for name in group}
            what = "differ by the form of their characters only" if len(forms) == 1 else (
                "differ by case, spaces or hyphens only" if isinstance(look, str) else "are the same number"
            )  # fmt: skip
            found.append((group, what))
    for number, word, what in ((1.0, "true", "may both say yes"), (0.0, "false", "may both say no")):
        if number in groups and word in groups:
            found.append((groups[number] + groups[word], what))
    return found


def by_value(name: str) -> tuple:
    """Return the order of classes: numbers by value, then the others."""
    value = _value(name)
    return (1, 0.0, name) if value is None else (0, value, name)


def is_number(name: str) -> bool:
    """Whether a label is written as a number."""
    return _value(name) is not None


def holds_names(cells: Iterable[str]) -> bool:
    """Whether a column of labels holds names of classes, rather than 0 and 1, true and false, or yes and no."""
    cells = {cell.casefold() for cell in cells}
    return not cells <= _WORDS.keys() and not any(cell in _YES_OR_NO or _value(cell) is not None for cell in cells)


def yes_or_no(cell: str, column: Column) -> bool:
    """Whether a text has the label of a column, which says so by 0 or 1; raises `RowFault` where it does not.

    Example:
        >>> yes_or_no("1", "toxic"), yes_or_no("FALSE", "toxic"), yes_or_no("yes", "toxic")
        (True, False, True)
    """
    known = _YES_OR_NO | _WORDS
    if cell.casefold() not in known:
        message = (
            f"column {column!r} holds {cell!r}, expected 0 or 1; of a column of classes, label_column= makes labels"
        )
        raise RowFault(message, "rows with a label that is neither 0 nor 1")
    return known[cell.casefold()]


def hold_a_separator(names: Iterable[str]) -> str | None:
    """Return what parts several labels in one name, where its parts are names themselves; None for nothing such."""
    names = set(names)
    for name in sorted(names):
        for separator in ",;|/":
            parts = {part.strip() for part in name.split(separator)}
            if len(parts) > 1 and parts <= names:
                return separator
    return None


_YES_OR_NO = {"0": False, "1": True, "0.0": False, "1.0": True, "false": False, "true": True}
_CODE = re.compile(r"[+-]?0\d")
_WORDS = {"no": False, "yes": True}


def _value(name: str) -> float | None:
    return float(name) if NUMBER.fullmatch(name) else None


def _whole_value(name: str) -> float | None:
    if _CODE.match(name):
        return None
    value = _value(name)
    return value if value is not None and value.is_integer() else None


def _without_zeros(name: str) -> str:
    whole, point, rest = name.partition(".")
    return whole if point and rest and not rest.strip("0") and whole.lstrip("+-").isdigit() else name


def _look(name: str) -> str | float:
    """Return what two names that may be one class have in common: the value of a number, else letters and digits."""
    text = unicodedata.normalize("NFKC", name).casefold()
    value = _value(text.strip())
    if value is not None:
        return value
    return "".join(c for c in text if not c.isspace() and c not in "-_" and unicodedata.category(c) != "Cf") or name
