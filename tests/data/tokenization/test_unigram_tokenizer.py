"""UnigramTokenizer on two tiny models: what transformers gave for them, and what it does with what one may pass."""

import json
import pickle
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from bert_keras.data import UnigramTokenizer, UnigramVocabulary, tokenizer_of

GOLDEN = Path(__file__).parents[2] / "golden" / "unigram"  # made by make_unigram.py
EXPECTED = json.loads((GOLDEN / "texts.json").read_text())
TEXTS = EXPECTED["texts"]
TOKENS = ["<pad>", "<unk>", "[CLS]", "[SEP]", "[MASK]", "▁", "▁a", "b", "fi", "f", "i", "."]
TINY = UnigramVocabulary(TOKENS, [0, 0, 0, 0, 0, -3, -2, -2, -9, -3, -3, -2])


@pytest.fixture(scope="module", params=["albert", "xlm_roberta"])
def family(request):
    return request.param, tokenizer_of(GOLDEN / request.param)


@pytest.fixture(scope="module")
def tiny():
    return UnigramTokenizer(TINY)


def test_transformers_gives_the_same_ids_texts_and_rows(family):
    name, tokenizer = family
    assert tokenizer(TEXTS).to_list() == EXPECTED[name]["ids"]
    assert [text.decode() for text in tokenizer.detokenize(tokenizer(TEXTS)).numpy()] == EXPECTED[name]["decoded"]
    first, second = tokenizer(TEXTS[:2]).to_list()
    assert tokenizer.vocabulary.row_layout.row(first, second) == EXPECTED[name]["pair"]


def test_transformers_gives_the_same_offsets(family):
    name, tokenizer = family
    ids, starts, ends = tokenizer.tokenize_with_offsets(TEXTS)
    assert ids.to_list() == EXPECTED[name]["ids"]
    differing = {
        (text[start:end], text[slice(*theirs)])
        for text, *rows in zip(TEXTS, starts.to_list(), ends.to_list(), EXPECTED[name]["offsets"], strict=True)
        for start, end, theirs in zip(*rows, strict=True)
        if [start, end] != theirs
    }
    # Of a letter and its accent that become one character, transformers has the letter only.
    assert differing == ({("e\u0301", "e")} if name == "xlm_roberta" else set())


@pytest.mark.parametrize(
    ("text", "pieces", "places"),
    [
        ("ab", ["▁a", "b"], ["a", "b"]),
        ("  A  ﬁ ", ["▁a", "▁", "f", "i"], ["A", "ﬁ", "ﬁ", "ﬁ"]),
        ("a\u0301bÁ", ["▁a", "b", "<unk>"], ["a", "b", "Á"]),
        ("…b", ["▁", ".", ".", ".", "b"], ["…", "…", "…", "…", "b"]),
        ("a\x85b", ["▁a", "▁", "b"], ["a", "b", "b"]),
        ("b[MASK]", ["▁", "b", "[MASK]"], ["b", "b", "[MASK]"]),
        ("[MASK] a<unk>.", ["[MASK]", "▁a", "<unk>", "▁", "."], ["[MASK]", "a", "<unk>", ".", "."]),
        ("a\0b", ["▁a", "<unk>", "b"], ["a", "\0", "b"]),
    ],
)
def test_tokens_and_the_characters_that_became_them(tiny, text, pieces, places):
    ids, starts, ends = tiny.tokenize_with_offsets(text)
    assert tiny(text).numpy().tolist() == ids.numpy().tolist()
    assert [piece.decode() for piece in tiny.pieces(text).numpy()] == pieces
    assert [text[start:end] for start, end in zip(starts, ends)] == places


def test_special_tokens_of_a_text_are_text_by_option():
    tokenizer = UnigramTokenizer(TINY, split_special_tokens=True)
    ids, starts, ends = tokenizer.tokenize_with_offsets("a[MASK]<pad>b")
    assert not {0, 2, 3, 4} & set(ids.numpy().tolist())
    assert (starts[0], ends[-1]) == (0, 13)


