"""How far the preparation of a corpus has come, noted with each complete shard, so that a killed one goes on there."""

import dataclasses
import json
import logging
from pathlib import Path
from typing import Any

from bert_keras.atomic_files import write_file
from bert_keras.json_text import parse_json

_logger = logging.getLogger(__name__)
_FILE_NAME = ".progress.json"
_FORMAT = "bert_keras corpus progress 2"


@dataclasses.dataclass
class CorpusProgress:
    """What of a corpus is in complete shards.

    Attributes:
        fingerprints: Settings, sources and vocabulary; progress made with others is of no use.
        shards: What `ShardWriter` says of the complete shards.
        num_chunks: Chunks whose records are all in them.
        num_records: Records of the next chunk that are.
        tally: `CorpusTally.get_state`, with all of that next chunk counted.
    """

    fingerprints: dict[str, Any]
    shards: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    num_chunks: int = 0
    num_records: int = 0
    tally: dict[str, Any] | None = None

    @classmethod
    def load(cls, directory: Path, fingerprints: dict[str, Any]) -> "CorpusProgress":
        """Return what a killed run noted; nothing done yet if there was none, or one with other fingerprints."""
        path = directory / _FILE_NAME
        if not path.is_file():
            return cls(fingerprints)
        try:
            content = parse_json(path.read_text("utf-8"))
            if content.pop("format") != _FORMAT:
                raise ValueError(f"expected format {_FORMAT!r}")
            progress = cls(**content)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            _logger.warning("%s is damaged, so the corpus is prepared from the start: %r", path, error)
            return cls(fingerprints)
        return progress if progress.fingerprints == fingerprints else cls(fingerprints)

    def save(self, directory: Path) -> None:
        """Note the progress, whole or not at all."""
        text = json.dumps({"format": _FORMAT, **dataclasses.asdict(self)})
        write_file(directory / _FILE_NAME, text.encode("utf-8", "backslashreplace"))

    @staticmethod
    def remove(directory: Path) -> None:
        """Forget the progress of a corpus that is complete, and remove files that a killed run left half-written."""
        for path in (directory / _FILE_NAME, *directory.glob(".*.json.*.tmp")):
            path.unlink(missing_ok=True)
