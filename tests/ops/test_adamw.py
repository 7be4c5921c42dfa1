import keras
import numpy as np
import pytest

from bert_keras.ops import adamw

SHAPES = [(6, 4), (4,), (2, 3, 4)]


def run_steps(num_steps=3):
    """Weights, momentums and velocities after some steps from fixed numbers, in numpy."""
    rng = np.random.default_rng(0)
    variables = [keras.Variable(rng.normal(size=shape).astype("float32")) for shape in SHAPES]
    momentums = [keras.Variable(np.zeros(shape, "float32")) for shape in SHAPES]
    velocities = [keras.Variable(np.zeros(shape, "float32")) for shape in SHAPES]
    for step in range(1, num_steps + 1):
        adamw.adamw_update(
            variables,
            [keras.ops.convert_to_tensor(rng.normal(size=shape).astype("float32")) for shape in SHAPES],
            momentums,
            velocities,
            [0.1, 0.0, 0.3],
            [1.0, 1.0, 0.5],
            gradient_scale=keras.ops.convert_to_tensor(0.5),
            learning_rate=keras.ops.convert_to_tensor(0.01 * step),
            step=keras.ops.convert_to_tensor(step),
            beta_1=0.9,
            beta_2=0.99,
            epsilon=1e-6,
        )
    return [x.numpy() for x in (*variables, *momentums, *velocities)]


def test_the_kernel_of_the_backend_does_what_the_reference_does(monkeypatch):
    fused = run_steps()
    monkeypatch.setattr(adamw, "_KERNELS", {})
    for ours, reference in zip(fused, run_steps(), strict=True):
        np.testing.assert_allclose(ours, reference, rtol=1e-5, atol=1e-7)


def test_half_precision_forgets_no_more_than_the_reference_does():
    variable, momentum, velocity = (keras.Variable(np.full((4,), x), dtype="bfloat16") for x in (1.0, 0.0, 0.0))
    for step in range(1, 6):
        adamw.adamw_update(
            [variable],
            [keras.ops.cast([1.0, -0.1, 0.01, 2.0], "bfloat16")],
            [momentum],
            [velocity],
            [0.0],
            [1.0],
            gradient_scale=1.0,
            learning_rate=1e-2,
            step=step,
            beta_1=0.9,
            beta_2=0.999,
            epsilon=1e-6,
        )
    moved = keras.ops.convert_to_numpy(keras.ops.cast(variable.value, "float32")) - 1.0
    np.testing.assert_allclose(moved, [-0.05, 0.05, -0.05, -0.05], rtol=0.3)  # the rate a step, against the gradient


def test_the_reference_follows_the_paper(monkeypatch):
    monkeypatch.setattr(adamw, "_KERNELS", {})
    rng = np.random.default_rng(0)
    variables = [rng.normal(size=shape).astype("float32") for shape in SHAPES]
    momentums = [np.zeros(shape) for shape in SHAPES]
    velocities = [np.zeros(shape) for shape in SHAPES]
    for step in range(1, 4):
        for i, (decay, factor) in enumerate([(0.1, 1.0), (0.0, 1.0), (0.3, 0.5)]):
            rate = 0.01 * step * factor
            gradient = 0.5 * rng.normal(size=SHAPES[i]).astype("float32")
            momentums[i] = 0.9 * momentums[i] + 0.1 * gradient
            velocities[i] = 0.99 * velocities[i] + 0.01 * gradient**2
            corrected = (momentums[i] / (1 - 0.9**step)) / np.sqrt(velocities[i] / (1 - 0.99**step))
            variables[i] = variables[i] - rate * decay * variables[i] - rate * corrected
    for ours, expected in zip(run_steps(), [*variables, *momentums, *velocities], strict=True):
        np.testing.assert_allclose(ours, expected, rtol=1e-3, atol=1e-5)  # epsilon stands elsewhere in the paper


@pytest.mark.parametrize("norm", [adamw.global_norm, adamw.reference_norm])
def test_the_global_norm_is_that_of_all_gradients_in_one_vector(norm):
    gradients = [keras.ops.array([[3.0, 0.0]]), keras.ops.array([4.0]), keras.ops.array(12.0)]
    assert float(norm(gradients)) == pytest.approx(13.0)


@pytest.mark.parametrize("norm", [adamw.global_norm, adamw.reference_norm])
def test_the_global_norm_of_bfloat16_gradients_is_float32(norm):
    gradients = [keras.ops.ones((1000,), dtype="bfloat16"), keras.ops.ones((1,), dtype="bfloat16")]
    assert float(norm(gradients)) == pytest.approx(1001**0.5, rel=1e-3)


@pytest.mark.skipif(keras.config.backend() != "tensorflow", reason="only there is it compiled by itself")
@pytest.mark.parametrize("weight_decay", [0.1, 0.0])
def test_a_large_variable_of_a_traced_step_is_updated_by_one_kernel_as_by_the_reference(monkeypatch, weight_decay):
    import tensorflow as tf

    monkeypatch.setattr(adamw, "_ELEMENTS_WORTH_COMPILING", 12)
    rng = np.random.default_rng(0)
    start, gradients = rng.normal(size=(4, 6)).astype("float32"), rng.normal(size=(3, 4, 6)).astype("float32")

    def after_steps(kernel):
        states = [keras.Variable(value) for value in (start, np.zeros_like(start), np.zeros_like(start))]

        @tf.function
        def step(gradient, is_sound):
            kept = 1 - 0.01 * weight_decay if weight_decay else None
            kernel([(*states, kept, tf.constant(0.01))], [gradient], tf.constant(0.5), 0.9, 0.99, 1e-6, is_sound)

        for gradient, is_sound in zip(gradients, (True, False, True), strict=True):
            step(tf.constant(gradient), tf.constant(is_sound))
        graph = step.get_concrete_function(tf.constant(gradient), tf.constant(is_sound)).graph
        return [state.numpy() for state in states], graph

    ours, graph = after_steps(adamw._tensorflow_kernel)
    expected, _ = after_steps(adamw.reference_kernel)
    for some, others in zip(ours, expected, strict=True):
        np.testing.assert_allclose(some, others, rtol=1e-5, atol=1e-7)
    functions = graph.as_graph_def().library.function
    assert sum(node.attr["_XlaMustCompile"].b for function in functions for node in function.node_def) == 1
