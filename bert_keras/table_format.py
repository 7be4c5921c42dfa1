"""How a table is written in its file: what a recipe's command line and the readers of tables share."""

import dataclasses
from typing import Literal

_FILE_FORMATS = ("tsv", "csv", "jsonl", "json", "fasttext")
_SEPARATORS = {"tab": "\t", "\\t": "\t"}  # as a command line gives them


@dataclasses.dataclass(frozen=True)
class TableFormat:
    """How a table is written in its file.

    In a recipe each field is an option.

    Attributes:
        file_format: `"tsv"` (no quotation marks), `"csv"`, `"jsonl"`, `"json"` or `"fasttext"`; None goes by the
            file's suffix, and by its content between JSON and JSON Lines.
        separator: What stands between two cells; None for a tab in TSV and a comma in CSV.
        encoding: `"gbk"`, `"cp1252"` or any other of Python's; None for UTF-8, or what a byte order mark says.
        header: Whether the first line names the columns; None means so if a column is asked for by name.
        more_cells: Whether a row may have further cells than the header, which are left out.

    Raises:
        ValueError: For another format, or a separator that cannot part cells.

    Example:
        >>> TableFormat(separator="tab").separator == chr(9)
        True
    """

    file_format: Literal["tsv", "csv", "jsonl", "json", "fasttext"] | None = None  # where the suffix does not tell
    separator: str | None = None  # between two cells: ";", tab, "::"
    encoding: str | None = None  # gbk, cp1252 or another, where it is not UTF-8
    header: bool | None = None  # whether the first line names the columns; None: where a column is given by name
    more_cells: bool = False  # leave further cells than the header's out, instead of refusing such a row

    def __post_init__(self):
        object.__setattr__(self, "separator", _SEPARATORS.get(self.separator, self.separator))
        if self.file_format not in (None, *_FILE_FORMATS):
            known = ", ".join(map(repr, _FILE_FORMATS))
            raise ValueError(f"expected one of {known}, received {self.file_format!r}; pass file_format= one of them")
        if self.separator is not None and (not self.separator or {*'"\r\n'} & {*self.separator}):
            raise ValueError(f"a separator must be neither empty, a quotation mark nor a line end: {self.separator!r}")
        if self.file_format == "csv" and len(self.separator or ",") > 1:
            raise ValueError(f"the separator of a csv is one character, received {self.separator!r}; take 'tsv' for it")
