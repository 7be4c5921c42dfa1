"""An index of texts: built once, kept in a folder, searched by vectors, by words, or by both."""

import contextlib
import functools
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np

from bert_keras.data.files.cells import is_visible
from bert_keras.folder_lock import FolderLock
from bert_keras.inference.predictor import check_top_k
from bert_keras.inference.search.array_folder import HEADER, mapped_array
from bert_keras.inference.search.bm25 import Bm25
from bert_keras.inference.search.growing_files import GrowingFiles
from bert_keras.inference.search.index_texts import as_index_texts
from bert_keras.inference.search.known_encoder import expect_known, known_by
from bert_keras.inference.search.neighbour_graph import NeighbourGraph
from bert_keras.inference.search.rank_fusion import fuse_ranks
from bert_keras.inference.search.reranking import Reranker, rerank
from bert_keras.inference.search.stored_vectors import StoredVectors, VectorDtype, vector_files
from bert_keras.inference.search.text_appender import ENDS, TEXTS, TextAppender
from bert_keras.inference.search.text_vectors import Encoder, searchable_vectors, with_prompts
from bert_keras.json_text import parse_json
from bert_keras.progress import with_progress

Method = Literal["exact", "binary", "approximate", "bm25"]
METHODS = ("exact", "binary", "approximate", "bm25")
_KIND, _VERSION = "bert_keras index", 1
_PREPARED = {"approximate": ("graph", NeighbourGraph.load), "bm25": ("bm25", Bm25.load)}
_ROWS = 8192  # vectors at a time that go into the graph


