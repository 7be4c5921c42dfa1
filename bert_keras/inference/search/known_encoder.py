"""By what an index knows its encoder again: the vectors that it gives to three sentences."""

from collections.abc import Callable
from typing import Any

import numpy as np

Encoder = Callable[[list[str]], np.ndarray]
_SENTENCES = ("A cat sat on the mat in 1815.", "Warum ist der Himmel blau?", "今天天气很好，我们去北京。")
_LEAST_COSINE = 0.99  # bfloat16 and other backends stay above 0.999


def encode(encoder: Encoder, texts: list[str]) -> np.ndarray:
    """Call an encoder and look at what it gives.

    Args:
        encoder: from a list of str to vectors.
        texts: list of str.

    Returns:
        (texts, dimension) float32.

    Raises:
        ValueError: where it does not give a vector of numbers for each text.
    """
    vectors = np.asarray(encoder(texts))
    if vectors.ndim != 2 or len(vectors) != len(texts) or vectors.dtype.kind != "f":
        raise ValueError(
            f"Expected {len(texts)} vectors of floats from the encoder, an array of shape ({len(texts)}, dimension); "
            f"received {vectors.dtype} of shape {vectors.shape}."
        )
    return vectors.astype("float32", copy=False)


def are_usable(vectors: np.ndarray) -> np.ndarray:
    """Tell for each of (texts, dimension) vectors whether it is all finite and not all zeros."""
    return np.isfinite(vectors).all(axis=1) & vectors.any(axis=1)


def known_by(encoder: Encoder) -> list[list[float]]:
    """Return what an index notes of its encoder.

    Raises:
        ValueError: where the encoder gives zeros or NaN.
    """
    vectors = encode(encoder, list(_SENTENCES))
    if not are_usable(vectors).all():
        raise ValueError("The encoder gives vectors of zeros or NaN: are its weights sound?")
    return [[float(f"{number:.5g}") for number in vector] for vector in vectors]


def expect_known(encoder: Encoder, noted: Any, place: str) -> None:
    """Refuse another encoder than the one that an index was built with.

    Args:
        encoder: to be looked at.
        noted: what `known_by` gave.
        place: of the index, for the error.

    Raises:
        ValueError: where the dimension is another one, or a sentence has another vector.
    """
    vectors, noted = encode(encoder, list(_SENTENCES)), np.array(noted, "float32")
    if vectors.shape != noted.shape:
        raise ValueError(
            f"{place} was built with another encoder: its vectors have {noted.shape[-1]} numbers, those of this "
            f"one {vectors.shape[1]}."
        )
    cosines = (vectors * noted).sum(axis=1) / np.linalg.norm(vectors, axis=1) / np.linalg.norm(noted, axis=1)
    if not (cosines > _LEAST_COSINE).all():  # NaN too
        raise ValueError(
            f"{place} was built with another encoder: a sentence's vector then and now have the cosine "
            f"{cosines.min():.3f}. Load that encoder, or build the index anew."
        )
