import keras
import numpy as np
import pytest
from keras import ops

from bert_keras.models import BertPretrainer
from bert_keras.training import pretraining_losses, pretraining_metrics

Y = {"mlm": np.array([[7, 8, 9], [11, 12, 0]], "int32"), "nsp": np.array([0, 1], "int32")}
SAMPLE_WEIGHT = {
    "mlm": np.array([[1, 1, 1], [1, 1, 0]], "float32"),
    "nsp": np.ones(2, "float32"),
}


def test_gives_logits_of_both_objectives(make_encoder, pretraining_rows):
    outputs = BertPretrainer(make_encoder())(pretraining_rows)
    assert {name: tuple(value.shape) for name, value in outputs.items()} == {"mlm": (2, 3, 30), "nsp": (2, 2)}


@pytest.mark.slow_elsewhere
def test_next_sentence_prediction_can_be_left_out(make_encoder, pretraining_rows):
    pretrainer = BertPretrainer(make_encoder(pooler=False), next_sentence=False)
    assert list(pretrainer(pretraining_rows)) == ["mlm"]
    with pytest.raises(ValueError, match="pooler=False"):
        BertPretrainer(make_encoder(pooler=False))


@pytest.mark.slow_elsewhere
def test_sentence_order_takes_the_place_of_next_sentence(make_encoder, pretraining_rows, outputs_of, tmp_path):
    pretrainer = BertPretrainer(make_encoder(), sentence_order=True)
    outputs = outputs_of(pretrainer, pretraining_rows)
    assert {name: value.shape for name, value in outputs.items()} == {"mlm": (2, 3, 30), "sop": (2, 2)}
    assert pretrainer.get_layer("sentence_order_head").count_params() == 2 * 8 + 2
    assert list(pretraining_losses(sentence_order=True)) == list(pretraining_metrics(sentence_order=True))
    pretrainer.save(tmp_path / "pretrainer.keras")
    loaded = keras.saving.load_model(tmp_path / "pretrainer.keras")
    keras.tree.map_structure(np.testing.assert_array_equal, outputs_of(loaded, pretraining_rows), outputs)
    with pytest.raises(ValueError, match="next_sentence or sentence_order, received both"):
        BertPretrainer(make_encoder(), next_sentence=True, sentence_order=True)
    with pytest.raises(ValueError, match="sentence_order=True needs .* pooler=False"):
        BertPretrainer(make_encoder(pooler=False), sentence_order=True)


@pytest.mark.slow
@pytest.mark.slow_elsewhere
def test_learns_sentence_order_with_fit_and_logs_it_by_name(make_encoder, pretraining_rows, untraced):
    pretrainer = BertPretrainer(make_encoder(num_layers=1, dropout=0.0), sentence_order=True)
    pretrainer.compile(
        keras.optimizers.Adam(0.01),
        loss=pretraining_losses(sentence_order=True),
        weighted_metrics=pretraining_metrics(sentence_order=True),
        **untraced,
    )
    y, weight = ({"mlm": values["mlm"], "sop": values["nsp"]} for values in (Y, SAMPLE_WEIGHT))
    history = pretrainer.fit(pretraining_rows, y, sample_weight=weight, epochs=8, verbose=0).history
    assert history["sop_loss"][-1] < history["sop_loss"][0]
    assert {"mlm_loss", "mlm_accuracy", "sop_accuracy"} < history.keys() and "nsp_loss" not in history


def test_span_boundaries_are_a_second_guess_from_the_tokens_beside_a_span(make_encoder, pretraining_rows, outputs_of):
    pretrainer = BertPretrainer(make_encoder(), span_boundaries=True)
    outputs = outputs_of(pretrainer, pretraining_rows)
    assert {name: value.shape[1:] for name, value in outputs.items()} == {"mlm": (3, 30), "sbo": (3, 30), "nsp": (2,)}
    rows = {name: value for name, value in pretraining_rows.items() if name != "mask_positions"}
    vectors = outputs_of(pretrainer.encoder, rows)["sequence_output"][0]
    before, behind, numbers = ([0, 0, 3], [3, 3, 5], [0, 1, 0])  # of the tokens 1, 2 and 4
    head = pretrainer.get_layer("span_boundary_head")
    expected = head(vectors[None, before], vectors[None, behind], np.array([numbers]))
    np.testing.assert_allclose(outputs["sbo"][0], ops.convert_to_numpy(expected)[0], atol=1e-5)
    with pytest.raises(ValueError, match="span_boundaries=True .* masked_lm is False"):
        BertPretrainer(make_encoder(), masked_lm=False, span_boundaries=True)


