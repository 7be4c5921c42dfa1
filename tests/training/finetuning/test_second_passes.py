"""R-Drop and adversarial training beside their formulas, differentiated by small differences in numpy."""

import keras
import numpy as np
import pytest

from bert_keras.training import LossTerms, add_adversarial_training, add_r_drop

TOKENS = np.array([[0, 1, 1], [2, 0, 3], [3, 3, 1], [1, 2, 0]])
WEIGHTS = np.array([1.0, 2.0, 0.0, 1.0])
MASKS = np.array([[2.0, 0.0, 1.0], [0.0, 1.5, 1.0]])
TARGETS = {
    "single_label_classification": np.array([1, 0, 1, 1]),
    "multi_label_classification": np.array([[1, 0], [1, 1], [0, 0], [0, 1]]),
    "regression": np.array([[0.5, 1.0], [-1.0, 0.0], [9.0, 9.0], [2.0, 0.3]]),
}
REDUCTION = {"reduction": "mean_with_sample_weight"}
LOSSES = {
    "single_label_classification": keras.losses.SparseCategoricalCrossentropy(from_logits=True, **REDUCTION),
    "multi_label_classification": keras.losses.BinaryCrossentropy(from_logits=True, **REDUCTION),
    "regression": keras.losses.MeanSquaredError(**REDUCTION),
}


class Model(LossTerms, keras.Model):
    pass


class Dropped(keras.layers.Layer):
    """Dropout that a test can know: the first mask in the first training pass, the second one in the second."""

    def build(self, shape):
        self.passes = self.add_weight(shape=(), dtype="int32", initializer="zeros", trainable=False)

    def call(self, x, training=False):
        if not training:
            return x
        mask = keras.ops.take(keras.ops.convert_to_tensor(MASKS, "float32"), self.passes % 2, axis=0)
        self.passes.assign(self.passes + 1)
        return x * mask


@pytest.fixture
def model():
    tokens = keras.Input((3,), dtype="int32")
    x = keras.ops.mean(keras.layers.Embedding(4, 3, name="table")(tokens), axis=1)
    model = Model(tokens, keras.layers.Dense(2, use_bias=False, name="head")(Dropped(name="dropped")(x)))
    rng = np.random.default_rng(0)
    for variable in model.trainable_variables:
        variable.assign(rng.normal(size=variable.shape))
    return model


def outputs(table, kernel, mask):
    return (table[TOKENS].mean(1) * mask) @ kernel


def softmax(logits):
    return np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)


def sigmoid(logits):
    return 1 / (1 + np.exp(-logits))


def mean(values):
    return (values * WEIGHTS).sum() / WEIGHTS.sum()


def plain_loss(problem, logits):
    y = TARGETS[problem]
    if problem == "regression":
        return mean(((logits - y) ** 2).mean(-1))
    if problem == "multi_label_classification":
        p = sigmoid(logits)
        return mean(-(y * np.log(p) + (1 - y) * np.log(1 - p)).mean(-1))
    return mean(-np.log(softmax(logits)[np.arange(4), y]))


def kullback_leibler(problem, first, second):
    if problem == "single_label_classification":
        p, q = softmax(first), softmax(second)
        return (p * np.log(p / q)).sum(-1)
    p, q = sigmoid(first), sigmoid(second)
    return (p * np.log(p / q) + (1 - p) * np.log((1 - p) / (1 - q))).mean(-1)


def gradients(function, *arrays, step=1e-6):
    """Differences of a function of arrays, an array for each."""
    found = [np.zeros_like(array) for array in arrays]
    for array, slope in zip(arrays, found, strict=True):
        for index in np.ndindex(array.shape):
            value = array[index]
            array[index] = value + step
            above = function(*arrays)
            array[index] = value - step
            slope[index] = (above - function(*arrays)) / (2 * step)
            array[index] = value
    return found


