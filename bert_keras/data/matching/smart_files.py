"""Documents and queries of SMART's collections, Cranfield, CISI, MED: fields of lines behind `.I 1`, `.T`, `.W`."""

import os
import re
from collections.abc import Sequence

from bert_keras.data.files.faults import Faults
from bert_keras.data.files.text_lines import read_lines

_ID, _FIELD = re.compile(r"\.I\s+(\S+)\s*"), re.compile(r"\.([A-Z])\s*")


def read_smart(path: str | os.PathLike, *, fields: Sequence[str] = ("W",), errors: str = "raise") -> dict[str, str]:
    r"""Read the texts of a file in SMART's format.

    Judgements of Cranfield call a query by its place in the file, from 1, and not by its id.

    Args:
        path: The file, plain or `.gz`.
        fields: Whose lines make the text: "W" the words, "T" the title, which Cranfield's "W" begin with.
        errors: `"raise"` at a text that is empty, has the id of another, or cannot be read, or `"skip"` it and log how
            many there were.

    Returns:
        {id: text}, in the order of the file.

    Raises:
        FileNotFoundError: If the file is missing.
        ValueError: With file and line, of a faulty text; if the file does not begin with `.I` and an id.

    Example:
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp(), "cran.all")
        >>> _ = path.write_text(".I 1\n.T\nwings\n.W\nwings in\na slipstream .\n")
        >>> read_smart(path)
        {'1': 'wings in a slipstream .'}
    """
    path, faults, places = os.fspath(path), Faults(errors), []
    found: list[tuple[str, list[str]]] = []
    field = ""
    for line in read_lines(path):
        place = f"{path}:{line.number}"
        if line.problem or line.is_cut:
            faults.add(f"{place}: {line.problem or 'line of more than 1 MiB'}", "lines that cannot be read")
        elif match := _ID.fullmatch(line.text):
            field = ""
            found.append((match[1], []))
            places.append(place)
        elif match := _FIELD.fullmatch(line.text):
            field = match[1]
        elif not found and line.text.strip():
            raise ValueError(f"{place}: expected '.I' and an id, received {line.text[:40]!r}")
        elif field in fields:
            found[-1][1].append(line.text.strip())
    texts: dict[str, str] = {}
    for place, (name, lines) in zip(places, found):
        text = " ".join(lines).strip()
        if not text:
            faults.add(f"{place}: the text {name!r} is empty", "empty texts")
        elif name in texts:
            faults.add(f"{place}: the id {name!r} comes twice", "texts with the id of another")
        else:
            texts[name] = text
    faults.report(len(texts), path)
    return texts
