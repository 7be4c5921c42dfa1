import numpy as np
import pytest

from bert_keras.data import BytePairTokenizer, Examples, TextRows
from bert_keras.data.tokenization.byte_alphabet import ALPHABET
from bert_keras.data.tokenization.byte_pair_vocabulary import BytePairVocabulary
from bert_keras.inspection.token_characters import token_characters
from bert_keras.inspection.token_words import token_words


def words_of(tokenizer, *texts, sequence_length=32):
    seconds = (texts[1],) if len(texts) == 2 else None
    rows = TextRows(Examples(texts[:1], seconds), tokenizer, sequence_length=sequence_length)
    length = int(rows.row_lengths[0])
    found = token_words(texts, token_characters(rows, 0, length, texts)[np.newaxis])
    return [texts[word.text_number][word.begin : word.end] for word in found.words], found


def test_pieces_belong_to_their_word_and_marks_and_chinese_characters_are_words(tokenizer):
    words, found = words_of(tokenizer, "Lyons, 北京 Ada")
    assert words == ["Lyons", ",", "北", "京", "Ada"]
    assert found.of_token.tolist() == [[-1, 0, 0, 1, 2, 3, 4, -1]] and found.num_unseen == 0


def test_of_a_pair_that_is_cut_the_words_left_over_are_counted(tokenizer):
    words, found = words_of(tokenizer, "Ada met Lyon in film", "good bad", sequence_length=7)
    assert words == ["Ada", "met", "good", "bad"] and found.num_unseen == 3
    assert found.of_token.tolist() == [[-1, 0, 1, -1, 2, 3, -1]]


def test_words_that_share_a_token_are_one():
    tokens = ["<s>", "<pad>", "</s>", "<unk>", "<mask>", *ALPHABET, "'s"]
    tokenizer = BytePairTokenizer(BytePairVocabulary(tokens, [("'", "s")]))
    words, found = words_of(tokenizer, "It's é<mask>")
    assert words == ["It", "'s", "é", "<mask>"]
    assert found.of_token[0, 1:4].tolist() == [0, 0, 1] and found.tokens_of([2]).sum() >= 2  # bytes of one letter


def test_numbers_of_tokens_add_up_by_words(tokenizer):
    _, found = words_of(tokenizer, "Lyons Ada")
    sums, rest = found.sums(np.array([[1.0, 2.0, 3.0, 4.0, 5.0]]))
    assert sums.tolist() == [5, 4] and rest == 6
    assert found.word_at(0, 6) == 1 and found.word_at(0, 5) is None


def test_rows_that_nobody_knows_are_refused():
    with pytest.raises(TypeError, match="The tokens of dict are not known"):
        token_characters({}, 0, 4, ("a",))
