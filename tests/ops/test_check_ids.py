import keras
import numpy as np
import pytest
from keras import ops

from bert_keras.ops import check_ids


def test_ids_with_a_row_pass():
    ids = ops.convert_to_tensor(np.array([[0, 4]], "int32"))
    np.testing.assert_array_equal(ops.convert_to_numpy(check_ids(ids, 5, "token_ids")), [[0, 4]])


def test_no_ids_pass():
    assert check_ids(ops.zeros((2, 0), "int32"), 5, "token_ids").shape == (2, 0)


@pytest.mark.parametrize("ids", [[[0, 5]], [[-1, 2]]])
def test_ids_without_a_row_are_named(ids):
    with pytest.raises(ValueError, match=r"token_ids must be from 0 to 4.* received (0 to 5|-1 to 2)"):
        check_ids(ops.convert_to_tensor(np.array(ids, "int32")), 5, "token_ids")


@pytest.mark.skipif(keras.config.backend() != "tensorflow", reason="only TensorFlow can raise from a compiled step")
def test_a_compiled_step_of_tensorflow_refuses_them_too():
    import tensorflow as tf

    function = tf.function(lambda ids: check_ids(ids, 5, "token_ids"))
    assert function(tf.constant([0, 4])).numpy().tolist() == [0, 4]
    with pytest.raises(tf.errors.InvalidArgumentError, match="token_ids must be from 0 to 4"):
        function(tf.constant([0, 5]))
