import keras
import numpy as np
import pytest

from bert_keras.ops.adamw import dense_gradients
from bert_keras.training import AdamW, WarmupLinearDecay


def weights(model):
    return [v.numpy() for v in model.trainable_variables]


def fit(model, batch):
    x, y, w = batch
    model.fit(x, y, sample_weight=w, batch_size=4, epochs=1, shuffle=False, verbose=0)
    return model


class DenseAdamW(keras.optimizers.AdamW):
    """Keras' own, given the sum of an embedding's gradients: it squares their parts on TensorFlow."""

    def __init__(self, **arguments):
        super().__init__(**{"weight_decay": 0.01, "epsilon": 1e-6, "global_clipnorm": 1.0} | arguments)
        self.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])

    def apply(self, grads, trainable_variables=None):
        super().apply(dense_gradients(grads), trainable_variables)


def updated(optimizer, num_steps=4):
    """A kernel and a bias after some steps with fixed gradients."""
    rng = np.random.default_rng(0)
    variables = [
        keras.Variable(rng.normal(size=(3, 2)).astype("float32"), name="kernel"),
        keras.Variable(np.ones(2, "float32"), name="bias"),
    ]
    for _ in range(num_steps):
        gradients = [keras.ops.convert_to_tensor(rng.normal(size=v.shape).astype("float32")) for v in variables]
        optimizer.apply(gradients, variables)
    return [v.numpy() for v in variables]


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"weight_decay": 0.5},
        {"learning_rate": WarmupLinearDecay(1e-1, 6, 2), "beta_2": 0.98},
        {"global_clipnorm": 0.01},
        {"global_clipnorm": None},
        {"global_clipnorm": None, "clipnorm": 0.1},
        {"global_clipnorm": None, "clipvalue": 0.1},
        {"amsgrad": True},
        {"use_ema": True, "ema_momentum": 0.5, "ema_overwrite_frequency": 3},
        {"gradient_accumulation_steps": 2},
        {"loss_scale_factor": 4.0},
    ],
    ids=lambda arguments: "-".join(arguments) or "defaults",
)
def test_it_updates_as_keras_does_without_decay_of_biases(arguments):
    arguments = {"learning_rate": 1e-2} | arguments
    ours, theirs = AdamW(**arguments), DenseAdamW(**arguments)
    for our_weight, their_weight in zip(updated(ours), updated(theirs), strict=True):
        np.testing.assert_allclose(our_weight, their_weight, rtol=1e-5, atol=1e-7)
    assert int(ours.iterations) == int(theirs.iterations)


def test_its_averages_of_the_weights_are_those_of_keras():
    arguments = {"learning_rate": 1e-2, "use_ema": True, "ema_momentum": 0.5}
    ours, theirs = AdamW(**arguments), DenseAdamW(**arguments)
    updated(ours), updated(theirs)
    averages = zip(ours._model_variables_moving_average, theirs._model_variables_moving_average, strict=True)
    for our_average, their_average in averages:
        np.testing.assert_allclose(our_average.numpy(), their_average.numpy(), rtol=1e-5, atol=1e-7)


@pytest.mark.slow_elsewhere
@pytest.mark.parametrize("arguments", [{}, {"amsgrad": True}], ids=["kernel", "amsgrad"])
def test_rates_and_decays_are_settled_before_the_first_step(arguments, monkeypatch):
    optimizer = AdamW(**arguments)
    kernel = variable((2, 2), "kernel")
    optimizer.build([kernel])
    for method in ("rate_factor", "uses_weight_decay"):
        monkeypatch.setattr(optimizer, method, None)  # to call it is an error
    before = kernel.numpy().copy()
    optimizer.apply([keras.ops.ones((2, 2))], [kernel])
    assert (keras.ops.convert_to_numpy(kernel) < before).all()


def test_it_trains_as_keras_does_in_a_compiled_step(small_pretrainer, pretraining_batch):
    ours = fit(small_pretrainer(AdamW(1e-2), run_eagerly=False), pretraining_batch())
    theirs = fit(small_pretrainer(DenseAdamW(learning_rate=1e-2), run_eagerly=False), pretraining_batch())
    for our_weight, their_weight in zip(weights(ours), weights(theirs), strict=True):
        np.testing.assert_allclose(our_weight, their_weight, rtol=2e-4, atol=2e-6)
    assert float(ours.optimizer.gradient_norm) > 0


