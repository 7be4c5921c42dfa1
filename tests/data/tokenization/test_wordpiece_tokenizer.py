import json
import os
import pickle
import string
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from bert_keras.data.tokenization.vocabulary import SPECIAL_TOKENS, Vocabulary
from bert_keras.data.tokenization.wordpiece_tokenizer import WordPieceTokenizer

GOOGLE = "[UNK] [CLS] [SEP] want ##want ##ed wa un runn ##ing ,".split()
ENGLISH = [*SPECIAL_TOKENS, *"a b c , . ! ' naive allen ##nl ##p sentence hello the [ ] mask sep # ##x x".split()]


def spans(tokenizer, text):
    ids, starts, ends = tokenizer.tokenize_with_offsets(text)
    return [
        (tokenizer.vocabulary.id_to_token(token_id), text[start:end])
        for token_id, start, end in zip(ids.numpy(), starts.numpy(), ends.numpy(), strict=True)
    ]


def pieces(text, **options):
    """The words of a text, with a vocabulary that has every word it needs but none that it could be confused with."""
    characters = [*string.ascii_letters, *string.digits, *"!?.,'-[]#äöéï香港４日では博推"]
    vocabulary = [*SPECIAL_TOKENS, *characters, *(f"##{character}" for character in characters)]
    tokens = WordPieceTokenizer(vocabulary, **options).pieces(text).numpy()
    return b" ".join(tokens).decode().replace(" ##", "").split()


def test_pieces_are_the_longest_from_the_left_or_unknown():
    tokenizer = WordPieceTokenizer(GOOGLE)
    assert tokenizer("UNwant\u00e9d,running").numpy().tolist() == [7, 4, 5, 10, 8, 9]
    assert tokenizer.pieces("unwantedX running").numpy().tolist() == [b"[UNK]", b"runn", b"##ing"]
    assert tokenizer("").shape == (0,)


@pytest.mark.parametrize(
    ("text", "options", "words"),
    [
        (" \tHeLLo!how  \n Are yoU?  ", {}, ["hello", "!", "how", "are", "you", "?"]),
        (" \tHeLLo!how  \n Are yoU?  ", {"lower_case": False}, ["HeLLo", "!", "how", "Are", "yoU", "?"]),
        ("ah\u535a\u63a8zz", {}, ["ah", "博", "推", "zz"]),
        ("香港では４日", {"lower_case": False}, ["香", "港", "では４", "日"]),
        ("HäLLo", {}, ["hallo"]),
        ("HäLLo", {"strip_accents": False}, ["hällo"]),
        ("HäLLo", {"lower_case": False}, ["HäLLo"]),
        ("HäLLo", {"lower_case": False, "strip_accents": True}, ["HaLLo"]),
        ("a\n'll !!to?'d of, can't.", {}, "a ' ll ! ! to ? ' d of , can ' t .".split()),
        ("\u200e\u200f", {}, []),
        ("test \xad test", {}, ["test", "test"]),
        ("a\u200bb\x00c\ufffdd", {}, ["abcd"]),
        ("a\xa0b\u2028c\u3000d", {}, ["a", "b", "c", "d"]),
        ("m²", {}, ["[UNK]"]),
        ("a，b", {}, ["a", "[UNK]", "b"]),
    ],
)
def test_words_are_googles(text, options, words):
    assert pieces(text, **options) == words


def test_offsets_are_characters_of_the_original_text():
    tokenizer = WordPieceTokenizer(ENGLISH)
    text = "A, naïve [MASK] AllenNLP sentence."
    assert spans(tokenizer, text) == [
        ("a", "A"),
        (",", ","),
        ("naive", "naïve"),
        ("[MASK]", "[MASK]"),
        ("allen", "Allen"),
        ("##nl", "NL"),
        ("##p", "P"),
        ("sentence", "sentence"),
        (".", "."),
    ]
    assert spans(tokenizer, "\u200b\tＡ 🤔 na\u0131\u0308ve b\u0301 NAI\u0308VE!") == [
        ("[UNK]", "Ａ"),
        ("[UNK]", "🤔"),
        ("[UNK]", "na\u0131\u0308ve"),
        ("b", "b"),
        ("naive", "NAI\u0308VE"),
        ("!", "!"),
    ]