def test_span_boundaries_learn_from_the_labels_of_the_masked_lm(make_encoder, pretraining_rows, untraced):
    heads = {"next_sentence": False, "span_boundaries": True}
    pretrainer = BertPretrainer(make_encoder(num_layers=1, pooler=False, dropout=0.0), **heads)
    losses, metrics = pretraining_losses(**heads), pretraining_metrics(**heads)
    pretrainer.compile(keras.optimizers.Adam(0.01), loss=losses, weighted_metrics=metrics, **untraced)
    y, weight = ({"mlm": values["mlm"]} for values in (Y, SAMPLE_WEIGHT))
    before = [ops.convert_to_numpy(variable) for variable in pretrainer.trainable_weights]
    history = pretrainer.fit(pretraining_rows, y, sample_weight=weight, epochs=3, verbose=0).history
    assert history["sbo_loss"][-1] < history["sbo_loss"][0]
    assert {"mlm_loss", "mlm_accuracy", "sbo_accuracy"} < history.keys()
    moved = zip(pretrainer.trainable_weights, before, strict=True)
    assert not [weight.path for weight, old in moved if np.array_equal(ops.convert_to_numpy(weight), old)]


def test_presets_leave_the_head_of_span_boundaries_out_and_keras_files_keep_it(
    make_encoder, pretraining_rows, outputs_of, tmp_path
):
    heads = {"next_sentence": False, "span_boundaries": True}
    pretrainer = BertPretrainer(make_encoder(pooler=False), **heads)
    outputs = outputs_of(pretrainer, pretraining_rows)
    for copy in (BertPretrainer.from_config(pretrainer.get_config()), keras.models.clone_model(pretrainer)):
        assert len(copy.weights) == len(pretrainer.weights)
    pretrainer.save(tmp_path / "pretrainer.keras")
    loaded = keras.saving.load_model(tmp_path / "pretrainer.keras")
    keras.tree.map_structure(np.testing.assert_array_equal, outputs_of(loaded, pretraining_rows), outputs)
    pretrainer.save_to_preset(tmp_path / "preset")
    loaded = BertPretrainer.from_preset(tmp_path / "preset")
    assert list(loaded.target_kinds) == ["mlm"] and not loaded.load_report.unused
    np.testing.assert_allclose(outputs_of(loaded, pretraining_rows)["mlm"], outputs["mlm"], atol=1e-5)
    loaded = BertPretrainer.from_preset(tmp_path / "preset", span_boundaries=True)
    assert {name.split("/")[0] for name in loaded.load_report.new} == {"span_boundary_head"}


@pytest.mark.parametrize("dtype", ["mixed_bfloat16", "mixed_float16"])
def test_logits_are_float32_in_every_precision(make_encoder, pretraining_rows, dtype):
    outputs = BertPretrainer(make_encoder(dtype=dtype))(pretraining_rows)
    assert {keras.backend.standardize_dtype(value.dtype) for value in outputs.values()} == {"float32"}


@pytest.mark.parametrize("embedding_dim", [None, 4])
def test_the_token_table_stays_one_variable(make_encoder, pretraining_rows, outputs_of, tmp_path, embedding_dim):
    pretrainer = BertPretrainer(make_encoder(embedding_dim=embedding_dim))

    def tables(model):
        return [weight for weight in model.weights if weight.shape[0] == 30 and len(weight.shape) == 2]

    assert len(tables(pretrainer)) == 1
    pretrainer.save(tmp_path / "pretrainer.keras")
    loaded = keras.saving.load_model(tmp_path / "pretrainer.keras")
    assert len(loaded.weights) == len(pretrainer.weights)
    assert len(tables(loaded)) == 1
    keras.tree.map_structure(
        np.testing.assert_array_equal, outputs_of(loaded, pretraining_rows), outputs_of(pretrainer, pretraining_rows)
    )
    # One end moves, the other follows.
    before = outputs_of(loaded, pretraining_rows)["mlm"]
    loaded.encoder.token_embedding.embeddings.assign(np.zeros(tables(loaded)[0].shape))
    after = outputs_of(loaded, pretraining_rows)["mlm"]
    assert abs(before).max() > 0.1
    assert not after.any()


