"""The tokenizer against Google's rules in plain Python, on random texts."""

import functools
import importlib.util
import random
from pathlib import Path

import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from bert_keras.data.tokenization.vocabulary import SPECIAL_TOKENS, Vocabulary
from bert_keras.data.tokenization.wordpiece_tokenizer import WordPieceTokenizer

spec = importlib.util.spec_from_file_location("reference_tokenizer", Path(__file__).with_name("reference_tokenizer.py"))
reference = importlib.util.module_from_spec(spec)
spec.loader.exec_module(reference)

ALPHABET = "".join(sorted(set("".join(reference.CHARACTER_CLASSES.values()))))
CHARACTERS = [character for character in ALPHABET if character.isalnum() or reference.is_punctuation(character)]
# Pieces of one to three characters out of everything a text may hold, so that words are covered, or fail half-way.
PIECES = random.Random(0).sample(CHARACTERS, 2000) + list("abcdefghijklmnopqrstuvwxyzABC中文日é!,.[]#ー")
PAIRS = ["".join(random.Random(i).choices(PIECES, k=2 + i % 2)) for i in range(500)]
ODD = ["\u2028", "\xa0", "\u3000", " ", "a b", "\x01", "##", "##,", "##[SEP]", "'s", "é", "\u0301", "中文", "\ufada"]
ENDINGS = [f"##{piece}" for piece in PIECES + PAIRS]
VOCABULARY = Vocabulary(dict.fromkeys([*SPECIAL_TOKENS, *PIECES, *PAIRS, *ODD, *ENDINGS]))
RULES = [(True, None), (False, None), (True, False), (False, True)]
make_tokenizer = functools.cache(WordPieceTokenizer)


def differences(texts, vocabulary, **options):
    """Texts for which ids or offsets differ from the reference."""
    tokenizer = make_tokenizer(vocabulary, **options)
    kept = () if options.pop("split_special_tokens", False) else SPECIAL_TOKENS
    ids, starts, ends = (part.to_list() for part in tokenizer.tokenize_with_offsets(tf.constant(texts, tf.string)))
    assert tokenizer(tf.constant(texts, tf.string)).to_list() == ids
    for text, *row in zip(texts, ids, starts, ends, strict=True):
        found = [(vocabulary.id_to_token(token_id), start, end) for token_id, start, end in zip(*row, strict=True)]
        expected = reference.reference_tokenize(text, vocabulary, special_tokens=kept, **options)
        if found != expected:
            yield text, found, expected


def random_texts(num_texts, seed):
    generator = random.Random(seed)
    return [reference.random_text(generator, VOCABULARY.tokens) for _ in range(num_texts)]


@pytest.mark.parametrize(("lower_case", "strip_accents"), RULES)
@pytest.mark.parametrize("split_special_tokens", [False, True])
def test_ids_and_offsets_are_those_of_the_reference(lower_case, strip_accents, split_special_tokens):
    options = {"lower_case": lower_case, "strip_accents": strip_accents, "split_special_tokens": split_special_tokens}
    assert not list(differences(random_texts(200, seed=1), VOCABULARY, **options))


@settings(max_examples=30, derandomize=True)
@given(st.lists(st.text(ALPHABET, max_size=40), max_size=20), st.sampled_from(RULES))
def test_any_text_gives_what_the_reference_gives(texts, rules):
    assert not list(differences(texts, VOCABULARY, lower_case=rules[0], strip_accents=rules[1]))


@settings(max_examples=30, derandomize=True)
@given(st.lists(st.text(), max_size=20))
def test_no_text_is_refused(texts):
    # Any code point, surrogates too; which ones the tables of TensorFlow and Python disagree on changes with Unicode.
    ids, starts, ends = make_tokenizer(VOCABULARY).tokenize_with_offsets(texts)
    for text, row_starts, row_ends in zip(texts, starts.to_list(), ends.to_list(), strict=True):
        assert all(0 <= start < end <= len(text) for start, end in zip(row_starts, row_ends, strict=True))


@pytest.mark.slow
def test_two_hundred_thousand_random_texts():
    for seed, (lower_case, strip_accents) in enumerate(RULES):
        for part in range(25):
            texts = random_texts(2000, seed=(seed + 1) * 1000 + part)
            options = {"lower_case": lower_case, "strip_accents": strip_accents, "split_special_tokens": part % 2 == 0}
            assert not list(differences(texts, VOCABULARY, **options))