def test_offsets_of_every_row_count_from_its_own_start():
    tokenizer = WordPieceTokenizer(ENGLISH)
    _, starts, ends = tokenizer.tokenize_with_offsets(["", "é a[SEP]b", "a", "\u0301", "中a"])
    assert starts.to_list() == [[], [0, 2, 3, 8], [0], [], [0, 1]]
    assert ends.to_list() == [[], [1, 3, 8, 9], [1], [], [1, 2]]


def test_offsets_when_a_character_becomes_several():
    tokenizer = WordPieceTokenizer(["[UNK]", "ᄀ", "##ᅡ", "##ᆨ"])
    assert spans(tokenizer, "각") == [("ᄀ", "각"), ("##ᅡ", "각"), ("##ᆨ", "각")]


def test_special_tokens_in_the_text_stay_whole():
    tokenizer = WordPieceTokenizer(ENGLISH)
    assert spans(tokenizer, "a[MASK]b[UNK] [SEP],[mask]") == [
        ("a", "a"),
        ("[MASK]", "[MASK]"),
        ("b", "b"),
        ("[UNK]", "[UNK]"),
        ("[SEP]", "[SEP]"),
        (",", ","),
        ("[", "["),
        ("mask", "mask"),
        ("]", "]"),
    ]


def test_split_special_tokens_lets_no_text_inject_one():
    tokenizer = WordPieceTokenizer(ENGLISH, split_special_tokens=True)
    assert tokenizer.pieces("[SEP]a").numpy().tolist() == [b"[", b"sep", b"]", b"a"]


@pytest.mark.parametrize("split_special_tokens", [False, True])
def test_nothing_else_in_a_text_becomes_a_special_token(split_special_tokens):
    tokenizer = WordPieceTokenizer(ENGLISH, split_special_tokens=split_special_tokens)
    blocks = [range(start, start + 0x100) for start in (0xE000, 0xF900, 0xFA00, 0xFD00)]
    inside = [chr(code_point) for block in blocks for code_point in block]
    texts = [*inside, *(f"a{character}" for character in inside), "[MA\u200bSK]", "[MA\x01SK]", "##x", "\x01", "x[PAD"]
    ids = set(tokenizer(texts).flat_values.numpy().tolist())
    assert ids.isdisjoint(set(tokenizer.vocabulary.special_ids) - {tokenizer.vocabulary.unk_id})


def test_a_vocabulary_may_hold_any_character():
    every = [chr(code_point) for code_point in range(0xFADA, 0xFAF0)]
    tokenizer = WordPieceTokenizer([*SPECIAL_TOKENS, *every])
    assert tokenizer("".join(every)).numpy().tolist() == list(range(5, 5 + len(every)))


@pytest.mark.parametrize("character", ["x", "é", "Д", "ー", "\U00010400"])  # one to four bytes of UTF-8
def test_a_word_of_more_than_200_characters_is_unknown(character):
    tokenizer = WordPieceTokenizer([*SPECIAL_TOKENS, character, f"##{character}", "a"], lower_case=False)
    ids, starts, ends = tokenizer.tokenize_with_offsets([f"a {character * n} a" for n in (199, 200, 201, 400, 1000)])
    assert ids.row_lengths().numpy().tolist() == [201, 202, 3, 3, 3]
    assert ids[2:].to_list() == [[7, 1, 7]] * 3
    assert starts[2:].to_list() == [[0, 2, n + 3] for n in (201, 400, 1000)]
    assert ends[2:].to_list() == [[1, n + 2, n + 4] for n in (201, 400, 1000)]


