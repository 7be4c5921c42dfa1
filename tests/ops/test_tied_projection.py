import keras
import numpy as np
from keras import ops

from bert_keras.ops import tied_projection


def test_multiplies_with_every_row_of_the_table_in_the_dtype_of_the_inputs():
    rng = np.random.default_rng(0)
    inputs, table = rng.normal(size=(3, 4)).astype("float32"), rng.normal(size=(5, 4)).astype("float32")
    outputs = tied_projection(ops.convert_to_tensor(inputs), keras.Variable(table))
    np.testing.assert_allclose(ops.convert_to_numpy(outputs), inputs @ table.T, rtol=1e-5)
    half = tied_projection(ops.cast(ops.convert_to_tensor(inputs), "bfloat16"), keras.Variable(table))
    assert keras.backend.standardize_dtype(half.dtype) == "bfloat16"
