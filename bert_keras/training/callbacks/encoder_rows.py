"""The rows of an encoder that callbacks look at again and again while it learns."""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np


def encoder_rows(encoder: keras.Model | None, x: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """Take what an encoder sees out of a batch, as rows: texts side by side, as choices are, come one below the other.

    Args:
        encoder: `BertEncoder`.
        x: dict of arrays, (batch, length) or (batch, texts, length), with the encoder's inputs.

    Returns:
        dict of (rows, length) int32 arrays, without the positions behind the longest row.

    Raises:
        ValueError: where it is no encoder, an input is missing, or a row is longer than the encoder's positions.

    Example:
        >>> from bert_keras.models import BertEncoder
        >>> from bert_keras.training.callbacks.encoder_rows import encoder_rows
        >>> ids = np.array([[[2, 17, 3, 0], [2, 45, 3, 0]]])
        >>> x = {"token_ids": ids, "segment_ids": 0 * ids, "padding_mask": (ids != 0).astype("int32")}
        >>> encoder_rows(BertEncoder.from_size("tiny", vocabulary_size=100), x)["token_ids"].tolist()
        [[2, 17, 3], [2, 45, 3]]
    """
    if not hasattr(encoder, "inspector"):
        received = "None" if encoder is None else f"a {type(encoder).__name__}"
        raise ValueError(f"Expected a bert_keras.models.BertEncoder, such as `model.encoder`; received {received}.")
    if missing := [name for name in encoder.input if name not in x]:
        raise ValueError(f"Expected arrays for {', '.join(encoder.input)}; missing: {', '.join(missing)}.")
    rows = {name: np.asarray(x[name], "int32") for name in encoder.input}
    rows = {name: some.reshape(-1, some.shape[-1]) for name, some in rows.items()}
    used = np.flatnonzero(rows["padding_mask"].any(0))
    length = int(used[-1]) + 1 if len(used) else 0
    if not length:
        raise ValueError("Expected a row with a token or more, received padding alone, or no row.")
    if length > encoder.max_sequence_length:
        raise ValueError(
            f"Expected rows of at most {encoder.max_sequence_length} tokens, the encoder's number of positions; "
            f"received one of {length}: `bert_keras.data.pack(..., sequence_length=...)` cuts them."
        )
    return {name: some[:, :length] for name, some in rows.items()}
