"""How well a search ranks documents: nDCG, MRR, MAP, recall and precision as trec_eval computes them."""

import logging
import math
import re
from collections.abc import Mapping, Sequence

import numpy as np

_logger = logging.getLogger(__name__)
_MEASURE = re.compile(r"(ndcg|mrr|map|recall|precision|success)(?:@([1-9]\d*))?")
_NEED_CUT = ("recall", "precision", "success")
Ranking = Mapping[str, float] | Sequence[str]


def retrieval_scores(
    run: Mapping[str, Ranking],
    qrels: Mapping[str, Mapping[str, int]],
    *,
    measures: Sequence[str] = ("ndcg@10", "mrr@10", "map", "recall@100", "precision@10"),
) -> dict[str, float]:
    """Score what a search found, the mean over all queries with a judgement.

    A document of grade 1 or more is relevant; one without a judgement is not. A query of which nothing was found has 0,
    as in ir-measures and `trec_eval -c`. Documents of equal scores, in float32, are ranked by their ids, the last id
    first, as trec_eval does.

    Args:
        run: from query id to a dict from document id to score, or to a sequence of document ids, the best first.
        qrels: from query id to a dict from document id to grade.
        measures: names, with `@k` where the first k documents count: "ndcg" (gain is the grade), "mrr", "map"; with it
            always "recall", "precision" and "success" (any relevant one among them).

    Returns:
        dict from measure to float from 0 to 1.

    Raises:
        ValueError: where a measure is unknown, no query of the run has a judgement, a score is NaN, or a document was
            found twice for a query.

    Example:
        >>> from bert_keras.training import retrieval_scores
        >>> run = {"q1": {"d1": 0.2, "d2": 0.9, "d3": 0.5}, "q2": ["d4", "d1"]}
        >>> qrels = {"q1": {"d2": 1, "d1": 1}, "q2": {"d1": 1}}
        >>> retrieval_scores(run, qrels, measures=["mrr@10", "recall@2", "precision@1"])
        {'mrr@10': 0.75, 'recall@2': 0.75, 'precision@1': 0.5}

    Reference:
        https://github.com/usnistgov/trec_eval, [MacAvaney et al., 2022](https://arxiv.org/abs/2111.13466)
    """
    parsed = {name: _parsed(name) for name in measures}
    if not run.keys() & qrels.keys():
        raise ValueError(
            f"No query of the run has a judgement: it has {list(run)[:3]} and the judgements are of {list(qrels)[:3]}."
        )
    if unjudged := [query for query in run if query not in qrels]:
        _logger.warning(
            "%d of %d queries have no judgement and do not count, the first: %s", len(unjudged), len(run), unjudged[0]
        )
    if missing := [query for query in qrels if query not in run]:
        _logger.warning(
            "%d of %d judged queries are not in the run, the first: %s", len(missing), len(qrels), missing[0]
        )
    totals = dict.fromkeys(measures, 0.0)
    for query, grades_of in qrels.items():
        grades = [grades_of.get(document, 0) for document in _ranked(run.get(query, ()), query)]
        judged = sorted(grades_of.values(), reverse=True)
        for name, (measure, cut) in parsed.items():
            totals[name] += _MEASURES[measure](grades[:cut], judged, cut)
    return {name: total / len(qrels) for name, total in totals.items()}


def _parsed(name: str) -> tuple[str, int | None]:
    match = _MEASURE.fullmatch(name)
    if match is None or match[2] is None and match[1] in _NEED_CUT:
        raise ValueError(
            f"Expected measures ndcg, mrr and map with or without @k, recall@k, precision@k or success@k, "
            f"received {name!r}."
        )
    return match[1], match[2] and int(match[2])


def _ranked(found: Ranking, query: str) -> list[str]:
    """Return the documents that were found, the best first."""
    if not isinstance(found, Mapping):
        found = list(found)
        if len({*found}) < len(found):
            raise ValueError(f"A document was found twice for query {query!r}.")
        return found
    scores = {document: np.float32(score) for document, score in found.items()}
    if any(score != score for score in scores.values()):
        raise ValueError(f"The score of a document found for query {query!r} is NaN.")
    return sorted(sorted(scores, reverse=True), key=scores.get, reverse=True)


def _dcg(grades: Sequence[int]) -> float:
    return sum(max(grade, 0) / math.log2(rank + 1) for rank, grade in enumerate(grades, 1))


def _ndcg(grades: Sequence[int], judged: Sequence[int], cut: int | None) -> float:
    best = _dcg(judged[:cut])
    return _dcg(grades) / best if best else 0.0


def _mrr(grades: Sequence[int], judged: Sequence[int], cut: int | None) -> float:
    return next((1 / rank for rank, grade in enumerate(grades, 1) if grade >= 1), 0.0)


def _num_relevant(grades: Sequence[int]) -> int:
    return sum(grade >= 1 for grade in grades)


def _map(grades: Sequence[int], judged: Sequence[int], cut: int | None) -> float:
    ranks = [rank for rank, grade in enumerate(grades, 1) if grade >= 1]
    return sum(number / rank for number, rank in enumerate(ranks, 1)) / max(1, _num_relevant(judged))


_MEASURES = {
    "ndcg": _ndcg,
    "mrr": _mrr,
    "map": _map,
    "recall": lambda grades, judged, cut: _num_relevant(grades) / max(1, _num_relevant(judged)),
    "precision": lambda grades, judged, cut: _num_relevant(grades) / cut,
    "success": lambda grades, judged, cut: float(_num_relevant(grades) > 0),
}
