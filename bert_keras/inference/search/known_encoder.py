"""By what an index knows its encoder again: its weights, what it makes of a text, the vectors of three sentences."""

import logging
from typing import Any

import numpy as np

from bert_keras.inference.embedder import Embedder
from bert_keras.inference.search.text_vectors import Encoder, are_usable, encode, scaled
from bert_keras.models.weights_checksum import weights_checksum

_SENTENCES = ("A cat sat on the mat in 1815.", "Warum ist der Himmel blau?", "今天天气很好，我们去北京。")
# How far a vector may be from what it was, as a share of its length. MiniLM's in bfloat16 is 0.01 away from float32's,
# and no further after a short training: what is known by its weights may round so, and of what is not it is told.
_SAME, _LIKE = 1e-3, 0.14  # a cosine of 0.99
_logger = logging.getLogger(__name__)


def known_by(encoder: Encoder) -> dict[str, Any]:
    """Return what an index notes of its encoder, in JSON's types.

    Args:
        encoder: what `with_prompts` gives: where it is an `Embedder`, weights and settings are noted, too.

    Raises:
        ValueError: where the encoder gives zeros or NaN.
    """
    vectors = encode(encoder, list(_SENTENCES))
    if not are_usable(vectors).all():
        raise ValueError("The encoder gives vectors of zeros or NaN: are its weights sound?")
    return {"vectors": [[float(f"{number:.6g}") for number in vector] for vector in vectors]} | _settings(encoder)


def expect_known(encoder: Encoder, noted: dict[str, Any], similarity: str, place: str) -> None:
    """Refuse another encoder than the one that an index was built with.

    The same weights may run on another backend, in another dtype or runtime. Where both have none to compare, as a
    function has none, vectors that are nearly the same are taken, with a warning.

    Args:
        encoder: to be looked at.
        noted: what `known_by` gave.
        similarity: of the index, "cosine" or "dot".
        place: of the index, for the error.

    Raises:
        ValueError: where the dimension, a setting or the weights are others, or a sentence has another vector.
    """
    advice = "Load that encoder, or build the index anew."
    vectors, before = encode(encoder, list(_SENTENCES)), np.array(noted["vectors"], "float32")
    if vectors.shape != before.shape:
        raise ValueError(
            f"{place} was built with another encoder: its vectors have {before.shape[-1]} numbers, those of this one "
            f"{vectors.shape[1]}."
        )
    settings = _settings(encoder)
    for name in ("sequence_length", "prompt"):
        if name in noted and settings.get(name, noted[name]) != noted[name]:
            raise ValueError(
                f"{place} was built with {name}={noted[name]!r} of the encoder, and this one has {settings[name]!r}. "
                f"{advice} What differs for queries alone is a query_encoder."
            )
    vectors, before = scaled(vectors, similarity), scaled(before, similarity)
    away = float((np.linalg.norm(vectors - before, axis=1) / np.linalg.norm(before, axis=1)).max())
    weights = {one["weights"] for one in (noted, settings) if "weights" in one}
    are_compared = "weights" in noted and "weights" in settings
    if not away <= (_SAME if len(weights) > 1 else _LIKE):  # NaN too
        raise ValueError(
            f"{place} was built with another encoder: {'its weights are others, and ' if len(weights) > 1 else ''}a "
            f"sentence's vector is away from what it was by {away:.2g} of its length. {advice}"
        )
    if len(weights) > 1 or (not are_compared and away > _SAME):
        _logger.warning(
            "%s: %s, and a sentence's vector is away from what it was by %.1g of its length: is it the same encoder?",
            place, "other weights of the encoder" if are_compared else "no weights to know the encoder by", away,
        )  # fmt: skip


def _settings(encoder: Encoder) -> dict[str, Any]:
    embed = getattr(encoder, "__self__", None)  # of `embed_documents`
    if not isinstance(embed, Embedder):
        return {}
    of_query, of_document = embed.matching_prompts
    prompt = {"embed_queries": of_query, "embed_documents": of_document}.get(encoder.__name__, embed.prompt)
    return {
        "weights": weights_checksum(embed.model.text_model, rounded=True),
        "sequence_length": embed.sequence_length,
        "prompt": prompt,
    }
