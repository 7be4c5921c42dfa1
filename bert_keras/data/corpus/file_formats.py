"""What a file holds, by its first lines: prose, articles or records with prose in them, or something else.

The suffix is not looked at. What is not prose is named, with what to do about it, rather than learned.
"""

import csv
import re
from collections.abc import Callable, Sequence

from bert_keras.data.files.file_kinds import kind_of_text
from bert_keras.json_text import parse_json

FORMATS = ("auto", "text", "json", "wikiextractor")
ARTICLE = re.compile(r'<doc\s+id="[^"]*"[^\n]*>')  # as WikiExtractor writes, escaped or not
_FIRST_ELEMENT = re.compile(r'\[\s*(?:\{\s*(?:"|\})|"(?:[^"\\\n]|\\.){65000}|"(?:[^"\\\n]|\\.)*+"\s*[,\]])')
_FIRST_KEY = re.compile(r'\{\s*"(?:[^"\\]|\\.)*"\s*:')
_TAG = re.compile(
    r"</[a-z][\w:-]*\s*>|<[a-z][\w:-]*\s+[\w:-]+\s*=|<(?:br|p|hr|div|span|li|td|tr|b|i|em|strong|h[1-6])\s*/?>",
    re.IGNORECASE,
)
_OPENING = re.compile(r"<([a-z][\w:-]*)(?:\s[^<>]*)?>")
_LATEX = re.compile(r"\s*\\(?:documentclass|usepackage|begin\{document\}|chapter\*?\{|section\*?\{)")
_WIKI = re.compile(r"\[\[[^\]]+\]\]|\{\{[^}]+\}\}")
_MARKDOWN = re.compile(r"#{1,6} \S|```")
_MARKDOWN_LINK = re.compile(r"\]\([^)\s]+\)")
_TAGGED = re.compile(r"(?:O|[BIESLUM]-\S+)\Z")
_PART_OF_SPEECH = re.compile(r"[A-Z$.,:'`()#-]{1,6}\Z")
_LEAST_ROWS = 4
_PART = 1000  # characters of a line that tell enough

_MARKUP = "take the text out of it first, e.g. with trafilatura or BeautifulSoup's get_text()"
# A kind of file that is no prose, by a name for it: what to do.
REFUSED = {
    "HTML": _MARKUP,
    "a Wikipedia dump": "run WikiExtractor on it (python -m wikiextractor.WikiExtractor DUMP), and prepare its output",
    "XML": _MARKUP,
    "markup": _MARKUP,
    "wiki markup": "run WikiExtractor on the dump that it is from, or take the text out with mwparserfromhell",
    "LaTeX": "take the text out of it first, with detex or `pandoc -t plain`",
    "RTF": "save it as plain text",
    "a WARC of web pages": "take the text of each page out of it first, e.g. with trafilatura",
    "a JSON object over several lines": "write a JSON object on each line (jq -c), or one array of objects",
    "JSON arrays": 'write objects, {"text": ...}, one a line',
    "Python's dicts": "write each as JSON, with json.dumps",
    "a table": "take out the column with the text (cut -f2), or write it as JSON Lines",
    "tagged words": "join the words of each sentence to a line; CoNLL-U has it in its lines `# text = ...`",
}


def recognise(lines: Sequence[str]) -> str:
    r"""Name what the first lines of a file are the beginning of.

    Args:
        lines: The first lines, some hundreds of them, without their ends.

    Returns:
        `"text"`, `"json"` (a line each or one array) or `"wikiextractor"`; or a key of `REFUSED`.

    Example:
        >>> recognise(['{"text": "A cat sat."}']), recognise(["<!DOCTYPE html>", "<p>A cat sat.</p>"])
        ('json', 'HTML')
        >>> recognise(["A cat sat.", "It slept."])
        'text'
    """
    lines = [line for line in (line.strip() for line in lines) if line]
    if not lines:
        return "text"
    text = "\n".join(lines)  # what stands nowhere in it is not looked for in each line
    if "<doc" in text and any(map(ARTICLE.match, lines)):
        return "wikiextractor"
    return _by_beginning(text[: 1 << 16]) or _by_most_lines(lines, text) or _table(lines, text) or "text"


