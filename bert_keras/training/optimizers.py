"""The optimizer of BERT: AdamW that spares biases and layer norms, clips the global norm and keeps it for the log."""

import math
import warnings

import keras
from keras import ops

from bert_keras.ops.adamw import adamw_update, dense_gradients, global_norm

_NORM_MOMENTUM, _SPIKE_GROWTH = 0.98, 1.05  # of the norm that spikes are measured by
_NAMES_WITHOUT_DECAY = ("bias", "gamma", "beta")


@keras.saving.register_keras_serializable(package="bert_keras")
class AdamW(keras.optimizers.AdamW):
    """`keras.optimizers.AdamW` with BERT's defaults, faster, and with its gradient norm to be seen.

    Biases and layer norms are not decayed: variables of one dimension or none, whatever their name, and variables
    called `bias`, `gamma` or `beta`, or ending in one of them after an underscore, whatever their shape.
    `exclude_from_weight_decay` takes out more; `describe` shows each variable's rate and decay.

    `gradient_norm` is a float32 variable with the global norm of the last step's gradients before clipping. Where it is
    not finite the step changes nothing: one NaN in a batch would be in every weight after it. `skipped_steps` counts
    these steps, `skipped_in_a_row` those since the last sound one; `SkippedSteps` logs them.

    All variables are updated by `bert_keras.ops.adamw`, one kernel a variable. Keras' own loop does the update where
    an option asks for more: gradient accumulation (where `gradient_norm` is that of the last part), averages that
    overwrite the weights, AMSGrad, other clipping, variable constraints, replicas of a `tf.distribute` strategy; it
    skips no step.

    Unlike Google's optimizer of 2018, and like every AdamW since, it corrects both running means for their start at 0.

    Args:
        learning_rate: float or `keras.optimizers.schedules.LearningRateSchedule`. Default 1e-4.
        weight_decay: share of a variable taken away a step, before it is multiplied with the rate. Default 0.01.
        beta_1: float, how much of the old mean of gradients stays. Default 0.9.
        beta_2: float, how much of the old mean of their squares stays. Default 0.999.
        epsilon: float, added to the root of the mean square. Default 1e-6.
        global_clipnorm: the largest global norm of the gradients; longer ones are scaled down to it. None for no
            clipping, as it must be where `clipnorm` or `clipvalue` is given. Default 1.
        rate_factors: dict of a layer's name to its share of the learning rate, such as `layerwise_decay` gives. It
            holds for all variables of that layer; others have the whole. Default None.
        spike_factor: float; a step whose gradient norm is more than so many times the running mean of the norms is left
            out like one that is not finite, for bad batches that make a loss jump. Default None, for never.
        **kwargs: further arguments of `keras.optimizers.AdamW`.

    Raises:
        ValueError: at the first step, where no variable belongs to a layer of `rate_factors`.

    Example:
        >>> import keras
        >>> from bert_keras.training import AdamW
        >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, name="dense")], name="model")
        >>> print(AdamW(1e-3, rate_factors={"dense": 0.5}).describe(model.weights))
        rate  decay  variable            shape
        0.5   0.01   model/dense/kernel  (3, 2)
        0.5   -      model/dense/bias    (2,)

    Reference:
        [Loshchilov and Hutter, 2019](https://arxiv.org/abs/1711.05101); defaults from `optimization.py` of
        https://github.com/google-research/bert
    """

    def __init__(
        self,
        learning_rate=1e-4,
        weight_decay=0.01,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-6,
        *,
        global_clipnorm=1.0,
        rate_factors=None,
        spike_factor=None,
        **kwargs,
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
        self.rate_factors = dict(rate_factors or {})
        self.spike_factor = spike_factor
        self.gradient_norm = self.skipped_steps = self.skipped_in_a_row = None

    def build(self, variables):
        """Create the running means and `gradient_norm`, and settle which variables are decayed."""
        if self.built:
            return
        layers = {name for v in variables for name in v.path.split("/")[:-1]}
        if unknown := [name for name in self.rate_factors if name not in layers]:
            raise ValueError(f"rate_factors name {unknown}; the layers that are trained are {sorted(layers)}.")
        # Settled here once: on torch every step asks for them anew.
        self._rate_factors = [self.rate_factor(v) for v in variables]
        self._is_decayed = [self.uses_weight_decay(v) for v in variables]
        super().exclude_from_weight_decay(
            var_list=[v for v, is_decayed in zip(variables, self._is_decayed) if not is_decayed]
        )
        super().build(variables)
        self.gradient_norm = self.add_variable(shape=(), dtype="float32", aggregation="mean", name="gradient_norm")
        for name in ("skipped_steps", "skipped_in_a_row"):
            setattr(self, name, self.add_variable(shape=(), dtype="int32", aggregation="only_first_replica", name=name))
        if self.spike_factor is not None:
            self.typical_norm = self.add_variable(shape=(), dtype="float32", aggregation="mean", name="typical_norm")

    def uses_weight_decay(self, variable):
        """Tell whether a variable is decayed.

        Args:
            variable: `keras.Variable`.
        """
        is_spared = len(variable.shape) <= 1 or variable.name.split("_")[-1] in _NAMES_WITHOUT_DECAY
        return not is_spared and self._use_weight_decay(variable)

    def rate_factor(self, variable):
        """Tell which share of the learning rate a variable gets.

        Args:
            variable: `keras.Variable`.
        """
        factors = (self.rate_factors.get(name) for name in variable.path.split("/")[:-1])
        return math.prod(factor for factor in factors if factor is not None)

    def describe(self, variables):
        """Show what training does to each variable: a table of text, a line for each.

        Args:
            variables: list of `keras.Variable`, such as `model.weights`.

        Returns:
            str to print: the share of the learning rate or "frozen", the weight decay, path and shape.
        """
        rows = [("rate", "decay", "variable", "shape")]
        for v in variables:
            rate = f"{self.rate_factor(v):.3g}" if v.trainable else "frozen"
            decay = str(self.weight_decay) if v.trainable and self.uses_weight_decay(v) else "-"
            rows.append((rate, decay, v.path, str(v.shape)))
        widths = [max(len(row[i]) for row in rows) for i in range(3)]
        return "\n".join("  ".join([*map(str.ljust, row, widths), row[3]]) for row in rows)

    def apply(self, grads, trainable_variables=None):
        """Update the variables, and `gradient_norm` with them."""
        grads = dense_gradients(grads)
        variables = list(self._trainable_variables if trainable_variables is None else trainable_variables)
        if not self.built:
            self.build(variables)
        pairs = [(g, v) for g, v in zip(grads, variables, strict=True) if g is not None]
        if not pairs:
            raise ValueError("No variable has a gradient: does the loss depend on the model's weights?")
        norm = global_norm([gradient for gradient, _ in pairs]) / (self.loss_scale_factor or 1.0)
        is_sound = ops.isfinite(norm) if self.spike_factor is None else self._is_no_spike(norm)
        self.gradient_norm.assign(norm)
        self.skipped_steps.assign_add(ops.cast(ops.logical_not(is_sound), "int32"))
        self.skipped_in_a_row.assign(ops.where(is_sound, 0, self.skipped_in_a_row + 1))
        if self._wants_more_than_adamw(variables):
            super().apply(grads, trainable_variables)
            return

        if len(pairs) < len(variables):
            missing = [v.path for g, v in zip(grads, variables, strict=True) if g is None]
            warnings.warn(f"No gradient reaches {missing}; they stay as they are.", stacklevel=2)
        gradients, variables = zip(*pairs, strict=True)
        clipnorm = self.global_clipnorm
        indices = [self._get_variable_index(v) for v in variables]
        adamw_update(
            variables,
            gradients,
            [self._momentums[i] for i in indices],
            [self._velocities[i] for i in indices],
            [self.weight_decay if self._is_decayed[i] else 0.0 for i in indices],
            [self._rate_factors[i] for i in indices],
            gradient_scale=clipnorm / ops.maximum(norm, clipnorm) if clipnorm else 1.0,
            learning_rate=self.learning_rate,
            step=self.iterations + 1,
            beta_1=self.beta_1,
            beta_2=self.beta_2,
            epsilon=self.epsilon,
            is_sound=is_sound,
        )
        if self.use_ema:
            self._update_model_variables_moving_average(self._trainable_variables)
        self.iterations.assign_add(1)

    def _is_no_spike(self, norm):
        """Compare with the running mean of the norms; a spike raises it a little, so a new level is known in time."""
        typical = ops.where(self.typical_norm.value == 0, norm, self.typical_norm.value)
        is_sound = ops.isfinite(norm) & (norm <= self.spike_factor * typical)
        grown = ops.where(ops.isfinite(norm), _SPIKE_GROWTH * self.typical_norm.value, self.typical_norm.value)
        mean = typical + (norm - typical) * (1 - _NORM_MOMENTUM)
        self.typical_norm.assign(ops.where(is_sound, mean, grown))
        return is_sound

    def update_step(self, gradient, variable, learning_rate):
        """Update one variable as Keras does, where an option asks for more than the kernel has."""
        factor = self._rate_factors[self._get_variable_index(variable)]
        super().update_step(gradient, variable, learning_rate * factor)

    def _apply_weight_decay(self, variables):
        whole = self.weight_decay
        try:
            for variable in variables:
                index = self._get_variable_index(variable)
                if self._is_decayed[index]:
                    self.weight_decay = whole * self._rate_factors[index]
                    super()._apply_weight_decay([variable])
        finally:
            self.weight_decay = whole

    def _wants_more_than_adamw(self, variables):
        strategy = getattr(self, "_distribution_strategy", None)
        return (
            self.gradient_accumulation_steps
            or (self.use_ema and self.ema_overwrite_frequency)
            or self.amsgrad
            or self.clipnorm
            or self.clipvalue
            or self.loss_scale_factor
            or any(v.constraint is not None or getattr(v, "overwrite_with_gradient", False) for v in variables)
            or (strategy is not None and strategy.num_replicas_in_sync > 1)
        )

    def get_config(self):
        return super().get_config() | {"rate_factors": self.rate_factors, "spike_factor": self.spike_factor}
