import keras
import numpy as np
import pytest

from bert_keras import data
from bert_keras.data.rows import length_batches, length_buckets
from bert_keras.data.rows.accelerators import compiles_each_length
from bert_keras.inference import FillMask
from bert_keras.models import BertEncoder, BertPretrainer

TOKENS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "b", "c", "d")


TOKENIZER = data.WordPieceTokenizer(TOKENS)


class Neighbour:
    """Stands in for a pretrainer: guesses the token before the mask; its table has rows beyond the vocabulary."""

    jit_compile = False

    def __init__(self):
        self.shapes = []

    def make_predict_function(self):
        pass

    def predict_on_batch(self, x):
        assert all(value.dtype == np.int32 for value in x.values())
        self.shapes.append((x["token_ids"].shape, x["mask_positions"].shape))
        before = np.take_along_axis(x["token_ids"], np.maximum(x["mask_positions"] - 1, 0), axis=1)
        logits = np.eye(16, dtype="float32")[before] * np.log(8.0)
        logits[..., len(TOKENS) :] = 100.0
        return {"mlm": logits}


@pytest.mark.slow_elsewhere
def test_each_mask_gets_its_likeliest_tokens():
    fill_mask = FillMask(Neighbour(), TOKENIZER, sequence_length=16)
    first, second = fill_mask(["a [MASK] b [MASK]", "c [MASK]"], top_k=2)
    assert [[token for token, _ in guesses] for guesses in first] == [["a", "[PAD]"], ["b", "[PAD]"]]
    assert second[0][0] == ("c", pytest.approx(0.5))  # 8 of 8 and eight times 1
    assert second[0][1][1] == pytest.approx(1 / 16)


@pytest.mark.slow_elsewhere
def test_one_text_gets_its_own_masks_alone():
    fill_mask = FillMask(Neighbour(), TOKENIZER, sequence_length=16)
    assert fill_mask("d [MASK]") == fill_mask(["d [MASK]"])[0]
    assert len(fill_mask("d [MASK]")[0]) == 5


@pytest.mark.slow_elsewhere
def test_texts_keep_their_order_over_batches_of_like_length():
    model = Neighbour()
    texts = [f"{word} [MASK]" + " b" * length for word, length in zip("abcd", (30, 1, 20, 2), strict=True)]
    results = FillMask(model, TOKENIZER, sequence_length=64, batch_size=2)(texts, top_k=1)
    assert [masks[0][0][0] for masks in results] == ["a", "b", "c", "d"]
    assert [masks for _, masks in model.shapes] == [(2, 1), (2, 1)]
    assert sorted(length for (_, length), _ in model.shapes) == ([32, 64] if compiles_each_length() else [6, 34])


@pytest.mark.slow_elsewhere
def test_few_shapes_reach_a_model_that_is_compiled_for_each(monkeypatch):
    for module in (length_batches, length_buckets):
        monkeypatch.setattr(module, "compiles_each_length", lambda: True)
    model = Neighbour()
    fill_mask = FillMask(model, TOKENIZER, sequence_length=40, batch_size=8)
    for length in range(1, 38):
        fill_mask(["[MASK]" + " a" * length] * (1 + length % 8))
    assert {shape[1] for shape, _ in model.shapes} == {32, 40}
    assert {shape[0] for shape, _ in model.shapes} <= {1, 2, 4, 8}


@pytest.mark.slow_elsewhere
def test_a_text_without_mask_is_an_error_that_names_it():
    with pytest.raises(ValueError, match=r"\[MASK\] in every text.*'b c'"):
        FillMask(Neighbour(), TOKENIZER, sequence_length=16)(["a [MASK]", "b c"])


@pytest.mark.slow_elsewhere
def test_a_text_that_is_too_long_is_an_error_with_both_numbers():
    with pytest.raises(ValueError, match=r"takes 8 tokens.*has 9: 'a a a a a a \[MASK\]'"):
        FillMask(Neighbour(), TOKENIZER, sequence_length=8)("a a a a a a [MASK]")


@pytest.mark.slow_elsewhere
def test_no_texts_give_no_results():
    assert FillMask(Neighbour(), TOKENIZER, sequence_length=8)([]) == []


@pytest.mark.slow_elsewhere
def test_a_keras_model_is_asked_as_it_is_now():
    ids = keras.Input((None,), dtype="int32", name="token_ids")
    others = {
        name: keras.Input((None,), dtype="int32", name=name)
        for name in ("segment_ids", "padding_mask", "mask_positions")
    }
    table = keras.layers.Embedding(len(TOKENS), len(TOKENS), embeddings_initializer="zeros")
    picked = keras.ops.take_along_axis(ids, others["mask_positions"], axis=1)
    model = keras.Model({"token_ids": ids} | others, {"mlm": table(picked)})
    fill_mask = FillMask(model, TOKENIZER, sequence_length=16)
    assert fill_mask("a [MASK]")[0][0][1] == pytest.approx(1 / 9)
    weights = np.zeros((9, 9), "float32")
    weights[TOKENS.index("[MASK]"), TOKENS.index("c")] = 50.0
    table.set_weights([weights])
    assert fill_mask("a [MASK]", top_k=1) == [[("c", pytest.approx(1.0))]]


@pytest.fixture
def preset(tmp_path):
    vocabulary = data.Vocabulary([*TOKENS])
    encoder = BertEncoder(len(TOKENS), num_layers=1, num_heads=1, hidden_dim=4, intermediate_dim=4)

    def save(model):
        model.save_to_preset(tmp_path)
        data.WordPieceTokenizer(vocabulary).save_to_preset(tmp_path)
        return tmp_path

    return encoder, save


def test_a_preset_answers_as_the_model_that_was_saved(preset):
    encoder, save = preset
    pretrainer = BertPretrainer(encoder)
    directory = save(pretrainer)
    ours = FillMask(pretrainer, data.WordPieceTokenizer.from_preset(directory))("a [MASK] b", top_k=3)
    again = FillMask.from_preset(directory)("a [MASK] b", top_k=3)
    assert [token for token, _ in ours[0]] == [token for token, _ in again[0]]
    np.testing.assert_allclose([p for _, p in ours[0]], [p for _, p in again[0]], rtol=1e-5)


@pytest.mark.slow_elsewhere
def test_a_preset_without_a_masked_lm_head_is_refused(preset):
    encoder, save = preset
    with pytest.raises(ValueError, match="has no head for FillMask: masked_lm_head/"):
        FillMask.from_preset(save(encoder))