@pytest.mark.skipif(keras.config.backend() != "tensorflow", reason="only TensorFlow has such gradients")
@pytest.mark.parametrize("arguments", [{}, {"amsgrad": True}], ids=["kernel", "amsgrad"])
def test_gradients_of_a_token_that_stands_twice_are_summed_before_they_are_squared(arguments):
    import tensorflow as tf

    rows = tf.IndexedSlices(tf.constant([[3.0], [4.0]]), tf.constant([0, 0]), tf.constant([2, 1]))
    weights = []
    for gradient in (rows, tf.constant([[7.0], [0.0]])):
        variable, optimizer = keras.Variable(np.ones((2, 1), "float32")), AdamW(0.1, **arguments)
        for _ in range(2):
            optimizer.apply([gradient], [variable])
        weights.append(variable.numpy())
    np.testing.assert_array_equal(*weights)
    assert float(optimizer.gradient_norm) == pytest.approx(7.0)


@pytest.mark.parametrize("clipnorm", [1.0, 1e-3, None])
def test_the_gradient_norm_is_kept_as_it_was_before_clipping(clipnorm):
    variable = keras.Variable(np.zeros((2, 2), "float32"))
    optimizer = AdamW(1e-3, global_clipnorm=clipnorm)
    optimizer.apply([keras.ops.array([[3.0, 0.0], [0.0, 4.0]])], [variable])
    assert float(optimizer.gradient_norm) == pytest.approx(5.0)


def test_the_gradient_norm_is_that_of_the_unscaled_gradients():
    variable = keras.Variable(np.zeros((2, 1), "float32"))
    optimizer = AdamW(1e-3, loss_scale_factor=8.0)
    optimizer.apply([keras.ops.array([[24.0], [32.0]])], [variable])
    assert float(optimizer.gradient_norm) == pytest.approx(5.0)


def variable(shape, name):
    return keras.Variable(np.zeros(shape, "float32"), name=name)


@pytest.mark.slow_elsewhere
@pytest.mark.parametrize(
    ("shape", "name", "is_decayed"),
    [
        ((4, 4), "kernel", True),
        ((4, 4), "embeddings", True),
        ((4,), "bias", False),
        ((3, 2, 4), "bias", False),  # of a fused projection
        ((3, 4), "query_bias", False),
        ((2, 4), "gamma", False),
        ((4,), "anything_of_a_user", False),
        ((), "temperature", False),
        ((4, 4), "unbiased", True),
    ],
)
def test_what_is_decayed(shape, name, is_decayed):
    assert AdamW().uses_weight_decay(variable(shape, name)) is is_decayed


def test_an_excluded_variable_is_not_decayed_and_the_others_still_follow_the_rule():
    kernel, embeddings, bias = variable((2, 2), "kernel"), variable((2, 2), "embeddings"), variable((2,), "bias")
    optimizer = AdamW()
    optimizer.exclude_from_weight_decay(var_names=["embeddings"])
    optimizer.build([kernel, embeddings, bias])
    assert [optimizer.uses_weight_decay(v) for v in (kernel, embeddings, bias)] == [True, False, False]


@pytest.mark.slow_elsewhere
def test_the_description_has_rate_and_decay_of_each_layer(small_pretrainer):
    model = small_pretrainer()
    header, *lines = model.optimizer.describe(model.trainable_variables).splitlines()
    layers = [line.split()[-1] for line in lines]
    assert header.split()[0] == "rate" and len(layers) == len(set(layers)) < len(model.trainable_variables)
    decayed = sum(int(line.split()[1].replace(",", "")) for line in lines)
    kernels = [v for v in model.trainable_variables if v.path.endswith(("kernel", "embeddings"))]
    assert decayed == sum(np.prod(v.shape) for v in kernels)


@pytest.mark.slow_elsewhere
def test_the_description_tells_what_is_frozen():
    layer = keras.layers.Dense(2, name="dense")
    layer.build((None, 3))
    layer.trainable = False
    assert AdamW().describe(layer.weights).splitlines()[1].split() == ["frozen", "0", "0", "8", "dense"]


@pytest.mark.slow_elsewhere
def test_the_description_shows_parts_where_a_layer_has_several_rates():
    model = keras.Sequential([keras.Input((3,)), *(keras.layers.Dense(2, name=name) for name in "ab")], name="model")
    lines = AdamW(rate_factors={"a": 0.5}).describe(model.weights).splitlines()[1:]
    assert [(line.split()[0], line.split()[-1]) for line in lines] == [("0.5", "model/a"), ("1", "model/b")]


