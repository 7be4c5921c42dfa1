"""The files of a unigram tokenizer's preset: read whoever wrote them, refused where they ask for other rules."""

import base64
import json
import shutil
from pathlib import Path

import pytest

from bert_keras.data import UnigramTokenizer, UnigramVocabulary, tokenizer_of
from bert_keras.data.tokenization.sentencepiece_model import NORMAL, SentencePieceModel

GOLDEN = Path(__file__).parents[2] / "golden" / "unigram"  # made by make_unigram.py
TEXTS = json.loads((GOLDEN / "texts.json").read_text())["texts"]
CONFIG, JSON = "tokenizer_config.json", "tokenizer.json"


@pytest.fixture(params=["albert", "xlm_roberta"])
def tokenizer(request):
    return tokenizer_of(GOLDEN / request.param)


@pytest.fixture
def albert(tmp_path):
    tokenizer_of(GOLDEN / "albert").save_to_preset(tmp_path)
    return tmp_path


def change(path, **changes):
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_what_is_saved_is_read(tokenizer, tmp_path):
    tokenizer.save_to_preset(tmp_path)
    files = sorted(path.name for path in tmp_path.iterdir())
    assert files == sorted([tokenizer.vocabulary.family.file, JSON, CONFIG])
    for missing in ((), (JSON,), (tokenizer.vocabulary.family.file,), (CONFIG,)):
        shutil.copytree(
            tmp_path, copy := tmp_path / f"without {missing}", ignore=shutil.ignore_patterns(*missing, "w*")
        )
        assert tokenizer_of(copy).get_config() == tokenizer.get_config()
        assert tokenizer_of(copy).vocabulary.fingerprint == tokenizer.vocabulary.fingerprint


def test_transformers_5_is_told_that_the_pairs_of_albert_have_segments_and_those_of_xlm_roberta_have_none(
    tokenizer, tmp_path
):
    tokenizer.save_to_preset(tmp_path)
    inputs = json.loads((tmp_path / CONFIG).read_text()).get("model_input_names", [])
    assert ("token_type_ids" in inputs) == tokenizer.vocabulary.row_layout.has_segments
    transformers = pytest.importorskip("transformers")
    peer = transformers.AutoTokenizer.from_pretrained(tmp_path)("ships", "the rain")
    assert ("token_type_ids" in peer) == tokenizer.vocabulary.row_layout.has_segments
    if tokenizer.vocabulary.row_layout.has_segments:
        second = len(peer["input_ids"]) - 2 - len(tokenizer("ships"))
        assert peer["token_type_ids"] == [0] * (2 + len(tokenizer("ships"))) + [1] * second


def test_options_and_user_defined_tokens_are_saved(tmp_path):
    tokens = ["<pad>", "<unk>", "[CLS]", "[SEP]", "[MASK]", "▁", "(", "a"]
    vocabulary = UnigramVocabulary(tokens, [0.0] * 6 + [0.0, -2.5], user_defined=["("])
    options = {"lower_case": False, "strip_accents": True, "split_special_tokens": True}
    UnigramTokenizer(vocabulary, **options).save_to_preset(tmp_path)
    saved = tokenizer_of(tmp_path)
    assert saved.get_config() == {"vocabulary": vocabulary.get_config()} | options
    assert saved.vocabulary.get_config()["user_defined"] == ["("]


def test_another_tokenizer_in_the_folder_is_replaced(albert):
    tokenizer_of(GOLDEN / "xlm_roberta").save_to_preset(albert)
    assert tokenizer_of(albert).vocabulary.family.name == "xlm-roberta"
    assert not (albert / "spiece.model").exists()


def test_digits_with_a_comma_of_alberts_model_are_taken_apart_once(tmp_path):
    model = SentencePieceModel.load(GOLDEN / "albert" / "spiece.model")
    pieces, scores = [*model.pieces, "5,", "▁5", "5"], [*model.scores, -1.0, -2.0, -3.0]
    model = SentencePieceModel(pieces, scores, [*model.types, NORMAL, NORMAL, NORMAL], model.character_map)
    (tmp_path / "spiece.model").write_bytes(model.serialize())
    tokenizer = tokenizer_of(tmp_path)
    assert [piece.decode() for piece in tokenizer.pieces("5,").numpy()] == ["▁5", ","]
    assert tokenizer.vocabulary.model.scores[-3] == -101.0
    tokenizer.save_to_preset(tmp_path)
    (tmp_path / JSON).unlink()
    assert tokenizer_of(tmp_path).get_config() == tokenizer.get_config()


def test_the_options_of_albert_are_read(tmp_path):
    shutil.copy(GOLDEN / "albert" / "spiece.model", tmp_path)
    (tmp_path / CONFIG).write_text(
        '{"do_lower_case": false, "keep_accents": true, "tokenizer_class": "AlbertTokenizer"}'
    )
    tokenizer = tokenizer_of(tmp_path)
    assert (tokenizer.lower_case, tokenizer.strip_accents) == (False, False)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"tokenizer_class": "T5Tokenizer"}, "tokenizer_class must be one of AlbertTokenizer"),
        ({"do_lower_case": 3}, "do_lower_case must be true or false"),
        ({"do_lower_case": False}, "do_lower_case must be true, as the normalizer in tokenizer.json"),
        ({"keep_accents": True}, "keep_accents must be false, as the normalizer"),
        ({"add_prefix_space": False}, "add_prefix_space must be true"),
        ({"mask_token": "<mask>"}, r"mask_token must be '\[MASK\]', as in albert"),
        ({"extra_special_tokens": ["<x>"]}, "extra_special_tokens adds the token '<x>'"),
        ({"added_tokens_decoder": {"9": {"content": "("}}}, r"added_tokens_decoder adds the token '\('"),
    ],
)
def test_a_configuration_of_other_rules_is_refused(albert, changes, message):
    change(albert / CONFIG, **changes)
    with pytest.raises(ValueError, match=r"tokenizer_config\.json: " + message):
        tokenizer_of(albert)


