import keras
import numpy as np
import pytest
from keras import ops

from bert_keras.ops.check_labels import check_labels, check_numbers, check_spans

SCORES = np.zeros((2, 3), "float32")


def arrays(results):
    return [ops.convert_to_numpy(result).tolist() for result in results]


@pytest.mark.parametrize(
    ("labels", "weights", "expected"),
    [
        ([2, 0], None, ([2, 0], [1, 1])),
        ([[2], [0]], [[0.5], [1.0]], ([2, 0], [0.5, 1])),
        ([-100, 0], None, ([0, 0], [0, 1])),
        ([-1, 2], [0.0, 2.0], ([0, 2], [0, 2])),  # what does not count may be anything
        ([1.0, 2.0], None, ([1, 2], [1, 1])),
    ],
)
def test_labels_that_count_keep_their_weight(labels, weights, expected):
    weights = None if weights is None else np.array(weights, "float32")
    assert arrays(check_labels(np.array(labels), SCORES, weights)) == list(expected)


def test_a_weight_for_each_row_is_that_of_all_its_labels():
    _, weights = check_labels(np.array([[0, -100], [1, 1]]), np.zeros((2, 2, 3)), np.array([1.0, 0.0]))
    assert ops.convert_to_numpy(weights).tolist() == [[1, 0], [0, 0]]


@pytest.mark.parametrize("labels", [[0, 3], [-1, 0], [-101, 0], [0.5, 1.0], [float("nan"), 1.0]])
def test_numbers_that_are_no_class_are_named(labels):
    with pytest.raises(ValueError, match=r"classes must be from 0 to 2, or -100 where there is none; received"):
        check_labels(np.array(labels), SCORES, name="classes")


def test_labels_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"numbers of classes in the shape \(2,\).*received the shape \(2, 3\)"):
        check_labels(np.zeros((2, 3), "int32"), SCORES)


@pytest.mark.parametrize("values", [[[0.0, 1.5]], [[-0.1, 1.0]], [[-100.0, 0.0]], [[float("nan"), 0.0]]])
def test_numbers_outside_their_bounds_are_named_where_they_count(values):
    with pytest.raises(ValueError, match="labels must be numbers from 0 to 1; received"):
        check_numbers(np.array(values), smallest=0, largest=1)
    assert arrays(check_numbers(np.array(values), np.zeros(1), smallest=0, largest=1))[1] == [0]


@pytest.mark.parametrize("span", [[2, 0, 1], [-2, 0, 1], [0, 4, 4], [0, 0, 4], [1, -1, 2]])
def test_spans_that_the_scores_have_no_place_for_are_named(span):
    scores = np.zeros((1, 2, 4, 4), "float32")
    with pytest.raises(ValueError, match="labels from 0 to 1, or -1 where there is none, and positions from 0 to 3"):
        check_spans(np.array([[span]]), scores)
    spans = np.array([[[1, 0, 3], [-1, 9, 9], [-100, 0, 0]]])
    assert arrays(check_spans(spans, scores)) == [[[[1, 0, 3], [-1, 0, 0], [-1, 0, 0]]], [1]]


def in_xla(function):
    """The function compiled, where the backend has a compiler that raises nothing."""
    if keras.config.backend() == "jax":
        import jax

        return jax.jit(function)
    if keras.config.backend() == "tensorflow":
        import tensorflow as tf

        return tf.function(function, jit_compile=True)
    pytest.skip("torch raises here")


def test_where_nothing_can_be_raised_wrong_labels_weigh_nan():
    check = in_xla(lambda labels: check_labels(labels, ops.convert_to_tensor(SCORES))[1])
    assert np.isnan(ops.convert_to_numpy(check(ops.array([0, 3])))).tolist() == [False, True]
    check = in_xla(lambda values: check_numbers(values, smallest=0, largest=1)[1])
    assert np.isnan(ops.convert_to_numpy(check(ops.array([[0.0, 1.0], [2.0, 0.0]])))).tolist() == [False, True]


@pytest.mark.skipif(keras.config.backend() != "tensorflow", reason="only TensorFlow can raise from a compiled step")
def test_a_compiled_step_of_tensorflow_refuses_them_too():
    import tensorflow as tf

    check = tf.function(lambda labels: check_labels(labels, tf.constant(SCORES), name="classes"))
    with pytest.raises(tf.errors.InvalidArgumentError, match="classes must be from 0 to 2"):
        check(tf.constant([0, 3]))
