"""A function over many parts whose insides are forgotten, and computed once more for the gradient, part by part."""

from collections.abc import Callable, Sequence

import keras

from bert_keras.types import Tensor

Encode = Callable[[list[Tensor], list[Tensor], dict[str, Tensor]], tuple[Tensor, list[Tensor]]]


def recomputed_parts(
    function: Encode, weights: Sequence[Tensor], states: Sequence[Tensor], parts: dict[str, Tensor]
) -> tuple[Tensor, list[Tensor]]:
    """Map a function over parts, one after the other, with the memory of one part besides inputs and outputs.

    The gradient of the weights is that of the function. Random states go from part to part; for the gradient each part
    sees those that it saw before, and so the same noise.

    Args:
        function: from the weights, the states and a part, a dict of (...) tensors, to a (...) float tensor and the
            states for the next part. It must look at no variable but through these.
        weights: float tensors; the result is differentiated by them.
        states: tensors, which are not.
        parts: dict of (parts, ...) integer tensors.

    Returns:
        (parts, ...) tensor, and the states behind the last part.

    Raises:
        NotImplementedError: on another backend than TensorFlow, JAX and torch.

    Example:
        >>> from keras import ops
        >>> from bert_keras.ops.recomputed_parts import recomputed_parts
        >>> def times(weights, states, part):
        ...     return weights[0] * ops.cast(part["x"], "float32"), [states[0] + 1]
        >>> result, states = recomputed_parts(times, [ops.array(3.0)], [ops.array(0)], {"x": ops.array([[1], [2]])})
        >>> ops.convert_to_numpy(result).tolist(), int(states[0])
        ([[3.0], [6.0]], 2)

    Reference:
        [Gao et al., 2021](https://arxiv.org/abs/2101.06983), of batches of contrastive losses
    """
    return _map(function, list(weights), list(states), parts)


if keras.config.backend() == "tensorflow":
    import tensorflow as tf

    def _map(function, weights, states, parts):
        num_parts = tf.shape(next(iter(parts.values())))[0]
        weights = [tf.convert_to_tensor(weight) for weight in weights]  # variables are read once, out here

        def part(number):
            return {name: value[number] for name, value in parts.items()}

        def loop(body, start):
            return tf.while_loop(
                lambda number, *_: number < num_parts, body, (tf.constant(0), *start), parallel_iterations=1
            )

        def list_of(tensor):  # one for each part
            return tf.TensorArray(tensor.dtype, size=num_parts, element_shape=tensor.shape)

        # TensorFlow's own gradient of a loop keeps what was computed inside.
        @tf.custom_gradient
        def run(*weights):
            first, _ = function(list(weights), states, part(0))  # for its dtype and shape alone: nothing looks at it

            def forward(number, outputs, seen, states):
                output, after = function(list(weights), list(states), part(number))
                seen = [before.write(number, state) for before, state in zip(seen, states)]
                return number + 1, outputs.write(number, output), seen, after

            start = list_of(first), [list_of(state) for state in states], list(states)
            _, outputs, seen, after = loop(forward, start)

            def gradient(upstream, *_):
                def backward(number, totals):
                    with tf.GradientTape() as tape:
                        tape.watch(weights)
                        output, _ = function(list(weights), [before.read(number) for before in seen], part(number))
                    slopes = tape.gradient(output, weights, upstream[number], tf.UnconnectedGradients.ZERO)
                    return number + 1, [total + tf.convert_to_tensor(new) for total, new in zip(totals, slopes)]

                return loop(backward, ([tf.zeros_like(weight) for weight in weights],))[1]

            return (outputs.stack(), *after), gradient

        result, *after = run(*weights)
        return result, [tf.stop_gradient(state) for state in after]

elif keras.config.backend() == "jax":
    import jax

    def _map(function, weights, states, parts):
        @jax.checkpoint
        def forward(weights, states, part):
            return function(weights, states, part)

        def body(states, part):
            output, after = forward(weights, states, part)
            return after, output

        after, result = jax.lax.scan(body, states, parts)
        return result, after

elif keras.config.backend() == "torch":
    import torch
    from torch.utils.checkpoint import checkpoint

    def _map(function, weights, states, parts):
        outputs = []
        for number in range(next(iter(parts.values())).shape[0]):
            part = {name: value[number] for name, value in parts.items()}
            # Keras' dropout draws from torch's own generator, which `checkpoint` sets back for the second pass.
            output, states = checkpoint(function, weights, states, part, use_reentrant=False)
            outputs.append(output)
        return torch.stack(outputs), states

else:

    def _map(function, weights, states, parts):
        raise NotImplementedError(f"No parts that are computed again on the backend {keras.config.backend()}.")