@pytest.mark.slow_elsewhere
def test_weights_alone_load_bit_equal(make_encoder, pretraining_rows, outputs_of, tmp_path):
    pretrainer = BertPretrainer(make_encoder())
    pretrainer.save_weights(tmp_path / "pretrainer.weights.h5")
    other = BertPretrainer.from_config(pretrainer.get_config())
    other.load_weights(tmp_path / "pretrainer.weights.h5")
    keras.tree.map_structure(
        np.testing.assert_array_equal, outputs_of(other, pretraining_rows), outputs_of(pretrainer, pretraining_rows)
    )


@pytest.mark.slow_elsewhere
def test_a_clone_is_tied_too(make_encoder, pretraining_rows, outputs_of):
    pretrainer = BertPretrainer(make_encoder())
    clone = keras.models.clone_model(pretrainer)
    assert len(clone.weights) == len(pretrainer.weights)
    assert clone.get_layer("masked_lm_head").token_embedding is clone.get_layer(pretrainer.encoder.name).token_embedding
    clone.set_weights(pretrainer.get_weights())
    expected = keras.tree.flatten(outputs_of(pretrainer, pretraining_rows))
    for value, other in zip(keras.tree.flatten(outputs_of(clone, pretraining_rows)), expected, strict=True):
        np.testing.assert_allclose(value, other, atol=1e-6)