def is_markdown(lines: Sequence[str]) -> bool:
    """Whether so much of a text is headings, code and links of Markdown that its marks will be learned."""
    text = "\n".join(lines)
    if not ("#" in text or "```" in text or "](" in text):
        return False
    lines = [line.strip()[:_PART] for line in lines if line.strip()]
    marked = (_MARKDOWN.match(line) or "](" in line and _MARKDOWN_LINK.search(line) for line in lines)
    return sum(map(bool, marked)) >= max(2, 0.1 * len(lines))


def _by_beginning(begin: str) -> str | None:
    if kind := kind_of_text(begin):
        return kind
    if (tag := _OPENING.match(begin[:2000].lower())) and f"</{tag[1]}>" in begin.lower():
        return "markup"
    if _FIRST_ELEMENT.match(begin):
        lines = begin.split("\n")
        return "JSON arrays" if len(lines) > 1 and all(map(_is_json_array, lines[:-1])) else "json"
    return None


def _by_most_lines(lines: list[str], text: str) -> str | None:
    if not ("{" in text or "[" in text or "<" in text or "\\" in text):  # most prose
        return None

    def share(test: Callable, *signs: str) -> float:
        if not any(sign in text for sign in signs):
            return 0.0
        return sum(map(bool, map(test, lines))) / len(lines)

    if share(_is_json_object, "{") >= 0.5:
        return "json"
    if text.startswith("{") and _FIRST_KEY.match("\n".join(lines[:3])):
        return "a JSON object over several lines"
    if share(_is_json_array, "[") >= 0.9:
        return "JSON arrays"
    if share(lambda line: line.startswith("{'") and "':" in line, "{'") >= 0.9:
        return "Python's dicts"
    if share(lambda line: "<" in line and _TAG.search(line), "<") >= 0.3:
        return "markup"
    if share(_LATEX.match, "\\"):
        return "LaTeX"
    if share(lambda line: ("[[" in line or "{{" in line) and _WIKI.search(line), "[[", "{{") >= 0.3:
        return "wiki markup"
    return None


def _is_json_object(line: str) -> bool:
    if not _FIRST_KEY.match(line):
        return line == "{}"
    try:
        return isinstance(parse_json(line), dict)
    except ValueError:
        return len(line) >= 1 << 16  # the beginning of a long record


def _is_json_array(line: str) -> bool:
    if not line.startswith("[") or not line.endswith("]"):
        return False
    try:
        return isinstance(parse_json(line), list)
    except ValueError:
        return False


def _table(lines: list[str], text: str) -> str | None:
    if (
        "# text = " in text
        and any(line.startswith("# text = ") for line in lines)
        and any(line.count("\t") == 9 for line in lines)
    ):
        return "tagged words"  # CoNLL-U
    rows = lines
    if "#" in text or "-DOCSTART-" in text:
        rows = [line for line in lines if not line.startswith(("#", "-DOCSTART-"))]
    if len(rows) < _LEAST_ROWS:
        return None
    width = len(rows[0].split())
    if width > 1 and all(len(row.split()) == width for row in rows):  # as prose rarely has, with a tag as the last
        last = [row.split()[-1] for row in rows]
        if all(map(_TAGGED.match, last)):
            return "tagged words"
        if len(rows) >= 20 and all(map(_PART_OF_SPEECH.match, last)) and 3 * len(set(last)) <= len(rows):
            return "tagged words"
    if "\t" in rows[0] and _are_alike([row.count("\t") for row in rows]):
        return "a table"
    for separator in ",;|":
        # In prose a space follows; and no prose has as many commas in every line.
        if text.count(separator) - text.count(f"{separator} ") < 0.5 * len(rows):
            continue
        in_table = re.compile(rf"[{separator}](?=\S|\Z)")
        if sum(separator in row and in_table.search(row[-_PART:]) is not None for row in rows) < 0.5 * len(rows):
            continue
        try:
            cells = [len(row) for row in csv.reader(rows, delimiter=separator, strict=True) if row]
        except csv.Error:  # a quotation mark that no table has
            continue
        if cells[0] > 1 and _are_alike(cells):
            return "a table"
    return None


def _are_alike(counts: list[int]) -> bool:
    return counts.count(counts[0]) >= 0.95 * len(counts)
