"""A byte-pair tokenizer's files: what is read and written, what is refused, and that transformers reads the same."""

import json

import pytest
import tokenizers
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bert_keras.data import (
    AddedToken,
    BytePairTokenizer,
    BytePairVocabulary,
    SpecialTokens,
    WordPieceTokenizer,
    tokenizer_of,
)
from bert_keras.data.tokenization.byte_alphabet import ALPHABET

MERGES = [("Ġ", "a"), ("n", "a"), ("Ã", "¯"), ("Ġ", "Ġ")]
TOKENS = ["<s>", "<pad>", "</s>", "<unk>", *ALPHABET, *map("".join, MERGES), "<mask>"]
TEXTS = ["a na naïve <mask> a", "x<mask>  <s>", "", " a", "a  a\n\n a e\u0301 [MASK]"]


def modernbert():
    bert = SpecialTokens.bert()
    added = (*bert.added, AddedToken("   ", special=False, normalized=True), AddedToken("<x>", rstrip=True))
    special_tokens = SpecialTokens(**{**vars(bert), "added": added})
    tokens = ["[CLS]", "<x>", *TOKENS[4:-1], "   ", "[UNK]", "[SEP]", "[PAD]", "[MASK]"]
    return BytePairTokenizer(BytePairVocabulary(tokens, MERGES, special_tokens), compose=True, trim_offsets=False)


TOKENIZERS = {
    "roberta": lambda: BytePairTokenizer(BytePairVocabulary(TOKENS, MERGES)),
    "prefix": lambda: BytePairTokenizer(BytePairVocabulary(TOKENS, MERGES), add_prefix_space=True, trim_offsets=False),
    "split": lambda: BytePairTokenizer(BytePairVocabulary(TOKENS, MERGES), split_special_tokens=True),
    "modernbert": modernbert,
}


@pytest.fixture
def preset(tmp_path):
    TOKENIZERS["roberta"]().save_to_preset(tmp_path)
    return tmp_path


def change(path, **changes):
    """Set fields of a JSON file, those of a section by section__field."""
    content = json.loads(path.read_text())
    for name, value in changes.items():
        *sections, field = name.split("__")
        section = content
        for part in sections:
            section = section[part]
        section[field] = value
    path.write_text(json.dumps(content))


@pytest.mark.parametrize("name", TOKENIZERS)
def test_a_preset_gives_the_tokenizer_that_was_saved(tmp_path, name):
    tokenizer = TOKENIZERS[name]()
    tokenizer.save_to_preset(tmp_path)
    for found in (tokenizer_of(tmp_path), BytePairTokenizer.from_preset(tmp_path)):
        assert found.get_config() == tokenizer.get_config() and found.vocabulary == tokenizer.vocabulary
        assert found(TEXTS).to_list() == tokenizer(TEXTS).to_list()


@pytest.mark.parametrize("name", TOKENIZERS)
def test_tokenizers_reads_the_file_and_gives_the_same(tmp_path, name):
    tokenizer = TOKENIZERS[name]()
    tokenizer.save_to_preset(tmp_path)
    peer = tokenizers.Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    peer.encode_special_tokens = tokenizer.split_special_tokens
    ids, starts, ends = tokenizer.tokenize_with_offsets(TEXTS)
    encodings = peer.encode_batch(TEXTS, add_special_tokens=False)
    assert ids.to_list() == [encoding.ids for encoding in encodings]
    offsets = [list(zip(*pair, strict=True)) for pair in zip(starts.to_list(), ends.to_list(), strict=True)]
    assert offsets == [encoding.offsets for encoding in encodings]
    one, two = (tokenizer(text).numpy().tolist() for text in ("a", "na"))
    layout = tokenizer.vocabulary.row_layout
    assert peer.encode("a", "na").ids == layout.row(one, two) and peer.encode("a").ids == layout.row(one)


@pytest.mark.slow
@pytest.mark.parametrize("name", TOKENIZERS)
def test_transformers_reads_the_preset_and_we_read_theirs(tmp_path, name):
    transformers = pytest.importorskip("transformers")
    tokenizer = TOKENIZERS[name]()
    tokenizer.save_to_preset(tmp_path, model_max_length=64)
    peer = transformers.AutoTokenizer.from_pretrained(tmp_path)
    vocabulary = tokenizer.vocabulary
    assert (peer.model_max_length, peer.mask_token_id, peer.pad_token_id) == (64, vocabulary.mask_id, vocabulary.pad_id)
    assert peer(TEXTS, add_special_tokens=False)["input_ids"] == tokenizer(TEXTS).to_list()
    peer.save_pretrained(tmp_path / "theirs")
    assert tokenizer_of(tmp_path / "theirs").get_config() == tokenizer.get_config()


