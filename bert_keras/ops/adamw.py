"""One AdamW step over all variables: a reference in keras.ops, and a fused kernel on TensorFlow and torch.

Keras' own optimizer takes about twelve operations a variable, each a pass over memory; in a small model that is a
large part of a training step on a CPU.
"""

import functools
from collections.abc import Sequence

import keras
from keras import ops

from bert_keras.ops.compiled_chain import compiled, is_traced_for_a_processor
from bert_keras.types import Tensor

_ELEMENTS_WORTH_COMPILING = 2**16  # each shape of a variable takes 0.1 s to compile


def dense_gradients(gradients: Sequence[Tensor]) -> list[Tensor]:
    """Sum up the gradients of an embedding table, which TensorFlow gives as the rows that were looked up.

    A token that stands twice has two rows there. Keras' optimizers square and clip each by itself, which gives an
    Adam with too small a velocity: the square of the sum is meant.

    Args:
        gradients: list of tensors, None where a variable has no gradient.

    Returns:
        list of dense tensors and None.
    """
    if keras.config.backend() != "tensorflow":
        return list(gradients)
    import tensorflow as tf

    return [gradient if gradient is None else tf.convert_to_tensor(gradient) for gradient in gradients]


def sum_over_replicas(gradients: Sequence[Tensor]) -> list[Tensor]:
    """Sum up the gradients of the replicas of a `tf.distribute` strategy, in the step of one of them.

    Args:
        gradients: list of tensors, each the replica's own.

    Returns:
        list of tensors, the same on all replicas.
    """
    import tensorflow as tf

    context = tf.distribute.get_replica_context()
    return list(gradients) if context is None else context.all_reduce(tf.distribute.ReduceOp.SUM, list(gradients))


def global_norm(gradients: Sequence[Tensor]) -> Tensor:
    """Take the Euclidean norm of all gradients as if they were one vector.

    Args:
        gradients: list of tensors of any shapes.

    Returns:
        float32 scalar tensor.
    """
    return _NORMS.get(keras.config.backend(), reference_norm)(gradients)


def adamw_update(
    variables: Sequence[keras.Variable],
    gradients: Sequence[Tensor],
    momentums: Sequence[keras.Variable],
    velocities: Sequence[keras.Variable],
    weight_decays: Sequence[float],
    rate_factors: Sequence[float],
    *,
    gradient_scale: Tensor,
    learning_rate: Tensor,
    step: Tensor,
    beta_1: float,
    beta_2: float,
    epsilon: float,
    is_sound: Tensor = True,
    largest_velocities: Sequence[Tensor] | None = None,
) -> None:
    """Update variables, momentums and velocities in place.

    Follows `keras.optimizers.AdamW`: both running means are corrected for their start at 0, and the decay is
    `learning_rate * weight_decay` of the variable as it was before the update.

    Args:
        variables: list of `keras.Variable`.
        gradients: list of tensors of the variables' shapes.
        momentums: list of `keras.Variable`, running means of the gradients.
        velocities: list of `keras.Variable`, running means of their squares.
        weight_decays: list of floats, 0 where a variable is not decayed.
        rate_factors: list of floats, each variable's share of the learning rate; its decay shrinks with it.
        gradient_scale: scalar tensor that every gradient is multiplied with first, as clipping asks.
        learning_rate: scalar tensor.
        step: scalar tensor, 1 in the first step.
        beta_1: float, how much of the old momentum stays.
        beta_2: float, how much of the old velocity stays.
        epsilon: float, added to the root of the velocity.
        is_sound: bool scalar tensor; where it is False nothing is changed. On torch it is waited for.
        largest_velocities: list of `keras.Variable`, the largest velocities so far, which AMSGrad divides by; None for
            the plain ones.

    Reference:
        [Loshchilov and Hutter, 2019](https://arxiv.org/abs/1711.05101)
    """
    learning_rate, step = ops.cast(learning_rate, "float32"), ops.cast(step, "float32")
    rate = learning_rate * ops.sqrt(1 - ops.power(beta_2, step)) / (1 - ops.power(beta_1, step))
    rates = {factor: rate if factor == 1 else rate * factor for factor in set(rate_factors)}
    decays = [decay * factor for decay, factor in zip(weight_decays, rate_factors, strict=True)]
    kept_shares = {decay: 1 - learning_rate * decay for decay in set(decays) if decay}
    kept_shares = [kept_shares.get(decay) for decay in decays]
    kernel = _KERNELS.get(keras.config.backend(), reference_kernel)
    rates = [rates[factor] for factor in rate_factors]
    states = list(zip(variables, momentums, velocities, kept_shares, rates, strict=True))
    if largest_velocities is not None:
        reference_kernel(states, gradients, gradient_scale, beta_1, beta_2, epsilon, is_sound, largest_velocities)
        return
    kernel(states, gradients, gradient_scale, beta_1, beta_2, epsilon, is_sound)


def reference_norm(gradients: Sequence[Tensor]) -> Tensor:
    """`global_norm` in keras.ops, the truth that the kernels are compared with."""
    return ops.sqrt(sum(ops.sum(ops.square(ops.cast(gradient, "float32"))) for gradient in gradients))


