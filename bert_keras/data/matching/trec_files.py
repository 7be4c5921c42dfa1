"""TREC's qrels, which documents answer which query, and runs, what a search found for each: read and written."""

import math
import os
from collections.abc import Iterator, Mapping

from bert_keras.atomic_files import write_file
from bert_keras.data.files.faults import Faults, RowFault
from bert_keras.data.files.text_lines import read_lines
from bert_keras.data.matching.retrieval_set import Qrels

_HEADER = ("query-id", "corpus-id", "score")  # of BEIR's files
_GRADES = {3: (0, 1, 2), 4: (0, 2, 3)}  # where query, document and grade stand, by the number of columns


def read_qrels(path: str | os.PathLike, *, errors: str = "raise") -> dict[str, dict[str, int]]:
    r"""Read judgements: TREC's four columns, BEIR's three under a header, or three without one.

    Args:
        path: The file, plain or `.gz`; columns between tabs or, in lines without one, between spaces.
        errors: `"raise"` at a faulty line, or `"skip"` it and log how many there were of each kind and where.

    Returns:
        {query id: {document id: grade}}.

    Raises:
        FileNotFoundError: If the file is missing.
        ValueError: With file and line: columns are too few or too many, a grade is no whole number, or a document is
            judged twice for a query. Or there is no judgement.

    Example:
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp(), "test.tsv")
        >>> _ = path.write_text("query-id\tcorpus-id\tscore\nq1\td1\t2\n")
        >>> read_qrels(path)
        {'q1': {'d1': 2}}

    Reference:
        https://trec.nist.gov/data/qrels_eng/
    """
    qrels, faults = {}, Faults(errors)
    for _, query, document, grade in judgements(path, faults):
        qrels.setdefault(query, {})[document] = grade
    faults.report(sum(map(len, qrels.values())), path)
    return qrels


def judgements(path: str | os.PathLike, faults: Faults) -> Iterator[tuple[str, str, str, int]]:
    """Yield (place, query id, document id, grade) of each line of qrels.

    Args:
        path: The file.
        faults: Gets every fault.
    """
    columns, seen = None, set()
    for place, cells in _cells(path, faults):
        if columns is None and tuple(cells[:3]) == _HEADER:
            columns = _GRADES[3]
            continue
        columns = columns or _GRADES.get(len(cells))
        try:
            if columns is None or len(cells) != columns[-1] + 1:
                expected = "3 or 4" if columns is None else columns[-1] + 1
                raise RowFault(f"{len(cells)} columns, expected {expected}", "lines of another number of columns")
            query, document, grade = (cells[column] for column in columns)
            _expect_ids(query, document)
            if not grade.lstrip("+-").isdecimal():
                message = f"the grade is {grade[:40]!r}, expected a whole number"
                raise RowFault(message, "lines without a grade")
            if (query, document) in seen:
                raise RowFault(f"document {document!r} is judged twice for query {query!r}", "judgements given twice")
        except RowFault as fault:
            faults.add(f"{place}: {fault}", fault.kind)
            continue
        seen.add((query, document))
        yield place, query, document, int(grade)


def write_qrels(path: str | os.PathLike, qrels: Qrels) -> None:
    """Write judgements: BEIR's columns into a `.tsv`, else TREC's.

    Args:
        path: The file.
        qrels: {query id: {document id: grade}}.

    Raises:
        ValueError: If an id is no string, is empty or has spaces within.
    """
    is_beir = os.fspath(path).endswith(".tsv")
    lines = ["\t".join(_HEADER)] if is_beir else []
    for query, grades in qrels.items():
        for document, grade in grades.items():
            _check_ids(query, document)
            lines.append(f"{query}\t{document}\t{grade}" if is_beir else f"{query} 0 {document} {grade}")
    write_file(path, "".join(f"{line}\n" for line in lines).encode())


def read_run(path: str | os.PathLike, *, errors: str = "raise") -> dict[str, dict[str, float]]:
    """Read what a search found: TREC's six columns, query, Q0, document, rank, score, name of the run.

    Scores count, not ranks, as for trec_eval.

    Args:
        path: The file, plain or `.gz`.
        errors: As for `read_qrels`.

    Returns:
        {query id: {document id: score}}.

    Raises:
        FileNotFoundError: If the file is missing.
        ValueError: With file and line: there are not six columns, a score is no finite number, or a document was found
            twice for a query. Or the file is empty.
    """
    run, faults = {}, Faults(errors)
    for place, cells in _cells(path, faults):
        try:
            if len(cells) != 6:
                raise RowFault(f"{len(cells)} columns, expected 6", "lines of another number of columns")
            query, _, document, _, score, _ = cells
            _expect_ids(query, document)
            if document in run.get(query, ()):
                raise RowFault(f"document {document!r} was found twice for query {query!r}", "documents found twice")
            run.setdefault(query, {})[document] = _score(score)
        except RowFault as fault:
            faults.add(f"{place}: {fault}", fault.kind)
    faults.report(sum(map(len, run.values())), path)
    return run


def write_run(path: str | os.PathLike, run: Mapping[str, Mapping[str, float]], *, name: str = "bert_keras") -> None:
    """Write what a search found, for trec_eval and other scorers.

    Args:
        path: The file.
        run: {query id: {document id: score}}.
        name: Name of the run.

    Raises:
        ValueError: If an id is no string, is empty or has spaces within.

    Example:
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp(), "run.txt")
        >>> write_run(path, {"q1": {"d1": 0.5, "d2": 0.75}})
        >>> path.read_text().split()[:6], read_run(path)
        (['q1', 'Q0', 'd2', '1', '0.75', 'bert_keras'], {'q1': {'d2': 0.75, 'd1': 0.5}})
    """
    lines = []
    for query, scores in run.items():
        ranked = sorted(scores.items(), key=lambda item: -item[1])
        for rank, (document, score) in enumerate(ranked, 1):
            _check_ids(query, document)
            lines.append(f"{query} Q0 {document} {rank} {float(score)!r} {name}\n")
    write_file(path, "".join(lines).encode())


def _cells(path: str | os.PathLike, faults: Faults) -> Iterator[tuple[str, list[str]]]:
    for line in read_lines(path):
        place = f"{os.fspath(path)}:{line.number}"
        if line.problem or line.is_cut:
            faults.add(f"{place}: {line.problem or 'line of more than 1 MiB'}", "lines that cannot be read")
        elif line.text.strip():
            cells = line.text.split("\t") if "\t" in line.text.strip() else line.text.split()
            yield place, [cell.strip() for cell in cells]


def _score(text: str) -> float:
    try:
        score = float(text)
    except ValueError:
        score = math.nan
    if not math.isfinite(score):
        raise RowFault(f"the score is {text[:40]!r}, expected a finite number", "lines without a score")
    return score


def _expect_ids(*ids: str) -> None:
    if not all(ids):
        raise RowFault("an id is empty", "lines with an empty id")


def _check_ids(*ids: str) -> None:
    for some in ids:
        if not isinstance(some, str) or len(some.split()) != 1 or some != some.strip():
            raise ValueError(f"expected ids that are strings without spaces, received {some!r}")
