import keras
import numpy as np
import pytest

from bert_keras.ops.sparse_cross_entropy import reference_cross_entropy, sparse_cross_entropy

RNG = np.random.default_rng(0)


def with_gradient(cross_entropy, labels, logits):
    """Losses and the gradient of their weighted sum, by a model of one variable: works on every backend."""
    weights = np.arange(1, labels.size + 1, dtype="float32").reshape(labels.shape)
    variable = keras.Variable(logits)
    losses = keras.ops.convert_to_numpy(cross_entropy(labels, keras.ops.convert_to_tensor(logits)))

    def total(value):
        return keras.ops.sum(cross_entropy(labels, value) * keras.ops.convert_to_tensor(weights))

    if keras.config.backend() == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape() as tape:
            loss = total(keras.ops.convert_to_tensor(variable))
        gradient = tape.gradient(loss, variable.value)
    elif keras.config.backend() == "jax":
        import jax

        gradient = jax.grad(total)(variable.value)
    else:
        total(variable.value).backward()
        gradient = variable.value.grad
    return losses, keras.ops.convert_to_numpy(gradient)


@pytest.mark.parametrize("shape", [(5,), (2, 3)])
def test_losses_and_gradients_are_those_of_the_reference(shape):
    labels = RNG.integers(0, 7, shape).astype("int32")
    logits = (RNG.normal(size=(*shape, 7)) * 5).astype("float32")
    for ours, reference in zip(
        with_gradient(sparse_cross_entropy, labels, logits),
        with_gradient(reference_cross_entropy, labels, logits),
        strict=True,
    ):
        np.testing.assert_allclose(ours, reference, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("cross_entropy", [sparse_cross_entropy, reference_cross_entropy])
def test_it_is_the_cross_entropy_of_keras(cross_entropy):
    labels = RNG.integers(0, 9, (4, 3)).astype("int32")
    logits = (RNG.normal(size=(4, 3, 9)) * 5).astype("float32")
    expected = keras.ops.sparse_categorical_crossentropy(labels, logits, from_logits=True)
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(cross_entropy(labels, keras.ops.convert_to_tensor(logits))),
        keras.ops.convert_to_numpy(expected),
        rtol=1e-4,
    )


@pytest.mark.parametrize("cross_entropy", [sparse_cross_entropy, reference_cross_entropy])
def test_large_logits_neither_overflow_nor_vanish(cross_entropy):
    losses = cross_entropy(np.array([0, 1]), keras.ops.array([[1000.0, 0.0], [1000.0, 0.0]]))
    np.testing.assert_allclose(keras.ops.convert_to_numpy(losses), [0.0, 1000.0])
