"""How well a sentence encoder or a cross-encoder scores pairs, and finds what answers queries: for validation too."""

from collections.abc import Callable, Sequence

import numpy as np

from bert_keras.data import MatchingExamples, RetrievalSet
from bert_keras.inference.search.nearest_texts import NearestTexts, Search
from bert_keras.inference.search.reranking import Reranker
from bert_keras.inference.search.text_vectors import Encoder, searchable_vectors, with_prompts
from bert_keras.training import (
    PearsonCorrelation,
    SpearmanCorrelation,
    duplicate_scores,
    retrieval_scores,
    score_outputs,
)

_MEASURES = ("ndcg@10", "mrr@10", "recall@100")


def score_matching(
    encoder: Encoder, examples: MatchingExamples | RetrievalSet, *, measures: Sequence[str] = _MEASURES
) -> dict[str, float]:
    """Score the cosines of examples by what is known of them.

    In validation: `TaskScores(functools.partial(score_matching, embedder, examples))`.

    Args:
        encoder: From texts to (texts, dim) vectors, such as an `Embedder` of the model.
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
        >>> count = lambda texts: np.array([[float(text.count(letter)) for letter in "abc"] for text in texts])
        >>> round(score_matching(count, examples)["spearman"], 4)
        1.0
    """
    if isinstance(examples, RetrievalSet):
        return score_retrieval(encoder, examples, measures=measures)
    if len(examples) and examples.kind == "matches" and examples.num_texts == 2:
        return score_retrieval(encoder, RetrievalSet.of_pairs(examples), measures=measures)
    return _scores_of(examples, lambda: _cosines(encoder, examples))


def score_pairs(reader: Reranker, examples: MatchingExamples) -> dict[str, float]:
    """Score what a cross-encoder makes of anchors beside the other texts of their examples.

    In validation: `TaskScores(functools.partial(score_pairs, cross_encoder, examples))`.

    Args:
        reader: From anchors and as many texts to (pairs,) floats, such as a `CrossEncoder` of the model.
        examples: From `read_matching`, as for `score_matching`, but texts that match need negatives.

    Returns:
        As `score_matching`.

    Raises:
        ValueError: If there is no example, none but matches without negatives, or more or less than two classes.

    Example:
        >>> import numpy as np
        >>> examples = MatchingExamples((("ab", "ba", "c"), ("c", "b", "cc")))
        >>> score_pairs(lambda firsts, seconds: np.array([len({*a} & {*b}) for a, b in zip(firsts, seconds)]), examples)
        {'accuracy': 0.5}
    """
    if not isinstance(examples, MatchingExamples) or (examples.kind == "matches" and examples.num_texts == 2):
        raise ValueError(
            "Expected pairs with scores or classes, or matches with negatives, of which a cross-encoder reads each; "
            "received a collection or matches alone: recipes/mine_negatives.py finds negatives."
        )

    def scores():
        pairs = [(anchor, text) for anchor, *others in examples.texts for text in others]
        return np.reshape(reader(*map(list, zip(*pairs))), (len(examples), -1))

    return _scores_of(examples, scores)


def _scores_of(examples: MatchingExamples, make: Callable[[], np.ndarray]) -> dict[str, float]:
    """Measure (examples, texts - 1) scores by what is known of the examples; make them if something is."""
    if not len(examples):
        raise ValueError("Expected one example or more, received none.")
    if examples.kind == "classes" and len(examples.label_names) != 2:
        raise ValueError(f"Expected two classes, a match and none; received {', '.join(examples.label_names)}.")
    scores = make()
    if examples.kind == "scores":
        metrics = [SpearmanCorrelation(len(examples)), PearsonCorrelation()]
        return score_outputs(metrics, examples.label_array(), scores[:, 0])
    if examples.kind == "classes":
        return duplicate_scores(scores[:, 0], examples.label_array())
    return {"accuracy": float(np.mean(scores[:, :1] > scores[:, 1:].max(axis=1, keepdims=True)))}


def score_retrieval(
    encoder: Encoder,
    collection: RetrievalSet,
    *,
    measures: Sequence[str] = _MEASURES,
    query_encoder: Encoder | None = None,
) -> dict[str, float]:
    """Search for each query among all documents by cosine, and score what is found.

    Args:
        encoder: From texts to (texts, dim) vectors, such as an `Embedder`.
        collection: From `read_beir`, or `RetrievalSet.of_questions`.
        measures: As for `retrieval_scores`.
        query_encoder: The same for queries, where the encoder reads them otherwise; None for `encoder`.

    Returns:
        From measure to float from 0 to 1.

    Raises:
        ValueError: If a vector is of zeros or NaN, or a measure unknown.
    """
    cuts = [int(name.split("@")[1]) if "@" in name else len(collection.documents) for name in measures]
    nearest = NearestTexts(encoder, list(collection.documents.values()), query_encoder=query_encoder)
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


def _cosines(encoder: Encoder, examples: MatchingExamples) -> np.ndarray:
    """Return (examples, texts - 1) cosines of anchors, which are queries where others match, with their other texts."""
    asked = with_prompts(encoder)[::-1] if examples.has_queries else (encoder, encoder)
    anchors, *others = zip(*examples.texts)
    vectors = []
    for embed, texts in zip(asked, ((anchors,), others)):
        numbers: dict[str, int] = {}
        places = [[numbers.setdefault(text, len(numbers)) for text in column] for column in texts]
        vectors.append(searchable_vectors(embed, list(numbers))[places])  # (texts of a row, examples, dim)
    return np.einsum("nd,tnd->nt", vectors[0][0], vectors[1])
