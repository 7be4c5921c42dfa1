"""What a search finds for queries as documents and their scores, to be judged."""

from collections.abc import Mapping
from typing import Any

from bert_keras.inference.search.index import Index


def document_run(
    index: Index, queries: Mapping[str, str], *, top_k: int = 100, **options: Any
) -> dict[str, dict[str, float]]:
    """Search an index for each query; of a document in several passages the best one counts.

    Args:
        index: Of texts, or of the passages of documents.
        queries: {id: text}.
        top_k: Most passages for a query.
        **options: Further ones of `Index.search`.

    Returns:
        {query id: {document id: score}}, for `bert_keras.training.retrieval_scores`.

    Example:
        >>> import numpy as np, tempfile
        >>> encode = lambda texts: np.array([[text.count("a") + 1.0, text.count("b")] for text in texts])
        >>> index = Index.build(tempfile.mkdtemp() + "/index", [("d1", "aa"), ("d2", "ab")], encode)
        >>> list(document_run(index, {"q1": "abb"})["q1"])
        ['d2', 'd1']
    """
    run = {}
    for name, found in zip(queries, index.search(list(queries.values()), top_k, **options), strict=True):
        best = run[name] = {}
        for text in found:  # best first
            best.setdefault(text.get("document", text["id"]), text["score"])
    return run