def test_a_text_cannot_forge_a_special_token(tiny):
    for code_point in range(0xFDD0, 0xFDF0):
        assert not {0, 2, 3, 4} & set(tiny(f"a {chr(code_point)} b").numpy().tolist())


@pytest.mark.parametrize("texts", ["a b", ["a b", ""], [["a", "b"], ["a b", "b"]], b"a", ["a\udc80"], []])
def test_texts_of_any_rank(tiny, texts):
    texts = tf.constant([], tf.string) if texts == [] else texts
    ids, starts, _ = tiny.tokenize_with_offsets(texts)
    rank = 0 if isinstance(texts, str | bytes) else np.array(texts).ndim
    assert ids.dtype == tf.int32 and ids.shape.rank == rank + 1 and starts.shape.rank == rank + 1
    assert tf.reduce_all(tiny(texts) == ids)


def test_bytes_that_are_no_utf8_are_unknown_characters(tiny):
    assert tiny(b"a\xff b").numpy().tolist() == [6, 1, 5, 7]
    with pytest.raises(ValueError, match="texts must be strings"):
        tiny([1, 2])


def test_in_a_dataset(tiny):
    dataset = tf.data.Dataset.from_tensor_slices(["a b", "[MASK] fi"]).batch(2)
    (rows,) = dataset.map(lambda texts: tf.stack(tiny.tokenize_with_offsets(texts), -1))
    assert rows[..., 0].to_list() == tiny(["a b", "[MASK] fi"]).to_list()


def test_it_stays_where_tensorflow_forgets_its_kernels(tiny):
    expected = tiny(["a b"]).to_list()
    tf.random.set_seed(0)  # as keras.utils.set_random_seed does
    dataset = tf.data.Dataset.from_tensors(["a b"]).map(tiny)
    tf.random.set_seed(1)
    assert tiny(["a b"]).to_list() == next(iter(dataset)).to_list() == expected


def test_detokenize(tiny):
    ids = [[2, 6, 7, 5, 7, 3], [6]]
    assert tiny.detokenize(ids).numpy().tolist() == [b"[CLS] ab b[SEP]", b"a"]
    assert tiny.detokenize(ids, skip_special_tokens=True).numpy().tolist() == [b"ab b", b"a"]
    assert tiny.detokenize(tf.ragged.constant([[[6], [7]]], ragged_rank=2)).to_list() == [[b"a", b"b"]]
    with pytest.raises(ValueError, match="token id 12 is not in the vocabulary: expected 0 to 11"):
        tiny.detokenize([12])


def test_another_process_builds_the_same(family):
    _, tokenizer = family
    config = json.loads(json.dumps(tokenizer.get_config()))
    for other in (UnigramTokenizer.from_config(config), pickle.loads(pickle.dumps(tokenizer))):
        assert other.get_config() == tokenizer.get_config()
        assert other.vocabulary == tokenizer.vocabulary
        assert other.vocabulary.fingerprint == tokenizer.vocabulary.fingerprint
        assert other(TEXTS).to_list() == tokenizer(TEXTS).to_list()


def test_what_is_known_of_the_ids(family):
    name, tokenizer = family
    vocabulary = tokenizer.vocabulary
    is_albert = name == "albert"
    assert len(vocabulary) == tokenizer.vocabulary_size == 84
    assert vocabulary.special_ids == ((0, 1, 2, 3, 4) if is_albert else (0, 1, 2, 3, 83))
    assert (vocabulary.unk_id, vocabulary.mask_id) == ((1, 4) if is_albert else (3, 83))
    layout = vocabulary.row_layout
    assert layout.row([7], [8]) == ([2, 7, 3, 8, 3] if is_albert else [0, 7, 2, 2, 8, 2])
    assert (layout.pad_id, layout.has_segments) == ((0, True) if is_albert else (1, False))
    continues = {token for token, bit in zip(vocabulary.tokens, vocabulary.continues_word) if bit}
    assert {"<unk>", "e", "."} <= continues and not {"▁", "▁th", *vocabulary.special_tokens} - {"<unk>"} & continues
    assert vocabulary.token_to_id("▁th") == vocabulary.tokens.index("▁th") and "▁th" in vocabulary
    with pytest.raises(ValueError, match="no dog among its 84 tokens"):
        vocabulary.token_to_id("dog")


