"""How well a sentence encoder scores pairs, and finds the documents that answer queries: for tests and validation."""

from collections.abc import Sequence

import numpy as np

from bert_keras.data import MatchingExamples, RetrievalSet
from bert_keras.inference.nearest_texts import Embed, NearestTexts, Search, unit_vectors
from bert_keras.training import (
    PearsonCorrelation,
    SpearmanCorrelation,
    duplicate_scores,
    retrieval_scores,
    score_outputs,
)

_MEASURES = ("ndcg@10", "mrr@10", "recall@100")


def score_matching(
    embed: Embed, examples: MatchingExamples | RetrievalSet, *, measures: Sequence[str] = _MEASURES
) -> dict[str, float]:
    """Score the cosines of examples by what is known of them.

    In validation: `TaskScores(functools.partial(score_matching, embed, examples))`.

    Args:
        embed: From texts to (texts, dim) vectors, such as an `Embedder` of the model.
        examples: From `read_matching`; of two classes the second, by number, is a match. Or a collection, as for
            `score_retrieval`.
        measures: For matches and collections, those of `retrieval_scores`.

    Returns:
        The most telling first: `spearman` and `pearson` of scores; what `duplicate_scores` gives of two classes; of
        matches with negatives, and of a teacher's scores, `accuracy`, how often the positive is nearer than each
        negative; of pairs that match, and of collections, `measures` of searching, for each anchor among all positives.

    Raises:
        ValueError: If there is no example, there are more or less than two classes, or a vector is of zeros or NaN.

    Example:
        >>> import numpy as np
        >>> examples = MatchingExamples((("ab", "ba"), ("ab", "bb"), ("ab", "cc")), (1.0, 0.5, 0.0))
        >>> count = lambda texts: np.array([[text.count(letter) for letter in "abc"] for text in texts])
        >>> round(score_matching(count, examples)["spearman"], 4)
        1.0
    """
    if isinstance(examples, RetrievalSet):
        return score_retrieval(embed, examples, measures=measures)
    if not len(examples):
        raise ValueError("Expected one example or more, received none.")
    if examples.kind == "classes" and len(examples.label_names) != 2:
        raise ValueError(f"Expected two classes, a match and none; received {', '.join(examples.label_names)}.")
    if examples.kind == "matches" and examples.num_texts == 2:
        return score_retrieval(embed, RetrievalSet.of_pairs(examples), measures=measures)
    cosines = _cosines(embed, examples)
    if examples.kind == "scores":
        metrics = [SpearmanCorrelation(len(examples)), PearsonCorrelation()]
        return score_outputs(metrics, examples.label_array(), cosines[:, 0])
    if examples.kind == "classes":
        return duplicate_scores(cosines[:, 0], examples.label_array())
    return {"accuracy": float(np.mean(cosines[:, :1] > cosines[:, 1:].max(axis=1, keepdims=True)))}


def score_retrieval(
    embed: Embed,
    collection: RetrievalSet,
    *,
    measures: Sequence[str] = _MEASURES,
    query_embed: Embed | None = None,
) -> dict[str, float]:
    """Search for each query among all documents by cosine, and score what is found.

    Args:
        embed: From texts to (texts, dim) vectors, such as an `Embedder`.
        collection: From `read_beir`, or `RetrievalSet.of_questions`.
        measures: As for `retrieval_scores`.
        query_embed: The same for queries, where the encoder reads them otherwise; None for `embed`.

    Returns:
        From measure to float from 0 to 1.

    Raises:
        ValueError: If a vector is of zeros or NaN, or a measure unknown.
    """
    cuts = [int(name.split("@")[1]) if "@" in name else len(collection.documents) for name in measures]
    nearest = NearestTexts(embed, list(collection.documents.values()), query_embed=query_embed)
    run = search_run(nearest.search, collection, top_k=max(cuts))
    return retrieval_scores(run, collection.qrels, measures=measures)


def search_run(search: Search, collection: RetrievalSet, *, top_k: int = 100) -> dict[str, dict[str, float]]:
    """Search for each query, as a run to be scored or written.

    Args:
        search: From queries and a number to the numbers of documents, from 0, -1 for none, and their scores,
            (queries, top_k) each: the method of a `Bm25` or of an index of `collection.documents.values()`.
        collection: The queries and documents.
        top_k: Most documents for a query.

    Returns:
        {query id: {document id: score}}.
    """
    names = list(collection.documents)
    numbers, scores = search(list(collection.queries.values()), min(top_k, len(names)))
    return {
        query: {names[number]: score for number, score in zip(*found) if number >= 0}
        for query, *found in zip(collection.queries, numbers.tolist(), scores.tolist())
    }


def _cosines(embed: Embed, examples: MatchingExamples) -> np.ndarray:
    """Return (examples, texts - 1) cosines of anchors with their other texts; each text is embedded once."""
    number_of: dict[str, int] = {}
    numbers = np.array([[number_of.setdefault(text, len(number_of)) for text in texts] for texts in examples.texts])
    vectors = unit_vectors(embed, list(number_of))
    return np.einsum("nd,ntd->nt", vectors[numbers[:, 0]], vectors[numbers[:, 1:]])
