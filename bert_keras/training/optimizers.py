"""The optimizer of BERT: AdamW that spares biases and layer norms, clips the global norm and keeps it for the log."""

import collections
import math
import warnings
from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from bert_keras.ops.adamw import adamw_update, assign_where, dense_gradients, global_norm, sum_over_replicas
from bert_keras.training.rate_table import rate_table
from bert_keras.types import Tensor

_NORM_MOMENTUM, _SPIKE_GROWTH = 0.98, 1.05  # of the norm that spikes are measured by
_NAMES_WITHOUT_DECAY = ("bias", "gamma", "beta")


@keras.saving.register_keras_serializable(package="bert_keras")
class AdamW(keras.optimizers.AdamW):
    """`keras.optimizers.AdamW` with BERT's defaults, faster, and with its gradient norm to be seen.

    Biases and layer norms are not decayed: variables of one dimension or none, whatever their name, and variables
    called `bias`, `gamma` or `beta`, or ending in one of them after an underscore, whatever their shape.
    `exclude_from_weight_decay` takes out more; `describe` shows each layer's rate and decay.

    `gradient_norm` is a float32 variable with the global norm of the last step's gradients before clipping. Where it is
    not finite the step changes nothing: one NaN in a batch would be in every weight after it. `skipped_steps` counts
    these steps, `skipped_in_a_row` those since the last sound one; `SkippedSteps` logs them.

    With `gradient_accumulation_steps` an optimizer step is made of so many batches: `iterations`, the schedule and the
    correction of the running means count steps, and `skipped_steps` counts batches. A batch that is skipped is left out
    of the mean, and a step whose last batch is skipped is made with the next one's. `ema_overwrite_frequency` and
    averages count steps, too.

    Under a `tf.distribute` strategy with several replicas Keras' own loop updates each copy, with gradients that are
    summed before they are measured and clipped; accumulation, averages and constraints are refused there.

    Unlike Google's optimizer of 2018, and like every AdamW since, it corrects both running means for their start at 0.

    Args:
        learning_rate: float or `keras.optimizers.schedules.LearningRateSchedule`. Default 1e-4.
        weight_decay: share of a variable taken away a step, before it is multiplied with the rate. Default 0.01.
        beta_1: float, how much of the old mean of gradients stays. Default 0.9.
        beta_2: float, how much of the old mean of their squares stays. Default 0.999.
        epsilon: float, added to the root of the mean square. Default 1e-6.
        global_clipnorm: the largest global norm of the gradients; longer ones are scaled down to it. None for no
            clipping, as it must be where `clipnorm` or `clipvalue` is given. Default 1.
        rate_factors: which share of the learning rate layers get, what `layerwise_decay` gives: `|` joins those of
            several encoders. Or a dict from a layer's name, or a variable's path as in `unique_paths`, to its share. It
            holds for all variables of that layer; others have the whole. Default None.
        spike_factor: float; a step whose gradient norm is more than so many times the running mean of the norms is left
            out like one that is not finite, for bad batches that make a loss jump. Default None, for never.
        **kwargs: further arguments of `keras.optimizers.AdamW`.

    Raises:
        ValueError: at the first step, where no variable belongs to a layer of `rate_factors`, or a name in it is that
            of layers of two encoders; where several replicas are asked for what they do not have.

    Example:
        >>> import keras
        >>> from bert_keras.training import AdamW
        >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, name="dense")], name="model")
        >>> print(AdamW(1e-3, rate_factors={"dense": 0.5}).describe(model.weights))
        rate  decayed  not decayed  frozen  layer
         0.5        6            2       0  model

    Reference:
        [Loshchilov and Hutter, 2019](https://arxiv.org/abs/1711.05101); defaults from `optimization.py` of
        https://github.com/google-research/bert
    """

    def __init__(
        self,
        learning_rate: float | keras.optimizers.schedules.LearningRateSchedule = 1e-4,
        weight_decay: float = 0.01,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-6,
        *,
        global_clipnorm: float | None = 1.0,
        rate_factors: dict[str, float] | None = None,
        spike_factor: float | None = None,
        **kwargs: Any,
    ):
        super().__init__(
            learning_rate=learning_rate,
            weight_decay=weight_decay,
            beta_1=beta_1,
            beta_2=beta_2,
            epsilon=epsilon,
            global_clipnorm=global_clipnorm,
            **kwargs,
        )
        if spike_factor is not None and spike_factor <= 1:
            raise ValueError(f"Expected a spike_factor above 1, received: {spike_factor}.")
        layers = list(getattr(rate_factors, "layers", ()))
        self.rate_factors = dict(rate_factors or {})
        self._layers_with_factor = lambda: layers  # in a function, for TensorFlow would track them
        self.spike_factor = spike_factor
        self.gradient_norm = self.skipped_steps = self.skipped_in_a_row = None

    def build(self, variables: Sequence[keras.Variable]) -> None:
        """Create the running means and `gradient_norm`, and settle which variables are decayed."""
        if self.built:
            return
        if self._has_replicas():
            self._refuse_on_replicas(variables)
        # Settled here once: on torch every step asks for them anew.
        self._rate_factors = self._settled_factors(variables)
        self._is_decayed = [self.uses_weight_decay(v) for v in variables]
        super().exclude_from_weight_decay(
            var_list=[v for v, is_decayed in zip(variables, self._is_decayed) if not is_decayed]
        )
        super().build(variables)
        self.gradient_norm = self.add_variable(shape=(), dtype="float32", aggregation="mean", name="gradient_norm")
        for name in ("skipped_steps", "skipped_in_a_row"):
            setattr(self, name, self.add_variable(shape=(), dtype="int32", aggregation="only_first_replica", name=name))
        if self.gradient_accumulation_steps:
            self.accumulated_batches = self.add_variable(shape=(), dtype="int32", name="accumulated_batches")
        if self.spike_factor is not None:
            self.typical_norm = self.add_variable(shape=(), dtype="float32", aggregation="mean", name="typical_norm")

    def uses_weight_decay(self, variable: keras.Variable) -> bool:
        """Tell whether a variable is decayed.

        Args:
            variable: `keras.Variable`.
        """
        is_spared = len(variable.shape) <= 1 or variable.name.split("_")[-1] in _NAMES_WITHOUT_DECAY
        return not is_spared and self._use_weight_decay(variable)

    def rate_factor(self, variable: keras.Variable) -> float:
        """Tell which share of the learning rate a variable gets.

        Args:
            variable: `keras.Variable`.
        """
        if self.built and self._var_key(variable) in self._trainable_variables_indices:
            return self._rate_factors[self._get_variable_index(variable)]
        return self._factor(variable, variable.path)

    def _factor(self, variable, unique_path):
        layers = self._layers_with_factor()
        meant = [factor for layer, factor in layers if any(variable is some for some in layer.variables)]
        names = [*variable.path.split("/")[:-1], unique_path]
        by_name = [self.rate_factors[name] for name in names if name in self._names_with_factor()]
        return math.prod([*meant, *by_name])

    def _names_with_factor(self):
        """Return the keys of `rate_factors` that are names alone, without a layer that was meant by them."""
        return self.rate_factors.keys() - {layer.name for layer, _ in self._layers_with_factor()}

    def _settled_factors(self, variables):
        """Each variable's factor; from here on the config names them by paths where layers share their names."""
        paths = unique_paths(variables)
        names = {name: {v.path for v in variables if name in v.path.split("/")[:-1]} for name in self.rate_factors}
        layers = sorted({name for v in variables for name in v.path.split("/")[:-1]})
        unknown = [name for name in self._names_with_factor() if not names[name] and name not in paths]
        for layer, _ in self._layers_with_factor():
            if not any(variable is some for some in layer.variables for variable in variables):
                unknown.append(layer.name)
        if unknown:
            raise ValueError(f"rate_factors name {unknown}; the layers that are trained are {layers}.")
        shared = {v.path for v, path in zip(variables, paths, strict=True) if path != v.path}
        if ambiguous := [name for name in self._names_with_factor() if name not in paths and names[name] & shared]:
            raise ValueError(
                f"rate_factors name {ambiguous}, but several layers are called so, in different encoders. Say which is "
                "meant: rate_factors=layerwise_decay(first, 0.9) | layerwise_decay(second, 0.9), or by the paths of "
                "training.optimizers.unique_paths."
            )
        factors = [self._factor(v, path) for v, path in zip(variables, paths, strict=True)]
        if shared and self._layers_with_factor():
            self.rate_factors = {path: f for path, f in zip(paths, factors, strict=True) if f != 1}
            self._layers_with_factor = tuple
        return factors

    def _refuse_on_replicas(self, variables):
        options = ("gradient_accumulation_steps", "use_ema", "loss_scale_factor")
        asked = [option for option in options if getattr(self, option)]
        if any(v.constraint is not None for v in variables):
            asked.append("constraints of variables")
        if asked:
            raise ValueError(f"{', '.join(asked)}: not under a strategy with several replicas; leave them out there.")

    def describe(self, variables: Sequence[keras.Variable]) -> str:
        """Show what training does to each layer: a table of text.

        Args:
            variables: list of `keras.Variable`, such as `model.weights`.

        Returns:
            str to print: each layer's share of the learning rate or "frozen", and how many of its weights are decayed,
            not decayed, and frozen.
        """
        weights = []
        for v, path in zip(variables, unique_paths(variables), strict=True):
            path, _, number = path.partition("#")
            path = path.replace("/", f"#{number}/", 1) if number else path  # the layer has the number
            rate = float(f"{self.rate_factor(v):.3g}") if v.trainable else None
            weights.append((path, math.prod(v.shape), rate, v.trainable and self.uses_weight_decay(v)))
        return rate_table(weights)

    def apply(self, grads: Sequence[Tensor], trainable_variables: Sequence[keras.Variable] | None = None) -> None:
        """Update the variables, and `gradient_norm` with them."""
        grads = dense_gradients(grads)
        variables = list(self._trainable_variables if trainable_variables is None else trainable_variables)
        if not self.built:
            self.build(variables)
        pairs = [(g, v) for g, v in zip(grads, variables, strict=True) if g is not None]
        if not pairs:
            raise ValueError("No variable has a gradient: does the loss depend on the model's weights?")
        if len(pairs) < len(variables):
            missing = [v.path for g, v in zip(grads, variables, strict=True) if g is None]
            warnings.warn(f"No gradient reaches {missing}; they stay as they are.", stacklevel=2)
        measured = [(g, v) for g, v in pairs if not getattr(v, "overwrite_with_gradient", False)]
        gradients, variables = zip(*measured, strict=True)
        if self._has_replicas():
            gradients = sum_over_replicas(gradients)
        if self.loss_scale_factor:
            gradients = [gradient / self.loss_scale_factor for gradient in gradients]
        norm = global_norm(gradients)
        is_sound = ops.isfinite(norm) if self.spike_factor is None else self._is_no_spike(norm)
        self.gradient_norm.assign(norm)
        self.skipped_steps.assign_add(ops.cast(ops.logical_not(is_sound), "int32"))
        self.skipped_in_a_row.assign(ops.where(is_sound, 0, self.skipped_in_a_row + 1))
        for value, variable in pairs:  # scales of float8, which come as gradients
            if getattr(variable, "overwrite_with_gradient", False):
                assign_where(is_sound, variable, value)
        if self._has_replicas():
            self._apply_on_replicas(gradients, variables, norm, is_sound)
        else:
            self._apply_sound(gradients, variables, norm, is_sound)

    def _apply_sound(self, gradients, variables, norm, is_sound):
        """Change all that a step changes, but where it is not sound only its number."""
        indices = [self._get_variable_index(v) for v in variables]
        divisor = 1.0
        if self.gradient_accumulation_steps:
            gradients, divisor, is_sound = self._accumulated(gradients, indices, is_sound)
            norm = global_norm(gradients) / divisor
        if self.clipnorm or self.clipvalue:
            gradients = self._clip_gradients([gradient / ops.cast(divisor, gradient.dtype) for gradient in gradients])
            divisor = 1.0
        clipnorm = self.global_clipnorm
        adamw_update(
            variables,
            gradients,
            [self._momentums[i] for i in indices],
            [self._velocities[i] for i in indices],
            [self.weight_decay if self._is_decayed[i] else 0.0 for i in indices],
            [self._rate_factors[i] for i in indices],
            gradient_scale=(clipnorm / ops.maximum(norm, clipnorm) if clipnorm else 1.0) / divisor,
            learning_rate=self.learning_rate,
            step=self.iterations + 1,
            beta_1=self.beta_1,
            beta_2=self.beta_2,
            epsilon=self.epsilon,
            is_sound=is_sound,
            largest_velocities=[self._velocity_hats[i] for i in indices] if self.amsgrad else None,
        )
        if self.use_ema:
            self._average(is_sound)
        for variable in variables:
            if variable.constraint is not None:
                assign_where(is_sound, variable, variable.constraint(variable.value))
        self._iterations.assign_add(1)

    def _accumulated(self, gradients, indices, is_sound):
        """Add a batch's gradients to those before it; what is not sound is left out.

        Returns:
            the sums, the number of batches in them, and whether it is time for an update.
        """
        is_last = ops.equal((self._iterations + 1) % self.gradient_accumulation_steps, 0)
        is_update = ops.logical_and(is_sound, is_last)
        sums = []
        for gradient, index in zip(gradients, indices, strict=True):
            accumulator = self._accumulated_gradients[index]
            gradient = ops.where(is_sound, ops.cast(gradient, accumulator.dtype), 0)
            sums.append(accumulator.value + gradient)
            accumulator.assign(ops.where(is_update, 0, sums[-1]))
        number = self.accumulated_batches + ops.cast(is_sound, "int32")
        self.accumulated_batches.assign(ops.where(is_update, 0, number))
        return sums, ops.cast(ops.maximum(number, 1), "float32"), is_update

    def _average(self, is_sound):
        """Keras' moving average of the weights; before the first update it is the weights."""
        is_first = ops.equal(self.iterations, 0)
        is_overwritten = False
        if self.ema_overwrite_frequency:
            is_overwritten = ops.logical_and(
                ops.equal((self.iterations + 1) % self.ema_overwrite_frequency, 0), is_sound
            )
        for variable, average in zip(self._trainable_variables, self._model_variables_moving_average, strict=True):
            if average is None:
                continue
            mean = self.ema_momentum * average + (1 - self.ema_momentum) * variable
            assign_where(ops.logical_or(is_sound, is_first), average, ops.where(is_first, variable.value, mean))
            if is_overwritten is not False:
                assign_where(is_overwritten, variable, average.value)

    def _apply_on_replicas(self, gradients, variables, norm, is_sound):
        """Let Keras update the copies of each variable, with gradients that are summed and clipped already."""
        clipnorm = self.global_clipnorm
        if clipnorm:
            gradients = [g * ops.cast(clipnorm / ops.maximum(norm, clipnorm), g.dtype) for g in gradients]
        else:
            gradients = self._clip_gradients(gradients)
        self._replicas_are_sound = is_sound
        self._apply_weight_decay(variables)
        self._backend_update_step(gradients, variables, self.learning_rate)
        self._iterations.assign_add(1)

    def _all_reduce_sum_gradients(self, grads_and_vars):
        return grads_and_vars  # `apply` has summed them

    def _get_current_learning_rate(self):
        # Keras gives a schedule the number of batches, also where several of them make a step.
        if isinstance(self._learning_rate, keras.optimizers.schedules.LearningRateSchedule):
            return self._learning_rate(self.iterations)
        return super()._get_current_learning_rate()

    def _is_no_spike(self, norm):
        """Compare with the running mean of the norms; a spike raises it a little, so a new level is known in time."""
        typical = ops.where(self.typical_norm.value == 0, norm, self.typical_norm.value)
        is_sound = ops.isfinite(norm) & (norm <= self.spike_factor * typical)
        grown = ops.where(ops.isfinite(norm), _SPIKE_GROWTH * self.typical_norm.value, self.typical_norm.value)
        mean = typical + (norm - typical) * (1 - _NORM_MOMENTUM)
        self.typical_norm.assign(ops.where(is_sound, mean, grown))
        return is_sound

    def update_step(self, gradient: Tensor, variable: keras.Variable, learning_rate: Tensor) -> None:
        """Update a variable's copy on one of several replicas, if the step is sound."""
        index = self._get_variable_index(variable)
        slots = [
            self._momentums[index],
            self._velocities[index],
            *([self._velocity_hats[index]] if self.amsgrad else []),
        ]
        before = [ops.copy(ops.convert_to_tensor(some)) for some in (variable, *slots)]
        super().update_step(gradient, variable, learning_rate * self._rate_factors[index])
        for some, old in zip((variable, *slots), before, strict=True):
            self.assign(some, ops.where(self._replicas_are_sound, ops.convert_to_tensor(some), old))

    def _apply_weight_decay(self, variables):
        whole = self.weight_decay
        try:
            for variable in variables:
                index = self._get_variable_index(variable)
                if self._is_decayed[index]:
                    self.weight_decay = ops.where(self._replicas_are_sound, whole * self._rate_factors[index], 0.0)
                    super()._apply_weight_decay([variable])
        finally:
            self.weight_decay = whole

    def _has_replicas(self):
        strategy = getattr(self, "_distribution_strategy", None)
        return strategy is not None and strategy.num_replicas_in_sync > 1

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"rate_factors": self.rate_factors, "spike_factor": self.spike_factor}


def unique_paths(variables: Sequence[keras.Variable]) -> list[str]:
    """Name variables so that each has another name: layers of two encoders in a model have the same paths.

    Args:
        variables: list of `keras.Variable`, such as `model.trainable_variables`.

    Returns:
        list of str: a variable's `path`, and behind it `#2`, `#3`, ... where one or more before it have the same.

    Example:
        >>> import keras
        >>> from bert_keras.training.optimizers import unique_paths
        >>> unique_paths([keras.Variable([0.0], name=name) for name in ("a", "b", "a")])
        ['a', 'b', 'a#2']
    """
    seen, paths = collections.Counter(), []
    for variable in variables:
        seen[variable.path] += 1
        number = seen[variable.path]
        paths.append(variable.path if number == 1 else f"{variable.path}#{number}")
    return paths
