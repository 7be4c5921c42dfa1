"""The token table in TensorBoard's projector: which tokens the encoder takes for neighbours."""

import os
from collections.abc import Mapping, Sequence

import keras
import numpy as np

from bert_keras.training.callbacks.embedding_projector import EmbeddingProjector
from bert_keras.training.resuming.model_state import read_variable


class TokenProjector(EmbeddingProjector):
    """Writes the token table with the tokens as labels, before training and after each epoch; the last one stays.

    Args:
        encoder: `BertEncoder`.
        tokens: tokens in the order of their ids, `tokenizer.vocabulary.tokens`.
        log_dir: folder for `tensorboard --logdir`, the same as for `StepTensorBoard`.
        columns: {column: a value for each token}, such as its kind, to colour by.
        counts: how often each token occurs, a further column. Default None.
        limit: most tokens: the most frequent by `counts`, else those of the lowest ids. Default 10000.

    Raises:
        ValueError: where it is no encoder with a token table, or the table has fewer rows than there are tokens.

    Example:
        >>> import tempfile
        >>> from bert_keras.models import BertEncoder
        >>> from bert_keras.training.callbacks import TokenProjector
        >>> tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "cat", "##s"]
        >>> encoder = BertEncoder.from_size("tiny", vocabulary_size=8)
        >>> callbacks = [TokenProjector(encoder, tokens, tempfile.mkdtemp())]  # for model.fit
    """

    def __init__(
        self,
        encoder: keras.Model,
        tokens: Sequence[str],
        log_dir: str | os.PathLike,
        *,
        columns: Mapping[str, Sequence] | None = None,
        counts: Sequence[int] | None = None,
        limit: int = 10_000,
    ):
        table = getattr(getattr(encoder, "embeddings", None), "token_embedding", None)
        if table is None:
            raise ValueError(
                f"Expected an encoder whose embeddings have a token_embedding, received {type(encoder).__name__}."
            )
        if len(tokens) > encoder.vocabulary_size:
            raise ValueError(f"Expected at most {encoder.vocabulary_size} tokens, received {len(tokens)}.")
        labels = {"token": tokens, **(columns or {}), **({} if counts is None else {"count": counts})}
        super().__init__("tokens", self._vectors, labels, log_dir, by_epoch=False, limit=limit)
        self.encoder = encoder
        self._order = np.arange(len(tokens)) if counts is None else np.argsort(-np.asarray(counts), kind="stable")
        self.labels = {name: [values[index] for index in self._order] for name, values in self.labels.items()}

    def _vectors(self):
        return read_variable(self.encoder.token_embedding.embeddings)[self._order[: self._num_kept]]
