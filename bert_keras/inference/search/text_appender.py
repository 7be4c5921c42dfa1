"""Texts on their way into the files of an index: looked at, encoded block after block, counted."""

import itertools
import json
import logging
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from bert_keras.data.files.faults import Faults
from bert_keras.inference.search.growing_files import GrowingFiles
from bert_keras.inference.search.index_texts import IndexText, checked
from bert_keras.inference.search.stored_vectors import vector_contents
from bert_keras.inference.search.text_vectors import Encoder, are_usable, encode, scaled
from bert_keras.progress import with_progress

TEXTS, ENDS = "texts.jsonl", "ends"  # a line for each text; where each line ends, int64
_logger = logging.getLogger(__name__)


class TextAppender:
    """Appends texts to an index's files.

    Args:
        files: The index's.
        encoder: What gives a list of texts their vectors; None where the index has none.
        numbers: {id: number} of the texts that are there; gets those that are appended.
        line_of: From a number to the line of that text.
        errors: As for `Index.build`.
    """

    def __init__(
        self,
        files: GrowingFiles,
        encoder: Encoder | None,
        numbers: dict[str, int],
        line_of: Callable[[int], bytes],
        errors: str,
    ) -> None:
        self._files, self._encoder, self._numbers, self._line_of = files, encoder, numbers, line_of
        self._faults, self._removed = Faults(errors), set(files.header["removed"])
        self._read, self._source = files.header["read"], files.header["source"]
        self._count = self._num_before = files.header["count"]

    def pass_over(self, source: Iterator[IndexText]) -> None:
        """Pass over the texts that were appended before.

        Raises:
            FileExistsError: If they are others, with the first of them.
        """
        expected, num_read = self._source, self._read
        self._read = self._source = 0
        seen, other = {}, ""
        some = source if expected is None else itertools.islice(source, num_read)
        for one in checked(self._counted(some), seen, Faults("skip")):
            seen[one.id] = -1
            if not other and not self._has(one):
                found = "another text" if one.id in self._numbers else "no text"
                other = f"for {one.id!r} ({one.place or 'given'}) it has {found}"
        if self._source == expected:
            return
        if other := other or next((f"it has {id!r}, which is not given" for id in self._numbers if id not in seen), ""):
            raise FileExistsError(
                f"{self._files.folder} has an index of other texts: {other}. Give those that it was built of, or "
                "another folder; update=True, --update of build_index.py, makes it one of these."
            )

    def update(self, source: Iterator[IndexText], *, block_size: int, progress: bool | None) -> None:
        """Append the texts that are new or changed, block after block, and remove the former ones and those gone.

        Args:
            source: All texts that shall be there.
            block_size: As for `Index.build`.
            progress: As for `Index.build`.

        Raises:
            ValueError: If there is no text.
        """
        self._read = self._source = 0
        before, seen = dict(self._numbers), {}
        blocks = self._blocks(self._changed(source, seen), block_size)
        for _, block in with_progress(blocks, None, name="Index", show=progress):
            self._store(block)
            self._commit(source=None)  # for now the texts of no one source
        self._faults.report(len(seen), "texts")
        gone = [self._numbers.pop(id) for id in before if id not in seen]
        self._removed.update(gone)
        replaced = sum(id in self._numbers and self._numbers[id] != number for id, number in before.items())
        added = self._count - self._num_before - replaced
        self._commit(is_complete=True)
        _logger.info("%s: %d texts added, %d changed, %d gone", self._files.folder, added, replaced, len(gone))

    def append(
        self,
        source: Iterator[IndexText],
        total: int | None,
        *,
        block_size: int,
        progress: bool | None,
        commit_blocks: bool,
    ) -> None:
        """Append all further texts and commit them; block after block, if they shall stay where the process stops.

        Args:
            source: The texts.
            total: How many there are, for the progress; None where nobody knows.
            block_size: As for `Index.build`.
            progress: As for `Index.build`.
            commit_blocks: Whether each block is committed.
        """
        blocks = self._blocks(self._new(source), block_size)
        for _, block in with_progress(blocks, total, name="Index", show=progress):
            self._store(block)
            if commit_blocks:
                self._commit()
        if self._faults.count or not self._count:
            self._faults.report(self._count - self._num_before or self._count, "texts")
        self._commit(is_complete=True)

    def _blocks(self, texts: Iterator[IndexText], size: int) -> Iterator[tuple[np.ndarray, list[IndexText]]]:
        block = []
        for one in texts:
            block.append(one)
            if len(block) == size:
                yield np.arange(size), block
                block = []
        if block:
            yield np.arange(len(block)), block

    def _new(self, source: Iterator[IndexText]) -> Iterator[IndexText]:
        for one in checked(self._counted(source), self._numbers, self._faults):
            self._numbers[one.id] = -1  # so that one that comes twice in a block is seen
            yield one

    def _changed(self, source: Iterator[IndexText], seen: dict[str, int]) -> Iterator[IndexText]:
        for one in checked(self._counted(source), seen, self._faults):
            seen[one.id] = -1
            if not self._has(one):
                yield one

    def _has(self, one: IndexText) -> bool:
        return one.id in self._numbers and self._line_of(self._numbers[one.id]) == _line(one)

    def _counted(self, source: Iterator[IndexText]) -> Iterator[IndexText]:
        for one in source:
            self._read += 1
            if self._source is not None:
                self._source = _continued_checksum(one, self._source)
            yield one

    def _store(self, block: list[IndexText]) -> None:
        former = (self._numbers.pop(one.id, -1) for one in block)
        self._removed.update(number for number in former if number >= 0)
        contents, dtype = {}, self._files.header["dtype"]
        if dtype:
            vectors = encode(self._encoder, [one.text for one in block])
            usable = are_usable(vectors)
            for one in itertools.compress(block, ~usable):
                message = f"{one.place}: the encoder gives {one.id!r} a vector of zeros or NaN"
                self._faults.add(message, "vectors of zeros or NaN")
            block = list(itertools.compress(block, usable))
            contents = vector_contents(scaled(vectors[usable], self._files.header["similarity"]), dtype)
        lines = [_line(one) for one in block]
        ends = self._files.size(TEXTS) + np.cumsum([len(line) for line in lines], dtype="<i8")
        self._numbers.update((one.id, number) for number, one in enumerate(block, self._count))
        self._count += len(block)
        self._files.append(contents | {TEXTS: b"".join(lines), ENDS: ends.tobytes()})

    def _commit(self, **values: Any) -> None:
        noted = {"count": self._count, "read": self._read, "source": self._source, "removed": sorted(self._removed)}
        self._files.commit(**noted | values)


def _continued_checksum(one: IndexText, checksum: int) -> int:
    return zlib.crc32(f"{one.id!r} {one.text!r}".encode("utf-8", "surrogatepass"), checksum)


def _line(one: IndexText) -> bytes:
    try:
        line = json.dumps({"id": one.id, "text": one.text} | one.further, ensure_ascii=False)
    except TypeError as error:
        raise ValueError(f"{one.place}: what is kept of {one.id!r} besides its text is no JSON: {error}") from error
    return line.encode("utf-8", "surrogatepass") + b"\n"