METASPACE = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True}
QUOTES = [{"type": "Replace", "pattern": {"String": mark}, "content": '"'} for mark in ("``", "''")]
ACCENTS = [{"type": "NFKD"}, {"type": "StripAccents"}]
LOWER = {"type": "Lowercase"}
SPACES = {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model": {"type": "Unigram", "vocab": [["a", "b"]]}}, r"model.vocab must be a list of \[token, score\]"),
        ({"model": {"type": "Unigram", "vocab": []}}, "expected <pad>"),
        ({"model": {"type": "Unigram", "byte_fallback": True}}, "byte_fallback must be false"),
        ({"normalizer": {"type": "NFC"}}, r"a step of neither ALBERT nor XLM-RoBERTa: \{'type': 'NFC'\}"),
        ({"normalizer": None}, "the steps of normalizer are not those of albert: received ''"),
        ({"normalizer": {"type": "Sequence", "normalizers": [*QUOTES, LOWER, *ACCENTS]}}, "not those of albert"),
        ({"normalizer": {"type": "Precompiled", "precompiled_charsmap": "?"}}, "precompiled_charsmap must be base64"),
        ({"normalizer": {"type": "Precompiled", "precompiled_charsmap": "AAAA"}}, "precompiled_charsmap is damaged"),
        ({"pre_tokenizer": {"type": "Whitespace"}}, "pre_tokenizer must be Metaspace"),
        ({"pre_tokenizer": METASPACE | {"prepend_scheme": "first"}}, "pre_tokenizer must be Metaspace"),
        ({"added_tokens": [{"id": 7, "content": "("}]}, "added_tokens must be albert's special tokens"),
    ],
)
def test_a_tokenizer_json_of_other_rules_is_refused(albert, changes, message):
    change(albert / JSON, **changes)
    with pytest.raises(ValueError, match=r"tokenizer\.json: .*" + message):
        tokenizer_of(albert)


@pytest.mark.parametrize(
    ("steps", "lower_case", "strip_accents"),
    [
        ([*QUOTES, *ACCENTS, LOWER, SPACES], True, True),
        ([*QUOTES, LOWER], True, False),
        ([*QUOTES, *ACCENTS], False, True),
        (QUOTES, False, False),
    ],
)
def test_the_steps_of_albert_as_older_versions_wrote_them(albert, steps, lower_case, strip_accents):
    change(albert / JSON, normalizer={"type": "Sequence", "normalizers": steps}, pre_tokenizer=METASPACE)
    (albert / CONFIG).unlink()
    (albert / "spiece.model").unlink()
    tokenizer = tokenizer_of(albert)
    assert (tokenizer.lower_case, tokenizer.strip_accents) == (lower_case, strip_accents)
    assert not tokenizer.vocabulary.model.character_map.content


def test_a_model_and_a_json_of_different_tokens_are_refused(albert):
    (albert / "spiece.model").unlink()
    shutil.copy(GOLDEN / "xlm_roberta" / "sentencepiece.bpe.model", albert)
    with pytest.raises(ValueError, match=r"tokenizer\.json and .*bpe\.model must have the same tokens"):
        tokenizer_of(albert)


def test_a_file_that_is_missing_or_damaged_is_named(tmp_path):
    with pytest.raises(
        FileNotFoundError, match=r"expected spiece\.model, sentencepiece\.bpe\.model or tokenizer\.json"
    ):
        UnigramTokenizer.from_preset(tmp_path)
    (tmp_path / "spiece.model").write_bytes(b"\x0a\xff")
    with pytest.raises(ValueError, match=r"spiece\.model: the file is cut short"):
        tokenizer_of(tmp_path)
    (tmp_path / "spiece.model").write_bytes((GOLDEN / "xlm_roberta" / "sentencepiece.bpe.model").read_bytes()[:0])
    with pytest.raises(ValueError, match=r"spiece\.model: expected a model of SentencePiece, found 0 pieces"):
        tokenizer_of(tmp_path)


def test_a_model_of_neither_family_is_refused(tmp_path):
    model = SentencePieceModel(["<unk>", "a"], [0, 0], [2, 1])
    (tmp_path / "spiece.model").write_bytes(model.serialize())
    with pytest.raises(
        ValueError, match=r"spiece\.model: expected the first pieces to be <pad>, <unk>.*\('<unk>', 'a'\)"
    ):
        tokenizer_of(tmp_path)
    control = SentencePieceModel(["<unk>", "<s>", "</s>", "<x>"], [0] * 4, [2, 3, 3, 3])
    (tmp_path / "spiece.model").write_bytes(control.serialize())
    with pytest.raises(ValueError, match="the piece '<x>' is of type 'control', which xlm-roberta lacks"):
        tokenizer_of(tmp_path)


def test_the_json_holds_the_character_map(albert):
    content = json.loads((albert / JSON).read_text())
    (precompiled,) = [step for step in content["normalizer"]["normalizers"] if step["type"] == "Precompiled"]
    model = SentencePieceModel.load(albert / "spiece.model")
    assert base64.b64decode(precompiled["precompiled_charsmap"]) == model.character_map.content