def one_step(model, problem):
    """What a step of gradient descent with rate 1 takes off the weights; weights before it; loss in the log."""
    before = [v.numpy().astype("float64") for v in model.trainable_variables]
    model.compile(keras.optimizers.SGD(1.0), LOSSES[problem])
    logs = model.fit(
        TOKENS, TARGETS[problem].astype("float32"), sample_weight=WEIGHTS, batch_size=4, shuffle=False, verbose=0
    )
    after = [v.numpy() for v in model.trainable_variables]
    return [old - new for old, new in zip(before, after, strict=True)], before, logs.history["loss"][0]


@pytest.mark.parametrize("problem", TARGETS)
def test_r_drop_learns_from_both_passes_and_their_divergence(model, problem):
    def expected(table, kernel):
        first, second = (outputs(table, kernel, mask) for mask in MASKS)
        if problem == "regression":
            divergence = ((first - second) ** 2).mean(-1)
        else:
            divergence = (kullback_leibler(problem, first, second) + kullback_leibler(problem, second, first)) / 2
        return (plain_loss(problem, first) + plain_loss(problem, second)) / 2 + 3 * mean(divergence)

    add_r_drop(model, 3.0, problem_type=problem)
    steps, before, loss = one_step(model, problem)
    assert loss == pytest.approx(expected(*before), rel=1e-5)
    for step, slope in zip(steps, gradients(expected, *before), strict=True):
        np.testing.assert_allclose(step, slope, rtol=1e-3, atol=1e-5)
    assert int(model.get_layer("dropped").passes) == 2


@pytest.mark.slow_elsewhere
def test_r_drop_of_spans_is_the_mean_over_all_spans_of_rows_by_their_weights():
    weight = 0.5

    class Pass(LossTerms, keras.Model):
        """Scores of spans that differ from pass to pass, (2 rows, 3 labels, 4, 4); a loss of 0."""

        def task_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
            return 0.0 * keras.ops.sum(y_pred)

    inputs = keras.Input((3, 4, 4))
    model = Pass(inputs, keras.layers.Dropout(0.5, seed=1)(inputs))
    add_r_drop(model, weight, problem_type="multi_label_classification")
    scores, weights = np.random.default_rng(0).normal(size=(2, 3, 4, 4)).astype("float32"), np.array([1.0, 3.0])
    first = keras.ops.convert_to_numpy(model(scores, training=True))
    seeds = [v for v in model.variables if "seed" in v.path]
    before = [keras.ops.convert_to_numpy(v) for v in seeds]
    second = keras.ops.convert_to_numpy(model(scores, training=True))
    for variable, state in zip(seeds, before):
        variable.assign(state)
    loss = model.compute_loss(scores, None, keras.ops.convert_to_tensor(first), keras.ops.convert_to_tensor(weights))
    divergence = ((sigmoid(first) - sigmoid(second)) * (first - second)).mean(axis=(1, 2, 3)) / 2
    np.testing.assert_allclose(float(loss), weight * (divergence * weights).sum() / weights.sum(), rtol=1e-5)


@pytest.mark.parametrize("num_tokens", [2, 5])  # as many as rows, and more
def test_r_drop_of_a_number_for_each_token_counts_those_that_have_weight(num_tokens):
    class Pass(LossTerms, keras.Model):
        def task_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
            return 0.0 * keras.ops.sum(y_pred)

    inputs = keras.Input((num_tokens,))
    model = Pass(inputs, keras.layers.Rescaling(1.0)(inputs))
    add_r_drop(model, 2.0, problem_type="regression")
    x, weights = np.ones((2, num_tokens), "float32"), np.eye(2, num_tokens, dtype="float32")
    first = x + np.arange(2 * num_tokens, dtype="float32").reshape(2, num_tokens)  # second pass: x
    loss = model.compute_loss(x, None, keras.ops.convert_to_tensor(first), keras.ops.convert_to_tensor(weights))
    np.testing.assert_allclose(float(loss), 2.0 * ((first - x) ** 2 * weights).sum() / 2, rtol=1e-6)


