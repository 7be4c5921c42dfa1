"""Ten lines of a user's own in the place of attention or the feed-forward."""

import keras
import numpy as np
import pytest
from keras import ops

from bert_keras.models import BertEncoder


@keras.saving.register_keras_serializable(package="tests")
class GatedMean(keras.layers.Layer):
    """Each token takes a gated mean of what it may see."""

    def __init__(self, hidden_dim, **kwargs):
        super().__init__(**kwargs)
        self.hidden_dim = hidden_dim
        self.gate = keras.layers.Dense(hidden_dim, activation="sigmoid", dtype=self.dtype_policy)

    def call(self, inputs, attention_mask):
        weights = ops.cast(attention_mask, inputs.dtype)
        return self.gate(inputs) * ops.matmul(weights / ops.sum(weights, -1, keepdims=True), inputs)

    def get_config(self):
        return super().get_config() | {"hidden_dim": self.hidden_dim}


@keras.saving.register_keras_serializable(package="tests")
class Doubling(keras.layers.Layer):
    """A feed-forward that has noise in training and nothing to learn."""

    def call(self, inputs, training=None):
        return 2 * inputs + (1.0 if training else 0.0)


@pytest.fixture
def encoder(make_encoder):
    return make_encoder(attention=GatedMean(8), feed_forward=Doubling())


def test_each_block_gets_a_copy(encoder):
    first, second = (block.attention for block in encoder.encoder_blocks)
    assert type(first) is type(second) is GatedMean
    assert first is not second
    assert second.gate.kernel.path.startswith("encoder_block_1/attention/")


def test_a_prototype_that_was_used_before_is_only_copied(make_encoder, rows, tmp_path):
    attention = GatedMean(8)
    attention(np.ones((1, 2, 8), "float32"), attention_mask=np.ones((1, 2, 2), bool))
    encoder = make_encoder(attention=attention)
    assert all(weight is not attention.gate.kernel for weight in encoder.weights)
    encoder.save(tmp_path / "encoder.keras")
    assert len(keras.saving.load_model(tmp_path / "encoder.keras").weights) == len(encoder.weights)


def test_the_part_takes_the_encoders_precision(make_encoder):
    encoder = make_encoder(attention=GatedMean(8), dtype="mixed_bfloat16")
    assert encoder.encoder_blocks[0].attention.gate.compute_dtype == "bfloat16"


def test_the_mask_and_training_reach_the_part(encoder, rows, outputs_of):
    changed = rows | {"token_ids": np.where(rows["padding_mask"] == 0, 5, rows["token_ids"])}
    same = [outputs_of(encoder, batch)["sequence_output"][1, :4] for batch in (rows, changed)]
    np.testing.assert_allclose(*same, atol=1e-5)
    calm = ops.convert_to_numpy(encoder(rows)["sequence_output"])
    noisy = ops.convert_to_numpy(encoder(rows, training=True)["sequence_output"])
    assert abs(calm - noisy).max() > 1e-3


def test_saves_and_loads_bit_equal(encoder, rows, outputs_of, tmp_path):
    encoder.save(tmp_path / "encoder.keras")
    loaded = keras.saving.load_model(tmp_path / "encoder.keras")
    assert isinstance(loaded.encoder_blocks[1].attention, GatedMean)
    assert loaded.get_config() == encoder.get_config()
    keras.tree.map_structure(np.testing.assert_array_equal, outputs_of(loaded, rows), outputs_of(encoder, rows))


def test_has_no_form_at_hugging_face(encoder, tmp_path):
    with pytest.raises(ValueError, match="attention of one's own and a feed-forward of one's own.*[.]keras"):
        encoder.save_to_preset(tmp_path)
    assert not list(tmp_path.iterdir())


def test_scores_cannot_be_inspected_but_hidden_states_can(encoder, rows, outputs_of):
    with pytest.raises(ValueError, match="GatedMean cannot return attention scores"):
        encoder.inspector()
    assert len(outputs_of(encoder.inspector(attention_scores=False), rows)["hidden_states"]) == 3


@pytest.mark.skipif(keras.config.backend() != "tensorflow", reason="a SavedModel is TensorFlow's")
def test_exports(encoder, rows, outputs_of, tmp_path):
    import tensorflow as tf

    encoder.export(tmp_path / "exported", verbose=False)
    loaded = tf.saved_model.load(tmp_path / "exported")
    served = loaded.serve({name: tf.constant(value) for name, value in rows.items()})
    expected = outputs_of(encoder, rows)
    for name, value in expected.items():
        np.testing.assert_allclose(served[name].numpy(), value, atol=1e-5)


def test_an_encoder_of_its_own_parts_only_needs_their_config(encoder):
    again = BertEncoder.from_config(encoder.get_config())
    assert [weight.shape for weight in again.weights] == [weight.shape for weight in encoder.weights]
