import keras
import numpy as np
import pytest
from keras import ops

from bert_keras.layers import MaxPooling, MeanPooling

X = np.random.default_rng(0).normal(size=(2, 3, 4)).astype("float32")
MASK = np.array([[1, 1, 0], [1, 2, 2]], "int32")


def test_shape_and_dtype_are_known_before_there_is_data():
    layer = MeanPooling(dtype="mixed_bfloat16")
    symbolic = layer(keras.KerasTensor((None, None, 4)), keras.KerasTensor((None, None), "int32"))
    assert symbolic.shape == (None, 4)
    assert symbolic.dtype == keras.backend.standardize_dtype(layer(X, MASK).dtype) == "bfloat16"


def test_padding_does_not_count_and_packed_sequences_do():
    pooled = ops.convert_to_numpy(MeanPooling()(X, MASK))
    np.testing.assert_allclose(pooled, [X[0, :2].mean(0), X[1].mean(0)], atol=1e-6)


def test_nothing_but_padding_gives_zeros():
    assert not ops.convert_to_numpy(MeanPooling()(X, 0 * MASK)).any()


@pytest.mark.parametrize("kind", [MaxPooling, MeanPooling])
def test_a_dtype_policy_comes_back_from_the_config(kind):
    pooling = kind(dtype=keras.DTypePolicy("bfloat16"))
    assert kind.from_config(pooling.get_config()).compute_dtype == "bfloat16"
