import pytest

from bert_keras.data import Vocabulary, WordPieceTokenizer, add_words, drop_words

TOKENS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "bio", "##me", "##s", "ca", "##fe", "-", "19"]


@pytest.fixture(scope="module")
def tokenizer():
    return WordPieceTokenizer(Vocabulary(TOKENS))


def test_added_words_are_tokens_and_know_their_pieces(tokenizer):
    changed, pieces = add_words(tokenizer, ["Biomes", "café", "bio"])
    assert changed.vocabulary.tokens == (*TOKENS, "biomes", "cafe")
    assert pieces == [*([index] for index in range(12)), [5, 6, 7], [8, 9]]
    assert changed(["CAFÉ biomes bios"]).to_list() == [[13, 12, 5, 7]]


def test_a_cased_tokenizer_keeps_case_and_accents(tokenizer):
    cased = WordPieceTokenizer(Vocabulary(TOKENS), lower_case=False)
    assert add_words(cased, ["Café"])[0].vocabulary.tokens[-1] == "Café"


def test_no_words_change_nothing(tokenizer):
    changed, pieces = add_words(tokenizer, [])
    assert changed.vocabulary == tokenizer.vocabulary and pieces == [[index] for index in range(12)]


@pytest.mark.parametrize("word", ["bio-19", "bio me", "", " ", "\u200b"])
def test_what_is_no_single_word_is_refused(tokenizer, word):
    with pytest.raises(ValueError, match="expected .*word"):
        add_words(tokenizer, [word])


def test_dropped_tokens_are_gone_and_the_others_move_up(tokenizer):
    changed, pieces = drop_words(tokenizer, ["bio", "##s"])
    assert "bio" not in changed.vocabulary and changed.vocabulary.tokens[5] == "##me"
    assert pieces == [[index] for index in range(12) if index not in (5, 7)]


def test_special_and_unknown_tokens_cannot_be_dropped(tokenizer):
    with pytest.raises(ValueError, match=r"\[MASK\] must stay"):
        drop_words(tokenizer, ["[MASK]"])
    with pytest.raises(ValueError, match="no nothing among"):
        drop_words(tokenizer, ["nothing"])
