"""Vocabularies of unigram models: what is asked for, the same in every process."""

import pytest

from bert_keras.checkpoints.families import FAMILIES
from bert_keras.data import UnigramTokenizer, train_tokenizer, train_unigram_vocabulary, train_vocabulary

TEXTS = ["Low lower lowest, ``café''", "new newer newest 1 2 3"] * 10


@pytest.mark.parametrize("family", ["albert", "xlm-roberta"])
def test_a_vocabulary_of_the_size_and_family(family):
    vocabulary = train_unigram_vocabulary(iter(TEXTS), 34, family=family)
    assert vocabulary.family.name == family and 25 <= len(vocabulary) <= 34
    tokenizer = UnigramTokenizer(vocabulary)
    assert tokenizer.vocabulary.unk_id not in tokenizer(TEXTS[0]).numpy()
    assert vocabulary == train_unigram_vocabulary(TEXTS, 34, family=family)


@pytest.mark.parametrize("family", ["albert", "xlm-roberta"])
def test_the_kind_of_a_family_is_its_tokenizer(family):
    tokenizer = train_tokenizer(TEXTS, 34, kind=FAMILIES[family].tokenizer)
    assert tokenizer.vocabulary == train_unigram_vocabulary(TEXTS, 34, family=family)
    assert tokenizer.lower_case == (family == "albert")
    with pytest.raises(ValueError, match="lower_case and strip_accents are ALBERT's"):
        train_tokenizer(TEXTS, 34, kind="unigram_xlm_roberta", lower_case=True)


def test_case_and_accents_are_those_of_the_tokenizer():
    letters = set("".join(train_vocabulary(TEXTS, 34, kind="unigram").tokens[5:]))
    assert "l" in letters and '"' in letters and not {"L", "é", "`"} & letters
    letters = set("".join(train_vocabulary(TEXTS, 34, kind="unigram", lower_case=False).tokens[5:]))
    assert {"L", "é", '"'} <= letters


def test_texts_without_spaces_are_learned_in_parts():
    assert "中" in "".join(train_unigram_vocabulary(["中文" * 6000], 12).tokens)


@pytest.mark.parametrize(
    ("texts", "options", "message"),
    [
        ([" \t"], {}, "the texts hold no words"),
        ("text", {}, "an iterable of strings"),
        ([1], {}, "texts must be strings, received 1"),
        (TEXTS, {"vocabulary_size": 5}, "must exceed the 5 special tokens, received 5"),
        (TEXTS, {"vocabulary_size": 9}, r"vocabulary_size must be \d\d or more"),
        (TEXTS, {"family": "t5"}, "family must be one of albert, xlm-roberta, received 't5'"),
        (TEXTS, {"family": "xlm-roberta", "lower_case": True}, "are ALBERT's"),
    ],
)
def test_what_cannot_be_trained_is_refused(texts, options, message):
    with pytest.raises(ValueError, match=message):
        train_unigram_vocabulary(texts, **options)
