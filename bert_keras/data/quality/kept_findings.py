"""Findings of finished checks, kept in a folder: what was stopped resumes with the next check."""

import dataclasses
import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bert_keras import __version__
from bert_keras.atomic_files import write_file
from bert_keras.data.quality.checked_part import CheckedPart
from bert_keras.data.quality.finding import Finding
from bert_keras.json_text import parse_json


class KeptFindings:
    """A folder with a file for each check that is finished, known by what was checked, how, and by which version.

    What other parts or options have left in the folder is removed.

    Args:
        directory: The folder, which is made if it is not there.
        parts: What is checked: with other examples, or in other places, checks begin anew.
        checks: Of each check by what it is known: its name, and the options that it depends on.

    Example:
        >>> import tempfile
        >>> part = CheckedPart("train", (("a",),), ("a.tsv:1",), ("a",))
        >>> kept = KeptFindings(tempfile.mkdtemp(), [part], [("classes", {"fewest": 10})])
        >>> kept.load(0) is None
        True
        >>> kept.save(0, [Finding("classes", "train", "too few")])
        >>> kept.load(0)[0].what
        'too few'
    """

    def __init__(self, directory: str | os.PathLike, parts: Sequence[CheckedPart], checks: Sequence[Any]):
        directory = Path(directory)
        directory.mkdir(parents=True, exist_ok=True)
        checksum, self._paths = _checksum_of_parts(parts), []
        for number, check in enumerate(checks):
            identity = json.dumps([__version__, checksum, number, check], default=str)
            self._paths.append(directory / f"{hashlib.sha256(identity.encode()).hexdigest()[:16]}.json")
        for path in {*directory.glob("*.json")} - {*self._paths}:
            path.unlink()

    def load(self, number: int) -> list[Finding] | None:
        """Return the findings of a check, None where it is not finished.

        Args:
            number: Of the check, from 0.

        Raises:
            ValueError: If its file holds something else.
        """
        path = self._paths[number]
        try:
            content = parse_json(path.read_text("utf-8"))
            return [Finding(**{key: _as_tuple(value) for key, value in some.items()}) for some in content["findings"]]
        except FileNotFoundError:
            return None
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise ValueError(f"{path} holds no findings of a check, remove it: {error!r}") from error

    def save(self, number: int, findings: Sequence[Finding]) -> None:
        """Keep the findings of a finished check.

        Args:
            number: Of the check, from 0.
            findings: All of them.
        """
        text = json.dumps({"findings": [dataclasses.asdict(finding) for finding in findings]})
        write_file(self._paths[number], text.encode())


def _as_tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _checksum_of_parts(parts: Sequence[CheckedPart]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        for field in dataclasses.fields(part):
            values = getattr(part, field.name)
            digest.update(f"{field.name} {len(part)}\n".encode())
            for value in values if isinstance(values, tuple) else (values,):
                digest.update(f"{value!r}\n".encode())  # half a surrogate pair is escaped
    return digest.hexdigest()
