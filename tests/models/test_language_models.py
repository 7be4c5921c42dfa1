"""Models that write: their loss counts the right tokens, and presets of other models are where they begin."""

import json

import keras
import numpy as np
import pytest

from bert_keras.models import BertEncoder, BertPretrainer, CausalLM, PrefixLM, load_preset, model_class_of
from bert_keras.models.named_weights import named_weights

TOKEN_IDS = np.array([[2, 7, 8, 3, 9, 3, 4, 5], [2, 11, 12, 3, 0, 0, 0, 0]], "int32")
NUMBERS = np.array([[1, 1, 1, 1, 1, 2, 2, 2], [1, 1, 1, 1, 0, 0, 0, 0]], "int32")
SEGMENT_IDS = np.array([[0, 0, 0, 1, 1, 0, 1, 1], [0, 0, 1, 1, 0, 0, 0, 0]], "int32")
ROWS = {"token_ids": TOKEN_IDS, "segment_ids": SEGMENT_IDS, "padding_mask": NUMBERS}
# The places that have a label, by hand: never the last of a sequence, and of a target those before its tokens.
PLACES = {
    CausalLM: [(0, 0), (0, 1), (0, 2), (0, 3), (0, 5), (0, 6), (1, 0), (1, 1), (1, 2)],
    PrefixLM: [(0, 2), (0, 3), (0, 5), (0, 6), (1, 1), (1, 2)],
}


@pytest.fixture
def make(make_encoder):
    """Function that makes a small model of a class."""

    def make(model_class, **options):
        options = {"pooler": False, "dropout": 0.0, "attention_pattern": model_class.attention_pattern} | options
        return model_class(make_encoder(**options))

    return make


@pytest.mark.parametrize("model_class", PLACES)
def test_the_loss_is_the_mean_over_the_next_tokens_of_each_sequence(make, untraced, model_class):
    model = make(model_class)
    model.compile("sgd", weighted_metrics=["accuracy"], **untraced)
    rows = {name: ROWS[name] for name in model.input}
    logits = model.predict_on_batch(rows).astype("float64")
    log_probs = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
    places = PLACES[model_class]
    expected = -np.mean([log_probs[row, place, TOKEN_IDS[row, place + 1]] for row, place in places])
    right = np.mean([logits[row, place].argmax() == TOKEN_IDS[row, place + 1] for row, place in places])
    logs = model.evaluate(rows, verbose=0, return_dict=True)
    assert abs(logs["loss"] - expected) < 1e-4 and abs(logs["accuracy"] - right) < 1e-6


def test_words_scored_at_the_target_alone_are_the_same(make, untraced):
    model = make(PrefixLM)
    model.compile("sgd", weighted_metrics=["accuracy"], **untraced)
    rows = {name: ROWS[name] for name in model.input}
    places = {"output_positions": np.array([[2, 3, 5, 6], [1, 2, 7, 7]], "int32")}  # the last of a row has no label
    at_all, at_places = (model.evaluate(some, verbose=0, return_dict=True) for some in (rows, rows | places))
    assert abs(at_all["loss"] - at_places["loss"]) < 1e-5 and at_all["accuracy"] == at_places["accuracy"]
    expected = np.take_along_axis(model.predict_on_batch(rows), places["output_positions"][..., None], axis=1)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(model(rows | places)), expected, atol=1e-5)


@pytest.mark.traced
def test_it_learns_from_rows_alone(make):
    model = make(CausalLM, num_layers=1)
    model.compile(keras.optimizers.Adam(0.05))
    rows = {name: np.tile(ROWS[name][1:], (4, 1)) for name in model.input}
    losses = model.fit(rows, batch_size=4, epochs=30, verbose=0).history["loss"]
    assert losses[-1] < 0.2 * losses[0]
    (text,) = model.generate([[2]], max_new_tokens=3)  # with the weights that were learned
    row = np.array([[2, *text]], "int32")
    logits = model.predict_on_batch({"token_ids": row, "segment_ids": 0 * row, "padding_mask": 0 * row + 1})
    assert model.decode(logits)[0, :-1].tolist() == text.tolist()


@pytest.mark.slow_elsewhere
def test_a_pretrained_encoder_and_its_head_are_where_a_writer_begins(make_encoder, tmp_path):
    pretrainer = BertPretrainer(make_encoder())
    pretrainer.save_to_preset(tmp_path)
    model = PrefixLM.from_preset(tmp_path)
    assert model.load_report.new == () and model.encoder.attention_pattern == "prefix"
    weights, before = named_weights(model), named_weights(pretrainer)
    assert "masked_lm_head/transform/kernel" in weights
    for name, weight in weights.items():
        np.testing.assert_array_equal(weight, before[name], err_msg=name)


@pytest.mark.slow_elsewhere
@pytest.mark.parametrize("model_class", PLACES)
def test_its_preset_gives_the_same_model_again(make, tmp_path, model_class, caplog):
    model = make(model_class)
    model.save_to_preset(tmp_path)
    assert "bert_keras alone has masked_lm_head" in caplog.text
    assert json.loads((tmp_path / "config.json").read_text())["bert_keras"]["head"] == model_class.__name__
    assert model_class_of(tmp_path) is model_class
    again = load_preset(tmp_path)
    assert type(again) is model_class and again.load_report.new == again.load_report.unused == ()
    rows = {name: ROWS[name] for name in model.input}
    np.testing.assert_allclose(again.predict_on_batch(rows), model.predict_on_batch(rows), atol=1e-5)
    assert BertEncoder.from_preset(tmp_path).attention_pattern == "bidirectional"  # of its family, as others read it


@pytest.mark.slow_elsewhere
def test_an_encoder_without_segments_reads_a_source_too(make, tmp_path):
    options = {"family": "roberta", "position_offset": 2, "num_segments": 1}
    model = make(PrefixLM, **options)
    assert "segment_ids" in model.input
    model.save_to_preset(tmp_path)
    again = load_preset(tmp_path)
    texts = [writer.generate([[2, 5, 6], [2, 7]], max_new_tokens=4) for writer in (model, again)]
    np.testing.assert_array_equal(*texts)


@pytest.mark.slow_elsewhere
def test_the_source_is_read_as_a_whole(make):
    model = make(PrefixLM)
    source, target = [2, 7, 8, 3], [9, 5]
    rows = {"token_ids": np.array([source + target]), "segment_ids": np.array([[0, 0, 0, 0, 1, 1]])}
    logits = model.predict_on_batch(rows | {"padding_mask": np.ones((1, 6), "int32")})[0]
    (text,) = model.generate([source], max_new_tokens=1)
    assert text[0] == logits[3].argmax()
    begun = {"token_ids": rows["token_ids"], "segment_ids": rows["segment_ids"]}
    assert model.generate(begun, max_new_tokens=1)[0][0] == logits[5].argmax()


@pytest.mark.slow_elsewhere
def test_an_encoder_of_another_pattern_is_refused(make_encoder):
    with pytest.raises(ValueError, match="CausalLM needs an encoder with attention_pattern='causal'; this one has"):
        CausalLM(make_encoder(attention_pattern="prefix"))


@pytest.mark.slow_elsewhere
def test_an_encoder_whose_family_has_no_such_pattern_is_saved_for_us_alone(make_encoder, tmp_path, caplog):
    make_encoder(attention_pattern="causal").save_to_preset(tmp_path)
    assert "attention_pattern=causal" in caplog.text
    assert load_preset(tmp_path).attention_pattern == "causal"
