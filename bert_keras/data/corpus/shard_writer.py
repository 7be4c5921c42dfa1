"""TFRecord shards written under temporary names and renamed when all of them are complete."""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import tensorflow as tf

from bert_keras.data.corpus.report import Shard

SHARD_PATTERN = "passages-*-of-*.tfrecord"


class ShardWriter:
    """Writes records into shards of equal size, one after the other.

    Args:
        directory: Where the shards go.
        records_per_shard: How many records fill a shard.

    Use as a context manager: if an error leaves it, the shard under way is removed, and the complete ones too unless
    `keep_complete` says that a later run continues from them.

    Attributes:
        complete: What is known of each complete shard, for `go_on_from`.
        keep_complete: Whether complete shards survive an error.
    """

    def __init__(self, directory: Path, records_per_shard: int):
        self.directory = directory
        self.records_per_shard = records_per_shard
        self.complete: list[dict] = []
        self.keep_complete = False
        self._open_writer = None
        self._open_shard: dict = {}
        self._last_document: int | None = None

    def __enter__(self):
        return self

    def __exit__(self, *error):
        if self._open_writer is not None:
            self._open_writer.close()
        self.remove_temporary(len(self.complete) if self.keep_complete else 0)

    def go_on_from(self, complete: Sequence[dict]) -> bool:
        """Take over the complete shards of a killed run, if each is there as it was written."""
        self.complete = [dict(shard) for shard in complete]  # to be kept should the search be broken off
        found = [self._find(index, shard) for index, shard in enumerate(complete)]
        if None in found:
            self.complete = []
            return False
        for index, path in enumerate(found):
            if path != self._temporary(index):
                os.replace(path, self._temporary(index))
        self.remove_temporary(len(self.complete))
        return True

    def write(self, record: bytes, num_tokens: int, document: int) -> bool:
        """Append a record that holds `num_tokens` tokens of a document; whether a shard was completed by it."""
        if self._open_writer is None:
            self._open_shard = {"num_passages": 0, "num_tokens": 0, "num_documents": 0}
            self._last_document = None
        try:
            if self._open_writer is None:
                self._open_writer = tf.io.TFRecordWriter(str(self._temporary(len(self.complete))))
            self._open_writer.write(record)
        except tf.errors.OpError as error:
            raise OSError(f"cannot write to {self.directory}: {error.message}") from None
        self._open_shard["num_passages"] += 1
        self._open_shard["num_tokens"] += num_tokens
        self._open_shard["num_documents"] += document != self._last_document  # its passages stand together
        self._last_document = document
        if self._open_shard["num_passages"] < self.records_per_shard:
            return False
        self._complete()
        return True

    def finish(self) -> list[Shard]:
        """Complete the last shard, then give all of them their final names in place of older shards."""
        if self._open_writer is not None:
            self._complete()
        for old in self.directory.glob(SHARD_PATTERN):
            old.unlink()
        shards = []
        for index, shard in enumerate(self.complete):
            name = f"passages-{index:05d}-of-{len(self.complete):05d}.tfrecord"
            os.replace(self._temporary(index), self.directory / name)
            shards.append(Shard(name=name, **shard))
        return shards

    def remove_temporary(self, first: int = 0) -> None:
        """Remove shards that have no final name yet, from a number on."""
        for path in self.directory.glob(".passages-*.tmp"):
            number = path.name.split("-")[1].removesuffix(".tmp")
            if number.isdigit() and int(number) >= first:
                path.unlink()

    def _complete(self):
        try:
            self._open_writer.close()
        except tf.errors.OpError as error:
            raise OSError(f"cannot write to {self.directory}: {error.message}") from None
        finally:
            self._open_writer = None
        path = self._temporary(len(self.complete))
        with open(path, "rb") as file:
            os.fsync(file.fileno())
        self.complete.append(self._open_shard | _size_and_checksum(path))

    def _find(self, index: int, shard: dict) -> Path | None:
        """Return the file of a complete shard: not renamed yet, or by a run that was killed while it renamed."""
        for path in (self._temporary(index), *self.directory.glob(f"passages-{index:05d}-of-*.tfrecord")):
            expected = {name: shard.get(name) for name in ("num_bytes", "sha256")}
            if path.is_file() and _size_and_checksum(path) == expected:
                return path
        return None

    def _temporary(self, index: int) -> Path:
        return self.directory / f".passages-{index:05d}.tmp"


def _size_and_checksum(path: Path) -> dict:
    with open(path, "rb") as file:
        return {"sha256": hashlib.file_digest(file, "sha256").hexdigest(), "num_bytes": file.tell()}
