import sys

import numpy as np
import pytest
import tensorflow as tf

from bert_keras.data.corpus.passages import encode_passage, parse_passages, parse_words
from bert_keras.data.corpus.preparation import prepare_corpus
from bert_keras.data.corpus.word_segmenter import load_word_segmenter, words_of_tokens
from bert_keras.data.tokenization.wordpiece_tokenizer import WordPieceTokenizer

tokenizer = WordPieceTokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"我爱北京。", "un", "##like", "##ly"])


def known_words(text):
    return [word for word in text.replace("北京", "|北京|").replace("我", "我|").split("|") if word]


def characters(text):
    return list(text)


def no_spaces(text):
    return text.split()


def test_tokens_begin_a_word_where_the_segmenters_words_begin():
    begins = words_of_tokens(["我爱北京。", "", "unlikely 北京"], tokenizer, known_words)
    assert begins.tolist() == [True, True, True, False, True] + [True, False, False, True, False]


def test_no_token_is_cut_where_words_end_inside_of_it():
    assert words_of_tokens(["unlikely"], tokenizer, characters).tolist() == [True, True, True]


def test_words_that_are_not_the_text_are_refused():
    with pytest.raises(ValueError, match="must be the text, spaces included: '我 爱' became"):
        words_of_tokens(["我 爱"], tokenizer, no_spaces)


def test_an_unknown_segmenter_and_one_that_is_not_installed_are_refused(monkeypatch, tmp_path):
    with pytest.raises(ValueError, match="'jieba' or a function, received 'spacy'"):
        prepare_corpus(iter(["我爱北京。"]), tmp_path, tokenizer, word_segmenter="spacy")
    monkeypatch.setitem(sys.modules, "jieba", None)
    load_word_segmenter.cache_clear()
    with pytest.raises(ImportError, match="pip install jieba"):
        prepare_corpus(iter(["我爱北京。"]), tmp_path, tokenizer, word_segmenter="jieba")


def test_words_of_a_passage_come_back_and_one_may_begin_inside_a_word():
    begins = [np.array([True, False, True, True]), np.array([False, False, True])]
    records = [encode_passage(np.arange(len(x)), [len(x)], 0, x) for x in begins]
    parsed = parse_words(tf.constant([records[0], b"", records[1]]))
    assert parsed.numpy().tolist() == [1, 0, 1, 1] + [1, 0, 1]
    assert parse_passages(tf.constant(records)).token_ids.shape == (7,)


def test_the_corpus_says_which_segmenter_it_is_of(tmp_path):
    report = prepare_corpus(iter(["我爱北京。"]), tmp_path, tokenizer, word_segmenter=known_words)
    assert report.settings["word_segmenter"].endswith("test_word_segmenter.known_words")
    assert "word_segmenter" not in prepare_corpus(iter(["我爱北京。"]), tmp_path / "other", tokenizer).settings