def test_the_limit_counts_characters_of_the_normalised_word():
    tokenizer = WordPieceTokenizer([*SPECIAL_TOKENS, "e", "##e"])
    assert tokenizer("é" * 200).shape == (200,)
    assert tokenizer("e\u0301" * 200).shape == (200,)
    assert tokenizer("é" * 201).shape == (1,)


def test_texts_may_be_strings_lists_and_tensors_of_any_rank():
    tokenizer = WordPieceTokenizer(ENGLISH)
    assert tokenizer("a b").numpy().tolist() == [5, 6]
    assert tokenizer(b"a b").numpy().tolist() == [5, 6]
    assert tokenizer(tf.constant("a b")).numpy().tolist() == [5, 6]
    assert tokenizer(("a", "b c")).to_list() == [[5], [6, 7]]
    assert tokenizer(np.array(["a", "b c"], object)).to_list() == [[5], [6, 7]]
    assert tokenizer([["a", "b c"], ["", "c"]]).to_list() == [[[5], [6, 7]], [[], [7]]]
    assert tokenizer(tf.ragged.constant([["a"], [], ["b", "c a"]])).to_list() == [[[5]], [], [[6], [7, 5]]]
    assert tokenizer([]).to_list() == [] and tokenizer(["", ""]).to_list() == [[], []]
    assert tokenizer(["a"]).dtype == tf.int32
    assert all(part.dtype == tf.int32 for part in tokenizer.tokenize_with_offsets(["a"]))


def test_the_same_inside_a_dataset():
    tokenizer = WordPieceTokenizer(ENGLISH)
    texts = ["A, naïve [MASK]", "", "x" * 201, "\ufada é"]
    dataset = tf.data.Dataset.from_tensor_slices(texts)
    (batched,) = dataset.batch(4).map(tokenizer)
    assert batched.to_list() == tokenizer(texts).to_list()
    single = [ids.numpy().tolist() for ids in dataset.map(tokenizer)]
    assert single == batched.to_list()
    (in_graph,) = dataset.batch(4).map(tokenizer.tokenize_with_offsets)
    for left, right in zip(in_graph, tokenizer.tokenize_with_offsets(texts), strict=True):
        assert left.to_list() == right.to_list()


def test_bytes_that_are_not_utf8_and_lone_surrogates_vanish_but_count_in_offsets():
    tokenizer = WordPieceTokenizer(ENGLISH)
    broken = [b"\xffa \xe4\xb8b", b"\xed\xa0\x80a\xf0\x9f", b"\xfe", b"a\xc3"]
    ids, starts, ends = tokenizer.tokenize_with_offsets(tf.constant(broken))
    assert ids.to_list() == [[5, 6], [5], [], [5]]
    for text, row_starts, row_ends in zip(broken, starts.to_list(), ends.to_list(), strict=True):
        text = text.decode("utf-8", "replace")
        assert all(text[start:end] in "ab" for start, end in zip(row_starts, row_ends, strict=True))
    assert spans(tokenizer, "\ud83da b\udc00") == [("a", "a"), ("b", "b")]
    assert tokenizer(["a\ud800", "b"]).to_list() == [[5], [6]]


def test_what_is_no_text_is_refused():
    tokenizer = WordPieceTokenizer(ENGLISH)
    for texts in (1, [1, 2], ["a", None], None, tf.constant([1])):
        with pytest.raises(ValueError, match="texts must be strings, received"):
            tokenizer(texts)
    with pytest.raises(ValueError, match="more than 256|exceeds the max supported"):
        WordPieceTokenizer(["[UNK]", "x" * 300])
    with pytest.raises(ValueError, match=r"no \[UNK\]"):
        WordPieceTokenizer(["a"])


