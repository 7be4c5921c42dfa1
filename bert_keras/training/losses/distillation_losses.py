"""A sentence encoder learns the scores that a teacher gave to a query's texts, such as a cross-encoder."""

from typing import Any

import keras
from keras import ops

from bert_keras.training.losses.sentence_loss import SentenceLoss, check_similarity, similar
from bert_keras.types import Tensor


@keras.saving.register_keras_serializable(package="bert_keras")
class MarginMSELoss(SentenceLoss):
    """Squared difference between the margins of pupil and teacher: of a positive's score over each negative's.

    Args:
        similarity: "dot" or "cosine", the pupil's score. Default "dot".
        **kwargs: as for `SentenceLoss`.

    Call arguments:
        y_true: (batch, texts - 1) float tensor of the teacher's scores of the positive and of each negative.
        y_pred: (batch, texts, dim) float tensor of queries, positives and one or more negatives.
        sample_weight: (batch,) float tensor or None.

    Output:
        float32 scalar tensor.

    Raises:
        ValueError: for another similarity, or where there is not a score for each text but the query.

    Example:
        >>> import numpy as np
        >>> from bert_keras.training import MarginMSELoss
        >>> vectors = np.array([[[1.0, 0.0], [3.0, 4.0], [1.0, 1.0]]], "float32")
        >>> float(MarginMSELoss()(np.array([[6.0, 1.0]]), vectors))
        9.0

    Reference:
        [Hofstätter et al., 2020](https://arxiv.org/abs/2010.02666), section 3.2
    """

    num_texts = (3, None)
    example_kinds = ("teacher_scores",)

    def __init__(self, *, similarity: str = "dot", **kwargs: Any):
        super().__init__(**kwargs)
        self.similarity = check_similarity(similarity)

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        theirs, ours = _scores(y_true[0], y_pred, self.similarity, type(self).__name__)
        margins = (scores[:, :1] - scores[:, 1:] for scores in (ours, theirs))
        return ops.mean(ops.square(next(margins) - next(margins)), axis=-1)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"similarity": self.similarity}


@keras.saving.register_keras_serializable(package="bert_keras")
class DistillKLDivLoss(SentenceLoss):
    """Kullback-Leibler divergence of the pupil's probabilities of a query's texts from the teacher's.

    Args:
        similarity: "dot" or "cosine", the pupil's score. Default "dot".
        temperature: what both divide their scores by before the softmax; the loss is multiplied by its square. Default
            1.
        **kwargs: as for `SentenceLoss`.

    Call arguments:
        y_true: (batch, texts - 1) float tensor of the teacher's scores of the positive and of each negative.
        y_pred: (batch, texts, dim) float tensor of queries, positives and one or more negatives.
        sample_weight: (batch,) float tensor or None.

    Output:
        float32 scalar tensor, nats a row.

    Raises:
        ValueError: for another similarity, a temperature that is not above 0, or where there is not a score for each
            text but the query.

    Example:
        >>> import numpy as np
        >>> from bert_keras.training import DistillKLDivLoss
        >>> vectors = np.array([[[1.0, 0.0], [3.0, 4.0], [1.0, 1.0]]], "float32")
        >>> float(DistillKLDivLoss()(np.array([[3.0, 1.0]]), vectors))
        0.0

    Reference:
        [Lin, Yang and Lin, 2020](https://arxiv.org/abs/2010.11386), section 2.2
    """

    num_texts = (3, None)
    example_kinds = ("teacher_scores",)

    def __init__(self, *, similarity: str = "dot", temperature: float = 1.0, **kwargs: Any):
        if not temperature > 0:
            raise ValueError(f"Expected a temperature above 0, received {temperature}.")
        super().__init__(**kwargs)
        self.similarity = check_similarity(similarity)
        self.temperature = temperature

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        scores = _scores(y_true[0], y_pred, self.similarity, type(self).__name__)
        theirs, ours = (ops.log_softmax(some / self.temperature, axis=-1) for some in scores)
        return self.temperature**2 * ops.sum(ops.exp(theirs) * (theirs - ours), axis=-1)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"similarity": self.similarity, "temperature": self.temperature}


def _scores(theirs, vectors, similarity, name):
    """Return the teacher's scores and the pupil's, (batch, texts - 1) each."""
    texts, given = vectors.shape[1], tuple(theirs.shape)
    if len(given) != 2 or (None not in (texts, given[1]) and given[1] != texts - 1):
        raise ValueError(
            f"{name} takes the teacher's score of each text but the query, (batch, {texts - 1 if texts else 'texts'}); "
            f"received the shape {given}."
        )
    return theirs, similar(vectors[:, :1], vectors[:, 1:], similarity)