class Index:
    """Finds the texts that answer a query; made by `build` or `load`.

    A folder holds the texts, a line of JSON each; their vectors; a graph and counts of words where `prepare` made them;
    and a header with checksums. All but the graph and the ids is mapped into memory, not read.

    Args:
        files: What `build` has made.
        encoder: What gives a list of texts their vectors; None where only words are searched. An `Embedder` reads texts
            and queries behind the prompts that it has for them.
        query_encoder: The same for queries, where another encoder is to read them; None for `encoder`.

    Example:
        ```python
        embed = Embedder.from_preset("all-MiniLM-L6-v2", progress=False)
        index = Index.build("runs/index", ["a cat purrs", "a dog barks", "stocks fell"], embed)
        index.search("which animal barks?", top_k=1)  # [{"id": "1", "text": "a dog barks", "score": 0.62}]
        ```
    """

    def __init__(self, files: GrowingFiles, encoder: Encoder | None = None, query_encoder: Encoder | None = None):
        self._files = files
        self._encoder, self._query_encoder = with_prompts(encoder, query_encoder)
        self._parts: dict[str, Any] = {}
        self._map()

    # Building

    @classmethod
    def build(
        cls,
        folder: str | os.PathLike,
        texts: Iterable[Any],
        encoder: Encoder | None = None,
        *,
        query_encoder: Encoder | None = None,
        dtype: VectorDtype = "float32",
        similarity: Literal["cosine", "dot"] = "cosine",
        block_size: int = 1024,
        errors: Literal["raise", "skip"] = "raise",
        update: bool = False,
        progress: bool | None = None,
    ) -> Self:
        """Build an index, or resume a stopped build with the same arguments after the last block that it committed.

        Args:
            folder: Where it is kept; made if it is not there.
            texts: Any iterable of str, which are known by their numbers; of pairs of id and text; of dicts of `id`,
                `text` and what else is to be kept; or what `read_index_texts` and `passages_of` give.
            encoder: From a list of str to (texts, dimension) floats: an `Embedder`, say. None for an index of words.
            query_encoder: As for the class.
            dtype: What vectors are kept in. int8 takes a quarter of the room.
            similarity: "cosine", for which vectors are scaled to length 1, or "dot", for encoders trained with it.
            block_size: Texts that are encoded and committed together.
            errors: "raise" at a text that cannot be indexed, or "skip" it, and log how many there were of each kind.
            update: Whether an index of other texts that is there becomes one of these: new texts and those that have
                changed are added, the former ones and those that are gone removed. Stopped, it resumes, too.
            progress: As for `Predictor`.

        Raises:
            FileExistsError: If the folder has an index of other texts, or with other options.
            OSError: If another process builds there.
            ValueError: Of a text, with its place: an id that is no str or comes twice; a text that is no str or empty;
                a vector of zeros or NaN. If the stopped build had another encoder, other texts or other options.
        """
        if dtype not in ("float32", "int8") or similarity not in ("cosine", "dot"):
            raise ValueError(
                f"Expected dtype float32 or int8, similarity cosine or dot; received {dtype!r}, {similarity!r}."
            )
        encoder, query_encoder = with_prompts(encoder, query_encoder)
        options = {"dtype": dtype if encoder else None, "similarity": similarity}
        with contextlib.closing(FolderLock(folder, "an index")):
            files = _opened(folder, options, encoder) or _created(folder, options, encoder)
            index = cls(files, encoder, query_encoder)
            source = as_index_texts(texts)
            appender = TextAppender(files, encoder, index._numbers, index._line, errors)
            if update:
                appender.update(source, block_size=block_size, progress=progress)
                index._map()
                return index
            appender.pass_over(source)
            if files.header["is_complete"]:
                if next(source, None) is not None:
                    raise FileExistsError(
                        f"{folder} has an index of fewer texts: add to it, build with update=True, --update of "
                        "build_index.py, or give another folder."
                    )
                return index
            total = len(texts) - files.header["read"] if hasattr(texts, "__len__") else None
            appender.append(source, total, block_size=block_size, progress=progress, commit_blocks=True)
            index._map()
        return index

    @classmethod
    def load(
        cls,
        folder: str | os.PathLike,
        encoder: Encoder | None = None,
        *,
        query_encoder: Encoder | None = None,
        verify: bool = True,
    ) -> Self:
        """Load an index by memory map.

        Args:
            folder: What `build` made.
            encoder: The one that it was built with, on any backend, in any dtype; None to search by words alone.
            query_encoder: As for the class.
            verify: Whether to read the files once and compare their checksums; else only their sizes.

        Raises:
            FileNotFoundError: If there is none, or a file of it is missing.
            ValueError: If it is damaged, its build was stopped, or it was built with another encoder: other weights,
                `sequence_length` or prompt of documents.
        """
        encoder, query_encoder = with_prompts(encoder, query_encoder)
        files = GrowingFiles.open(folder, _KIND, _VERSION, verify=verify)
        if not files.header["is_complete"]:
            raise ValueError(
                f"{folder} is half built: {files.header['count']} texts are there. Build it again with the same texts: "
                "the build resumes after these."
            )
        if encoder is not None and files.header["dtype"]:
            expect_known(encoder, files.header["encoder"], files.header["similarity"], str(folder))
        return cls(files, encoder, query_encoder)

    def add(
        self,
        texts: Iterable[Any],
        *,
        block_size: int = 1024,
        errors: Literal["raise", "skip"] = "raise",
        progress: bool | None = None,
    ) -> None:
        """Add texts, all of them or, if the process is stopped or fails, none.

        Args:
            texts: As for `build`; their ids are new.
            block_size: As for `build`.
            errors: As for `build`.
            progress: As for `build`.

        Raises:
            OSError: If another process writes there.
            ValueError: As for `build`; if the index has vectors and was loaded without an encoder, or the encoder was
                trained since.
        """
        if self._files.header["dtype"] and self._encoder is None:
            raise ValueError("Expected an encoder for the new texts: load the index with the one it was built with.")
        header = self._files.header
        if header["dtype"]:  # it may have been trained since
            expect_known(self._encoder, header["encoder"], header["similarity"], str(self._files.folder))
        total = len(texts) if hasattr(texts, "__len__") else None
        with self._writing():
            appender = TextAppender(self._files, self._encoder, self._numbers, self._line, errors)
            appender.append(as_index_texts(texts), total, block_size=block_size, progress=progress, commit_blocks=False)
            self._map()

    def remove(self, ids: Iterable[str]) -> None:
        """Take texts out of the index: they are found no more, though their vectors stay in the files.

        Args:
            ids: Of texts; all of them must be there, once.

        Raises:
            OSError: If another process writes there.
            ValueError: If ids are one str, or one of them is not in the index; nothing is removed then.
        """
        if isinstance(ids, str):
            raise ValueError(f"Expected an iterable of ids, received the str {ids!r:.80}: give [id].")
        numbers = [self._number(one) for one in ids]
        if len(set(numbers)) < len(numbers):
            raise ValueError("Expected each id once.")
        with self._writing():
            self._files.commit(removed=sorted({*self._files.header["removed"], *numbers}), source=None)
            self._map()
            del self.__dict__["_numbers"]

    def prepare(self, *methods: Method, progress: bool | None = None) -> None:
        """Make what "approximate" and "bm25" search in, or bring it up to the texts that were added.

        Args:
            *methods: One or both of them.
            progress: As for `build`.

        Raises:
            ImportError: If the package that does it is not installed.
            OSError: If another process writes there.
            ValueError: If there is nothing to prepare for a method, or no vector to make a graph of.
        """
        for method in methods:
            if method not in _PREPARED:
                raise ValueError(f"Expected methods that have to be prepared, {tuple(_PREPARED)}; received {method!r}.")
            if self._is_prepared(method):
                continue
            if not self._count:
                raise ValueError("The index has no text yet.")
            with self._writing():
                part = self._graph(progress) if method == "approximate" else Bm25(one["text"] for one in self._all())
                part.save(self._files.folder / _PREPARED[method][0])
            self._parts[method] = part

    # Searching

    def __len__(self) -> int:
        return self._count - len(self._files.header["removed"])

    def __contains__(self, id: str) -> bool:
        return id in self._numbers

    def __getitem__(self, id: str) -> dict[str, Any]:
        """Return the text of an id, as a dict of `id`, `text` and what else was kept."""
        return self._record(self._number(id))

    def search(
        self,
        queries: str | Sequence[str],
        top_k: int = 10,
        *,
        method: Method | Sequence[Method] = "exact",
        reranker: Reranker | None = None,
        num_candidates: int | None = None,
    ) -> list:
        """Find the texts that answer queries.

        Args:
            queries: One, or a sequence of them.
            top_k: Most texts for each.
            method: "exact", all dot products; "binary", the signs of the vectors, and dot products of the best;
                "approximate", a graph of neighbours; "bm25", words. Several are fused by the ranks that texts have.
            reranker: From queries and as many texts to scores, a `CrossEncoder` say: it orders the candidates.
            num_candidates: Where methods are fused, how many texts each finds; where there is a reranker, how many of
                the best it reads. At least `top_k`; None for 100, or `top_k` where that is more.

        Returns:
            For each query a list of dicts of `id`, `text`, `score` and what else was kept, best first; for one str its
            own list. The score is the dot product (cosine), BM25's, the sum of 1 / (60 + rank) where methods are
            fused, or the reranker's.

        Raises:
            ImportError: If the package of a method is not installed.
            ValueError: If a query is empty or no str, there is no such method, or it is not prepared; or if there are
                fewer candidates than `top_k`.
        """
        if isinstance(queries, str):
            return self.search([queries], top_k, method=method, reranker=reranker, num_candidates=num_candidates)[0]
        numbers, scores = self.find(queries, top_k, method=method, reranker=reranker, num_candidates=num_candidates)
        return [
            [self._record(number) | {"score": score} for number, score in zip(*row) if number >= 0]
            for row in zip(numbers.tolist(), scores.tolist())
        ]

    def find(
        self,
        queries: Sequence[str],
        top_k: int = 10,
        *,
        method: Method | Sequence[Method] = "exact",
        reranker: Reranker | None = None,
        num_candidates: int | None = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Find texts as `search` does, by their numbers: their places among all that were ever added.

        Args:
            queries: A sequence of str.
            top_k: As for `search`.
            method: As for `search`.
            reranker: As for `search`.
            num_candidates: As for `search`.

        Returns:
            (queries, top_k) int64 numbers, best first, -1 behind the last; and their float32 scores, there 0.
        """
        check_top_k(top_k)
        methods = (method,) if isinstance(method, str) else tuple(method)
        if not methods or any(one not in METHODS for one in methods):
            raise ValueError(f"Expected method to be one or several of {METHODS}, received {method!r}.")
        queries = _checked_queries(queries)
        vectors = self._query_vectors(queries) if {*methods} - {"bm25"} and queries else None
        is_final = len(methods) == 1 and reranker is None
        depth = top_k if is_final else _num_candidates(num_candidates, top_k)
        found = [self._find(one, queries, vectors, depth) for one in methods]
        numbers, scores = found[0]
        if len(methods) > 1:
            numbers, scores = fuse_ranks([one for one, _ in found], depth)
        if reranker is not None:
            numbers, scores = rerank(reranker, queries, numbers, lambda number: self._record(number)["text"])
        return numbers[:, :top_k], scores[:, :top_k]

    def _find(self, method: Method, queries: list[str], vectors: np.ndarray | None, top_k: int):
        if not queries or not len(self):
            return np.full((len(queries), top_k), -1, "int64"), np.zeros((len(queries), top_k), "float32")
        if method == "exact":
            return self._vectors.search(vectors, top_k, self._mask)
        if method == "binary":
            return self._vectors.search_bits(vectors, top_k, self._mask)
        if not self._is_prepared(method):
            done = len(self._parts.get(method, ()))
            since = f" for the {self._count - done} texts that were added since" if done else ""
            raise ValueError(
                f"The index is not prepared for the search by {method!r}{since}: {_preparing(method)}, once and after "
                "texts were added."
            )
        if method == "bm25":
            return self._parts[method].search(queries, top_k, mask=self._mask)
        candidates = self._parts[method].search(vectors, 4 * top_k, self._mask)
        best = [self._vectors.best_of(*pair, top_k) for pair in zip(vectors, candidates)]
        return tuple(map(np.concatenate, zip(*best)))

    def _query_vectors(self, queries: list[str]) -> np.ndarray:
        if not self._files.header["dtype"]:
            raise ValueError("The index was built without an encoder: it is searched by method='bm25'.")
        if self._query_encoder is None:
            raise ValueError("The index was loaded without its encoder: it is searched by method='bm25'.")
        vectors = searchable_vectors(self._query_encoder, queries, self._files.header["similarity"])
        if vectors.shape[1] != self._files.header["dimension"]:
            raise ValueError(
                f"Expected query vectors of {self._files.header['dimension']} numbers, received {vectors.shape[1]}."
            )
        return vectors

    # Files

    def _map(self) -> None:
        header, files = self._files.header, self._files
        self._count = header["count"]
        self._ends = mapped_array(files.folder / ENDS, "int64", (self._count,))
        self._texts = mapped_array(files.folder / TEXTS, "uint8", (int(self._ends[-1]) if self._count else 0,))
        self._mask = None
        if header["removed"]:
            self._mask = np.ones(self._count, bool)
            self._mask[header["removed"]] = False
        if header["dtype"]:
            self._vectors = StoredVectors.mapped(files.folder, header["dtype"], header["dimension"], self._count)

    def _line(self, number: int) -> bytes:
        return self._texts[self._ends[number - 1] if number else 0 : self._ends[number]].tobytes()

    def _record(self, number: int) -> dict[str, Any]:
        return parse_json(self._line(number).decode("utf-8", "surrogatepass"))

    def _all(self) -> Iterator[dict[str, Any]]:
        return map(self._record, range(self._count))

    @functools.cached_property
    def _numbers(self) -> dict[str, int]:
        """The number of each id; read when ids are asked for, which a search does not."""
        live = (pair for pair in enumerate(self._all()) if self._mask is None or self._mask[pair[0]])
        return {one["id"]: number for number, one in live}

    def _number(self, id: str) -> int:
        try:
            return self._numbers[id]
        except (KeyError, TypeError):
            raise ValueError(f"The index has no text with the id {id!r:.80}.") from None

    def _is_prepared(self, method: str) -> bool:
        """Whether a part is there and has all texts; loads it where it lies in the folder."""
        name, load = _PREPARED[method]
        folder = self._files.folder / name
        if method not in self._parts and (folder / HEADER).exists():
            try:
                self._parts[method] = load(folder)
            except (FileNotFoundError, ValueError) as error:
                error.add_note(f"Remove {folder}, and prepare it again: {_preparing(method)}.")
                raise
        return method in self._parts and len(self._parts[method]) == self._count

    def _graph(self, progress: bool | None) -> NeighbourGraph:
        if not self._files.header["dtype"]:
            raise ValueError("The index was built without an encoder: there is no vector to make a graph of.")
        graph = self._parts.get("approximate") or NeighbourGraph([])
        begins = range(len(graph), self._count, _ROWS)
        blocks = ((np.arange(b, min(b + _ROWS, self._count)), self._vectors.rows(slice(b, b + _ROWS))) for b in begins)
        rows = self._count - len(graph)
        graph.extend(block for _, block in with_progress(blocks, rows, name="Graph of neighbours", show=progress))
        return graph

    @contextlib.contextmanager
    def _writing(self):
        """Let no other process write, and see what it has written before; what fails leaves all as it was."""
        with contextlib.closing(FolderLock(self._files.folder, "an index")):
            now = GrowingFiles.open(self._files.folder, _KIND, _VERSION, verify=False)
            if now.header != self._files.header:
                raise ValueError(f"{self._files.folder} was changed by another process: load the index again.")
            try:
                yield
            except BaseException:
                self._files = now
                self.__dict__.pop("_numbers", None)
                self._map()
                raise


def _opened(folder: str | os.PathLike, options: dict[str, Any], encoder: Encoder | None) -> GrowingFiles | None:
    """Open what a build with these options has left; None where there is nothing."""
    if not Path(folder, HEADER).exists():
        return None
    files = GrowingFiles.open(folder, _KIND, _VERSION, verify=True)
    if not files.header["count"] and not files.header["is_complete"]:
        return None
    found = {name: files.header[name] for name in options}
    if found != options:
        raise FileExistsError(f"{folder} has an index with other options: {found}. Give another folder.")
    if encoder is not None:
        expect_known(encoder, files.header["encoder"], files.header["similarity"], str(folder))
    return files


def _created(folder: str | os.PathLike, options: dict[str, Any], encoder: Encoder | None) -> GrowingFiles:
    noted = known_by(encoder) if encoder else None
    names = (TEXTS, ENDS, *(vector_files(options["dtype"]) if encoder else ()))
    state = {"count": 0, "removed": [], "read": 0, "source": 0, "is_complete": False}
    dimension = len(noted["vectors"][0]) if noted else 0
    return GrowingFiles.create(folder, _KIND, _VERSION, names, encoder=noted, dimension=dimension, **options, **state)


def _preparing(method: Method) -> str:
    return f"index.prepare({method!r}), or the command of build_index.py again, with --prepare {method}"


def _num_candidates(number: int | None, top_k: int) -> int:
    if number is None:
        return max(100, top_k)
    if number < top_k:
        raise ValueError(
            f"Expected num_candidates of at least top_k={top_k}, received {number}: what is found is chosen among them."
        )
    return number


def _checked_queries(queries: Sequence[str]) -> list[str]:
    queries = list(queries)
    for number, query in enumerate(queries, 1):
        if not isinstance(query, str) or not is_visible(query):
            raise ValueError(f"Expected queries as str with something to see, received {query!r:.80}, query {number}.")
    return queries