@pytest.mark.slow
def test_transformers_own_tokenizers_are_read(tmp_path):
    transformers = pytest.importorskip("transformers")
    ids = {token: index for index, token in enumerate([*TOKENS, "<|endoftext|>"])}
    for kind in (transformers.RobertaTokenizer, transformers.GPT2Tokenizer):
        peer = kind(vocab=ids, merges=MERGES)
        peer.save_pretrained(tmp_path)
        assert tokenizer_of(tmp_path)(TEXTS).to_list() == peer(TEXTS, add_special_tokens=False)["input_ids"]


def test_vocab_json_and_merges_txt_are_enough(preset):
    expected = BytePairTokenizer.from_preset(preset)(TEXTS[0]).numpy().tolist()
    (preset / "tokenizer.json").unlink()
    (preset / "tokenizer_config.json").unlink()
    tokenizer = tokenizer_of(preset)
    assert tokenizer(TEXTS[0].replace(" <", "<")).numpy().tolist() == expected
    assert tokenizer.vocabulary.row_layout.row([7], [8]) == [0, 7, 2, 2, 8, 2]
    config = {"tokenizer_class": "RobertaTokenizer", "add_prefix_space": True,
              "mask_token": {"content": "<mask>", "lstrip": True}}  # fmt: skip
    (preset / "tokenizer_config.json").write_text(json.dumps(config))
    assert (
        tokenizer_of(preset).get_config()
        == BytePairTokenizer(BytePairVocabulary(TOKENS, MERGES), add_prefix_space=True).get_config()
    )


def test_gpt2_has_no_tokens_around_a_text(preset):
    (preset / "tokenizer.json").unlink()
    ids = {token: index for index, token in enumerate([*TOKENS, "<|endoftext|>"])}
    (preset / "vocab.json").write_text(json.dumps(ids))
    (preset / "tokenizer_config.json").write_text('{"tokenizer_class": "GPT2TokenizerFast", "pad_token": "<pad>"}')
    vocabulary = tokenizer_of(preset).vocabulary
    assert vocabulary.row_layout.row([7]) == [7] and vocabulary.unk_id == ids["<|endoftext|>"]
    with pytest.raises(ValueError, match="there is no mask token"):
        vocabulary.mask_id  # noqa: B018


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model__type": "Unigram"}, "model.type must be"),
        ({"model__end_of_word_suffix": "</w>"}, r"tokenizer.json: model.end_of_word_suffix must be null or \"\""),
        ({"model__continuing_subword_prefix": "##"}, "continuing_subword_prefix"),
        ({"model__dropout": 0.1}, "model.dropout"),
        ({"model__ignore_merges": True}, "ignore_merges"),
        ({"model__byte_fallback": True}, "byte_fallback"),
        ({"model__vocab": []}, "model.vocab must be an object"),
        ({"model__merges": [["a", "zz"]]}, r"tokenizer.json: merge 0: merge 'a zz' needs 'zz'"),
        ({"model__merges": [3]}, "model.merges must be pairs"),
        ({"model__vocab__Ġa": 3}, "id 3"),
        ({"model__vocab__Ġa": 999}, "must have an id from 0 to 264"),
        ({"model__vocab__Ġa": True}, "must have an id from 0 to 264"),
        ({"normalizer": {"type": "NFKC"}}, "normalizer.type must be"),
        ({"pre_tokenizer": {"type": "Whitespace"}}, "pre_tokenizer.type must be"),
        ({"pre_tokenizer__use_regex": False}, "pre_tokenizer.use_regex must be"),
        ({"decoder": {"type": "WordPiece"}}, "decoder.type must be"),
        ({"post_processor": {"type": "Strange"}}, "post_processor.type must be"),
        ({"post_processor": {"type": "RobertaProcessing"}}, "expected tokens around and between"),
        ({"post_processor": {"type": "TemplateProcessing", "single": [], "pair": []}}, "expected tokens around"),
        ({"added_tokens": [{"content": "<s>"}]}, "with content and id"),
        ({"added_tokens": [{"content": "<s>", "id": 7}]}, "another id elsewhere"),
        ({"added_tokens": [{"content": "<s>", "id": 0, "single_word": True}]}, "single_word must be false"),
        ({"added_tokens": [{"content": "<s>", "id": 0, "lstrip": 1}]}, "lstrip must be true or false"),
    ],
)
def test_a_tokenizer_json_of_other_rules_is_refused(preset, changes, message):
    change(preset / "tokenizer.json", **changes)
    with pytest.raises(ValueError, match=message) as raised:
        tokenizer_of(preset)
    assert "tokenizer.json" in str(raised.value)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("merges.txt", "#version: 0.2\nĠ a\nn a b\n", "merges.txt:3: expected two tokens"),
        ("merges.txt", "#version: 0.2\nĠ a\nn\n", "merges.txt:3: expected two tokens"),  # cut short
        ("merges.txt", "#version: 0.2\nĠ a\nn x\n", "merges.txt:3: merge 'n x' needs 'nx', which is no token"),
        ("merges.txt", "Ġ a\nn a\nĠ a\n", "merges.txt:3: merge 'Ġ a' stands there twice"),
        ("vocab.json", '{"<s>": 0, "<s>": 1}', "vocab.json: .*twice"),
        ("vocab.json", '{"<s>": 0', "vocab.json: expected JSON"),
        ("vocab.json", "[]", "vocab.json: expected a JSON object"),
        ("vocab.json", '{"<s>": 0, "<pad>": 0}', "vocab.json: tokens '<s>' and '<pad>' both have id 0"),
        ("vocab.json", '{"<s>": 0, "<pad>": 2}', "vocab.json: token '<pad>' must have an id from 0 to 1"),
        ("tokenizer_config.json", '{"tokenizer_class": "CLIPTokenizer"}', "tokenizer_class must be RobertaTokenizer"),
        ("tokenizer_config.json", '{"add_prefix_space": 1}', "add_prefix_space must be true or false"),
        ("tokenizer_config.json", '{"mask_token": 3}', "tokenizer_config.json: expected a token"),
    ],
)
def test_faulty_files_are_named(preset, name, content, message):
    (preset / "tokenizer.json").unlink()
    (preset / "tokenizer_config.json").unlink()
    (preset / name).write_text(content)
    with pytest.raises(ValueError, match=message):
        tokenizer_of(preset)


