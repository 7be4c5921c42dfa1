"""Gradients of an answer at the vectors of its tokens: integrated from a baseline, or times the vectors.

The forward pass is the model's own: its encoder's embeddings give other vectors while it runs.
"""

import logging

import numpy as np
from keras import ops

from bert_keras.inspection.answers import Answer
from bert_keras.inspection.attribution import Attribution
from bert_keras.inspection.replaced_tokens import REPLACEMENTS, replaced_tokens
from bert_keras.keras_internals import changed_output
from bert_keras.ops.gradient import gradient

_logger = logging.getLogger(__name__)
BASELINES = (*REPLACEMENTS, "zero")
_MOST_DOUBLINGS = 3


def integrated_gradients(
    answer: Answer, *, baseline: str = "pad", num_steps: int = 32, tolerance: float = 0.05, batch_size: int = 16
) -> Attribution:
    """Integrate the gradients on the straight line from a baseline to the text.

    The scores add up to the difference between both answers, but for what the numeric integral lacks: the `gap`. Where
    it is larger than `tolerance`, as a share of the absolute scores, the steps are doubled, up to 8 times as many;
    where that is not enough, a warning says so.

    Args:
        answer: From `answer_of`.
        baseline: What stands in place of the words: "pad" or "mask", that token's vectors; or "zero", vectors of zeros,
            from which the layer norms of the blocks rise steeply, so that it wants more steps. Special tokens, and
            those in no word, stay as they are. Default "pad".
        num_steps: Points of the integral, by the Gauss-Legendre rule. Default 32.
        tolerance: The largest gap that is passed over. Default 0.05.
        batch_size: Points at once, which bounds the memory. Default 16.

    Raises:
        ValueError: If there is no such baseline, or a number is below 1.

    Reference:
        [Sundararajan et al., 2017](https://arxiv.org/abs/1703.01365), section 5 for the gap
    """
    if baseline not in BASELINES:
        raise ValueError(f"Expected baseline to be one of {', '.join(BASELINES)}; received {baseline!r}.")
    for name, number in (("num_steps", num_steps), ("batch_size", batch_size)):
        if number < 1:
            raise ValueError(f"{name} must be at least 1, received {number}.")
    everything = range(len(answer.tokens.words))
    if baseline == "zero":
        (end_score,), (end,) = _scores_and_vectors(answer, [answer.inputs])
        begin = np.where(answer.tokens.tokens_of(everything)[..., np.newaxis], np.float32(0), end)
        begin_score = _scores_at(answer, begin[np.newaxis])[0]
    else:
        without = replaced_tokens(answer, everything, baseline)
        (begin_score, end_score), (begin, end) = _scores_and_vectors(answer, [without, answer.inputs])
    change = end - begin  # (rows, length, dim)
    for doublings in range(1 + _MOST_DOUBLINGS):
        steps = num_steps << doublings
        points, weights = np.polynomial.legendre.leggauss(steps)
        slope = np.zeros_like(change)
        for some in range(0, steps, batch_size):
            shares = (points[some : some + batch_size] + 1) / 2
            moved = begin + shares.astype("float32")[:, None, None, None] * change
            weighted = weights[some : some + batch_size, None, None, None] / 2 * _slopes(answer, moved)
            slope += weighted.sum(axis=0).astype("float32")
        of_tokens = (slope * change).sum(axis=-1)
        gap = end_score - begin_score - of_tokens.sum()
        share = abs(gap) / max(np.abs(of_tokens).sum(), 1e-12)
        if share <= tolerance:
            break
    else:
        _logger.warning(
            "integrated gradients of %r lack %.3g of %.3g, %.0f %% of the absolute scores, with %d steps: take more, "
            "or another baseline", answer.name, gap, end_score - begin_score, 100 * share, steps,
        )  # fmt: skip
    return _attribution(
        answer, of_tokens, "integrated_gradients", end_score, baseline_score=float(begin_score), num_steps=steps
    )


def gradient_x_input(answer: Answer) -> Attribution:
    """Multiply each token's vector with the gradient of the answer there.

    One pass back, and a first guess: what a word adds if the model were linear between it and vectors of zeros. The
    scores add up to nothing in particular.

    Args:
        answer: From `answer_of`.

    Reference:
        [Shrikumar et al., 2017](https://arxiv.org/abs/1605.01713)
    """
    (score,), vectors = _scores_and_vectors(answer, [answer.inputs])
    of_tokens = (_slopes(answer, vectors)[0] * vectors[0]).sum(axis=-1)
    return _attribution(answer, of_tokens, "gradient_x_input", score)


def _attribution(answer: Answer, of_tokens: np.ndarray, method: str, score: float, **fields: float) -> Attribution:
    scores, special = answer.tokens.sums(of_tokens)
    return answer.attribution(scores, method, score, special_score=special, **fields)


def _scores_and_vectors(answer: Answer, variants: list[dict[str, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    """Return the answer's score for some inputs, (variants,), and their vectors, (variants, rows, length, dim)."""
    seen = []

    def remember(output):
        seen.append(output)
        return output

    inputs = {name: np.concatenate([inputs[name] for inputs in variants]) for name in variants[0]}
    with changed_output(answer.encoder.embeddings, remember):
        scores = answer.score(answer.model(inputs, training=False))
    if len(seen) != 1:
        raise ValueError(
            f"Expected {answer.model.name} to call the embeddings of its encoder once, which it does {len(seen)} "
            'times: take method="occlusion".'
        )
    vectors = np.asarray(ops.convert_to_numpy(ops.cast(seen[0], "float32")))
    return ops.convert_to_numpy(scores), vectors.reshape(len(variants), -1, *vectors.shape[1:])


def _scores_at(answer: Answer, vectors: np.ndarray) -> np.ndarray:
    """Return the answer's scores, (variants,), where the tokens have other vectors, (variants, rows, length, dim)."""
    return ops.convert_to_numpy(_scores(answer, ops.convert_to_tensor(vectors)))


def _slopes(answer: Answer, vectors: np.ndarray) -> np.ndarray:
    """Return the gradients of the answer's scores at such vectors, of the same shape."""
    slope = gradient(lambda moved: ops.sum(_scores(answer, moved)), ops.convert_to_tensor(vectors))
    return ops.convert_to_numpy(slope)


def _scores(answer: Answer, vectors):
    num_variants, _, *shape = vectors.shape
    inputs = {name: np.concatenate([value] * num_variants) for name, value in answer.inputs.items()}

    def moved(output):
        return ops.cast(ops.reshape(vectors, (-1, *shape)), output.dtype)

    with changed_output(answer.encoder.embeddings, moved):
        return answer.score(answer.model(inputs, training=False))