@pytest.mark.parametrize("arguments", [{}, {"use_ema": True, "ema_overwrite_frequency": 100}], ids=["kernel", "keras"])
def test_a_rate_factor_is_a_smaller_learning_rate_for_one_layer(arguments):
    def trained(factors, learning_rate):
        layers = [keras.layers.Dense(2, name=name) for name in ("low", "high")]
        for layer in layers:
            layer.build((None, 3))
            layer.kernel.assign(np.ones((3, 2)))
        variables = [v for layer in layers for v in layer.trainable_variables]
        optimizer = AdamW(learning_rate, weight_decay=0.5, rate_factors=factors, **arguments)
        for step in range(3):
            optimizer.apply([keras.ops.ones(v.shape) * (step + 1) for v in variables], variables)
        return [v.numpy() for v in variables]

    ours, half, whole = trained({"low": 0.5}, 0.1), trained({}, 0.05), trained({}, 0.1)
    for number, (value, expected) in enumerate(zip(ours, [*half[:2], *whole[2:]], strict=True)):
        np.testing.assert_allclose(value, expected, rtol=1e-6, err_msg=str(number))


@pytest.mark.slow_elsewhere
def test_a_rate_factor_for_a_layer_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match=r"name \['blok'\]; the layers that are trained are"):
        AdamW(rate_factors={"blok": 0.5}).build([variable((2,), "v")])


def test_a_variable_without_gradient_stays_and_is_named():
    used, unused = variable((2,), "used"), variable((2,), "unused")
    optimizer = AdamW(0.1)
    with pytest.warns(UserWarning, match="unused"):
        optimizer.apply([keras.ops.array([1.0, 1.0]), None], [used, unused])
    assert np.all(used.numpy() < 0)
    assert np.all(unused.numpy() == 0)


@pytest.mark.slow_elsewhere
def test_no_gradient_at_all_is_an_error():
    with pytest.raises(ValueError, match="No variable has a gradient"):
        AdamW().apply([None], [variable((2,), "kernel")])


@pytest.mark.slow_elsewhere
def test_a_model_saved_in_training_goes_on_as_if_it_had_not_been(small_pretrainer, pretraining_batch, tmp_path):
    first, second = pretraining_batch(8, seed=1), pretraining_batch(8, seed=2)
    model = fit(small_pretrainer(AdamW(WarmupLinearDecay(1e-1, 20, 4), weight_decay=0.1)), first)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert type(loaded.optimizer) is AdamW
    assert loaded.optimizer.get_config() == model.optimizer.get_config()
    assert float(loaded.optimizer.gradient_norm) == float(model.optimizer.gradient_norm)
    for ours, theirs in zip(weights(fit(model, second)), weights(fit(loaded, second)), strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.slow_elsewhere
def test_the_loss_scale_of_float16_wraps_it(small_pretrainer, pretraining_batch):
    model = small_pretrainer(keras.optimizers.LossScaleOptimizer(AdamW(1e-2), initial_scale=4.0))
    plain = small_pretrainer(AdamW(1e-2))
    for ours, theirs in zip(
        weights(fit(model, pretraining_batch())), weights(fit(plain, pretraining_batch())), strict=True
    ):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6)


def test_a_spike_of_the_gradient_norm_is_left_out_by_option():
    variable = keras.Variable([1.0, 1.0])
    optimizer = AdamW(0.1, spike_factor=5.0)

    def step(norm):
        before = keras.ops.convert_to_numpy(variable.value).copy()
        optimizer.apply([keras.ops.array([norm, 0.0])], [variable])
        return (keras.ops.convert_to_numpy(variable.value) != before).any()

    assert all(step(norm) for norm in (1.0, 1.2, 0.8, 4.0))
    assert not step(6.0) and int(optimizer.skipped_steps) == 1
    assert not step(float("nan")) and step(1.0)
    assert any(step(10.0) for _ in range(20))  # a level that stays is no spike
    assert AdamW.from_config(optimizer.get_config()).spike_factor == 5.0


@pytest.mark.slow_elsewhere
def test_a_spike_factor_that_would_leave_out_every_step_is_an_error():
    with pytest.raises(ValueError, match="above 1, received: 0.5"):
        AdamW(spike_factor=0.5)


MORE_THAN_ADAMW = [
    {},
    {"amsgrad": True},
    {"global_clipnorm": None, "clipnorm": 0.1},
    {"global_clipnorm": None, "clipvalue": 0.1},
    {"use_ema": True, "ema_momentum": 0.5},
    {"use_ema": True, "ema_momentum": 0.5, "ema_overwrite_frequency": 2},
    {"gradient_accumulation_steps": 2},
    {"gradient_accumulation_steps": 2, "use_ema": True, "amsgrad": True, "ema_overwrite_frequency": 1},
    {"loss_scale_factor": 4.0},
]


def stepped(optimizer, gradients, constraint=None):
    """A kernel after one step with each of the gradients, each a number."""
    kernel = keras.Variable(np.ones((2, 2), "float32"), name="kernel")
    kernel.constraint = constraint
    for gradient in gradients:
        optimizer.apply([keras.ops.full((2, 2), float(gradient))], [kernel])
    return keras.ops.convert_to_numpy(kernel.value)


