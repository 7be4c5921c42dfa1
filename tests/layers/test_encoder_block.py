import keras
import numpy as np
import pytest
from keras import ops

from bert_keras.layers import EncoderBlock, FeedForward, SelfAttention

X = np.random.default_rng(0).normal(size=(2, 5, 8)).astype("float32")


class MeanOfAll(keras.layers.Layer):
    """An attention of one's own that takes neither mask nor anything else, and has no build."""

    def call(self, inputs):
        return ops.mean(inputs, axis=1, keepdims=True) + 0 * inputs


def arguments(**options):
    return {"attention": SelfAttention(8, 2, dropout=0.1), "feed_forward": FeedForward(8, 12), "dropout": 0.1} | options


def test_keras_own_checks(check_layer):
    check_layer(
        EncoderBlock,
        arguments(),
        input_shape=(2, 5, 8),
        expected_output_shape=(2, 5, 8),
        expected_num_trainable_weights=12,
        expected_num_seed_generators=2,
        supports_masking=True,
    )


@pytest.mark.parametrize("normalize_first", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_keras_hubs_own_checks(check_layer_as_keras_hub, normalize_first):
    check_layer_as_keras_hub(
        EncoderBlock,
        arguments(attention=SelfAttention(8, 2), dropout=0.0, normalize_first=normalize_first),
        {"inputs": ops.convert_to_tensor(X), "attention_mask": ops.ones((2, 5, 5), "bool")},
        expected_output_shape=(2, 5, 8),
        expected_num_trainable_weights=12,
    )


def test_norms_come_after_the_sums_or_before_the_parts():
    def norm(x):
        return (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-12)

    def run(**options):
        block = EncoderBlock(MeanOfAll(), keras.layers.Activation("relu"), **options)
        return ops.convert_to_numpy(block(X))

    after = norm(X + X.mean(1, keepdims=True))
    np.testing.assert_allclose(run(), norm(after + np.maximum(after, 0)), atol=1e-4)
    before = X + norm(X).mean(1, keepdims=True)
    np.testing.assert_allclose(run(normalize_first=True), before + np.maximum(norm(before), 0), atol=1e-4)


def test_the_mask_goes_to_an_attention_that_takes_it():
    block = EncoderBlock(SelfAttention(8, 2), FeedForward(8, 12))
    first_token_alone = np.zeros((2, 5, 5), bool)
    first_token_alone[:, :, 0] = True
    changed = X.copy()
    changed[:, 1] += 1
    masked = [ops.convert_to_numpy(block(x, attention_mask=first_token_alone)) for x in (X, changed)]
    np.testing.assert_array_equal(masked[0][:, 2:], masked[1][:, 2:])
    assert EncoderBlock(MeanOfAll(), FeedForward(8, 12))(X, attention_mask=first_token_alone).shape == (2, 5, 8)


def test_scores_come_on_request_if_the_attention_has_them():
    outputs, scores = EncoderBlock(SelfAttention(8, 2), FeedForward(8, 12))(X, return_attention_scores=True)
    assert outputs.shape == (2, 5, 8)
    assert scores.shape == (2, 2, 5, 5)
    with pytest.raises(ValueError, match="MeanOfAll cannot return attention scores"):
        EncoderBlock(MeanOfAll(), FeedForward(8, 12))(X, return_attention_scores=True)


def test_without_a_norm_the_attention_gets_the_inputs_as_they_are():
    class Doubled(keras.layers.Layer):
        def call(self, inputs):
            return 2 * inputs

    class Nothing(keras.layers.Layer):
        def call(self, inputs):
            return 0 * inputs

    block = EncoderBlock(Doubled(), Nothing(), normalize_first=True, attention_norm=False, use_bias=False)
    np.testing.assert_allclose(ops.convert_to_numpy(block(X)), 3 * X, rtol=1e-6)
    assert [weight.name for weight in block.weights] == ["gamma"]  # of the feed-forward's norm, without a bias
    with pytest.raises(ValueError, match="attention_norm=False needs normalize_first=True"):
        EncoderBlock(Doubled(), Nothing(), attention_norm=False)