def test_adversarial_training_learns_from_the_table_and_from_the_table_changed_along_its_gradient(model):
    problem = "single_label_classification"

    def loss_of(table, kernel, mask):
        return plain_loss(problem, outputs(table, kernel, mask))

    add_adversarial_training(model, 0.7, variable=model.get_layer("table").embeddings)
    steps, (table, kernel), loss = one_step(model, problem)
    slope, _ = gradients(lambda *weights: loss_of(*weights, MASKS[1]), table, kernel)
    change = 0.7 * slope / np.linalg.norm(slope)

    def expected(table, kernel):
        return loss_of(table, kernel, MASKS[0]) + loss_of(table + change, kernel, MASKS[1])

    assert loss == pytest.approx(expected(table, kernel), rel=1e-5)
    for step, slope in zip(steps, gradients(expected, table, kernel), strict=True):
        np.testing.assert_allclose(step, slope, rtol=1e-3, atol=1e-5)
    assert int(model.get_layer("dropped").passes) == 2  # the pass that looks for the direction changes nothing


@pytest.mark.slow_elsewhere
def test_evaluation_and_what_is_saved_are_as_without_them(model, tmp_path):
    def evaluated(model):
        model.compile(loss=LOSSES["single_label_classification"])
        return model.evaluate(TOKENS, TARGETS["single_label_classification"], verbose=0)

    plain, config = evaluated(model), model.get_config()
    add_r_drop(model, 1.0)
    add_adversarial_training(model, 1.0, variable=model.get_layer("table").embeddings)
    assert evaluated(model) == plain and model.get_config() == config


@pytest.mark.slow_elsewhere
def test_they_work_together_and_with_a_step_that_was_compiled_before(model):
    one_step(model, "single_label_classification")
    passes = int(model.get_layer("dropped").passes)
    add_r_drop(model, 1.0)
    add_adversarial_training(model, 1.0, variable=model.get_layer("table").embeddings)
    assert list(model.loss_terms) == ["r_drop", "adversarial"]
    model.fit(TOKENS, TARGETS["single_label_classification"], batch_size=4, verbose=0)
    assert int(model.get_layer("dropped").passes) == passes + 4


@pytest.mark.slow_elsewhere
def test_nothing_is_changed_where_they_weigh_nothing(model):
    add_r_drop(model, 0)
    add_adversarial_training(model, 0)
    assert not model.loss_terms


@pytest.mark.slow_elsewhere
@pytest.mark.parametrize(
    ("add", "message"),
    [
        (lambda model: add_r_drop(model, -1), "weight of at least 0, received -1"),
        (lambda model: add_r_drop(model, 1, problem_type="ranking"), "received 'ranking'"),
        (lambda model: add_adversarial_training(model, -1), "epsilon of at least 0, received -1"),
        (lambda model: add_adversarial_training(model, 1), "has no encoder"),
    ],
)
def test_what_makes_no_sense_is_refused(model, add, message):
    with pytest.raises(ValueError, match=message):
        add(model)


@pytest.mark.slow_elsewhere
def test_a_model_without_terms_is_told_what_to_write(model):
    plain = keras.Model(model.input, model.output)
    with pytest.raises(ValueError, match="loss terms.*received Functional.*LossTerms, keras.Model"):
        add_r_drop(plain, 1.0)


def test_a_term_of_ones_own_wraps_those_before_it_and_takes_the_place_of_its_name(model):
    losses = {}
    for factor in (2, 3):
        model.add_loss_term("times", lambda model, loss, *batch, factor=factor: factor * loss(*batch))
        model.compile(keras.optimizers.SGD(0.0), LOSSES["single_label_classification"])
        losses[factor] = model.evaluate(TOKENS, TARGETS["single_label_classification"], verbose=0)
        model.get_layer("dropped").passes.assign(0)
        step = model.train_on_batch(TOKENS, TARGETS["single_label_classification"])
        losses[factor, "step"] = float(step)
    assert losses[2] == losses[3] and losses[3, "step"] == pytest.approx(1.5 * losses[2, "step"])
