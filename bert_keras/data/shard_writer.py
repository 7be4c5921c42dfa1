"""TFRecord shards written under temporary names and renamed when all of them are complete."""

import hashlib
import os
from pathlib import Path

import tensorflow as tf

from bert_keras.data.corpus_report import Shard

SHARD_PATTERN = "passages-*-of-*.tfrecord"


class ShardWriter:
    """Writes records into shards of equal size, one after the other.

    Args:
        directory: Where the shards go. Leftovers of a killed run are removed.
        records_per_shard: How many records fill a shard.

    Use as a context manager: if an error leaves it, the shards written so far are removed.
    """

    def __init__(self, directory: Path, records_per_shard: int):
        self.directory = directory
        self.records_per_shard = records_per_shard
        self._open_writer = None
        self._shards: list[dict] = []
        self._remove_temporary()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        if self._open_writer is not None:
            self._open_writer.close()
        self._remove_temporary()

    def write(self, record: bytes, num_tokens: int):
        """Appends a record that holds `num_tokens` tokens."""
        if self._open_writer is None:
            self._shards.append({"num_passages": 0, "num_tokens": 0})
            self._open_writer = tf.io.TFRecordWriter(str(self._temporary(len(self._shards) - 1)))
        try:
            self._open_writer.write(record)
        except tf.errors.OpError as error:
            raise OSError(f"cannot write to {self.directory}: {error.message}") from None
        shard = self._shards[-1]
        shard["num_passages"] += 1
        shard["num_tokens"] += num_tokens
        if shard["num_passages"] == self.records_per_shard:
            self._complete()

    def finish(self) -> list[Shard]:
        """Completes the last shard, then gives all of them their final names in place of older shards."""
        if self._open_writer is not None:
            self._complete()
        for old in self.directory.glob(SHARD_PATTERN):
            old.unlink()
        shards = []
        for index, shard in enumerate(self._shards):
            name = f"passages-{index:05d}-of-{len(self._shards):05d}.tfrecord"
            os.replace(self._temporary(index), self.directory / name)
            shards.append(Shard(name=name, **shard))
        return shards

    def _complete(self):
        try:
            self._open_writer.close()
        except tf.errors.OpError as error:
            raise OSError(f"cannot write to {self.directory}: {error.message}") from None
        finally:
            self._open_writer = None
        with open(self._temporary(len(self._shards) - 1), "rb") as file:
            os.fsync(file.fileno())
            self._shards[-1]["sha256"] = hashlib.file_digest(file, "sha256").hexdigest()
            self._shards[-1]["num_bytes"] = file.tell()

    def _temporary(self, index: int) -> Path:
        return self.directory / f".passages-{index:05d}.tmp"

    def _remove_temporary(self):
        for path in self.directory.glob(".passages-*.tmp"):
            path.unlink()
