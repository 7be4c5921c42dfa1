import keras
import numpy as np
import pytest
from keras import ops

from bert_keras.ops import dot_product_attention, reference_attention


def softmax(x):
    x = np.exp(x - x.max(-1, keepdims=True))
    return x / x.sum(-1, keepdims=True)


def attention_by_hand(query, key, value, mask):
    """One query at a time, in float64."""
    batch, heads, length, width = query.shape
    outputs = np.zeros(query.shape)
    for b, h, q in np.ndindex(batch, heads, length):
        visible = np.flatnonzero(mask[b, q])
        weights = softmax(key[b, h, visible].astype("float64") @ query[b, h, q] / np.sqrt(width))
        outputs[b, h, q] = weights @ value[b, h, visible]
    return outputs


@pytest.fixture
def tensors():
    rng = np.random.default_rng(0)
    query, key, value = rng.normal(size=(3, 2, 3, 5, 4)).astype("float32")
    mask = rng.random((2, 5, 5)) < 0.6
    mask |= np.eye(5, dtype=bool)
    return query, key, value, mask


@pytest.mark.parametrize("return_scores", [False, True])
def test_every_query_takes_the_weighted_mean_of_the_values_it_may_see(tensors, return_scores):
    query, key, value, mask = tensors
    outputs = dot_product_attention(*map(ops.convert_to_tensor, tensors), return_scores=return_scores)
    outputs, scores = outputs if return_scores else (outputs, None)
    np.testing.assert_allclose(
        ops.convert_to_numpy(outputs), attention_by_hand(query, key, value, mask), atol=1e-5, rtol=1e-5
    )
    if return_scores:
        scores = ops.convert_to_numpy(scores)
        np.testing.assert_allclose(scores.sum(-1), np.ones((2, 3, 5)), atol=1e-6)
        assert not scores[np.broadcast_to(~mask[:, None], scores.shape)].any()


def test_without_a_mask_every_key_is_seen(tensors):
    query, key, value, _ = map(ops.convert_to_tensor, tensors)
    seen = dot_product_attention(query, key, value, ops.ones((2, 5, 5), "bool"))
    np.testing.assert_allclose(
        ops.convert_to_numpy(dot_product_attention(query, key, value)), ops.convert_to_numpy(seen), atol=1e-6
    )


def test_fused_kernel_and_reference_agree(tensors):
    query, key, value, mask = map(ops.convert_to_tensor, tensors)
    np.testing.assert_allclose(
        ops.convert_to_numpy(dot_product_attention(query, key, value, mask)),
        ops.convert_to_numpy(reference_attention(query, key, value, mask)[0]),
        atol=1e-5,
    )


@pytest.mark.parametrize("return_scores", [False, True])
def test_a_query_that_may_see_nothing_gets_the_mean_of_the_values(tensors, return_scores):
    query, key, value, _ = map(ops.convert_to_tensor, tensors)
    outputs = dot_product_attention(query, key, value, ops.zeros((2, 5, 5), "bool"), return_scores=return_scores)
    outputs = ops.convert_to_numpy(outputs[0] if return_scores else outputs)
    np.testing.assert_allclose(outputs, np.broadcast_to(tensors[2].mean(2, keepdims=True), outputs.shape), atol=1e-5)


def test_half_precision_in_is_half_precision_out_with_a_full_softmax(tensors):
    query, key, value = (ops.cast(ops.convert_to_tensor(x), "bfloat16") for x in tensors[:3])
    outputs, scores = reference_attention(query, key, value)
    assert keras.backend.standardize_dtype(outputs.dtype) == keras.backend.standardize_dtype(scores.dtype) == "bfloat16"
    full = reference_attention(*(ops.cast(x, "float32") for x in (query, key, value)))[0]
    np.testing.assert_allclose(
        ops.convert_to_numpy(ops.cast(outputs, "float32")), ops.convert_to_numpy(full), atol=0.03
    )


def test_dropout_drops_its_share_and_scales_the_rest():
    query, value = ops.zeros((1, 1, 100, 2)), ops.ones((1, 1, 100, 2))
    outputs, scores = dot_product_attention(query, query, value, dropout=0.25, seed=1, return_scores=True)
    scores = ops.convert_to_numpy(scores)
    assert abs((scores == 0).mean() - 0.25) < 0.02
    np.testing.assert_allclose(scores[scores > 0], 0.01 / 0.75, rtol=1e-5)
    np.testing.assert_allclose(ops.convert_to_numpy(outputs)[0, 0, :, 0], scores[0, 0].sum(-1), rtol=1e-5)


@pytest.mark.skipif(keras.config.backend() != "tensorflow", reason="only there are they compiled by themselves")
@pytest.mark.parametrize("has_mask", [True, False])
@pytest.mark.parametrize("length", [5, None])
def test_compiled_scores_and_their_gradients_are_those_of_the_graph(tensors, has_mask, length):
    import tensorflow as tf

    from bert_keras.ops.compiled_chain import chains_for_every_shape

    *parts, mask = tensors

    def outputs_and_gradients(dtype):
        @tf.function(input_signature=[tf.TensorSpec((2, 3, length, 4), dtype)] * 3)
        def step(*parts):
            with tf.GradientTape() as tape:
                tape.watch(parts)
                outputs, scores = reference_attention(*parts, mask if has_mask else None, dropout=0.5, seed=7)
            return outputs, scores, *tape.gradient(outputs, parts)

        values = step(*(tf.cast(part, dtype) for part in parts))
        calls = [n for n in step.get_concrete_function().graph.as_graph_def().node if n.attr["_XlaMustCompile"].b]
        return [ops.convert_to_numpy(ops.cast(value, "float32")) for value in values], len(calls)

    with chains_for_every_shape():
        compiled, num_compiled = outputs_and_gradients("bfloat16")
    plain, num_plain = outputs_and_gradients("float32")
    assert (num_compiled, num_plain) == (2, 0)  # one each way
    for ours, exact in zip(compiled, plain, strict=True):
        np.testing.assert_allclose(ours, exact, rtol=2**-4, atol=2**-4)
    np.testing.assert_array_equal(compiled[1] == 0, plain[1] == 0)  # the same were dropped
