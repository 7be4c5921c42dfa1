"""By what an index knows its encoder again: the vectors that it gives to three sentences."""

from typing import Any

import numpy as np

from bert_keras.inference.search.text_vectors import Encoder, are_usable, encode

_SENTENCES = ("A cat sat on the mat in 1815.", "Warum ist der Himmel blau?", "今天天气很好，我们去北京。")
_LEAST_COSINE = 0.99  # bfloat16 and other backends stay above 0.999


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
