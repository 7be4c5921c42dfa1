"""What was found in the data of a task: for the terminal, as JSON, and as one page of HTML."""

import collections
import dataclasses
import html
import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from bert_keras.atomic_files import write_file
from bert_keras.data.quality.checked_part import CheckedPart
from bert_keras.data.quality.finding import CHECKS, SEVERITIES, Check, Finding
from bert_keras.html_page import html_page
from bert_keras.text_table import aligned

JSON_NAME, HTML_NAME = "data_quality.json", "data_quality.html"
_FORMAT = "bert_keras data quality 1"
_STYLE = """
table.findings { width: 100%; table-layout: fixed; }
table.findings td { overflow-wrap: anywhere; }
td.place, td.text { font-size: 90%; }
td.text { font-family: ui-monospace, monospace; }
th.part { width: 6em; } th.place { width: 15em; } th.others { width: 12em; }
h2 small { font-weight: normal; color: #555; }
.error { border-left: .4em solid #b00020; padding-left: .6em; }
.warning { border-left: .4em solid #e08a00; padding-left: .6em; }
.note { border-left: .4em solid #4a78b0; padding-left: .6em; }
"""


@dataclasses.dataclass(frozen=True)
class QualityReport:
    """Findings, the most severe first, and how many examples were looked at.

    Attributes:
        num_examples: {part: examples that can be read}.
        findings: In the order of `CHECKS`, and within one as they were found.

    Example:
        >>> found = [Finding("leaks", "validation", "train has it in 1 row", "dev.tsv:2", "so good", ("train.tsv:9",))]
        >>> print(QualityReport.of([], found))
        error  leaks  1  Held-out texts that training has, too
                 dev.tsv:2: train has it in 1 row: so good [train.tsv:9]
    """

    num_examples: dict[str, int]
    findings: tuple[Finding, ...]

    @classmethod
    def of(cls, parts: Sequence[CheckedPart], findings: Iterable[Finding]) -> "QualityReport":
        """Return the report of some parts.

        Args:
            parts: What was checked.
            findings: What `check_parts` yields, and others of your own.
        """
        order = {
            name: (SEVERITIES.index(check.severity), number) for number, (name, check) in enumerate(CHECKS.items())
        }
        found = sorted(findings, key=lambda finding: order[finding.check])
        return cls({part.name: len(part) for part in parts}, tuple(found))

    def counts(self) -> dict[str, dict[str, int]]:
        """Return {check: {part: findings}}, the most severe first."""
        counts = collections.defaultdict(collections.Counter)
        for finding in self.findings:
            counts[finding.check][finding.part or "all"] += 1
        return {check: dict(some) for check, some in counts.items()}

    def __str__(self):
        return self.as_text()

    def as_text(self, examples: int = 3) -> str:
        """Return lines for a terminal.

        Args:
            examples: How many findings of each check are shown.
        """
        lines, counts = [], self.counts()
        if self.num_examples:
            lines.append(", ".join(f"{part}: {number:,} examples" for part, number in self.num_examples.items()))
        rows = [(CHECKS[name], sum(some.values())) for name, some in counts.items()]
        if not rows:
            return "\n".join([*lines, "nothing found"])
        heads = aligned([(check.severity, check.name, f"{count:,}") for check, count in rows]).split("\n")
        indent = " " * (2 + max(len(check.severity) for check, _ in rows))
        for head, (check, count) in zip(heads, rows, strict=True):
            lines.append(f"{head}  {check.title}")
            shown = self._of(check.name)[:examples]
            lines += [indent.ljust(9) + _line(finding) for finding in shown]
            if count > len(shown):
                lines.append(f"{indent.ljust(9)}... and {count - len(shown):,} more")
            lines += [f"{indent.ljust(9)}-> {check.advice}"] if self.num_examples else []
        # Half a surrogate pair, which JSON may hold, cannot be printed.
        return "\n".join(lines).encode("utf-8", "backslashreplace").decode()

    def _of(self, check: str) -> list[Finding]:
        return [finding for finding in self.findings if finding.check == check]

    def as_json(self) -> dict[str, Any]:
        """Return all of it as JSON has it."""
        findings = [
            {"severity": finding.severity, "file": finding.file, "line": finding.line} | dataclasses.asdict(finding)
            for finding in self.findings
        ]
        return {
            "format": _FORMAT, "num_examples": self.num_examples, "counts": self.counts(), "findings": findings,
        }  # fmt: skip

    def as_html(self, examples: int = 50) -> str:
        """Return one page that needs nothing but itself.

        Args:
            examples: How many findings of each check are on it.
        """
        counts = self.counts()
        heads = "".join(f'<th class="number">{html.escape(part)}</th>' for part in self.num_examples)
        numbers = "".join(f'<td class="number">{number:,}</td>' for number in self.num_examples.values())
        rows = [f"<tr><td></td><td>examples</td>{numbers}</tr>"]
        for name, some in counts.items():
            check = CHECKS[name]
            cells = "".join(f'<td class="number">{some.get(part, 0) or ""}</td>' for part in self.num_examples)
            link = f'<a href="#{name}">{html.escape(check.title)}</a>'
            rows.append(f'<tr><td class="{check.severity}">{check.severity}</td><td>{link}</td>{cells}</tr>')
        body = f"<table><tr><th></th><th></th>{heads}</tr>{''.join(rows)}</table>"
        if not counts:
            body += "<p>Nothing found.</p>"
        return html_page(
            "Data quality", body + "".join(self._section(CHECKS[name], examples) for name in counts), style=_STYLE
        )

    def _section(self, check: Check, examples: int) -> str:
        found = self._of(check.name)
        shown = found[:examples]
        rows = "".join(
            f"<tr><td>{html.escape(f.part)}</td>{_place_cell(f.place)}<td>{html.escape(f.what)}</td>"
            f'<td class="text">{html.escape(f.text)}</td>{_place_cell(_others(f, 2))}</tr>'
            for f in shown
        )
        heads = "".join(f'<th class="{name}">{name}</th>' for name in ("part", "place", "what", "text", "others"))
        more = f"<p>And {len(found) - len(shown):,} more, in {JSON_NAME}.</p>" if len(found) > len(shown) else ""
        return (
            f'<h2 id="{check.name}" class="{check.severity}">{html.escape(check.title)} <small>{len(found):,}</small>'
            f'</h2><p>{html.escape(check.advice)}</p><table class="findings"><tr>{heads}</tr>{rows}</table>{more}'
        )

    def save(self, directory: str | os.PathLike) -> None:
        """Write `data_quality.json` and `data_quality.html` into a folder, which is made if it is not there.

        Args:
            directory: The folder.
        """
        directory = Path(directory)
        directory.mkdir(parents=True, exist_ok=True)
        text = json.dumps(self.as_json(), indent=1, ensure_ascii=False) + "\n"
        write_file(directory / JSON_NAME, text.encode("utf-8", "backslashreplace"))
        write_file(directory / HTML_NAME, self.as_html().encode("utf-8", "backslashreplace"))


def _line(finding: Finding) -> str:
    place = f"{finding.place}: " if finding.place else ""
    text = f": {finding.text}" if finding.text else ""
    others = f" [{_others(finding, 2)}]" if finding.others else ""
    return f"{place}{finding.what}{text}{others}"


def _place_cell(places: str) -> str:
    """Return a cell with the names of files alone, and their folders where the mouse points at it."""
    short = ", ".join(os.path.basename(place) for place in places.split(", "))
    return f'<td class="place" title="{html.escape(places)}">{html.escape(short)}</td>'


def _others(finding: Finding, most: int) -> str:
    more = f" and {len(finding.others) - most} more" if len(finding.others) > most else ""
    return ", ".join(finding.others[:most]) + more
