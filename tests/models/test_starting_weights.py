import keras
import numpy as np
import pytest

from bert_keras.models import BertEncoder, warm_start

pytestmark = pytest.mark.slow_elsewhere


def small_encoder(**options):
    initializer = keras.initializers.TruncatedNormal(0.005, seed=1)  # so that what warm_start adds is what is seen
    return BertEncoder(50, 1, 4, 128, 128, max_sequence_length=32, kernel_initializer=initializer, **options)


def token_vectors(shape=(50, 128)):
    return np.random.default_rng(0).normal(size=shape)


@pytest.mark.slow_elsewhere
def test_a_mask_looks_at_another_neighbour_with_each_head():
    encoder = small_encoder()
    vectors = token_vectors()
    vectors[4] = 0  # [MASK] stands in no text, so counting gave it nothing
    warm_start(encoder, vectors)
    ids = np.random.default_rng(1).integers(5, 50, (64, 32)).astype("int32")
    ids[:, 12] = 4
    inputs = {"token_ids": ids, "segment_ids": 0 * ids, "padding_mask": 0 * ids + 1}
    (scores,) = encoder.inspector()(inputs)["attention_scores"]
    scores = keras.ops.convert_to_numpy(scores)[:, :, 12].mean(axis=0)  # (heads, keys)
    scores[:, 12] = 0  # itself aside
    assert (scores.argmax(axis=-1) - 12).tolist() == [-1, 1, -2, 2]


def test_tokens_and_positions_share_the_columns_and_keep_their_scale():
    encoder = small_encoder()
    embeddings = encoder.embeddings
    tables = [embeddings.token_embedding, embeddings.segment_embedding, embeddings.position_embedding]
    before = [np.square(keras.ops.convert_to_numpy(table.embeddings)).mean() for table in tables]
    warm_start(encoder, token_vectors())
    after = [keras.ops.convert_to_numpy(table.embeddings) for table in tables]
    of_tokens = 128 - 128 // 4
    for table, mean_square, used, unused in zip(
        after,
        before,
        [slice(of_tokens)] * 2 + [slice(of_tokens, None)],
        [slice(of_tokens, None)] * 2 + [slice(of_tokens)],
    ):
        np.testing.assert_allclose(np.square(table[:, used]).mean(), mean_square, rtol=1e-5)
        assert (table[:, unused] == 0).all()
    vectors = token_vectors()[:, :of_tokens]
    np.testing.assert_allclose(after[0][:, :of_tokens] / after[0][0, 0], vectors / vectors[0, 0], rtol=1e-4)


def test_vectors_of_another_shape_are_refused_by_both_shapes():
    with pytest.raises(ValueError, match=r"\(50, 128\).*\(49, 128\)"):
        warm_start(small_encoder(), token_vectors((49, 128)))


def test_an_encoder_with_one_head_is_refused():
    with pytest.raises(ValueError, match="at least two heads"):
        warm_start(BertEncoder(50, 1, 1, 16, 32), np.ones((50, 16)))


@pytest.mark.parametrize(("options", "width"), [({"embedding_dim": 16}, 16), ({"rotary_theta": 100.0}, 128)])
def test_an_encoder_without_tables_as_wide_as_itself_is_refused(options, width):
    encoder = small_encoder(**options)
    with pytest.raises(ValueError, match="as wide as the encoder and a table of positions"):
        warm_start(encoder, token_vectors((50, width)))
