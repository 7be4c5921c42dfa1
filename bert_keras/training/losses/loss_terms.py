"""A model's loss as named terms, one around the other: what R-Drop and adversarial training add to a task's own."""

import functools
from collections.abc import Callable

import keras

from bert_keras.types import Tensor


class LossTerms:
    """Mixin of a model: in training its loss is that of its task with what was added to it, by name.

    A term is a function (model, compute_loss, x, y, y_pred, sample_weight) that returns a scalar: `compute_loss`, with
    the arguments of `keras.Model.compute_loss`, gives the loss so far, of the task and the terms added before. A term
    adds to it, or calls it again for another pass. Evaluation has the task's loss alone.

    Put it before `keras.Model` among the bases, and before those that have a loss of their own.

    Example:
        >>> import keras
        >>> import numpy as np
        >>> from bert_keras.training import LossTerms
        >>> class Model(LossTerms, keras.Model):
        ...     pass
        >>> inputs = keras.Input((2,))
        >>> model = Model(inputs, keras.layers.Dense(1, kernel_initializer="zeros")(inputs))
        >>> def ten_more(model, compute_loss, x, y, y_pred, sample_weight):
        ...     return compute_loss(x, y, y_pred, sample_weight) + 10
        >>> model.add_loss_term("ten", ten_more)
        >>> model.compile("sgd", "mse")
        >>> float(model.train_on_batch(np.zeros((1, 2)), np.ones((1, 1))))
        11.0
    """

    @property
    def loss_terms(self) -> dict[str, Callable]:
        """The terms by name, in the order in which they were added."""
        return vars(self).setdefault("_loss_terms", {})  # not an attribute that Keras would track and save

    def add_loss_term(self, name: str, term: Callable) -> None:
        """Add a term around the loss so far; one of the same name takes the place of the former.

        Args:
            name: name of the term.
            term: function; see the class.
        """
        self.loss_terms[name] = term
        self.train_function = None  # one that was traced before has the former loss

    def task_loss(
        self,
        x: Tensor | None = None,
        y: Tensor | None = None,
        y_pred: Tensor | None = None,
        sample_weight: Tensor | None = None,
        training: bool = True,
    ) -> Tensor:
        """Compute the loss of the task alone; a head with a loss of its own overrides it."""
        return super().compute_loss(x, y, y_pred, sample_weight, training=training)

    def compute_loss(
        self,
        x: Tensor | None = None,
        y: Tensor | None = None,
        y_pred: Tensor | None = None,
        sample_weight: Tensor | None = None,
        training: bool = True,
    ) -> Tensor:
        """Compute the task's loss, in training with all terms."""
        if not training:
            return self.task_loss(x, y, y_pred, sample_weight, training=False)
        compute_loss = self.task_loss
        for term in self.loss_terms.values():
            compute_loss = functools.partial(_with_term, term, self, compute_loss)
        return compute_loss(x, y, y_pred, sample_weight)


def _with_term(term, model, compute_loss, x=None, y=None, y_pred=None, sample_weight=None, training=True):
    return term(model, compute_loss, x, y, y_pred, sample_weight)


def expect_loss_terms(model: keras.Model) -> LossTerms:
    """Give back a model that takes terms.

    Args:
        model: any model.

    Raises:
        ValueError: where it takes none.
    """
    if not isinstance(model, LossTerms):
        raise ValueError(
            f"Expected a model with loss terms, such as the task models; received {type(model).__name__}. For a model "
            "of your own write `class Model(bert_keras.training.LossTerms, keras.Model)`."
        )
    return model
