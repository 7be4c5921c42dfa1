"""The tokenizer against what other people's code gives: Google's (golden file), Hugging Face's (where installed)."""

import json
from pathlib import Path

import pytest
from tokenizers import BertWordPieceTokenizer

from bert_keras.data.tokenization.vocabulary_training import train_vocabulary
from bert_keras.data.tokenization.wordpiece_tokenizer import WordPieceTokenizer

GOLDEN = Path(__file__).parents[2] / "golden" / "google_wordpiece.json"  # made by make_google_wordpiece.py
TEXTS = [
    "Fellow-Citizens of the Senate and House of Representatives: it's 1,234.56 \u2014 \u201cnot\u201d m\u00b2!",
    "L'été où naïveté, Dvořák et Łódź… ÅNGSTRÖM, Straße, İstanbul",
    "Съешь же ещё этих мягких французских булок, да выпей чаю. Ή Ελλάδα, ἀρχή",
    "我爱北京天安门，天安门上太阳升。ＡＢＣ１２３ ｶﾞ では４日 한국어 각각",
    "यह एक परीक्षा है। هذا اختبار، ١٢٣ ภาษาไทย",
    "[CLS] a[MASK]b [SEP]\u200b[PAD] 🤔👍🏽 soft\xadhyphen\u00a0no-break\ttab\r\nline",
]


@pytest.mark.parametrize(("name", "lower_case"), [("lower_case", True), ("cased", False)])
def test_googles_own_code_gives_the_same(name, lower_case):
    golden = json.loads(GOLDEN.read_text())
    tokenizer = WordPieceTokenizer(golden["vocabulary"], lower_case=lower_case, split_special_tokens=True)
    pieces = [[piece.decode() for piece in row] for row in tokenizer.pieces(golden["texts"]).to_list()]
    assert pieces == [row.split() for row in golden[name]]


@pytest.mark.parametrize("lower_case", [True, False])
def test_hugging_face_gives_the_same_ids_and_offsets_on_natural_text(lower_case):
    vocabulary = train_vocabulary(TEXTS, vocabulary_size=400, lower_case=lower_case, min_frequency=1)
    token_ids = {token: index for index, token in enumerate(vocabulary.tokens)}
    peer = BertWordPieceTokenizer(token_ids, lowercase=lower_case)
    tokenizer = WordPieceTokenizer(vocabulary, lower_case=lower_case)
    for text in TEXTS:
        ids, starts, ends = (part.numpy().tolist() for part in tokenizer.tokenize_with_offsets(text))
        expected = peer.encode(text, add_special_tokens=False)
        assert ids == expected.ids
        assert list(zip(starts, ends, strict=True)) == expected.offsets


@pytest.mark.slow
@pytest.mark.parametrize(
    "options", [{}, {"lower_case": False}, {"strip_accents": False}, {"split_special_tokens": True}]
)
def test_transformers_reads_the_preset(tmp_path, options):
    transformers = pytest.importorskip("transformers")
    rules = {key: value for key, value in options.items() if key != "split_special_tokens"}
    tokenizer = WordPieceTokenizer(train_vocabulary(TEXTS, 400, min_frequency=1, **rules), **options)
    tokenizer.save_to_preset(tmp_path, model_max_length=64)
    peer = transformers.AutoTokenizer.from_pretrained(tmp_path)
    assert peer.model_max_length == 64 and peer.mask_token_id == tokenizer.vocabulary.mask_id
    assert peer(TEXTS, add_special_tokens=False)["input_ids"] == tokenizer(TEXTS).to_list()

    peer.save_pretrained(tmp_path / "theirs")
    # Without a file that says otherwise their words have at most 100 characters, and their tokenizer.json says so.
    theirs = WordPieceTokenizer.from_preset(tmp_path / "theirs").get_config()
    assert theirs == tokenizer.get_config() | {"max_word_length": 100}
