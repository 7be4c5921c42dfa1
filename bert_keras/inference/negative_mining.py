"""Hard negatives: texts that a search takes for an answer, and that are none, to train a sentence encoder on."""

import collections
import json
import logging
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bert_keras.atomic_files import write_file
from bert_keras.data import MatchingExamples
from bert_keras.inference.search.nearest_texts import Search
from bert_keras.progress import with_progress

_logger = logging.getLogger(__name__)
_QUERIES = 256  # searched for at once


def mining_documents(examples: MatchingExamples, texts: Sequence[str] = ()) -> list[str]:
    """List the texts to mine in: the positives of all examples, and others; each once.

    Args:
        examples: Queries with their positives.
        texts: Further ones, such as the documents of a collection.
    """
    return list(dict.fromkeys([*(positive for _, positive, *_ in examples.texts), *texts]))


def mine_negatives(
    examples: MatchingExamples,
    documents: Sequence[str],
    search: Search,
    *,
    num_negatives: int = 4,
    first_rank: int = 1,
    last_rank: int = 50,
    margin: float | None = None,
    relative_margin: float | None = None,
    sampling: str = "top",
    seed: int = 0,
    start: int = 0,
) -> Iterator[dict[str, Any] | None]:
    """Search for the anchor of each example, and take what is found and does not match as negatives.

    What matches the anchor in any example, and the anchor itself, is no negative; nor is what differs from these by
    case and spaces alone, and how many such documents there were is logged. With a margin, neither is what is
    nearer to the anchor than its positive less the margin: it may match and not be known to. If the positive is not
    found at all, everything found is nearer.

    Args:
        examples: Queries with their positives; further texts of an example are passed over.
        documents: What is searched in, `mining_documents` of the examples.
        search: From queries and a number to the numbers of documents, from 0, -1 for none, and their scores,
            (queries, top_k) each: the `search` of a `Bm25` or of a `NearestTexts` of the documents.
        num_negatives: How many an example gets.
        first_rank: From which rank on, counted from 1 among what does not match: the first may be answers that nobody
            marked.
        last_rank: Up to which rank.
        margin: How much further away than the positive a negative has to be, in the search's scores.
        relative_margin: The same as a share of the positive's score: 0.05 for scores below 0.95 of it.
        sampling: `"top"` takes the nearest, `"random"` any of those ranks.
        seed: Of the random ones; what an example gets depends on it and on the number of the example alone.
        start: Examples to leave out, where a stopped mining resumes.

    Yields:
        For each example `{"query", "positive", "negatives", "scores"}`, `scores` those of the negatives; None where
        there are not enough negatives.

    Raises:
        ValueError: If a number is out of range, sampling another word, a document is there twice, or a
            positive is not among the documents.

    Example:
        >>> import numpy as np
        >>> examples = MatchingExamples((("who purrs", "cats purr"),))
        >>> documents = mining_documents(examples, ["dogs bark", "cats bark", "cows moo"])
        >>> find = lambda queries, top_k: (np.array([[0, 2, 1]]), np.array([[3.0, 2.5, 1.0]]))
        >>> [mined] = mine_negatives(examples, documents, find, num_negatives=1, margin=1.0)
        >>> mined["negatives"]
        ['dogs bark']

    Reference:
        Moreira et al., 2024, https://arxiv.org/abs/2407.15831
    """
    _check_options(num_negatives, first_rank, last_rank, sampling, (margin, relative_margin))
    matches = _Matches(examples, documents)
    for begin in range(start, len(examples), _QUERIES):
        some = examples.texts[begin : begin + _QUERIES]
        anchors = list(dict.fromkeys(texts[0] for texts in some))
        found = search(anchors, min(last_rank + matches.most, len(documents)))
        found_of = {anchor: list(zip(*row)) for anchor, *row in zip(anchors, *(part.tolist() for part in found))}
        for number, (anchor, positive, *_) in enumerate(some, begin):
            candidates = matches.left_out_of(anchor, found_of[anchor])[first_rank - 1 : last_rank]
            of_positive = dict(found_of[anchor]).get(matches.number_of[positive], -np.inf)
            limit = _limit(of_positive, margin, relative_margin)
            candidates = [(one, score) for one, score in candidates if score <= limit]
            if len(candidates) < num_negatives:
                yield None
                continue
            if sampling == "random":
                chosen = np.random.default_rng((seed, number)).choice(len(candidates), num_negatives, replace=False)
                candidates = [candidates[i] for i in sorted(chosen)]
            candidates = candidates[:num_negatives]
            negatives, scores = [documents[one] for one, _ in candidates], [score for _, score in candidates]
            yield {"query": anchor, "positive": positive, "negatives": negatives, "scores": scores}
    matches.report()


def _check_options(num_negatives, first_rank, last_rank, sampling, margins):
    if not (1 <= first_rank <= last_rank and 1 <= num_negatives <= last_rank - first_rank + 1):
        raise ValueError(
            f"Expected 1 <= first_rank <= last_rank and num_negatives={num_negatives} from 1 to as many as there are "
            f"ranks, received {first_rank} and {last_rank}."
        )
    if sampling not in ("top", "random"):
        raise ValueError(f"sampling must be 'top' or 'random', received {sampling!r}.")
    if any(value is not None and value < 0 for value in margins):
        raise ValueError(f"Expected margins of 0 or more, received {margins[0]} and {margins[1]}.")


