import keras
import numpy as np
import pytest
from keras import ops

from bert_keras.ops import matmul_transposed


@pytest.mark.parametrize(("shape", "rows"), [((), 3), ((), 40), ((2, 5), 3)])
def test_multiplies_row_with_row(shape, rows):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(*shape, rows, 4)).astype("float32"), rng.normal(size=(*shape, 6, 4)).astype("float32")
    outputs = matmul_transposed(ops.convert_to_tensor(x), keras.Variable(y))
    np.testing.assert_allclose(ops.convert_to_numpy(outputs), x @ np.swapaxes(y, -1, -2), rtol=1e-5, atol=1e-5)


def test_the_dtype_is_that_of_the_first():
    x = ops.ones((3, 4), "bfloat16")
    assert keras.backend.standardize_dtype(matmul_transposed(x, keras.Variable(np.ones((6, 4)))).dtype) == "bfloat16"
