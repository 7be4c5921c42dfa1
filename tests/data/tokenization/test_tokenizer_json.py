import json

import pytest
from tokenizers import BertWordPieceTokenizer, Tokenizer

from bert_keras.data.tokenization.tokenizer_json import read_tokenizer_json
from bert_keras.data.tokenization.vocabulary import SPECIAL_TOKENS
from bert_keras.data.tokenization.wordpiece_tokenizer import WordPieceTokenizer

TOKENS = [*SPECIAL_TOKENS, "a", "##b", "é"]


@pytest.fixture
def content():
    token_ids = {token: index for index, token in enumerate(TOKENS)}
    return json.loads(BertWordPieceTokenizer(token_ids, lowercase=False, strip_accents=True)._tokenizer.to_str())


def write(directory, content):
    (directory / "tokenizer.json").write_text(json.dumps(content))
    return directory / "tokenizer.json"


def test_vocabulary_and_options_are_read(tmp_path, content):
    vocabulary, options = read_tokenizer_json(write(tmp_path, content))
    assert vocabulary.tokens == tuple(TOKENS)
    assert options == {"do_lower_case": False, "strip_accents": True}


def test_a_preset_without_vocab_txt_is_loaded_and_the_config_has_the_last_word(tmp_path, content):
    write(tmp_path, content)
    tokenizer = WordPieceTokenizer.from_preset(tmp_path)
    assert tokenizer.vocabulary.tokens == tuple(TOKENS)
    assert (tokenizer.lower_case, tokenizer.strip_accents) == (False, True)
    (tmp_path / "tokenizer_config.json").write_text('{"do_lower_case": true, "strip_accents": null}')
    tokenizer = WordPieceTokenizer.from_preset(tmp_path)
    assert (tokenizer.lower_case, tokenizer.strip_accents) == (True, None)
    (tmp_path / "vocab.txt").write_text("[UNK]\nmine\n")
    assert WordPieceTokenizer.from_preset(tmp_path).vocabulary.tokens == ("[UNK]", "mine")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c["model"].update(type="BPE"), r"model\.type must be 'WordPiece' .* received 'BPE'"),
        (lambda c: c["model"].update(continuing_subword_prefix="@@"), r"model\.continuing_subword_prefix must be '##'"),
        (
            lambda c: c["normalizer"].update(handle_chinese_chars=False),
            r"normalizer\.handle_chinese_chars must be True",
        ),
        (lambda c: c.update(normalizer=None), "expected a JSON object under 'normalizer', received None"),
        (lambda c: c.update(pre_tokenizer={"type": "Whitespace"}), r"pre_tokenizer\.type must be 'BertPreTokenizer'"),
        (lambda c: c["model"]["vocab"].update(more=5), r"the ids in model\.vocab must be 0 to 8, each once"),
        (lambda c: c["model"]["vocab"].update(more="8"), r"the ids in model\.vocab must be 0 to 8, each once"),
        (
            lambda c: c.update(added_tokens=[{"id": 8, "content": "<new>"}]),
            "added_tokens must be tokens of model.vocab",
        ),
    ],
)
def test_another_tokenizer_is_refused_with_file_and_field(tmp_path, content, change, message):
    change(content)
    with pytest.raises(ValueError, match=r"tokenizer\.json: " + message):
        read_tokenizer_json(write(tmp_path, content))


def test_a_file_that_is_no_json_is_refused(tmp_path):
    (tmp_path / "tokenizer.json").write_text("{")
    with pytest.raises(ValueError, match=r"tokenizer\.json: expected JSON in UTF-8"):
        read_tokenizer_json(tmp_path / "tokenizer.json")


def test_a_token_of_the_vocabulary_that_shall_stay_whole_is_refused(tmp_path, content):
    content["added_tokens"].append({"id": 5, "content": "a", "special": True})
    with pytest.raises(ValueError, match=r"tokenizer\.json: added_tokens adds the token 'a'"):
        read_tokenizer_json(write(tmp_path, content))


def test_a_saved_tokenizer_replaces_the_file_that_transformers_would_read_instead(tmp_path, content):
    write(tmp_path, content)
    WordPieceTokenizer([*TOKENS, "new"]).save_to_preset(tmp_path)
    assert not (tmp_path / "tokenizer.json").exists()
    assert WordPieceTokenizer.from_preset(tmp_path).vocabulary_size == 9


class TestTheLimitOfAWordsLength:
    def limited(self, content, length):
        content["model"]["max_input_chars_per_word"] = length
        return content

    @pytest.mark.parametrize("length", [3, 100, 250, 2000])
    def test_is_heeded_and_written_back(self, tmp_path, content, length):
        write(tmp_path, self.limited(content, length))
        tokenizer = WordPieceTokenizer.from_preset(tmp_path)
        words = ["a" + "b" * (length - 1), "a" + "b" * length]
        assert tokenizer.max_word_length == length
        assert tokenizer(" ".join(words)).numpy().tolist() == [5, *[6] * (length - 1), 1]
        assert [tokenizer(word).shape[0] for word in words] == [length, 1]
        tokenizer.save_to_preset(tmp_path / "saved")
        again = WordPieceTokenizer.from_preset(tmp_path / "saved")
        assert again.get_config() == tokenizer.get_config() | {"strip_accents": again.strip_accents}
        theirs = Tokenizer.from_file(str(tmp_path / "saved" / "tokenizer.json"))
        text = f"a {words[0]} {words[1]} É [MASK]"
        assert theirs.encode(text, add_special_tokens=False).ids == again(text).numpy().tolist()
        assert theirs.encode("a", "a").tokens == ["[CLS]", "a", "[SEP]", "a", "[SEP]"]

    def test_is_heeded_beside_vocab_txt(self, tmp_path, content):
        write(tmp_path, self.limited(content, 3))
        (tmp_path / "vocab.txt").write_text("\n".join(TOKENS))
        assert WordPieceTokenizer.from_preset(tmp_path)("abb abbb").numpy().tolist() == [5, 6, 6, 1]

    def test_of_google_needs_no_file(self, tmp_path):
        WordPieceTokenizer(TOKENS).save_to_preset(tmp_path)
        assert not (tmp_path / "tokenizer.json").exists()
        assert WordPieceTokenizer.from_preset(tmp_path).max_word_length == 200

    def test_of_another_librarys_file_is_none(self, tmp_path):
        WordPieceTokenizer(TOKENS).save_to_preset(tmp_path)
        (tmp_path / "tokenizer.json").write_text('{"module": "keras_hub", "config": {"lowercase": true}}')
        assert WordPieceTokenizer.from_preset(tmp_path).max_word_length == 200

    @pytest.mark.parametrize("length", [0, -1, "100", 1.5, True, None])
    def test_must_be_a_number(self, tmp_path, content, length):
        write(tmp_path, self.limited(content, length))
        with pytest.raises(ValueError, match=r"tokenizer\.json: model\.max_input_chars_per_word must be a number"):
            WordPieceTokenizer.from_preset(tmp_path)
        with pytest.raises(ValueError, match="max_word_length must be a number of 1 or more"):
            WordPieceTokenizer(TOKENS, max_word_length=0)
