"""Ten lines of a user's own in the place of attention or the feed-forward."""

import keras
import numpy as np
import pytest
from keras import ops

from bert_keras.layers import AttentionMask, Embeddings
from bert_keras.models import (
    BertEncoder,
    BertPretrainer,
    QuestionAnswerer,
    RelationClassifier,
    SpanTagger,
    TextClassifier,
    TokenClassifier,
    change_vocabulary,
    load_preset,
)


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


@keras.saving.register_keras_serializable(package="tests")
class PrefixMask(AttentionMask):
    """The first segment sees itself; the second sees the first, and itself up to each token."""

    def call(self, padding_mask, segment_ids):
        both_ways = super().call(padding_mask)
        positions = ops.arange(ops.shape(both_ways)[1])
        back = ops.expand_dims(positions, 1) >= ops.expand_dims(positions, 0)
        first_segment = ops.expand_dims(ops.equal(segment_ids, 0), 1)
        return ops.logical_and(both_ways, ops.logical_or(back, first_segment))


@keras.saving.register_keras_serializable(package="tests")
class ScaledEmbeddings(Embeddings):
    """BERT's, made longer."""

    def __init__(self, *args, scale=2.0, **kwargs):
        super().__init__(*args, **kwargs)
        self.scale = scale

    def call(self, token_ids, segment_ids=None, padding_mask=None):
        return self.scale * super().call(token_ids, segment_ids, padding_mask)

    def get_config(self):
        return super().get_config() | {"scale": self.scale}


