import keras
import numpy as np
import pytest
from keras import ops

from bert_keras.data import TaggedSentences
from bert_keras.inference import Embedder
from bert_keras.inspection import head_patterns, syntax_heads

pytestmark = pytest.mark.slow_elsewhere
TEXTS = ["so good", "the soups so so bad"]


class BackwardAttention(keras.layers.Layer):
    """Looks at the token before; the first one at nothing."""

    def call(self, inputs, return_attention_scores=False):
        batch, length = ops.shape(inputs)[0], ops.shape(inputs)[1]
        scores = ops.cast(ops.expand_dims(ops.arange(length), 1) == ops.arange(length) + 1, "float32")
        scores = ops.broadcast_to(scores, (batch, 2, length, length))
        return (inputs, scores) if return_attention_scores else inputs

    def compute_output_spec(self, inputs, return_attention_scores=False):
        batch, length, _ = inputs.shape
        scores = keras.KerasTensor((batch, 2, length, length), "float32")
        return (inputs, scores) if return_attention_scores else inputs


class SilentAttention(keras.layers.Layer):
    def call(self, inputs):
        return inputs


@pytest.fixture
def backward(make_encoder, tokenizer):
    return Embedder(make_encoder(2, attention=BackwardAttention()), tokenizer)


def sentences(words, tags):
    offsets = tuple(tuple((0, 1) for _ in some) for some in words)
    return TaggedSentences(tuple(map(tuple, words)), tuple(map(" ".join, words)), offsets, tuple(map(tuple, tags)))


def test_a_head_that_looks_at_the_token_before_is_found(backward):
    patterns = head_patterns(backward, TEXTS)
    assert patterns.num_tokens == 2 + 6  # soups is soup ##s
    np.testing.assert_allclose(patterns.shares["previous"], np.ones((2, 2)))
    np.testing.assert_allclose(patterns.shares["[CLS]"], np.full((2, 2), 2 / 8))
    np.testing.assert_allclose(patterns.shares["same token"], np.full((2, 2), 1 / 8))  # so so
    np.testing.assert_allclose(patterns.entropy, 0, atol=1e-6)
    assert patterns.strongest("previous") == (0, 0)


def test_heads_that_know_nothing_look_at_all_tokens_alike(embedder):
    for block in embedder.model.encoder.encoder_blocks:
        block.attention.query_key_value.kernel.assign(np.zeros((8, 24)))
    patterns = head_patterns(embedder, TEXTS)
    for name, share in patterns.even_shares.items():
        np.testing.assert_allclose(patterns.shares[name], np.full((2, 2), share), rtol=1e-5)
    np.testing.assert_allclose(patterns.entropy, patterns.even_entropy, rtol=1e-5)
    assert patterns.even_shares["itself"] == pytest.approx((2 / 4 + 6 / 8) / 8)


def test_heads_that_look_back_alone_are_beside_an_even_look_back(make_encoder, tokenizer):
    encoder = make_encoder(2, attention_pattern="causal")
    for block in encoder.encoder_blocks:
        block.attention.query_key_value.kernel.assign(np.zeros((8, 24)))
    patterns = head_patterns(Embedder(encoder, tokenizer), TEXTS)
    assert patterns.even_shares["next"] == 0
    for name, share in patterns.even_shares.items():
        np.testing.assert_allclose(patterns.shares[name], np.full((2, 2), share), rtol=1e-5)
    np.testing.assert_allclose(patterns.entropy, patterns.even_entropy, rtol=1e-5)


def test_shares_are_those_of_the_scores_one_by_one(embedder, tokenizer):
    (tokens,) = tokenizer(["so so good"]).numpy().tolist()
    ids = np.array([[2, *tokens, 3]])
    inputs = {"token_ids": ids, "segment_ids": 0 * ids, "padding_mask": 0 * ids + 1}
    scores = embedder.model.encoder(inputs, return_attention_scores=True)["attention_scores"][1]
    scores = ops.convert_to_numpy(scores)[0, 0]
    shares = head_patterns(embedder, "so so good").shares
    expected = {
        "itself": scores[1, 1] + scores[2, 2] + scores[3, 3],
        "next": scores[1, 2] + scores[2, 3] + scores[3, 4],
        "same token": scores[1, 2] + scores[2, 1],
        "[SEP]": scores[1:4, 4].sum(),
    }
    for name, total in expected.items():
        assert shares[name][1, 0] == pytest.approx(total / 3, rel=1e-4)


def test_the_table_has_a_line_for_each_head(backward):
    lines = str(head_patterns(backward, TEXTS)).splitlines()
    assert [line.split()[:4] for line in lines[1:5]] == [
        ["block", block, "head", head] for block in "01" for head in "01"
    ]
    assert lines[-1].startswith("all alike")


def test_texts_without_tokens_are_refused(embedder):
    with pytest.raises(ValueError, match="a token or more"):
        head_patterns(embedder, ["", " "])


def test_attention_without_scores_is_refused(make_encoder, tokenizer):
    with pytest.raises(ValueError, match="SilentAttention cannot return attention scores"):
        head_patterns(Embedder(make_encoder(2, attention=SilentAttention()), tokenizer), TEXTS)


def test_syntactic_heads_are_found_whatever_pieces_words_have(backward):
    words = [["the", "soups", "so", "good"], ["so", "bad"]]
    heads = sentences(words, [["2", "0", "2", "3"], ["2", "0"]])  # so and good hang on the word before
    relations = sentences(words, [["det", "root", "x", "x"], ["advmod", "root"]])
    found = syntax_heads(backward, heads, relations).relations
    assert {name: hits.num_words for name, hits in found.items()} == {"all": 4, "x": 2, "det": 1, "advmod": 1}
    # Of the pieces of "soups" one looks at "the" and one at the other: half of it is more than nothing.
    np.testing.assert_allclose(found["x"].to_head, np.ones((2, 2)))
    np.testing.assert_allclose(found["det"].to_head, np.zeros((2, 2)))
    np.testing.assert_allclose(found["det"].from_head, np.ones((2, 2)))
    assert (found["x"].fixed_offset, found["x"].fixed_share) == (-1, 1.0)
    assert found["det"].best() == (0, 0, "from_head", 1.0)


def test_a_tag_that_is_no_number_of_a_word_is_refused(backward):
    with pytest.raises(ValueError, match="0 to 2, as each tag of sentence 0; received '3'"):
        syntax_heads(backward, sentences([["so", "bad"]], [["3", "0"]]))
    with pytest.raises(ValueError, match="the same sentences"):
        syntax_heads(backward, sentences([["so"]], [["0"]]), sentences([["bad"]], [["root"]]))


def test_sentences_that_need_two_rows_are_left_out_and_counted(backward, caplog):
    backward.sequence_length = 5
    heads = sentences([["so"] * 8, ["so", "bad"]], [["0"] + ["1"] * 7, ["0", "1"]])
    found = syntax_heads(backward, heads)
    assert (found.num_skipped, found.relations["all"].num_words) == (1, 1)
    assert "1 of 2 sentences do not fit" in caplog.text
