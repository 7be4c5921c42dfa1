"""Adversarial training: each batch is also learned with the word vectors moved to where it is hardest."""

import dataclasses

import keras
from keras import ops

from bert_keras.ops.gradient import gradient
from bert_keras.training.finetuning.second_pass import second_pass, trial_pass
from bert_keras.training.losses.loss_terms import LossTerms, expect_loss_terms


def add_adversarial_training(model: LossTerms, epsilon: float, *, variable: keras.Variable | None = None) -> None:
    """Add to a model's loss that of a small change to its token table, the one that raises the loss fastest.

    The change is `epsilon` in the direction of the loss's gradient at the table (the "fast gradient method"), anew for
    each batch. Evaluation and what is saved stay as they are. A step takes three passes instead of one: the second
    finds the direction, the third learns there.

    Args:
        model: task model, or another with `LossTerms`, before or after `compile`.
        epsilon: float, length of the change as a Euclidean norm over the whole table, 0 for none. Typical: 0.1 to
            1; MiniLM lost much by 1 (recipes/README.md).
        variable: `keras.Variable` to change, None for the token table of `model.encoder`.

    Raises:
        ValueError: for a negative epsilon, a model without an encoder where `variable` is None, or one without
            `LossTerms`.

    Example:
        >>> import numpy as np
        >>> from bert_keras.models import BertEncoder, TextClassifier
        >>> from bert_keras.training import AdamW, add_adversarial_training, classification_loss
        >>> classifier = TextClassifier(BertEncoder.from_size("tiny", vocabulary_size=100), num_classes=3)
        >>> add_adversarial_training(classifier, 1.0)
        >>> classifier.compile(AdamW(1e-4), classification_loss())
        >>> ids = np.array([[2, 17, 45, 3]])
        >>> x = {"token_ids": ids, "segment_ids": 0 * ids, "padding_mask": 0 * ids + 1}
        >>> history = classifier.fit(x, np.array([2]), verbose=0)

    Reference:
        [Miyato et al., 2017](https://arxiv.org/abs/1605.07725), section 3, with one change for the whole batch
    """
    if epsilon < 0:
        raise ValueError(f"Expected an epsilon of at least 0, received {epsilon}.")
    if not epsilon:
        return
    if variable is None:
        if not hasattr(model, "encoder"):
            raise ValueError(f"{type(model).__name__} has no encoder whose token table could be changed.")
        variable = model.encoder.token_embedding.embeddings
    expect_loss_terms(model).add_loss_term("adversarial", _Adversarial(epsilon, variable))


@dataclasses.dataclass(frozen=True)
class _Adversarial:
    epsilon: float
    variable: keras.Variable

    def __call__(self, model, compute_loss, x, y, y_pred, sample_weight):
        loss = compute_loss(x, y, y_pred, sample_weight)
        variable, batch = self.variable, (x, y, sample_weight)
        constants = [(v, ops.stop_gradient(v.value)) for v in model.trainable_variables]

        def loss_at(table):
            return trial_pass(model, compute_loss, *batch, values=[*constants, (variable, table)])[0]

        slope = gradient(loss_at, ops.convert_to_tensor(variable.value))
        length = ops.maximum(ops.norm(slope), 1e-12)
        change = self.epsilon * slope / length
        return loss + second_pass(model, compute_loss, *batch, values=[(variable, variable.value + change)])[0]