def state_of(optimizer):
    counters = ("iteration", "gradient_norm", "skipped_steps", "skipped_in_a_row")
    return {v.path: keras.ops.convert_to_numpy(v.value).copy() for v in optimizer.variables if v.name not in counters}


@pytest.mark.parametrize("bad", ["nan", pytest.param("inf", marks=pytest.mark.slow_elsewhere)])
@pytest.mark.parametrize("arguments", MORE_THAN_ADAMW, ids=lambda arguments: "-".join(arguments) or "kernel")
def test_a_step_that_is_not_sound_changes_nothing_with_any_option(arguments, bad):
    optimizer = AdamW(0.1, weight_decay=0.5, **arguments)
    kernel = keras.Variable(np.ones((2, 2), "float32"), name="kernel")

    def step(gradient):
        optimizer.apply([keras.ops.full((2, 2), float(gradient))], [kernel])
        return keras.ops.convert_to_numpy(kernel.value).copy()

    for gradient in (1, -2, 3):
        before = step(gradient)
    state = state_of(optimizer)
    for _ in range(2):
        np.testing.assert_array_equal(step(bad), before)
    for path, value in state_of(optimizer).items():
        np.testing.assert_array_equal(value, state[path], err_msg=path)
    assert int(optimizer.skipped_steps) == int(optimizer.skipped_in_a_row) == 2
    assert int(optimizer._iterations.numpy()) == 5
    step(1), step(1)
    assert int(optimizer.skipped_in_a_row) == 0
    assert (step(1) != before).all() and np.isfinite(keras.ops.convert_to_numpy(kernel.value)).all()


@pytest.mark.slow_elsewhere
def test_a_constraint_is_not_applied_to_a_step_that_is_left_out():
    limit = keras.constraints.MaxNorm(0.5)
    np.testing.assert_array_equal(stepped(AdamW(0.1), ["nan"], limit), np.ones((2, 2)))
    assert (stepped(AdamW(0.1), [1.0], limit) < 0.5).all()


def test_a_batch_that_is_left_out_is_no_part_of_the_mean_of_a_step():
    whole = stepped(AdamW(0.1, epsilon=1.0, global_clipnorm=None, gradient_accumulation_steps=3), [2, "nan", 4])
    expected = stepped(AdamW(0.1, epsilon=1.0, global_clipnorm=None), [3])
    np.testing.assert_allclose(whole, expected, rtol=1e-6)
    later = AdamW(0.1, epsilon=1.0, global_clipnorm=None, gradient_accumulation_steps=2)
    np.testing.assert_array_equal(stepped(later, [2, "nan"]), np.ones((2, 2)))  # its update comes with the next step
    parts = AdamW(0.1, epsilon=1.0, global_clipnorm=None, gradient_accumulation_steps=2)
    of_three = stepped(parts, [2, "nan", 4, 6])
    np.testing.assert_allclose(of_three, stepped(AdamW(0.1, epsilon=1.0, global_clipnorm=None), ["nan", 4]), rtol=1e-6)


def test_a_first_step_that_is_left_out_leaves_averages_of_the_weights_sound():
    optimizer = AdamW(0.1, use_ema=True, ema_momentum=0.9)
    stepped(optimizer, ["nan", "nan"])
    np.testing.assert_array_equal(
        keras.ops.convert_to_numpy(optimizer._model_variables_moving_average[0].value), np.ones((2, 2))
    )


def test_a_schedule_counts_optimizer_steps_where_gradients_accumulate():
    schedule = WarmupLinearDecay(1.0, total_steps=8, warmup_steps=2)
    optimizer = AdamW(schedule, gradient_accumulation_steps=4)
    kernel = keras.Variable(np.ones((2, 2), "float32"), name="kernel")
    rates = []
    for batch in range(32):
        if batch % 4 == 3:
            rates.append(float(optimizer.learning_rate))
        optimizer.apply([keras.ops.ones((2, 2))], [kernel])
    np.testing.assert_allclose(rates, [float(schedule(step)) for step in range(8)], rtol=1e-6)
    assert int(optimizer.iterations) == 8


def test_accumulated_steps_are_those_of_whole_batches():
    schedule = WarmupLinearDecay(0.1, total_steps=4, warmup_steps=1)
    gradients = [1.0, 3.0, -2.0, 5.0, 0.5, 1.5]
    parts = stepped(AdamW(schedule, gradient_accumulation_steps=2, weight_decay=0.5), gradients)
    means = [sum(gradients[i : i + 2]) / 2 for i in range(0, 6, 2)]
    np.testing.assert_allclose(parts, stepped(AdamW(schedule, weight_decay=0.5), means), rtol=1e-5)
