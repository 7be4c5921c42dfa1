import numpy as np

from bert_keras.data import WordPieceTokenizer
from bert_keras.data.rows import tokenized_texts
from bert_keras.data.rows.tokenized_texts import TokenizedTexts
from bert_keras.data.tokenization.vocabulary import SPECIAL_TOKENS


def test_many_texts_are_tokenized_in_batches_as_few_are_at_once(tokenizer, monkeypatch):
    texts = ["d1x1 d1x2", "", "d2x1", "d3x1 d3x2 d3x3", "d1x1"]
    at_once = tokenized_texts.tokenize_all_with_offsets(texts, tokenizer)
    monkeypatch.setattr(tokenized_texts, "_TEXTS_AT_A_TIME", 2)
    in_batches = tokenized_texts.tokenize_all_with_offsets(texts, tokenizer)
    assert all(np.array_equal(a, b) for a, b in zip(at_once[0], in_batches[0], strict=True))
    assert in_batches[1].tolist() == at_once[1].tolist() == [0, 2, 2, 3, 6]
    assert in_batches[2].tolist() == at_once[2].tolist() == [2, 0, 1, 3, 1]
    assert tokenized_texts.tokenize_all(texts, tokenizer)[0].tolist() == at_once[0][0].tolist()


def test_texts_of_which_much_is_unknown_are_told(caplog):
    tokenizer = WordPieceTokenizer([*SPECIAL_TOKENS, "a", "b"])
    TokenizedTexts(("a b", "天 地 a"), None, tokenizer, sequence_length=16)
    assert "2 of 5 tokens are [UNK]: is the vocabulary one of the texts' language?" in caplog.text