def test_merges_that_end_too_soon_are_told_of(preset, caplog):
    (preset / "tokenizer.json").unlink()
    (preset / "tokenizer_config.json").unlink()
    tokenizer_of(preset)
    assert not caplog.messages
    (preset / "merges.txt").write_text("#version: 0.2\n")
    tokenizer_of(preset)
    assert "4 of 265 tokens" in caplog.text and "merges.txt" in caplog.text


def test_a_missing_file_is_named(preset):
    (preset / "tokenizer.json").unlink()
    (preset / "merges.txt").unlink()
    with pytest.raises(FileNotFoundError, match=r"merges.txt, or a tokenizer.json"):
        tokenizer_of(preset)


def test_files_of_two_tokenizers_are_refused(preset):
    WordPieceTokenizer(["[UNK]"]).save_to_preset(preset)
    with pytest.raises(ValueError, match="two tokenizers: vocab.txt and vocab.json and merges.txt"):
        tokenizer_of(preset)


def test_a_preset_tells_its_tokenizer_by_its_files_and_by_what_tokenizer_json_says(preset, tmp_path):
    for name in ("vocab.json", "merges.txt"):
        (preset / name).unlink()
    assert isinstance(tokenizer_of(preset), BytePairTokenizer)
    change(preset / "tokenizer.json", model__type="WordLevel")
    with pytest.raises(ValueError, match="model.type must be one of WordPiece, BPE.*'WordLevel'"):
        tokenizer_of(preset)
    (preset / "tokenizer.json").unlink()
    with pytest.raises(FileNotFoundError, match="vocab.txt"):
        tokenizer_of(preset)


@pytest.mark.parametrize("name", ["tokenizer.json", "merges.txt", "vocab.json", "tokenizer_config.json"])
@pytest.mark.parametrize("number", [10, pytest.param(300, marks=pytest.mark.slow)])
def test_a_damaged_file_is_read_or_named(preset, name, number):
    if name in ("merges.txt", "vocab.json"):
        (preset / "tokenizer.json").unlink()
    content = (preset / name).read_bytes()

    @settings(max_examples=number, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(place=st.integers(0, len(content)), length=st.integers(0, 9), new=st.sampled_from(
        [b"", b"\0", b"\n", b'"', b"\xff", b"null", b"{}", b"-1", b" ", b"[" * 2000]))  # fmt: skip
    def check(place, length, new):
        (preset / name).write_bytes(content[:place] + new + (content[place + length :] if length < 9 else b""))
        try:
            BytePairTokenizer.from_preset(preset)
        except ValueError as error:
            assert str(preset) in str(error), f"no file name in {error!r}"

    check()