def test_of_equally_probable_orders_the_shorter_token_comes_first():
    vocabulary = UnigramVocabulary([*TOKENS, "..", "..."], [*TINY.model.scores, -2.1, -2.3])
    tokenizer = UnigramTokenizer(vocabulary)
    for text in ("b.....", "a.....b", "b…..", "b..…b " * 30, "b....x....."):
        ids, starts, ends = (part.numpy() for part in tokenizer.tokenize_with_offsets(text))
        assert ids.tolist() == tokenizer(text).numpy().tolist()
        pieces = [tokenizer.vocabulary.tokens[index] for index in ids]
        assert ("...", "..") not in zip(pieces, pieces[1:]) and ("..", "...") in zip(pieces, pieces[1:])
        assert (np.diff(starts) >= 0).all() and (np.diff(ends) >= 0).all()
        if "…" not in text:
            assert all(text[s:e] == p for s, e, p in zip(starts, ends, pieces) if set(p) == {"."})


def test_pieces_of_several_words_are_never_found():
    vocabulary = UnigramVocabulary([*TOKENS, "▁a▁b", "▁b"], [*TINY.model.scores, 0.0, -1.0])
    assert UnigramTokenizer(vocabulary)("a b").numpy().tolist() == [6, 13]


@pytest.mark.parametrize(
    ("tokens", "scores", "options", "message"),
    [
        (["[PAD]", "[UNK]"], [0, 0], {}, r"expected <pad>, <unk>, \[CLS\].* received '\[PAD\]', '\[UNK\]'"),
        ([], [], {}, "expected <pad>"),
        (TOKENS, [0] * 11, {}, "equally many"),
        (TOKENS, [0] * 11 + [1e300], {}, "finite number"),
        (TOKENS, [0] * 11 + ["x"], {}, "could not convert"),
        ([*TOKENS, "b"], [0] * 13, {}, "piece 12, 'b', already is piece 7"),
        ([*TOKENS[:-1], 3], [0] * 12, {}, "a token must be a str, received 3"),
        (TOKENS, [0] * 12, {"user_defined": ["dog"]}, r"user_defined must be ordinary tokens, received \['dog'\]"),
        (TOKENS, [0] * 12, {"character_map": b"xx"}, "precompiled_charsmap is damaged"),
    ],
)
def test_a_vocabulary_that_does_not_fit_is_refused(tokens, scores, options, message):
    with pytest.raises(ValueError, match=message):
        UnigramVocabulary(tokens, scores, source="spiece.model", **options)


def test_lower_case_is_not_for_xlm_roberta():
    vocabulary = tokenizer_of(GOLDEN / "xlm_roberta").vocabulary
    with pytest.raises(ValueError, match="are ALBERT's"):
        UnigramTokenizer(vocabulary, lower_case=True)


def test_tokens_of_what_never_will_be_a_character_are_refused():
    vocabulary = UnigramVocabulary([*TOKENS, "\ufdd0"], [*TINY.model.scores, 0.0])
    with pytest.raises(ValueError, match=r"has tokens of U\+FDD0"):
        UnigramTokenizer(vocabulary)


def test_cased_with_accents():
    tokenizer = UnigramTokenizer(TINY, lower_case=False, strip_accents=False)
    assert tokenizer("A áb ab").numpy().tolist() == [5, 1, 5, 1, 7, 6, 7]