@keras.saving.register_keras_serializable(package="tests")
class TokensAlone(keras.layers.Layer):
    """A table, and nothing of positions and segments."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.table = keras.layers.Embedding(30, 8, dtype=self.dtype_policy)

    def call(self, token_ids):
        return self.table(token_ids)


SIZES_OF_EMBEDDINGS = {"vocabulary_size": 30, "hidden_dim": 8, "max_sequence_length": 10}


@pytest.fixture
def encoder(make_encoder):
    return make_encoder(attention=GatedMean(8), feed_forward=Doubling())


def test_the_prototypes_are_what_was_given(make_encoder):
    attention, feed_forward = GatedMean(8), Doubling()
    encoder = make_encoder(attention=attention, feed_forward=feed_forward)
    assert encoder.attention is attention and encoder.feed_forward is feed_forward
    assert make_encoder().attention is None
    given = {"embeddings": None, "attention_mask": None, "attention": attention, "feed_forward": feed_forward}
    assert encoder.own_parts() == given
    assert not {id(attention), id(feed_forward)} & {id(layer) for layer in encoder._flatten_layers()}


def test_an_attention_mask_of_ones_own_says_what_a_token_sees(make_encoder, rows, outputs_of):
    encoder = make_encoder(attention_mask=PrefixMask())
    changed = rows["token_ids"].copy()
    changed[0, 5] = 8  # in the second segment, which the first does not see
    changed = rows | {"token_ids": changed}
    before, after = (outputs_of(encoder, batch)["sequence_output"] for batch in (rows, changed))
    np.testing.assert_allclose(before[0, :5], after[0, :5], atol=1e-6)
    assert abs(before[0, 5] - after[0, 5]).max() > 1e-3
    assert not outputs_of(encoder.inspector(), rows)["attention_scores"][0][0, :, :4, 4:].any()
    plain = make_encoder()
    assert abs(outputs_of(plain, rows)["sequence_output"][0, 0] - before[0, 0]).max() > 1e-3


@pytest.mark.slow_elsewhere
def test_embeddings_of_ones_own_are_looked_up_in_place_of_berts(make_encoder, rows, outputs_of):
    scaled = ScaledEmbeddings(**SIZES_OF_EMBEDDINGS, scale=3.0)
    encoder = make_encoder(embeddings=scaled)
    assert encoder.embeddings is not scaled and encoder.embeddings.scale == 3.0
    assert encoder.token_embedding.embeddings.path == "embeddings/token_embedding/embeddings"
    plain = make_encoder()
    plain.set_weights(encoder.get_weights())
    first, expected = (outputs_of(model.inspector(), rows)["hidden_states"][0] for model in (encoder, plain))
    np.testing.assert_allclose(first, 3 * expected, atol=1e-5)
    assert outputs_of(make_encoder(embeddings=TokensAlone()), rows)["sequence_output"].shape == (2, 6, 8)


@pytest.mark.slow_elsewhere
@pytest.mark.parametrize(
    "number", [{"vocabulary_size": 31}, {"hidden_dim": 4}, {"max_sequence_length": 9}, {"num_segments": 1}]
)
def test_embeddings_of_other_numbers_are_refused(make_encoder, number):
    (name,) = number
    with pytest.raises(ValueError, match=f"Expected embeddings with {name}=.*, received {number[name]}"):
        make_encoder(embeddings=ScaledEmbeddings(**SIZES_OF_EMBEDDINGS | number))


@pytest.mark.slow_elsewhere
@pytest.mark.parametrize("kind", ["subclass", "table alone"])
def test_embeddings_and_mask_come_back_from_file_and_preset(make_encoder, rows, outputs_of, tmp_path, kind):
    embeddings = ScaledEmbeddings(**SIZES_OF_EMBEDDINGS) if kind == "subclass" else TokensAlone()
    encoder = make_encoder(embeddings=embeddings, attention_mask=PrefixMask())
    expected = outputs_of(encoder, rows)
    encoder.save(tmp_path / "encoder.keras")
    encoder.save_to_preset(tmp_path / "preset")
    with pytest.raises(ValueError, match="embeddings of one's own and an attention mask of one's own"):
        encoder.save_to_preset(tmp_path, format="huggingface")
    for loaded in (keras.saving.load_model(tmp_path / "encoder.keras"), BertEncoder.from_preset(tmp_path / "preset")):
        assert type(loaded.embeddings) is type(embeddings) and type(loaded.attention_mask) is PrefixMask
        keras.tree.map_structure(np.testing.assert_array_equal, outputs_of(loaded, rows), expected)


@pytest.mark.slow_elsewhere
def test_embeddings_of_ones_own_get_another_vocabulary(make_encoder, rows, outputs_of):
    encoder = make_encoder(embeddings=ScaledEmbeddings(**SIZES_OF_EMBEDDINGS))
    more = change_vocabulary(TextClassifier(encoder, 2), [[index] for index in range(30)] + [[7, 8]]).encoder
    assert more.embeddings.vocabulary_size == more.vocabulary_size == 31
    keras.tree.map_structure(np.testing.assert_array_equal, outputs_of(more, rows), outputs_of(encoder, rows))


@pytest.mark.slow_elsewhere
def test_each_block_gets_a_copy(encoder):
    first, second = (block.attention for block in encoder.encoder_blocks)
    assert type(first) is type(second) is GatedMean
    assert first is not second
    assert second.gate.kernel.path.startswith("encoder_block_1/attention/")


@pytest.mark.slow_elsewhere
def test_a_prototype_that_was_used_before_is_only_copied(make_encoder, rows, tmp_path):
    attention = GatedMean(8)
    attention(np.ones((1, 2, 8), "float32"), attention_mask=np.ones((1, 2, 2), bool))
    encoder = make_encoder(attention=attention)
    assert all(weight is not attention.gate.kernel for weight in encoder.weights)
    encoder.save(tmp_path / "encoder.keras")
    assert len(keras.saving.load_model(tmp_path / "encoder.keras").weights) == len(encoder.weights)


@pytest.mark.slow_elsewhere
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


@pytest.mark.slow_elsewhere
def test_has_no_form_at_hugging_face(encoder, tmp_path):
    with pytest.raises(ValueError, match="attention of one's own and a feed-forward of one's own.*keras"):
        encoder.save_to_preset(tmp_path, format="huggingface")
    assert not list(tmp_path.iterdir())


@pytest.mark.slow_elsewhere
def test_scores_cannot_be_inspected_but_hidden_states_can(encoder, rows, outputs_of):
    with pytest.raises(ValueError, match="GatedMean cannot return attention scores"):
        encoder.inspector()
    assert len(outputs_of(encoder.inspector(attention_scores=False), rows)["hidden_states"]) == 3


@pytest.mark.traced
@pytest.mark.slow_elsewhere
@pytest.mark.skipif(keras.config.backend() != "tensorflow", reason="a SavedModel is TensorFlow's")
def test_exports(make_encoder, rows, outputs_of, tmp_path):
    import tensorflow as tf

    encoder = make_encoder(
        embeddings=ScaledEmbeddings(**SIZES_OF_EMBEDDINGS),
        attention_mask=PrefixMask(),
        attention=GatedMean(8),
        feed_forward=Doubling(),
    )
    encoder.export(tmp_path / "exported", verbose=False)
    loaded = tf.saved_model.load(tmp_path / "exported")
    served = loaded.serve({name: tf.constant(value) for name, value in rows.items()})
    expected = outputs_of(encoder, rows)
    for name, value in expected.items():
        np.testing.assert_allclose(served[name].numpy(), value, atol=1e-5)


@pytest.mark.slow_elsewhere
def test_an_encoder_of_its_own_parts_only_needs_their_config(encoder):
    again = BertEncoder.from_config(encoder.get_config())
    assert [weight.shape for weight in again.weights] == [weight.shape for weight in encoder.weights]


MODELS = {
    BertEncoder: lambda encoder: encoder,
    BertPretrainer: lambda encoder: BertPretrainer(encoder, next_sentence=False, head_activation="relu"),
    TextClassifier: lambda encoder: TextClassifier(encoder, 2, labels=("a", "b"), pooling="mean", threshold=0.3),
    TokenClassifier: lambda encoder: TokenClassifier(encoder, 2, labels=("a", "b"), head="crf"),
    SpanTagger: lambda encoder: SpanTagger(encoder, ("a", "b"), head_dim=4),
    QuestionAnswerer: QuestionAnswerer,
    RelationClassifier: lambda encoder: RelationClassifier(encoder, 2, markers=("a", "b")),
}


def _flat(outputs):
    return keras.tree.flatten(outputs)


@pytest.mark.slow_elsewhere
@pytest.mark.parametrize(
    "kind",
    [
        kind if kind in (BertEncoder, BertPretrainer, TokenClassifier) else pytest.param(kind, marks=pytest.mark.slow)
        for kind in MODELS
    ],
)
def test_every_model_comes_back_from_its_preset(make_encoder, pretraining_rows, outputs_of, tmp_path, kind, caplog):
    model = MODELS[kind](make_encoder(num_layers=1, attention=GatedMean(8), feed_forward=Doubling(), pooler=False))
    model.expect_savable(tmp_path)
    model.save_to_preset(tmp_path)
    assert "bert_keras alone reads model.keras: BERT of transformers has no form of an attention of" in caplog.text
    assert [path.name for path in tmp_path.iterdir()] == ["model.keras"]
    rows = pretraining_rows | {"entity_positions": np.array([[0, 2], [1, 3]], "int32")}
    for preset in (tmp_path, tmp_path / "model.keras"):
        loaded = kind.from_preset(preset)
        assert loaded.load_report.new == loaded.load_report.unused == ()
        for name in ("labels", "pooling", "threshold", "head", "markers", "head_activation"):
            assert getattr(loaded, name, None) == getattr(model, name, None)
        for value, expected in zip(_flat(outputs_of(loaded, rows)), _flat(outputs_of(model, rows)), strict=True):
            np.testing.assert_array_equal(value, expected)
    assert type(load_preset(tmp_path)) is kind


@pytest.mark.slow_elsewhere
def test_a_new_head_takes_the_encoder_of_a_pretrainer_with_parts_of_its_own(
    make_encoder, pretraining_rows, outputs_of, tmp_path
):
    encoder = make_encoder(attention=GatedMean(8), vocabulary_multiple=8)
    BertPretrainer(encoder).save_to_preset(tmp_path)
    classifier = TextClassifier.from_preset(tmp_path, 3, pooling="mean", dropout=0.0, vocabulary_multiple=1)
    assert isinstance(classifier.encoder.encoder_blocks[1].attention, GatedMean)
    assert classifier.encoder.dropout == 0.0
    assert classifier.load_report.new == tuple(f"mean_classification_head/dense/{name}" for name in ("kernel", "bias"))
    outputs, expected = (outputs_of(model, pretraining_rows) for model in (classifier.encoder, encoder))
    np.testing.assert_allclose(outputs["sequence_output"], expected["sequence_output"], atol=1e-6)


@pytest.mark.slow_elsewhere
def test_a_preset_of_one_form_takes_the_place_of_the_other(make_encoder, tmp_path):
    make_encoder().save_to_preset(tmp_path)
    make_encoder(attention=GatedMean(8)).save_to_preset(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["model.keras"]
    make_encoder().save_to_preset(tmp_path)
    # A `model.keras` may be the user's own; `config.json` says which is read.
    names = ["config.json", "model.keras", "model.safetensors"]
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    (tmp_path / "bert_config.json").touch()
    with pytest.raises(FileExistsError, match="holds bert_config.json of another format"):
        make_encoder(attention=GatedMean(8)).save_to_preset(tmp_path)


@pytest.mark.slow_elsewhere
def test_a_part_that_no_other_process_could_load_is_refused_before_training(make_encoder, tmp_path):
    class Unregistered(Doubling):
        pass

    encoder = make_encoder(feed_forward=Unregistered())
    with pytest.raises(ValueError, match="could be saved, but not loaded again: Could not locate class 'Unregistered'"):
        encoder.expect_savable(tmp_path)


@pytest.mark.slow_elsewhere
def test_a_file_of_something_else_is_refused(tmp_path):
    inputs = keras.Input((2,))
    keras.Model(inputs, keras.layers.Dense(1)(inputs)).save(tmp_path / "model.keras")
    with pytest.raises(ValueError, match="holds a Functional; expected a BertEncoder"):
        BertEncoder.from_preset(tmp_path)
    (tmp_path / "model.keras").write_bytes(b"no zip")
    with pytest.raises(ValueError, match="model.keras cannot be loaded"):
        BertEncoder.from_preset(tmp_path)
    keras.Sequential([keras.Input((2,)), keras.layers.Lambda(lambda x: x)]).save(tmp_path / "model.keras")
    with pytest.raises(ValueError, match="model.keras cannot be loaded.*[Ll]ambda"):
        BertEncoder.from_preset(tmp_path)


@pytest.mark.slow_elsewhere
def test_the_tokenizer_lies_beside_the_file(make_encoder, tmp_path):
    data = pytest.importorskip("bert_keras.data")
    make_encoder(attention=GatedMean(8)).save_to_preset(tmp_path)
    data.WordPieceTokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a"]).save_to_preset(tmp_path)
    for preset in (tmp_path, tmp_path / "model.keras"):
        assert data.WordPieceTokenizer.from_preset(preset).vocabulary_size == 6
