"""A linear-chain conditional random field: sequences of tags scored as a whole, learned and decoded exactly."""

import logging
from typing import Any

import keras
from keras import ops

from bert_keras.ops.check_labels import check_labels
from bert_keras.ops.gather import gather_positions
from bert_keras.ops.selected_first import selected_first
from bert_keras.types import Shape, Tensor

_LOG = logging.getLogger("bert_keras")
_FORBIDDEN = -1e5  # far below every path of allowed steps, and small enough for float32 to keep the scores beside it


@keras.saving.register_keras_serializable(package="bert_keras")
class CRF(keras.layers.Layer):
    """Learns which tag stands beside which, and finds the best sequence of tags.

    (batch, length, num_tags) scores pass through unchanged, as float32. What the layer adds are the scores of steps
    from one tag to the next, `log_likelihood` to learn them by, and `decode` to find the best sequence by Viterbi's
    algorithm. A sequence's score is the sum of its tags' scores and of its steps', the first one from the beginning of
    the sentence and the last one to its end.

    A mask says which positions count. They may stand anywhere in a row: steps lead from each to the next one that
    counts, over special tokens and the later pieces of words, which have no tag.

    Args:
        num_tags: number of tags.
        allowed_transitions: square of booleans, one row and one column more than there are tags, such as
            `bert_keras.tagging_schemes.transition_table` gives: which tag may stand behind which; the last row is the
            begin, the last column the end. `decode` obeys it; `log_likelihood` does not, so that data that break the
            rules, and windows that begin inside a span, can be learned from. None allows everything.
        scale: the steps' scores are the weights times this number. At the small rates that an encoder is fine-tuned
            with, Adam would hardly move them otherwise. An optimizer that does not divide by the gradient's size, as
            plain SGD, moves them `scale ** 2` times as far as its rate says; see `check_optimizer`. Default 100.
        **kwargs: arguments of `keras.layers.Layer`.

    Call arguments:
        scores: (batch, length, num_tags) tensor.

    Output:
        (batch, length, num_tags) float32 tensor, the scores.

    Raises:
        ValueError: where `allowed_transitions` is no such square.

    Example:
        >>> import numpy as np
        >>> from bert_keras.layers import CRF
        >>> crf = CRF(num_tags=3)
        >>> scores = crf(np.eye(3, dtype="float32")[None])
        >>> mask = np.array([[True, False, True]])
        >>> np.asarray(crf.decode(scores, mask)).tolist()
        [[0, 0, 2]]
        >>> likelihood = np.exp(float(crf.log_likelihood(scores, np.array([[0, 0, 2]]), mask)[0]))
        >>> round(float(likelihood), 4)  # softmax of (1, 0, 0) at 0, times that of (0, 0, 1) at 2
        0.3319

    Reference:
        [Lafferty et al., 2001](https://repository.upenn.edu/cis_papers/159/);
        [Lample et al., 2016](https://arxiv.org/abs/1603.01360), section 2.2. The scale: bert4keras'
        `ConditionalRandomField(lr_multiplier)`.
    """

    def __init__(self, num_tags: int, *, allowed_transitions: Any | None = None, scale: float = 100.0, **kwargs: Any):
        super().__init__(**kwargs)
        if keras.config.backend() == "tensorflow":
            self.supports_jit = False  # XLA there wants to know how long the loop of `ops.scan` is
        if allowed_transitions is not None:
            allowed_transitions = [[bool(cell) for cell in row] for row in allowed_transitions]
            if [len(row) for row in allowed_transitions] != [num_tags + 1] * (num_tags + 1):
                raise ValueError(f"Expected allowed_transitions to be a square of {num_tags + 1} rows and columns.")
        self.num_tags = num_tags
        self.allowed_transitions = allowed_transitions
        self.scale = scale

    def build(self, scores_shape: Shape) -> None:
        def add(name, shape):
            return self.add_weight(name=name, shape=shape, initializer="zeros", dtype="float32", autocast=False)

        self.transitions = add("transitions", (self.num_tags, self.num_tags))  # from, to
        self.start_transitions = add("start_transitions", (self.num_tags,))
        self.end_transitions = add("end_transitions", (self.num_tags,))
        self.built = True

    def call(self, scores: Tensor) -> Tensor:
        return ops.cast(scores, "float32")

    def log_likelihood(self, scores: Tensor, tags: Tensor, mask: Tensor) -> Tensor:
        """Take the logarithm of the probability of sequences of tags.

        Args:
            scores: (batch, length, num_tags) float tensor.
            tags: (batch, length) integer tensor; where the mask is False it may hold anything.
            mask: (batch, length) boolean tensor, the positions that count; those with the tag -100 do not.

        Returns:
            (batch,) float32 tensor, at most 0; 0 where no position counts.

        Raises:
            ValueError: for a number that is no tag, where the mask is True; where nothing can be raised (see
                `bert_keras.ops.refusal.refuse`) the row's is NaN.
        """
        tags, weights = check_labels(tags, scores, mask, name="tags")
        mask, has_wrong_tag = weights > 0, 0 * ops.sum(weights, axis=1)  # NaN then
        scores, is_tag, order = self._tagged_first(scores, mask)
        tags = ops.take_along_axis(tags, order, axis=1)
        start, steps, end = self._steps()

        # The sequence itself
        one_hot = ops.one_hot(tags, self.num_tags) * ops.expand_dims(is_tag, -1)  # (batch, length, tags)
        own = ops.sum(one_hot * scores, axis=(1, 2)) + ops.matmul(one_hot[:, 0], start)
        own += ops.sum(ops.matmul(one_hot[:, :-1], steps) * one_hot[:, 1:], axis=(1, 2))
        is_last = is_tag - ops.pad(is_tag[:, 1:], [[0, 0], [0, 1]])
        own += ops.matmul(ops.sum(one_hot * ops.expand_dims(is_last, -1), axis=1), end)

        # All sequences, by the forward algorithm
        def forward(totals, inputs):
            score, counts = inputs[:, :-1], inputs[:, -1:]
            following = ops.logsumexp(ops.expand_dims(totals, 2) + steps, axis=1) + score  # (batch, tags)
            totals = ops.where(counts > 0, following, totals)
            return totals, totals

        totals, _ = ops.scan(forward, start + scores[:, 0], _over_time(scores, is_tag))
        likelihood = ops.where(is_tag[:, 0] > 0, own - ops.logsumexp(totals + end, axis=-1), 0.0)
        return likelihood + has_wrong_tag

    def decode(self, scores: Tensor, mask: Tensor) -> Tensor:
        """Find the sequence of tags with the highest score that the allowed transitions leave.

        Args:
            scores: (batch, length, num_tags) float tensor.
            mask: (batch, length) boolean tensor, the positions that count.

        Returns:
            (batch, length) int32 tensor; 0 where the mask is False.
        """
        scores, is_tag, order = self._tagged_first(scores, mask)
        scores, start, steps, end = map(ops.stop_gradient, (scores, *self._steps(constrained=True)))
        stay = ops.expand_dims(ops.arange(self.num_tags, dtype="float32"), 0)  # a step to itself

        def forward(best, inputs):
            score, counts = inputs[:, :-1], inputs[:, -1:]
            candidates = ops.expand_dims(best, 2) + steps  # (batch, from, to)
            following = ops.max(candidates, axis=1) + score
            # As floats: what a scan gives out has the dtype of what it carries.
            sources = ops.cast(ops.argmax(candidates, axis=1), "float32")
            return ops.where(counts > 0, following, best), ops.where(counts > 0, sources, stay)

        def forward_with_sources(carry, inputs):
            best, sources = forward(carry[0], inputs)
            return (best, sources), (best, sources)

        first = start + scores[:, 0]
        (best, _), (_, sources) = ops.scan(forward_with_sources, (first, first), _over_time(scores, is_tag))
        last = ops.cast(ops.argmax(best + end, axis=-1), "float32")  # (batch,)

        def backward(tag, source):
            source = ops.take_along_axis(source, ops.expand_dims(ops.cast(tag, "int32"), 1), axis=1)[:, 0]
            return source, source

        _, tags = ops.scan(backward, last, sources, reverse=True)  # (length, batch)
        tags = ops.cast(ops.transpose(tags) * is_tag, "int32")
        return ops.take_along_axis(tags, ops.cast(ops.argsort(order, axis=-1), "int32"), axis=1)

    def check_optimizer(self, optimizer: keras.optimizers.Optimizer) -> None:
        """Say in the log that plain SGD moves the steps' scores too far: their gradients are scaled as well.

        Args:
            optimizer: `keras.optimizers.Optimizer`.
        """
        optimizer = getattr(optimizer, "inner_optimizer", optimizer)  # of mixed_float16
        if isinstance(optimizer, keras.optimizers.SGD) and abs(self.scale) > 1:
            _LOG.warning(
                "%s moves the scores of a CRF's steps as at %g times its rate, for the layer's scale=%g counts in the "
                "weights and in their gradients: training may diverge. Compile with training.AdamW, or another "
                "optimizer that divides by the gradient's size, as Adam does.",
                type(optimizer).__name__,
                self.scale**2,
                self.scale,
            )

    def _tagged_first(self, scores, mask):
        mask = ops.cast(mask, "bool")
        order = selected_first(mask)
        scores = gather_positions(ops.cast(scores, "float32"), order)
        return scores, ops.take_along_axis(ops.cast(mask, "float32"), order, axis=1), order

    def _steps(self, constrained=False):
        weights = (self.start_transitions, self.transitions, self.end_transitions)
        start, steps, end = (self.scale * ops.convert_to_tensor(weight) for weight in weights)
        if constrained and self.allowed_transitions is not None:
            forbidden = [[0.0 if cell else _FORBIDDEN for cell in row] for row in self.allowed_transitions]
            start += ops.array(forbidden[-1][:-1])
            steps += ops.array([row[:-1] for row in forbidden[:-1]])
            end += ops.array([row[-1] for row in forbidden[:-1]])
        return start, steps, end

    def compute_output_spec(self, scores: Tensor) -> Any:
        return keras.KerasTensor(scores.shape, "float32")

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "num_tags": self.num_tags,
            "allowed_transitions": self.allowed_transitions,
            "scale": self.scale,
        }


def _over_time(scores, is_tag):
    """From the second position on, with time as the first axis; a step that does not count ends it.

    That step makes as many steps as positions, and at least one. One tensor, (length, batch, tags + 1), whose last
    column says what counts: Keras 3.15 on TensorFlow cannot scan over several of unknown length.
    """
    both = ops.concatenate([scores, ops.expand_dims(is_tag, -1)], axis=-1)
    return ops.transpose(ops.pad(both[:, 1:], [[0, 0], [0, 1], [0, 0]]), (1, 0, 2))