@pytest.mark.traced
@pytest.mark.parametrize("next_sentence", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_learns_with_fit_and_logs_both_objectives(make_encoder, pretraining_rows, next_sentence):
    encoder = make_encoder(num_layers=1, pooler=next_sentence, dropout=0.0, kernel_initializer=None)
    pretrainer = BertPretrainer(encoder, next_sentence=next_sentence)
    pretrainer.compile(
        optimizer=keras.optimizers.Adam(0.01),
        loss=pretraining_losses(next_sentence=next_sentence),
        weighted_metrics=pretraining_metrics(next_sentence=next_sentence),
    )
    names = ("mlm", "nsp") if next_sentence else ("mlm",)
    y, weight = ({name: values[name] for name in names} for values in (Y, SAMPLE_WEIGHT))
    history = pretrainer.fit(pretraining_rows, y, sample_weight=weight, epochs=20, verbose=0).history
    assert history["loss"][-1] < 0.7 * history["loss"][0]
    assert ("nsp_loss" in history) == next_sentence
    assert history["padding_share"][0] == pytest.approx(2 / 12)
    assert history["tokens_per_step"][0] == 10


def test_every_weight_gets_a_gradient(make_encoder, pretraining_rows, untraced):
    pretrainer = BertPretrainer(make_encoder(dropout=0.0))
    pretrainer.compile(optimizer=keras.optimizers.SGD(1.0), loss=pretraining_losses(), **untraced)
    before = [ops.convert_to_numpy(weight) for weight in pretrainer.trainable_weights]
    pretrainer.fit(pretraining_rows, Y, sample_weight=SAMPLE_WEIGHT, verbose=0)
    unmoved = [
        weight.path
        for weight, old in zip(pretrainer.trainable_weights, before, strict=True)
        if np.array_equal(ops.convert_to_numpy(weight), old)
    ]
    assert not unmoved


@pytest.mark.slow
@pytest.mark.slow_elsewhere
@pytest.mark.skipif(keras.config.backend() == "torch", reason="KerasHub found faults in quantization on torch")
@pytest.mark.filterwarnings("ignore:Layer .* does not have a `quantize` method")  # Keras of its own input layers
def test_quantized_layers_come_back_quantized(make_encoder, pretraining_rows, outputs_of, tmp_path):
    pretrainer = BertPretrainer(make_encoder(num_layers=1))
    exact = outputs_of(pretrainer, pretraining_rows)
    pretrainer.quantize("int8")
    quantized = outputs_of(pretrainer, pretraining_rows)
    # Eight wide, a model has few products over which the rounding could even out.
    assert 0 < abs(quantized["mlm"] - exact["mlm"]).mean() < 0.2 * abs(exact["mlm"]).mean()
    pretrainer.save(tmp_path / "pretrainer.keras")
    loaded = keras.saving.load_model(tmp_path / "pretrainer.keras")
    assert loaded.encoder.encoder_blocks[0].attention.query_key_value.kernel.dtype == "int8"
    keras.tree.map_structure(np.testing.assert_array_equal, outputs_of(loaded, pretraining_rows), quantized)
    with pytest.raises(ValueError, match="quantized weights"):
        loaded.save_to_preset(tmp_path)


def test_fused_kernels_take_low_rank_adapters(make_encoder, pretraining_rows, outputs_of):
    pretrainer = BertPretrainer(make_encoder())
    expected = outputs_of(pretrainer, pretraining_rows)
    dense = pretrainer.encoder.encoder_blocks[0].attention.query_key_value
    dense.enable_lora(2)
    assert {weight.name for weight in dense.trainable_weights} == {"lora_kernel_a", "lora_kernel_b", "bias"}
    keras.tree.map_structure(
        lambda new, old: np.testing.assert_allclose(new, old, atol=1e-5),
        outputs_of(pretrainer, pretraining_rows),
        expected,
    )


@pytest.mark.traced
@pytest.mark.slow_elsewhere
@pytest.mark.skipif(keras.config.backend() != "tensorflow", reason="a SavedModel is TensorFlow's")
def test_exports(make_encoder, pretraining_rows, outputs_of, tmp_path):
    import tensorflow as tf

    pretrainer = BertPretrainer(make_encoder(num_layers=1))
    pretrainer.export(tmp_path / "exported", verbose=False)
    loaded = tf.saved_model.load(tmp_path / "exported")
    # Another number of rows, another length, other predictions: nothing is fixed.
    short = {name: value[1:, :4] for name, value in pretraining_rows.items()} | {"mask_positions": np.array([[3]])}
    for batch in (pretraining_rows, short):
        served = loaded.serve({name: tf.constant(value, "int32") for name, value in batch.items()})
        for name, value in outputs_of(pretrainer, batch).items():
            np.testing.assert_allclose(served[name].numpy(), value, atol=1e-5)


@pytest.mark.slow_elsewhere
def test_either_objective_can_be_left_out(make_encoder, pretraining_rows, rows, outputs_of, tmp_path):
    pretrainer = BertPretrainer(make_encoder(), masked_lm=False)
    assert list(outputs_of(pretrainer, rows)) == ["nsp"]
    pretrainer.save_to_preset(tmp_path)
    loaded = BertPretrainer.from_preset(tmp_path)
    assert (loaded.masked_lm, loaded.next_sentence, loaded.load_report.new) == (False, True, ())
    np.testing.assert_array_equal(outputs_of(loaded, rows)["nsp"], outputs_of(pretrainer, rows)["nsp"])
    with pytest.raises(ValueError, match="masked_lm, next_sentence or both"):
        BertPretrainer(make_encoder(), masked_lm=False, next_sentence=False)


@pytest.mark.slow_elsewhere
def test_a_head_may_differ_from_its_encoder(make_encoder, pretraining_rows, outputs_of, tmp_path):
    pretrainer = BertPretrainer(make_encoder(), head_activation="relu", head_layer_norm_epsilon=1e-3)
    outputs = outputs_of(pretrainer, pretraining_rows)["mlm"]
    assert not np.allclose(outputs, outputs_of(BertPretrainer(make_encoder()), pretraining_rows)["mlm"])
    pretrainer.save(tmp_path / "pretrainer.keras")
    loaded = keras.saving.load_model(tmp_path / "pretrainer.keras")
    np.testing.assert_array_equal(outputs_of(loaded, pretraining_rows)["mlm"], outputs)
    with pytest.raises(ValueError, match="the epsilon 1e-12.*head_layer_norm_epsilon=0.001"):
        pretrainer.save_to_preset(tmp_path / "preset", format="huggingface")
