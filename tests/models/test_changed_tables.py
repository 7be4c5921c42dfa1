import keras
import numpy as np
import pytest
from keras import ops

from bert_keras.models import BertEncoder, BertPretrainer, TextClassifier, change_positions, change_vocabulary
from bert_keras.models.named_weights import TOKEN_TABLE, named_weights
from bert_keras.training import add_lora


@keras.saving.register_keras_serializable(package="test_changed_tables")
class Mixer(keras.layers.Layer):
    """A part of a user's own, whose layer has the name that Keras gives it."""

    def __init__(self, width, **kwargs):
        super().__init__(**kwargs)
        self.width = width
        self.dense = keras.layers.Dense(width)

    def call(self, inputs):
        return self.dense(inputs)

    def get_config(self):
        return super().get_config() | {"width": self.width}


def arrays_of(model):
    return {name: ops.convert_to_numpy(weight) for name, weight in named_weights(model).items()}


@pytest.mark.slow_elsewhere
def test_new_words_are_means_of_their_pieces_and_the_rest_stays(make_encoder, pretraining_rows, outputs_of):
    pretrainer = BertPretrainer(make_encoder())
    pretrainer.get_layer("masked_lm_head").bias.assign(np.arange(30))
    changed = change_vocabulary(pretrainer, [[index] for index in range(30)] + [[7, 8, 12], [9]])
    old, new = arrays_of(pretrainer), arrays_of(changed)
    np.testing.assert_allclose(new[TOKEN_TABLE][30], old[TOKEN_TABLE][[7, 8, 12]].mean(axis=0), atol=1e-6)
    np.testing.assert_array_equal(new[TOKEN_TABLE][31], old[TOKEN_TABLE][9])
    np.testing.assert_array_equal(new["masked_lm_head/bias"][-2:], [9, 9])
    assert all(np.array_equal(new[name], old[name]) for name in old if name not in (TOKEN_TABLE, "masked_lm_head/bias"))
    before, after = outputs_of(pretrainer, pretraining_rows), outputs_of(changed, pretraining_rows)
    np.testing.assert_allclose(after["mlm"][..., :30], before["mlm"], atol=1e-5)
    np.testing.assert_array_equal(after["nsp"], before["nsp"])


@pytest.mark.slow_elsewhere
def test_words_can_be_dropped(make_encoder, rows, outputs_of):
    classifier = TextClassifier(make_encoder(), 3, labels=("a", "b", "c"))
    kept = [index for index in range(30) if index not in (5, 6)]
    changed = change_vocabulary(classifier, [[index] for index in kept])
    assert (changed.encoder.vocabulary_size, changed.labels) == (28, ["a", "b", "c"])
    moved = rows | {"token_ids": np.array([[kept.index(index) for index in row] for row in rows["token_ids"]])}
    np.testing.assert_allclose(outputs_of(changed, moved), outputs_of(classifier, rows), atol=1e-6)


@pytest.mark.slow_elsewhere
@pytest.mark.parametrize(
    ("pieces", "message"), [([[0], []], "Word 1 .* no pieces"), ([[30]], "from 0 to 29"), ([[-1]], "0 to 29")]
)
def test_pieces_must_be_of_the_old_vocabulary(make_encoder, pieces, message):
    with pytest.raises(ValueError, match=message):
        change_vocabulary(make_encoder(), pieces)


@pytest.mark.parametrize("method", ["repeat", "interpolate"])
def test_rows_can_be_longer(make_encoder, rows, outputs_of, method, tmp_path):
    encoder = make_encoder()
    longer = change_positions(encoder, 25, method=method)
    old, new = (arrays_of(model)["embeddings/position_embedding/embeddings"] for model in (encoder, longer))
    assert new.shape == (25, 8)
    if method == "repeat":
        np.testing.assert_array_equal(new, old[np.arange(25) % 10])
        expected = outputs_of(encoder, rows)["pooled_output"]
        np.testing.assert_allclose(outputs_of(longer, rows)["pooled_output"], expected, atol=1e-6)
    else:
        np.testing.assert_allclose(new[[0, 8, 24]], old[[0, 3, 9]], atol=1e-6)
    longer.save_to_preset(tmp_path)
    assert BertEncoder.from_preset(tmp_path).max_sequence_length == 25


@pytest.mark.slow_elsewhere
def test_parts_of_ones_own_come_along_whatever_keras_calls_their_layers(make_encoder, rows, outputs_of):
    encoder = make_encoder(feed_forward=Mixer(8))
    changed = change_positions(encoder, 20)
    np.testing.assert_array_equal(
        outputs_of(changed, rows)["sequence_output"], outputs_of(encoder, rows)["sequence_output"]
    )


@pytest.mark.slow_elsewhere
def test_adapters_that_are_not_merged_are_refused(make_encoder):
    encoder = make_encoder()
    add_lora(encoder, 2)
    with pytest.raises(ValueError, match="call merge_lora first"):
        change_positions(encoder, 20)


@pytest.mark.slow_elsewhere
def test_rows_can_be_shorter_and_methods_are_known(make_encoder):
    assert change_positions(make_encoder(), 4, method="interpolate").max_sequence_length == 4
    with pytest.raises(ValueError, match="repeat or interpolate; received 'copy'"):
        change_positions(make_encoder(), 20, method="copy")


def test_a_padded_table_is_seen_in_no_file_and_no_output(make_encoder, pretraining_rows, outputs_of, tmp_path):
    plain, wide = (BertPretrainer(make_encoder(vocabulary_multiple=multiple)) for multiple in (1, 64))
    assert wide.encoder.token_embedding.embeddings.shape == (64, 8)
    plain.save_to_preset(tmp_path / "plain")
    loaded = BertPretrainer.from_preset(tmp_path / "plain", vocabulary_multiple=64)
    expected = outputs_of(plain, pretraining_rows)
    outputs = outputs_of(loaded, pretraining_rows)
    assert outputs["mlm"].shape == (2, 3, 30)
    np.testing.assert_allclose(outputs["mlm"], expected["mlm"], atol=1e-5)
    assert loaded.load_report.new == ()
    loaded.save_to_preset(tmp_path / "wide")
    files = [(tmp_path / name / "model.safetensors").read_bytes() for name in ("plain", "wide")]
    assert files[0] == files[1]
    more = change_vocabulary(loaded, [[index % 30] for index in range(70)])
    assert more.encoder.token_embedding.embeddings.shape == (128, 8)
    assert outputs_of(more, pretraining_rows)["mlm"].shape == (2, 3, 70)
    with pytest.raises(ValueError, match="30"):
        outputs_of(loaded, pretraining_rows | {"token_ids": np.full((2, 6), 30, "int32")})


@pytest.mark.slow  # to quantize a model takes 12 s
@pytest.mark.filterwarnings("ignore:Layer .* does not have a `quantize` method")  # Keras of its own input layers
def test_quantized_tables_are_left_alone(make_encoder):
    encoder = make_encoder(kernel_initializer="glorot_uniform")
    encoder.quantize("int8")
    for change in (lambda: change_positions(encoder, 12), lambda: change_vocabulary(encoder, [[1]] * 30)):
        with pytest.raises(ValueError, match="not quantized"):
            change()
