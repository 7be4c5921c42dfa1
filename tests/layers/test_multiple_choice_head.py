import keras
import numpy as np
from keras import ops

from bert_keras.layers import MergeChoices, MultipleChoiceHead


def test_choices_of_an_example_lie_side_by_side():
    token_ids = np.arange(24, dtype="int32").reshape(2, 3, 4)
    rows = ops.convert_to_numpy(MergeChoices()(token_ids))
    assert rows.dtype == "int32"
    np.testing.assert_array_equal(rows, token_ids.reshape(6, 4))
    head = MultipleChoiceHead(kernel_initializer="ones")
    logits = ops.convert_to_numpy(head(rows.astype("float32"), token_ids))
    np.testing.assert_array_equal(logits, token_ids.sum(axis=-1))


def test_shapes_are_known_before_a_batch_comes():
    token_ids = keras.Input((None, 4), dtype="int32")
    rows = MergeChoices()(token_ids)
    assert (rows.shape, rows.dtype) == ((None, 4), "int32")
    assert MultipleChoiceHead()(keras.Input((8,)), token_ids).shape == (None, None)


def test_logits_are_float32_in_every_precision():
    logits = MultipleChoiceHead(dtype="mixed_bfloat16")(np.ones((6, 8), "float32"), np.ones((2, 3, 5), "int32"))
    assert keras.backend.standardize_dtype(logits.dtype) == "float32"
