import keras
import numpy as np
import pytest
from keras import ops

from bert_keras.ops import matmul_transposed


@pytest.mark.parametrize(("shape", "rows"), [((), 1), ((), 3), ((), 10), ((), 40), ((2, 5), 3)])
def test_multiplies_row_with_row(shape, rows):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(*shape, rows, 4)).astype("float32"), rng.normal(size=(*shape, 6, 4)).astype("float32")
    outputs = matmul_transposed(ops.convert_to_tensor(x), keras.Variable(y))
    np.testing.assert_allclose(ops.convert_to_numpy(outputs), x @ np.swapaxes(y, -1, -2), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("rows", [1, 2, 40])
def test_half_precision_is_multiplied_as_exactly_as_it_can_be(rows):
    x, y = ops.reshape(ops.arange(4 * rows) % 7, (rows, 4)), ops.reshape(ops.arange(24) % 5, (6, 4))
    outputs = matmul_transposed(ops.cast(x, "bfloat16"), ops.cast(y, "bfloat16"))
    assert np.array_equal(ops.convert_to_numpy(ops.cast(outputs, "int32")), np.array(x) @ np.array(y).T)


def test_the_dtype_is_that_of_the_first():
    x = ops.ones((3, 4), "bfloat16")
    assert keras.backend.standardize_dtype(matmul_transposed(x, keras.Variable(np.ones((6, 4)))).dtype) == "bfloat16"
