"""BEIR's layout of a collection: `corpus.jsonl`, `queries.jsonl` and `qrels/SPLIT.tsv` in a folder."""

import json
import logging
import os
from pathlib import Path

from bert_keras.atomic_files import write_file
from bert_keras.data.files.cells import text_of
from bert_keras.data.files.faults import Faults, RowFault
from bert_keras.data.files.json_rows import read_json_rows
from bert_keras.data.matching.retrieval_set import RetrievalSet
from bert_keras.data.matching.title_first import title_first
from bert_keras.data.matching.trec_files import judgements, write_qrels

_logger = logging.getLogger(__name__)
_ID = "_id"


def read_beir(directory: str | os.PathLike, split: str = "test", *, errors: str | Faults = "raise") -> RetrievalSet:
    """Read a collection in BEIR's layout.

    A document is its title and its text with a space between them. Queries that the split does not judge are left out,
    and counted: `queries.jsonl` has those of all splits.

    Args:
        directory: The folder; its files are plain or `.gz`.
        split: Which of the files in `qrels`: `"train"`, `"dev"`, `"test"`.
        errors: `"raise"` at a faulty row, or `"skip"` it and log how many there were of each kind and where.

    Raises:
        FileNotFoundError: If a file is missing.
        ValueError: With file and line: a row is no object with `_id` and `text`, an id is no string or comes twice, a
            query or a document is empty, or a judgement is of one that is not there. Or nothing at all was read.

    Example:
        >>> import json, pathlib, tempfile
        >>> folder = pathlib.Path(tempfile.mkdtemp())
        >>> _ = (folder / "corpus.jsonl").write_text(json.dumps({"_id": "d1", "title": "Cats", "text": "They purr."}))
        >>> _ = (folder / "queries.jsonl").write_text(json.dumps({"_id": "q1", "text": "who purrs"}))
        >>> (folder / "qrels").mkdir()
        >>> _ = (folder / "qrels" / "test.tsv").write_text("q1 d1 1")
        >>> read_beir(folder).documents
        {'d1': 'Cats They purr.'}

    Reference:
        Thakur et al., 2021, https://arxiv.org/abs/2104.08663
    """
    documents, num_skipped = _texts(beir_file(directory, "corpus.jsonl"), errors)
    queries, num_others = _texts(beir_file(directory, "queries.jsonl"), errors)
    path, faults, qrels, places = beir_file(directory, f"qrels/{split}.tsv"), Faults.of(errors), {}, {}
    for place, query, document, grade in judgements(path, faults):
        if query not in queries:
            faults.add(f"{place}: no query {query!r} in queries.jsonl", "judgements of a query not there")
        elif document not in documents:
            faults.add(f"{place}: no document {document!r} in corpus.jsonl", "judgements of a document not there")
        else:
            qrels.setdefault(query, {})[document] = grade
            places.setdefault(query, {})[document] = place
    faults.report(sum(map(len, qrels.values())), path)
    if unjudged := [query for query in queries if query not in qrels]:
        _logger.warning(
            "%d of %d queries have no judgement in %s and are left out, the first: %s",
            len(unjudged), len(queries), path, unjudged[0],
        )  # fmt: skip
    judged = {query: text for query, text in queries.items() if query in qrels}
    return RetrievalSet(judged, documents, qrels, num_skipped + num_others + faults.count, places)


def write_beir(directory: str | os.PathLike, collection: RetrievalSet, split: str = "test") -> None:
    """Write a collection in BEIR's layout, as recipes read it: one of another format, say.

    Args:
        directory: The folder, made where it is not there.
        collection: What is written; judgements of documents and queries that it has not are left out, and counted.
        split: The name of the judgements' file.

    Raises:
        ValueError: If an id is no string, is empty or has spaces within.

    Example:
        >>> import tempfile
        >>> folder = tempfile.mkdtemp()
        >>> write_beir(folder, RetrievalSet({"q1": "who purrs"}, {"d1": "Cats purr."}, {"q1": {"d1": 1}}))
        >>> read_beir(folder).documents
        {'d1': 'Cats purr.'}
    """
    qrels = {
        query: {document: grade for document, grade in grades.items() if document in collection.documents}
        for query, grades in collection.qrels.items()
        if query in collection.queries
    }
    path = Path(directory, "qrels", f"{split}.tsv")
    path.parent.mkdir(parents=True, exist_ok=True)
    write_qrels(path, qrels)
    if num_lost := sum(map(len, collection.qrels.values())) - sum(map(len, qrels.values())):
        _logger.warning("%d judgements of what is not in the collection are left out of %s", num_lost, path)
    for name, texts in (("corpus", collection.documents), ("queries", collection.queries)):
        rows = (json.dumps({_ID: key, "text": text}, ensure_ascii=False) + "\n" for key, text in texts.items())
        write_file(Path(directory, f"{name}.jsonl"), "".join(rows).encode())


def beir_file(directory: str | os.PathLike, name: str) -> Path:
    """Return the path of a file in BEIR's layout, of the packed one where it alone is there."""
    path = Path(directory, name)
    return path if path.is_file() or not Path(f"{path}.gz").is_file() else Path(f"{path}.gz")


def is_beir_folder(directory: str | os.PathLike) -> bool:
    """Tell whether a path is a folder with a corpus and queries in BEIR's layout."""
    return all(beir_file(directory, name).is_file() for name in ("corpus.jsonl", "queries.jsonl"))


def _texts(path: Path, errors: str | Faults) -> tuple[dict[str, str], int]:
    """Return {id: text} of a file, and how many rows were skipped."""
    texts, faults = {}, Faults.of(errors)
    for row in read_json_rows(path, own_keys=(_ID, "text")):
        try:
            if row.problem:
                raise RowFault(row.problem, row.kind)
            name = _id_of(row.value)
            if name in texts:
                raise RowFault(f"the id {name!r} comes twice", "rows with the id of another")
            texts[name] = text_of(title_first(row.value), "text", row.place, faults)
        except RowFault as fault:
            faults.add(f"{row.place}: {fault}", fault.kind)
    faults.report(len(texts), path)
    return texts, faults.count


def _id_of(row) -> str:
    if not isinstance(row, dict) or _ID not in row:
        raise RowFault(f"expected an object with '_id' and 'text', received {str(row)[:80]}", "rows without an id")
    if not isinstance(row[_ID], str) or not row[_ID].strip():
        message = f"the id is {row[_ID]!r:.40}, expected a string that is not empty"
        raise RowFault(message, "rows with an id that is no string")
    return row[_ID]
