"""Vectors of texts as an encoder gives them, looked at before anything is searched by them."""

from collections.abc import Callable, Sequence

import numpy as np

from bert_keras.inference.embedder import Embedder

Encoder = Callable[[list[str]], np.ndarray]  # from texts to (texts, dimension) floats: an `Embedder`


def with_prompts(
    encoder: Encoder | None, query_encoder: Encoder | None = None
) -> tuple[Encoder | None, Encoder | None]:
    """Return what encodes documents and what encodes queries: an `Embedder` does each behind its own prompt.

    Args:
        encoder: what encodes documents, None for nothing.
        query_encoder: what encodes queries, None for `encoder`.
    """
    ask = encoder if query_encoder is None else query_encoder
    return [
        encoder.embed_documents if isinstance(encoder, Embedder) else encoder,
        ask.embed_queries if isinstance(ask, Embedder) else ask,
    ]


def encode(encoder: Encoder, texts: Sequence[str]) -> np.ndarray:
    """Call an encoder and look at what it gives.

    Args:
        encoder: from a list of str to vectors.
        texts: sequence of str.

    Returns:
        (texts, dimension) float32.

    Raises:
        ValueError: where it does not give a vector of numbers for each text.
    """
    vectors = np.asarray(encoder(list(texts)))
    if vectors.ndim != 2 or len(vectors) != len(texts) or vectors.dtype.kind != "f":
        raise ValueError(
            f"Expected {len(texts)} vectors of floats from the encoder, an array of shape ({len(texts)}, dimension); "
            f"received {vectors.dtype} of shape {vectors.shape}."
        )
    return vectors.astype("float32", copy=False)


def are_usable(vectors: np.ndarray) -> np.ndarray:
    """Tell for each of (texts, dimension) vectors whether it is all finite and not all zeros."""
    return np.isfinite(vectors).all(axis=1) & vectors.any(axis=1)


def scaled(vectors: np.ndarray, similarity: str) -> np.ndarray:
    """Return vectors of length 1 for "cosine", the same ones for "dot"."""
    return vectors if similarity == "dot" else vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def searchable_vectors(encoder: Encoder, texts: Sequence[str], similarity: str = "cosine") -> np.ndarray:
    """Encode texts for dot products that are their similarity.

    Args:
        encoder: as for `encode`.
        texts: as for `encode`.
        similarity: "cosine" or "dot".

    Returns:
        (texts, dimension) float32.

    Raises:
        ValueError: as for `encode`; where a vector is of zeros or NaN, with its text.
    """
    vectors = encode(encoder, texts)
    if not (usable := are_usable(vectors)).all():
        raise ValueError(
            f"The encoder gives {texts[int(np.argmin(usable))]!r:.80} a vector of zeros or NaN, and as many as "
            f"{np.count_nonzero(~usable)} of {len(texts)} texts."
        )
    return scaled(vectors, similarity)
