import keras
import numpy as np
import pytest
from keras import ops

from bert_keras.ops.check_labels import check_distributions, check_labels, check_numbers, check_spans

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
        ([True, False], None, ([1, 0], [1, 1])),
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


@pytest.mark.skipif(keras.config.backend() == "jax", reason="JAX cuts numbers to int32 before they can be seen")
@pytest.mark.parametrize("number", [2**32 + 1, 2**32 - 100])
def test_numbers_too_large_for_int32_are_not_taken_for_others(number):
    with pytest.raises(ValueError, match="labels must be from 0 to 2"):
        check_labels(np.array([0, number], "int64"), SCORES)
    with pytest.raises(ValueError, match="spans must have labels from 0 to 1"):
        check_spans(np.array([[[0, 0, number]]], "int64"), np.zeros((1, 2, 4, 4), "float32"))


def test_booleans_that_are_no_class_are_named():
    with pytest.raises(ValueError, match="received 0 to 1"):
        check_labels(np.array([True, False]), np.zeros((2, 1), "float32"))


def test_parts_of_a_position_are_refused():
    with pytest.raises(ValueError, match="spans must have labels from 0 to 1"):
        check_spans(np.array([[[0.0, 0.5, 1.0]]]), np.zeros((1, 2, 4, 4), "float32"))


@pytest.mark.parametrize(
    "check",
    [
        lambda weights: check_labels(np.array([0, 1]), SCORES, weights),
        lambda weights: check_numbers(np.array([0.0, 1.0]), weights),
        lambda weights: check_distributions(np.eye(3)[:2], SCORES, weights),
        lambda weights: check_spans(np.array([[[0, 1, 2]]] * 2), np.zeros((2, 2, 4, 4), "float32"), weights),
    ],
)
def test_weights_that_are_negative_or_of_another_shape_are_refused(check):
    with pytest.raises(ValueError, match=r"sample_weight of .* must not be negative; received -1.0 to 1.0"):
        check(np.array([1.0, -1.0], "float32"))
    for shape in ((3,), (2, 2)):
        with pytest.raises(ValueError, match=r"sample_weight of .* must have the shape \(2,\)"):
            check(np.ones(shape, "float32"))


@pytest.mark.parametrize("shape", [(2, 3), (2, 4, 3)])
def test_rows_of_probabilities_are_kept_and_rows_of_no_label_weigh_nothing(shape):
    targets = np.zeros(shape, "float32")
    targets[...] = [0.25, 0.75, 0.0]
    targets[1] = -100
    found, weights = check_distributions(targets, np.zeros(shape, "float32"))
    is_label = np.arange(2).reshape(2, *[1] * (len(shape) - 2)) == 0
    np.testing.assert_array_equal(ops.convert_to_numpy(weights), np.broadcast_to(is_label, shape[:-1]))
    np.testing.assert_array_equal(ops.convert_to_numpy(found), np.where(is_label[..., None], targets, 0))


@pytest.mark.parametrize(
    "row", [[0, 0, 0], [1, 1, 1], [0.5, 1, 0.5], [2, -1, 0], [-100, 0, 1], [-100, 101, 0], [float("nan"), 0, 1]]
)
@pytest.mark.parametrize("shape", [(2, 3), (2, 4, 3)])
def test_rows_that_are_no_probabilities_are_named_where_they_count(row, shape):
    targets, scores = np.zeros(shape, "float32"), np.zeros(shape, "float32")
    targets[..., 0] = 1
    targets[1] = row
    with pytest.raises(ValueError, match="labels of tags must be rows of probabilities"):
        check_distributions(targets, scores, name="labels of tags")
    found, weights = check_distributions(targets, scores, np.array([1.0, 0.0], "float32"))
    assert np.isfinite(ops.convert_to_numpy(found)).all() and not ops.convert_to_numpy(weights)[1].any()


def test_classes_of_the_other_form_are_refused_with_what_takes_them():
    with pytest.raises(ValueError, match='Rows of 0 and one 1 are for loss="categorical_crossentropy"'):
        check_labels(np.eye(3)[:2], SCORES)
    with pytest.raises(ValueError, match='Numbers of classes are for loss="sparse_categorical_crossentropy"'):
        check_distributions(np.array([0, 1]), SCORES)


def test_numbers_take_the_shape_of_the_scores_or_are_refused():
    assert arrays(check_numbers(np.array([1.0, 2.0]), scores=np.zeros((2, 1))))[0] == [[1.0], [2.0]]
    for shape, scores in [((2, 2), (2, 1)), ((2,), (2, 3)), ((2, 1), (2, 3)), ((2, 4), (2, 3)), ((3, 1), (2, 1))]:
        with pytest.raises(ValueError, match=rf"must have the shape \({scores[0]}, {scores[1]}\).*received the shape"):
            check_numbers(np.zeros(shape), scores=np.zeros(scores))


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
    check = in_xla(lambda targets: check_distributions(targets, ops.convert_to_tensor(SCORES))[1])
    assert np.isnan(ops.convert_to_numpy(check(ops.array([[0.0, 1, 0], [1, 1, 0]])))).tolist() == [False, True]
    check = in_xla(lambda weights: check_labels(ops.array([0, 1]), ops.convert_to_tensor(SCORES), weights)[1])
    assert np.isnan(ops.convert_to_numpy(check(ops.array([1.0, -1.0])))).tolist() == [False, True]
    check = in_xla(lambda values: check_numbers(values, smallest=0, largest=1)[1])
    assert np.isnan(ops.convert_to_numpy(check(ops.array([[0.0, 1.0], [2.0, 0.0]])))).tolist() == [False, True]


@pytest.mark.skipif(keras.config.backend() != "tensorflow", reason="only TensorFlow can raise from a compiled step")
def test_a_compiled_step_of_tensorflow_refuses_them_too():
    import tensorflow as tf

    check = tf.function(lambda labels: check_labels(labels, tf.constant(SCORES), name="classes"))
    with pytest.raises(tf.errors.InvalidArgumentError, match="classes must be from 0 to 2"):
        check(tf.constant([0, 3]))
