"""Strings in, written strings out: those of the ids that the model itself writes."""

import json
import pathlib

import hypothesis
import hypothesis.strategies as st
import numpy as np
import pytest

from bert_keras.data import (
    AddedToken,
    BytePairTokenizer,
    BytePairVocabulary,
    GenerationExamples,
    SpecialTokens,
    WordPieceTokenizer,
)
from bert_keras.data.tokenization.byte_alphabet import ALPHABET
from bert_keras.data.tokenization.vocabulary import SPECIAL_TOKENS
from bert_keras.inference import Generator, load_predictor, score_writing, written_samples
from bert_keras.inference.written_text import text_pieces, written_text
from bert_keras.models import BertEncoder, CausalLM, PrefixLM, TextClassifier

TOKENS = [*SPECIAL_TOKENS, *"abcdefgh.-'(£", *(f"##{letter}" for letter in "abcd"), *"春天"]
TEXTS = ["a b c d e f g h a b c d e f g h a b", "h", "c d", "e f e f"]


@pytest.fixture(scope="module")
def tokenizer():
    return WordPieceTokenizer(TOKENS)


def writer(model_class, **options):
    pattern = model_class.attention_pattern
    sizes = dict(max_sequence_length=64, pooler=False, attention_pattern=pattern)
    return model_class(BertEncoder(len(TOKENS), 1, 2, 8, 16, **sizes | options))


@pytest.fixture(scope="module")
def model():
    return writer(PrefixLM)


@pytest.fixture(scope="module")
def write(model, tokenizer):
    return Generator(model, tokenizer, max_new_tokens=6, batch_size=2)


def test_texts_are_those_of_the_ids_that_the_model_writes(write, model, tokenizer):
    prompts = [[2, *tokenizer(text).numpy().tolist(), 3] for text in TEXTS]
    expected = model.generate(prompts, max_new_tokens=6, stop_token_ids=3)
    assert write(TEXTS) == [written_text(tokenizer, tokens) for tokens in expected]
    assert write(TEXTS[2]) == write(TEXTS)[2] and len({*write(TEXTS)}) > 1


@pytest.mark.slow_elsewhere
def test_a_seed_gives_the_same_texts_in_batches_of_any_size(write, model, tokenizer):
    options = dict(temperature=2.0, top_k=8, num_results=2, seed=5)
    texts = write(TEXTS, **options)
    assert Generator(model, tokenizer, max_new_tokens=6, batch_size=4, **options)(TEXTS) == texts
    assert [len(some) for some in texts] == [2] * 4 and write(TEXTS, **options | {"seed": 6}) != texts


@pytest.mark.slow_elsewhere
def test_scores_come_beside_the_texts(write):
    (texts, scores), _ = write(TEXTS[:2], num_beams=3, num_results=2, return_scores=True)
    assert len(texts) == 2 and scores[0] >= scores[1]


def test_what_is_written_from_examples_is_scored_kept_and_shown_once_a_source(write, tmp_path):
    examples = GenerationExamples(("a b", "c d", "a b"), ("e", "f", "g"))
    texts = write(["a b", "c d"])
    scores = score_writing(write, examples, directory=tmp_path, part="test", measures=("distinct-1",))
    lines = [json.loads(line) for line in (tmp_path / "written_test.jsonl").read_text().splitlines()]
    assert lines[0] == {"source": "a b", "written": texts[0], "references": ["e", "g"]} and len(lines) == 2
    assert list(scores) == ["distinct-1"] and 0 <= scores["distinct-1"] <= 1
    assert written_samples(write, examples)() == [("a b", texts[0], "e"), ("c d", texts[1], "f")]


def test_pieces_are_the_text(write):
    assert "".join(write.stream(TEXTS[0], max_new_tokens=9)) == write(TEXTS[0], max_new_tokens=9)
    with pytest.raises(ValueError, match="Expected one text to be streamed: num_beams"):
        write.stream("a", num_beams=2)


@hypothesis.given(st.lists(st.integers(0, len(TOKENS) - 1), max_size=12))
@hypothesis.settings(max_examples=25)
def test_no_piece_of_wordpieces_is_taken_back(tokenizer, tokens):
    pieces = list(text_pieces(tokenizer, [[token] for token in tokens]))
    assert "".join(pieces) == written_text(tokenizer, tokens) and all(pieces)


@hypothesis.given(st.text(max_size=8), st.binary(max_size=4))
@hypothesis.settings(max_examples=25)
def test_no_piece_ends_within_a_character(byte_tokenizer, text, more):
    content = text.encode("utf-8", "replace") + more  # and a model may write bytes that are no text
    pieces = list(text_pieces(byte_tokenizer, [[byte] for byte in content]))
    assert "".join(pieces) == content.decode("utf-8", "replace")
    if not more:
        assert "\ufffd" not in "".join(pieces).replace("\ufffd" * text.count("\ufffd"), "")
        assert [len(piece) for piece in pieces] == [1] * len(text)


@pytest.fixture(scope="module")
def byte_tokenizer():
    """A token a byte, and none at the end."""
    special = SpecialTokens(pad="<pad>", unk="<unk>", added=(AddedToken("<pad>"), AddedToken("<unk>")))
    return BytePairTokenizer(BytePairVocabulary([*ALPHABET, "<pad>", "<unk>"], [], special))


