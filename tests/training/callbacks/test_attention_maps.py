import io

import keras
import numpy as np
import pytest
from PIL import Image

from bert_keras.models import BertEncoder
from bert_keras.training.callbacks import AttentionMaps, attention_maps

TOKENS = [["[CLS]", "a", "cat", "[SEP]"], ["[CLS]", "a", "cat", "##s", "[SEP]", "[PAD]"]]


@pytest.fixture(scope="module")
def encoder():
    return BertEncoder(8, num_layers=2, num_heads=2, hidden_dim=4, intermediate_dim=8, max_sequence_length=6)


@pytest.fixture
def inputs(text_batch):
    return {name: some[:2] for name, some in text_batch[0].items()}


def pixels(value):
    return np.asarray(Image.open(io.BytesIO(value[2])))


@pytest.mark.slow_elsewhere
def test_a_picture_of_each_sentence_before_and_after_each_epoch(
    small_classifier, text_batch, inputs, logged_values, tmp_path
):
    model = small_classifier()
    callback = AttentionMaps(model.encoder, inputs, TOKENS, tmp_path, blocks=(0, -1))
    x, y, _ = text_batch
    model.fit(x, y, batch_size=2, epochs=1, verbose=0, callbacks=[callback])
    for block in (0, 1):
        for sentence in (1, 2):
            found = logged_values(tmp_path, f"attention/block_{block}/sentence_{sentence}")
            assert list(found) == [0, 2]
            picture = pixels(found[2])
            assert picture.shape == (int(found[2][1]), int(found[2][0]), 3) and picture.min() < 100


def test_a_cell_is_the_darker_the_more_the_row_looks_at_the_column(small_classifier, inputs, tmp_path, monkeypatch):
    drawn = []

    def heat_map(values, rows, columns, *, title, size):
        drawn.append((values, rows, columns, title))
        return np.zeros((2, 3, 3), "uint8")

    monkeypatch.setattr(attention_maps, "heat_map", heat_map)
    model = small_classifier()
    callback = AttentionMaps(model.encoder, inputs, TOKENS, tmp_path, heads=[1])
    callback.set_model(model)
    callback.on_train_begin()
    callback.on_train_end()
    scores = model.encoder(inputs, return_attention_scores=True)["attention_scores"][1]
    scores = keras.ops.convert_to_numpy(scores)[0, 1, :4, :4]
    values, rows, columns, title = drawn[0]
    np.testing.assert_allclose(values, scores / scores.max(), rtol=1e-5)
    assert rows == columns == TOKENS[0] and title == f"head 1, highest {scores.max():.2f}"
    assert drawn[1][1] == TOKENS[1][:5]  # without padding


@pytest.mark.parametrize("options, message", [
    ({"heads": [2]}, "Expected a head from 0 to 1"),
    ({"blocks": [5]}, "Expected a block from 0 to 1"),
])  # fmt: skip
def test_a_head_or_block_that_is_not_there_is_refused(encoder, inputs, tmp_path, options, message):
    with pytest.raises(ValueError, match=message):
        AttentionMaps(encoder, inputs, TOKENS, tmp_path, **options)


def test_a_sentence_longer_than_the_positions_is_refused(encoder, tmp_path):
    ids = np.full((1, 7), 4, "int32")
    inputs = {"token_ids": ids, "segment_ids": 0 * ids, "padding_mask": 0 * ids + 1}
    with pytest.raises(ValueError, match="at most 6 tokens.*received one of 7"):
        AttentionMaps(encoder, inputs, [["a"] * 7], tmp_path)


def test_names_for_other_tokens_are_refused(encoder, inputs, tmp_path):
    with pytest.raises(ValueError, match=r"names for \[4, 5\] tokens of 2 sentences, received \[4\]"):
        AttentionMaps(encoder, inputs, TOKENS[:1], tmp_path)


@pytest.mark.parametrize("model", [None, keras.Sequential([keras.Input((1,))])])
def test_what_is_no_encoder_is_refused(inputs, tmp_path, model):
    with pytest.raises(ValueError, match="Expected a bert_keras.models.BertEncoder"):
        AttentionMaps(model, inputs, TOKENS, tmp_path)


@keras.saving.register_keras_serializable(package="tests")
class Averaging(keras.layers.Layer):
    """Attention of one's own, without scores."""

    def call(self, x, attention_mask=None, training=None):
        return x


def test_an_attention_without_scores_is_refused(inputs, tmp_path):
    encoder = BertEncoder(8, 1, 2, 4, 8, max_sequence_length=6, attention=Averaging())
    with pytest.raises(ValueError, match="scores"):
        AttentionMaps(encoder, inputs, TOKENS, tmp_path)
