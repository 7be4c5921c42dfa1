import keras
import numpy as np
import pytest
from keras import ops

from bert_keras.layers import ClassificationHead, SentencePairHead, SpanHead, TokenClassificationHead
from bert_keras.layers.logits import logits_layer


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
def test_the_product_is_in_float32_whatever_comes_in(dtype):
    layer = logits_layer(2, None, keras.dtype_policies.get("mixed_bfloat16"))
    inputs = ops.cast(np.random.default_rng(0).normal(size=(3, 8)), dtype)
    logits = layer(inputs)
    expected = ops.convert_to_numpy(ops.cast(inputs, "float32")) @ ops.convert_to_numpy(layer.kernel)
    assert keras.backend.standardize_dtype(logits.dtype) == "float32"
    np.testing.assert_allclose(ops.convert_to_numpy(logits), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "bfloat16"])
@pytest.mark.parametrize(
    ("head_class", "arguments"),
    [(ClassificationHead, {"num_classes": 2}), (SentencePairHead, {}), (SpanHead, {}),
     (TokenClassificationHead, {"num_tags": 2})],
)  # fmt: skip
def test_heads_tell_scores_apart_that_are_one_in_bfloat16(head_class, arguments, policy):
    head = head_class(**arguments, dtype=policy)
    vectors = np.array([[[0.0] * 8, [2.0**-8] + [0.0] * 7]], "float32")
    vectors = vectors if head_class in (SpanHead, TokenClassificationHead) else vectors[0]
    head(vectors)
    head.dense.kernel.assign(np.ones((8, 2)))
    head.dense.bias.assign([100.0, 100.0])
    logits = head(vectors)
    logits = logits["start"] if isinstance(logits, dict) else logits
    scores = np.unique(ops.convert_to_numpy(logits))
    np.testing.assert_array_equal(scores, np.array([100.0, 100.0 + 2.0**-8], "float32"))