def _limit(of_positive: float, margin: float | None, relative_margin: float | None) -> float:
    """Return the highest score of a negative, by that of the positive."""
    limits = [np.inf]
    limits += [of_positive - margin] if margin is not None else []
    limits += [of_positive - relative_margin * abs(of_positive)] if relative_margin is not None else []
    return min(limits)


class _Matches:
    """What matches each anchor, in any spelling, among the documents."""

    def __init__(self, examples: MatchingExamples, documents: Sequence[str]):
        self.number_of = {text: number for number, text in enumerate(documents)}
        if len(self.number_of) < len(documents):
            raise ValueError(
                f"{len(documents) - len(self.number_of)} documents are there twice: `mining_documents` has each once."
            )
        if missing := [texts[1] for texts in examples.texts if texts[1] not in self.number_of]:
            raise ValueError(f"{len(missing)} positives are not among the documents, the first: {missing[0]!r:.80}")
        self._documents = documents
        self._spellings = [_one_spelling(text) for text in documents]
        self._of = collections.defaultdict(set)
        for anchor, positive, *_ in examples.texts:
            self._of[anchor] |= {anchor, positive}
        self._spelled_of = {anchor: set(map(_one_spelling, matches)) for anchor, matches in self._of.items()}
        counts = collections.Counter(self._spellings)
        self.most = max((sum(counts[one] for one in some) for some in self._spelled_of.values()), default=0)
        self._respelled: set[int] = set()

    def left_out_of(self, anchor: str, found: Sequence[tuple[int, float]]) -> list[tuple[int, float]]:
        """Return what was found without what matches; -1 is nothing that was found."""
        others = []
        for one, score in found:
            if one >= 0 and self._spellings[one] not in self._spelled_of[anchor]:
                others.append((one, score))
            elif one >= 0 and self._documents[one] not in self._of[anchor]:
                self._respelled.add(one)
        return others

    def report(self):
        if self._respelled:
            _logger.warning(
                "%d documents differ from what matches a query by case and spaces alone and are no negatives of it, "
                "such as %.80r", len(self._respelled), self._documents[min(self._respelled)],
            )  # fmt: skip


def _one_spelling(text: str) -> str:
    return " ".join(text.split()).casefold()


def write_negatives(
    path: str | os.PathLike,
    examples: MatchingExamples,
    documents: Sequence[str],
    search: Search,
    *,
    part: str = "",
    progress: bool | None = None,
    **options: Any,
) -> dict[str, int]:
    """Mine negatives into a file for `read_matching`, a line of JSON for each example; a stopped call is resumed.

    Args:
        path: The file. What is mined is kept beside it until all is done.
        examples: As for `mine_negatives`, as are the next two.
        documents: What is searched in.
        search: What finds documents.
        part: What the unfinished file is known by: another word begins anew, so it is to say the options and the data.
        progress: As for `Predictor`.
        **options: Further ones of `mine_negatives`.

    Returns:
        How many `examples` there were, how many were `written`, and how many had `too_few` negatives.

    Raises:
        ValueError: If no example has enough negatives; further as `mine_negatives`.
    """
    path = Path(path)
    unfinished = path.with_name(f".{path.name}.{part}part")
    lines = _whole_lines(unfinished)
    if lines:
        _logger.info("%s: resumes after %d of %d examples", path, len(lines), len(examples))
    mined = mine_negatives(examples, documents, search, start=len(lines), **options)
    numbered = ((np.arange(1), row) for row in mined)
    with open(unfinished, "ab") as file:
        for _, row in with_progress(numbered, len(examples) - len(lines), name="Negatives", show=progress):
            file.write(json.dumps(row, ensure_ascii=False).encode("utf-8", "replace") + b"\n")
    sound = [line for line in _whole_lines(unfinished) if line != b"null\n"]
    counts = {"examples": len(examples), "written": len(sound), "too_few": len(examples) - len(sound)}
    if counts["too_few"]:
        _logger.warning("%d of %d examples have too few negatives and are left out", counts["too_few"], len(examples))
    if not sound:
        former = f" {path} is that of a former call." if path.exists() else ""
        raise ValueError(
            f"No example of {len(examples)} has enough negatives: a smaller margin, or more documents? A search by "
            f"words finds only texts with a word of the query; one by vectors (--preset) finds others.{former}"
        )
    write_file(path, b"".join(sound))
    unfinished.unlink()
    return counts


def _whole_lines(path: Path) -> list[bytes]:
    """Return the lines of a file that has none of a write that was cut off; cuts such a one off the file."""
    if not path.exists():
        return []
    lines = path.read_bytes().splitlines(keepends=True)
    if lines and not lines[-1].endswith(b"\n"):
        lines.pop()
        path.write_bytes(b"".join(lines))
    return lines
