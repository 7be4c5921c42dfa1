"""Sentence vectors in TensorBoard's projector: how labels part from each other while the encoder learns."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np

from bert_keras.training.callbacks.embedding_projector import EmbeddingProjector
from bert_keras.training.callbacks.encoder_rows import encoder_rows
from bert_keras.training.resuming.model_state import read_variable

_BATCH = 32


class SentenceProjector(EmbeddingProjector):
    """Writes a vector for each of some sentences, before training and after each epoch, each time as a new tensor.

    The vectors cost a pass of the encoder over these rows an epoch, without dropout.

    Args:
        encoder: `BertEncoder`.
        inputs: dict of the encoder's inputs for the sentences, (rows, length) int arrays, as `bert_keras.data.pack`
            makes them.
        labels: {column: a value for each row}, such as "text" and "label".
        log_dir: folder for `tensorboard --logdir`, the same as for `StepTensorBoard`.
        pooling: what stands for a sentence: "mean" of its tokens' vectors; "first", the first token's; or "pooled", the
            encoder's pooled output. Default "mean".
        limit: most rows; of more, the first. Default 1000.
        out_of: how many there are in all, where these were chosen among more; None for no more.

    Raises:
        ValueError: where it is no encoder, it has no such pooling, or a row is longer than its positions.

    Example:
        >>> import tempfile
        >>> from bert_keras.models import BertEncoder
        >>> from bert_keras.training.callbacks import SentenceProjector
        >>> encoder = BertEncoder.from_size("tiny", vocabulary_size=100)
        >>> ids = np.array([[2, 17, 3], [2, 45, 3]])
        >>> inputs = {"token_ids": ids, "segment_ids": 0 * ids, "padding_mask": 0 * ids + 1}
        >>> labels = {"text": ["good", "bad"], "label": ["yes", "no"]}
        >>> callbacks = [SentenceProjector(encoder, inputs, labels, tempfile.mkdtemp())]  # for model.fit
    """

    def __init__(
        self,
        encoder: keras.Model,
        inputs: Mapping[str, Any],
        labels: Mapping[str, Sequence],
        log_dir: str | os.PathLike,
        *,
        pooling: str = "mean",
        limit: int = 1000,
        out_of: int | None = None,
    ):
        super().__init__("sentences", self._vectors, labels, log_dir, limit=limit, out_of=out_of)
        self.inputs = encoder_rows(encoder, inputs)
        if pooling not in ("mean", "first", "pooled") or (pooling == "pooled" and not encoder.pooler):
            raise ValueError(f"Expected pooling mean, first, or pooled with a pooler; received {pooling!r}.")
        self.encoder = encoder
        self.pooling = pooling

    def _vectors(self):
        lengths = self.inputs["padding_mask"].astype(bool).sum(1)[: self._num_kept]
        vectors = np.zeros((len(lengths), self.encoder.hidden_dim), "float32")
        order = np.argsort(lengths, kind="stable")
        for numbers in np.split(order, range(_BATCH, len(order), _BATCH)):
            length = -(-int(lengths[numbers[-1]]) // 16) * 16  # few shapes, as JAX compiles each
            rows = {name: some[numbers, :length] for name, some in self.inputs.items()}
            outputs = self.encoder(rows, training=False)
            vectors[numbers] = _pooled(outputs, rows["padding_mask"] != 0, self.pooling)
        return vectors


def _pooled(outputs, is_token, pooling):
    if pooling == "pooled":
        return read_variable(outputs["pooled_output"])
    tokens = np.asarray(read_variable(outputs["sequence_output"]), "float32")
    if pooling == "first":
        return tokens[:, 0]
    return (tokens * is_token[..., None]).sum(1) / is_token.sum(1, keepdims=True)
