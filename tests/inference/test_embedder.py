import numpy as np
import pytest
from keras import ops

from bert_keras.data import Vocabulary, WordPieceTokenizer
from bert_keras.inference import Embedder
from bert_keras.inference.search import NearestTexts
from bert_keras.models import BertEncoder

TEXTS = ["a b", "b a c " * 9, "", "c", "a b c a b c a", "c b " * 6]


@pytest.fixture(scope="module")
def parts():
    tokenizer = WordPieceTokenizer(Vocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "b", "c"]))
    encoder = BertEncoder(8, 1, 2, 8, 16, max_sequence_length=40, kernel_initializer="glorot_normal", pooler=False)
    return encoder, tokenizer


@pytest.mark.slow_elsewhere
@pytest.mark.parametrize("pooling", ["mean", "first"])
def test_vectors_are_those_of_each_text_alone(parts, pooling):
    encoder, tokenizer = parts
    vectors = Embedder(*parts, pooling=pooling, batch_tokens=64)(TEXTS)
    assert vectors.dtype == "float32"
    for text, vector in zip(TEXTS, vectors, strict=True):
        ids = np.array([[2, *tokenizer([text]).to_list()[0], 3]], "int32")
        alone = encoder({"token_ids": ids, "segment_ids": 0 * ids, "padding_mask": 0 * ids + 1})
        tokens = ops.convert_to_numpy(alone["sequence_output"])[0]
        np.testing.assert_allclose(vector, tokens.mean(axis=0) if pooling == "mean" else tokens[0], atol=1e-5)


@pytest.mark.slow_elsewhere
def test_another_pooling_is_named(parts):
    with pytest.raises(ValueError, match="mean, first, max, pooled; received 'last'"):
        Embedder(*parts, pooling="last")


@pytest.mark.slow_elsewhere
def test_longer_texts_are_cut(parts):
    embed = Embedder(*parts, sequence_length=6)
    np.testing.assert_allclose(embed("a b c a b c"), embed("a b c a"), atol=1e-6)


@pytest.mark.slow_elsewhere
def test_normalized_vectors_have_length_one(parts):
    lengths = np.linalg.norm(Embedder(*parts, normalize=True)(TEXTS), axis=1)
    np.testing.assert_allclose(lengths, 1, atol=1e-5)


@pytest.mark.slow_elsewhere
def test_no_texts_give_no_vectors(parts):
    assert Embedder(*parts)([]).shape == (0, 8)


def test_loads_from_a_preset(parts, tmp_path):
    encoder, tokenizer = parts
    encoder.save_to_preset(tmp_path)
    tokenizer.save_to_preset(tmp_path)
    np.testing.assert_allclose(Embedder.from_preset(tmp_path)("a c"), Embedder(*parts)("a c"), atol=1e-6)


@pytest.mark.slow_elsewhere
def test_a_file_is_read_line_by_line(parts, tmp_path):
    (tmp_path / "texts.txt").write_text("a b\nc\n")
    embed = Embedder(*parts)
    np.testing.assert_array_equal(embed(tmp_path / "texts.txt"), embed(["a b", "c"]))


@pytest.mark.slow_elsewhere
def test_queries_and_documents_are_read_behind_their_prompts_in_a_search_too(parts):
    plain = Embedder(*parts, prompt="")
    embed = Embedder(*parts, prompts={"query": "c a ", "passage": "b "}, prompt="a ")
    assert embed.matching_prompts == ("c a ", "b ")
    np.testing.assert_array_equal(embed.embed_queries(["b"]), plain(["c a b"]))
    np.testing.assert_array_equal(embed.embed_documents(["b"]), plain(["b b"]))
    cosines = NearestTexts(embed, ["a", "c c"]).search(["b"], 1)[1]
    query, documents = plain("c a b"), plain(["b a", "b c c"])
    expected = documents @ query / np.linalg.norm(query) / np.linalg.norm(documents, axis=1)
    np.testing.assert_allclose(cosines[0, 0], expected.max(), atol=1e-6)
    other = Embedder(embed.model, parts[1], prompts={"query": "c "})
    assert other.prompts == {"query": "c ", "passage": "b "}
    assert Embedder(*parts, prompt="a ").matching_prompts == ("a ", "a ")


@pytest.mark.slow_elsewhere
def test_a_named_prompt_stands_before_each_text(parts):
    embed = Embedder(*parts, prompts={"query": "c a ", "passage": "b "}, prompt="a ")
    for name, prompt in (("query", "c a "), ("passage", "b "), (None, "a ")):
        expected = Embedder(*parts)([prompt + "b", prompt + "c c"])
        np.testing.assert_allclose(embed(["b", "c c"], name), expected, atol=1e-6)
    with pytest.raises(ValueError, match="no prompt 'title'; the names of those that are there: query, passage"):
        embed("b", prompt_name="title")
    np.testing.assert_array_equal(embed("b", prompt=""), Embedder(*parts)("b"))
    np.testing.assert_array_equal(embed(["b"], prompt="c a "), embed(["b"], "query"))
    with pytest.raises(ValueError, match="prompt_name or prompt, received 'query' and ''"):
        embed("b", "query", prompt="")