def test_detokenize_joins_pieces():
    tokenizer = WordPieceTokenizer(ENGLISH)
    ids = tokenizer("a naive AllenNLP [MASK]")
    assert tokenizer.detokenize(ids).numpy().decode() == "a naive allennlp [MASK]"
    padded = [[2, *ids.numpy(), 3], [2, 5, 3, 0, 0, 0, 0, 0]]
    assert tokenizer.detokenize(padded).numpy()[1] == b"[CLS] a [SEP] [PAD] [PAD] [PAD] [PAD] [PAD]"
    without = tokenizer.detokenize(np.array(padded), skip_special_tokens=True)
    assert without.numpy().tolist() == [b"a naive allennlp", b"a"]
    assert tokenizer.detokenize([[5], [], [6, 7]]).numpy().tolist() == [b"a", b"", b"b c"]
    assert tokenizer.detokenize(tf.ragged.constant([[[5], [6, 7]], []])).to_list() == [[b"a", b"b c"], []]


def test_detokenize_refuses_ids_beyond_the_vocabulary():
    with pytest.raises(ValueError, match=rf"token id 99 is not in the vocabulary: expected 0 to {len(ENGLISH) - 1}"):
        WordPieceTokenizer(ENGLISH).detokenize([1, 99])


def test_a_preset_is_saved_and_loaded(tmp_path):
    tokenizer = WordPieceTokenizer(ENGLISH, lower_case=False, strip_accents=True)
    tokenizer.save_to_preset(tmp_path / "preset", model_max_length=64)
    assert sorted(os.listdir(tmp_path / "preset")) == ["tokenizer_config.json", "vocab.txt"]
    loaded = WordPieceTokenizer.from_preset(tmp_path / "preset")
    assert loaded.get_config() == tokenizer.get_config()
    with pytest.raises(FileNotFoundError, match="Did you mean .*preset"):
        WordPieceTokenizer.from_preset(tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match="vocab.txt"):
        WordPieceTokenizer.from_preset(tmp_path / "empty")


def test_the_config_and_a_pickle_rebuild_the_tokenizer():
    tokenizer = WordPieceTokenizer(Vocabulary(ENGLISH), split_special_tokens=True)
    assert tokenizer.vocabulary_size == len(ENGLISH)
    config = json.loads(json.dumps(tokenizer.get_config()))
    for copy in (WordPieceTokenizer.from_config(config), pickle.loads(pickle.dumps(tokenizer))):
        assert copy.get_config() == tokenizer.get_config()
        assert copy("[MASK] é").numpy().tolist() == tokenizer("[MASK] é").numpy().tolist()


def test_a_saved_model_carries_the_tokenizer(tmp_path):
    tokenizer = WordPieceTokenizer(ENGLISH)
    module = tf.Module()
    module.tokenize = tf.function(tokenizer, input_signature=[tf.TensorSpec([None], tf.string)])
    module.tokenizer = tokenizer
    tf.saved_model.save(module, str(tmp_path))
    texts = ["A, naïve [MASK]", "x" * 201]
    assert tf.saved_model.load(str(tmp_path)).tokenize(tf.constant(texts)).to_list() == tokenizer(texts).to_list()


@pytest.mark.slow
@pytest.mark.parametrize("locale", ["tr_TR.UTF-8", pytest.param("lt_LT.UTF-8", marks=pytest.mark.slow)])
def test_the_language_of_the_machine_does_not_matter(locale):
    program = (
        "import sys, tensorflow as tf\n"
        "from bert_keras.data.tokenization.normalization import normalize\n"
        "for strip_accents in (True, False):\n"
        "    text = normalize(tf.constant([sys.argv[1]]), lower_case=True, strip_accents=strip_accents)\n"
        "    sys.stdout.buffer.write(text.numpy()[0] + b'\\n')\n"
    )
    text = "I İ ı J Ì Í Ĩ Į I\u0307 I\u0301 J\u0301 ΑΣ"
    command = [sys.executable, "-c", program, text]
    output = subprocess.run(command, env=os.environ | {"LC_ALL": locale}, capture_output=True, check=True).stdout
    assert output.decode().splitlines() == ["i i ı j i i i i i i j ας", text.lower()]