def test_dialogues_are_written_on_and_their_oldest_turns_are_cut(model, tokenizer, caplog):
    write = Generator(model, tokenizer, max_new_tokens=6, sequence_length=16, long_prompts="cut")
    turns = ("a b c", "d e f", "g h")
    rows = write.rows([turns, "c"])
    assert rows.inputs(np.array([0, 1]), 10)["token_ids"].numpy().tolist() == [
        [2, *tokenizer("c").numpy(), 3, *tokenizer("d e f").numpy(), 3, *tokenizer("g h").numpy(), 3][:10],
        [2, *tokenizer("c").numpy(), 3, 0, 0, 0, 0, 0, 0, 0],
    ]
    assert "1 of 2 prompts are longer than 10 tokens" in caplog.text
    assert write([turns])[0] == write(GenerationExamples((turns,)))[0]
    refusing = Generator(model, tokenizer, max_new_tokens=6, sequence_length=16)
    assert refusing([turns], long_prompts="cut") == write([turns])  # for this call alone
    assert "".join(refusing.stream(turns, long_prompts="cut")) == write([turns])[0]
    with pytest.raises(ValueError, match="1 of 1 prompts are longer than 10 tokens"):
        refusing([turns])


@pytest.mark.slow  # GPT-2 below is one
def test_a_causal_model_goes_on_in_the_text(tokenizer):
    model = writer(CausalLM)
    write = Generator(model, tokenizer, max_new_tokens=4)
    ids = tokenizer("a b").numpy().tolist()
    (tokens,) = model.generate([[2, *ids]], max_new_tokens=4, stop_token_ids=3)
    assert write("a b") == written_text(tokenizer, tokens)


@pytest.mark.slow_elsewhere
def test_gpt2_writes_with_its_one_special_token():
    special = SpecialTokens(unk="<|endoftext|>", added=(AddedToken("<|endoftext|>"),))
    tokenizer = BytePairTokenizer(BytePairVocabulary([*ALPHABET, "<|endoftext|>"], [], special))
    sizes = dict(num_layers=1, num_heads=2, hidden_dim=8, intermediate_dim=16, max_sequence_length=32)
    model = CausalLM(BertEncoder.from_size("tiny", vocabulary_size=257, family="gpt2", **sizes))
    write = Generator(model, tokenizer, max_new_tokens=4)
    (tokens,) = model.generate([list(b"ab")], max_new_tokens=4, stop_token_ids=256)
    assert write(["ab", "c"])[0] == written_text(tokenizer, tokens)


@pytest.mark.parametrize(
    ("texts", "options", "message"),
    [
        (["a", "  "], {}, "Expected a source to write from, received '  ', number 2: it is empty"),
        ([("a", "")], {}, "Expected the turns of a dialogue, none empty"),
        (["a " * 80], {}, "1 of 1 prompts are longer than 58 tokens.* has 82: .*Cut it, ask for fewer new tokens"),
        (
            ["a"],
            {"max_new_tokens": 100},
            "max_new_tokens below sequence_length=64, which prompt and text have together; received 100",
        ),
        (["a"], {"num_beams": 0}, "num_beams to be a whole number of at least 1; received 0"),
        ([3], {}, "to be a str, received 3"),
        (None, {}, "received None"),
        ({"text": ["a"]}, {}, r"received a dict: give one of its columns, such as texts\['text'\]"),
    ],
)
def test_what_cannot_be_written_from_is_refused(write, texts, options, message):
    with pytest.raises(ValueError, match=message):
        write(texts, **options)


def test_unknown_options_and_tokenizers_without_an_end_token_are_refused(model, byte_tokenizer, tokenizer):
    with pytest.raises(ValueError, match="long_prompts must be 'raise' or 'cut', received 'trim'"):
        Generator(model, tokenizer, long_prompts="trim")
    with pytest.raises(
        ValueError, match="max_new_tokens below sequence_length=64, .* received 64, which leaves no room for a prompt"
    ):
        Generator(model, tokenizer, max_new_tokens=64)
    with pytest.raises(ValueError, match="Generator expects a PrefixLM or a CausalLM, received a TextClassifier"):
        Generator(TextClassifier(BertEncoder(len(TOKENS), 1, 2, 8, 16), 2), tokenizer)
    with pytest.raises(TypeError, match="no option beams. Those of decoding: .*num_beams"):
        Generator(model, tokenizer, beams=2)
    with pytest.raises(ValueError, match="expected a tokenizer with an end token"):
        Generator(model, byte_tokenizer)


def test_presets_that_write_give_a_generator_and_others_say_why_not(model, write, tokenizer, tmp_path):
    for folder, some in (("prefix", model), ("causal", writer(CausalLM)), ("classes", None)):
        some = some or TextClassifier(BertEncoder(len(TOKENS), 1, 2, 8, 16, max_sequence_length=64), 2)
        some.save_to_preset(tmp_path / folder)
        tokenizer.save_to_preset(tmp_path / folder)
    assert load_predictor(tmp_path / "prefix", max_new_tokens=6)(TEXTS) == write(TEXTS)
    assert isinstance(load_predictor(tmp_path / "causal", num_beams=2).model, CausalLM)
    with pytest.raises(ValueError, match="is a TextClassifier, which cannot write. Any encoder can be trained to"):
        Generator.from_preset(tmp_path / "classes")


def test_a_preset_keeps_how_its_model_writes(model, tokenizer, tmp_path):
    model.save_to_preset(tmp_path)
    tokenizer.save_to_preset(tmp_path)
    Generator(model, tokenizer, max_new_tokens=5, num_beams=2, no_repeat_ngram=2).save_options(tmp_path)
    noted = load_predictor(tmp_path, num_beams=3).options
    assert noted == {"max_new_tokens": 5, "num_beams": 3, "no_repeat_ngram": 2, "stop_token_ids": 3}


def test_texts_come_from_a_file_of_lines_too(write, tmp_path):
    (tmp_path / "texts.txt").write_text("a\nb c\n")
    assert write(pathlib.Path(tmp_path / "texts.txt")) == write(["a", "b c"])
