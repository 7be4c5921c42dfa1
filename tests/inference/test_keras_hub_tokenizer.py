"""Tokenizers of KerasHub with our vocabularies: the same ids, saved and read again."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from bert_keras.data import BytePairTokenizer, BytePairVocabulary, WordPieceTokenizer, tokenizer_of
from bert_keras.data.tokenization.added_tokens import SpecialTokens
from bert_keras.data.tokenization.byte_alphabet import ALPHABET
from bert_keras.data.tokenization.vocabulary import SPECIAL_TOKENS
from bert_keras.inference.keras_hub_tokenizer import build_keras_hub_tokenizer

pytestmark = pytest.mark.slow_elsewhere

keras_hub = pytest.importorskip("keras_hub")

UNIGRAM = Path(__file__).parents[1] / "golden" / "unigram"
BYTE_PAIRS = ["<s>", "<pad>", "</s>", "<unk>", *ALPHABET, "an", "Ġan", "<mask>"]
TEXTS = ["so good, an unseen naïve 你好 word 1234", "", "an an\nan"]


def word_pieces():
    return WordPieceTokenizer([*SPECIAL_TOKENS, "so", "good", "an", "un", "##seen", "word", ",", "naive"])


def byte_pairs(**options):
    return BytePairTokenizer(BytePairVocabulary(BYTE_PAIRS, [("a", "n"), ("Ġ", "an")]), **options)


def ids_of(theirs, text):
    return np.array(theirs(text)).tolist()


@pytest.mark.parametrize(
    ("family", "tokenizer"),
    [("bert", word_pieces), ("distilbert", word_pieces), ("electra", word_pieces), ("roberta", byte_pairs)],
)
def test_theirs_gives_the_ids_of_ours_and_comes_back(tmp_path, family, tokenizer):
    ours = tokenizer()
    theirs, _ = build_keras_hub_tokenizer(ours, family)
    assert [ids_of(theirs, text) for text in TEXTS] == ours(TEXTS).to_list()
    theirs.save_to_preset(tmp_path)
    assert tokenizer_of(tmp_path)(TEXTS).to_list() == ours(TEXTS).to_list()


@pytest.mark.parametrize(("family", "folder"), [("albert", "albert"), ("xlm-roberta", "xlm_roberta")])
def test_sentence_pieces_have_fairseqs_ids_where_the_family_has(tmp_path, family, folder):
    ours = tokenizer_of(UNIGRAM / folder)
    theirs, differences = build_keras_hub_tokenizer(ours, family)
    assert bool(differences) == (family == "albert")  # which is told to bring texts into lower case
    texts = ["the quick brown fox", "it was 1999, and quick"] + ([] if differences else ["Unsäglich, 你好"])
    assert [ids_of(theirs, text) for text in texts] == ours(texts).to_list()
    assert theirs.token_to_id(ours.vocabulary.family.mask_token) == ours.vocabulary.mask_id
    theirs.save_to_preset(tmp_path)
    assert tokenizer_of(tmp_path)(texts).to_list() == ours(texts).to_list()


@pytest.mark.parametrize(
    ("tokenizer", "family", "message"),
    [
        (word_pieces, "roberta", "RobertaTokenizer of KerasHub is a BytePairTokenizer; .* is a WordPieceTokenizer"),
        (byte_pairs, "modernbert", "KerasHub has no ModernBERT"),
        (lambda: byte_pairs(compose=True), "roberta", "does not compose characters"),
        (lambda: tokenizer_of(UNIGRAM / "albert"), "xlm-roberta", "Expected a tokenizer of xlm-roberta, .* of albert"),
    ],
)
def test_what_theirs_has_not_is_refused(tokenizer, family, message):
    with pytest.raises(ValueError, match=message):
        build_keras_hub_tokenizer(tokenizer(), family)


def test_other_ends_of_a_row_are_refused():
    special_tokens = dataclasses.replace(SpecialTokens.roberta(), between=("</s>",))
    tokenizer = BytePairTokenizer(BytePairVocabulary(BYTE_PAIRS, [], special_tokens))
    with pytest.raises(ValueError, match="KerasHub puts <s>, </s> </s> and </s> around"):
        build_keras_hub_tokenizer(tokenizer, "roberta")