def reference_kernel(
    states: Sequence[tuple],
    gradients: Sequence[Tensor],
    gradient_scale: Tensor,
    beta_1: float,
    beta_2: float,
    epsilon: float,
    is_sound: Tensor = True,
    largest_velocities: Sequence[Tensor] | None = None,
) -> None:
    """`adamw_update` in keras.ops, the truth that the kernels are compared with.

    Args:
        states: list of (variable, momentum, velocity, share of the variable that its decay keeps or None, rate), the
            rate a float32 scalar tensor: the learning rate with the correction of both means in it.
        gradients: list of tensors.
        gradient_scale: scalar tensor.
        beta_1: float.
        beta_2: float.
        epsilon: float.
        is_sound: bool scalar tensor.
        largest_velocities: list of `keras.Variable`, or None.
    """
    largest_velocities = largest_velocities or [None] * len(states)
    for (variable, momentum, velocity, kept_share, rate), gradient, largest in zip(
        states, gradients, largest_velocities, strict=True
    ):
        gradient = ops.cast(gradient, variable.dtype) * ops.cast(gradient_scale, variable.dtype)
        new_momentum = momentum + (gradient - momentum) * (1 - beta_1)
        new_velocity = velocity + (ops.square(gradient) - velocity) * (1 - beta_2)
        kept = variable if kept_share is None else variable * ops.cast(kept_share, variable.dtype)
        divisor = new_velocity if largest is None else ops.maximum(largest, new_velocity)
        updated = kept - ops.cast(rate, variable.dtype) * new_momentum / (ops.sqrt(divisor) + epsilon)
        for old, new in (momentum, new_momentum), (velocity, new_velocity), (variable, updated), (largest, divisor):
            if old is not None:
                assign_where(is_sound, old, new)


def assign_where(condition: Tensor, variable: keras.Variable, value: Tensor) -> None:
    """Assign a value where a condition holds; elsewhere the variable stays as it is, to the bit.

    Args:
        condition: bool scalar tensor, or True.
        variable: `keras.Variable`.
        value: tensor of its shape.
    """
    if condition is not True:
        value = ops.where(condition, ops.cast(value, variable.dtype), variable.value)
    variable.assign(value)


def _tensorflow_norm(gradients):
    import tensorflow as tf

    return tf.linalg.global_norm([tf.cast(gradient, "float32") for gradient in gradients])


def _tensorflow_kernel(states, gradients, gradient_scale, beta_1, beta_2, epsilon, is_sound=True):
    """TensorFlow's own training kernel, which goes through memory once; in half precision the reference.

    The kernel would take beta_2 in the variable's dtype, and 0.999 is 1 in bfloat16. In a graph for a processor large
    variables have a kernel by XLA, in which scaling and decay cost nothing: 0.6 of the time. One a shape, for all
    variables in one function took 10 s to compile.
    """
    import tensorflow as tf

    def update():
        # One of each for all variables: a graph takes the longer to be traced and optimized the larger it is.
        constant = functools.cache(tf.constant)
        for state, gradient in zip(states, gradients, strict=True):
            if state[0].dtype not in ("float32", "float64"):
                reference_kernel([state], [gradient], gradient_scale, beta_1, beta_2, epsilon)
                continue
            variable, momentum, velocity = (variable.value for variable in state[:3])
            kept_share, rate = state[3:]
            if variable.shape.num_elements() >= _ELEMENTS_WORTH_COMPILING and is_traced_for_a_processor(gradient):
                update_at_once = compiled(_update_at_once, beta_1=beta_1, beta_2=beta_2, epsilon=epsilon)
                update_at_once(variable, momentum, velocity, gradient, gradient_scale, rate, kept_share)
                continue
            if kept_share is not None:
                variable.assign(variable * tf.cast(kept_share, variable.dtype))
            gradient = tf.cast(gradient, variable.dtype) * tf.cast(gradient_scale, variable.dtype)
            tf.raw_ops.ResourceApplyAdam(
                var=variable.handle,
                m=momentum.handle,
                v=velocity.handle,
                grad=gradient,
                lr=tf.cast(rate, variable.dtype),
                beta1=constant(beta_1, variable.dtype),
                beta2=constant(beta_2, variable.dtype),
                epsilon=constant(epsilon, variable.dtype),
                beta1_power=constant(0.0, variable.dtype),  # the correction is in the rate already
                beta2_power=constant(0.0, variable.dtype),
            )

    if is_sound is True:
        update()
    else:
        tf.cond(is_sound, update, lambda: None)


def _update_at_once(
    variable, momentum, velocity, gradient, gradient_scale, rate, kept_share, *, beta_1, beta_2, epsilon
):
    """Change a variable and its means in place; they come as variables, for new tensors would be filled and copied."""
    states = [(variable, momentum, velocity, kept_share, rate)]
    reference_kernel(states, [gradient], gradient_scale, beta_1, beta_2, epsilon)


def _torch_norm(gradients):
    import torch

    return torch.linalg.vector_norm(torch.stack([x.float() for x in torch._foreach_norm(gradients)]))


def _torch_kernel(states, gradients, gradient_scale, beta_1, beta_2, epsilon, is_sound=True):
    """Torch's fused operations, one call for all variables at a time, as its own optimizers and Keras' make them."""
    import torch

    if not is_sound:
        return
    with torch.no_grad():
        variables, momentums, velocities = ([state[i].value for state in states] for i in range(3))
        gradients = torch._foreach_mul(gradients, gradient_scale)
        torch._foreach_lerp_(momentums, gradients, 1 - beta_1)
        torch._foreach_mul_(velocities, beta_2)
        torch._foreach_addcmul_(velocities, gradients, gradients, 1 - beta_2)
        updates = torch._foreach_div(momentums, torch._foreach_add(torch._foreach_sqrt(velocities), epsilon))
        for variable, (_, _, _, kept_share, _) in zip(variables, states, strict=True):
            if kept_share is not None:
                variable.mul_(kept_share)
        torch._foreach_mul_(updates, [rate for *_, rate in states])
        torch._foreach_sub_(variables, updates)


_NORMS = {"tensorflow": _tensorflow_norm, "torch": _torch_norm}
_KERNELS = {"tensorflow": _tensorflow_kernel, "torch": _torch_kernel}
