import os

import pytest

from bert_keras.data.tokenization.vocabulary import SPECIAL_TOKENS, Vocabulary


def write(path, content):
    path.write_bytes(content)
    return path


def test_ids_are_positions_and_special_ids_are_sorted():
    vocabulary = Vocabulary(["a", "[MASK]", "[CLS]", "[SEP]", "[UNK]", "[PAD]", "##b"])
    ids = (vocabulary.pad_id, vocabulary.unk_id, vocabulary.cls_id, vocabulary.sep_id, vocabulary.mask_id)
    assert ids == (5, 4, 2, 3, 1)
    assert vocabulary.special_ids == (1, 2, 3, 4, 5)
    assert vocabulary.token_to_id("##b") == 6 and vocabulary.id_to_token(6) == "##b"
    assert len(vocabulary) == 7 and "a" in vocabulary and "b" not in vocabulary


def test_a_special_token_that_is_missing_raises_only_when_it_is_asked_for(tmp_path):
    vocabulary = Vocabulary.load(write(tmp_path / "vocab.txt", b"[UNK]\n[unused1]\nword\n"))
    assert vocabulary.special_ids == (0,)
    with pytest.raises(ValueError, match=r"vocab\.txt: no \[MASK\] among its 3 tokens"):
        _ = vocabulary.mask_id


def test_round_trip_through_a_file_keeps_tokens_and_fingerprint(tmp_path):
    vocabulary = Vocabulary([*SPECIAL_TOKENS, "é", "\u2028", "\xa0", "a b", "\x85"])
    vocabulary.save(tmp_path / "vocab.txt")
    loaded = Vocabulary.load(tmp_path / "vocab.txt")
    assert loaded == vocabulary and loaded.fingerprint == vocabulary.fingerprint
    assert loaded.source == str(tmp_path / "vocab.txt")
    assert os.listdir(tmp_path) == ["vocab.txt"]
    assert loaded.fingerprint != Vocabulary([*vocabulary.tokens, "more"]).fingerprint


def test_windows_line_ends_byte_order_mark_and_no_last_line_end_are_read(tmp_path):
    path = write(tmp_path / "vocab.txt", b"\xef\xbb\xbf[UNK]\r\na\r\nb")
    assert Vocabulary.load(path).tokens == ("[UNK]", "a", "b")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"vocab\.txt:1: empty token"),
        (b"[UNK]\n\na\n", r"vocab\.txt:2: empty token"),
        (b"[UNK]\na\nb\na\n", r"vocab\.txt:4: token 'a' already stands at .*vocab\.txt:2"),
        (b"[UNK]\na\x00\n", r"vocab\.txt:2: .* NUL"),
        (b"[UNK]\nok\ncaf\xe9\n", r"vocab\.txt:3: not UTF-8 \(byte 0xe9\)"),
        (b"a\nb\n", r"vocab\.txt: no \[UNK\] among 2 tokens"),
    ],
)
def test_a_faulty_file_is_refused_with_its_line(tmp_path, content, message):
    with pytest.raises(ValueError, match=message):
        Vocabulary.load(write(tmp_path / "vocab.txt", content))


def test_a_missing_file_or_a_folder_is_named(tmp_path):
    for path in (tmp_path / "vocab.txt", tmp_path):
        with pytest.raises(FileNotFoundError, match="expected a vocabulary file"):
            Vocabulary.load(path)


def test_faulty_tokens_in_memory_are_named_by_position():
    with pytest.raises(ValueError, match="token 1: token 'a\\\\n'"):
        Vocabulary(["[UNK]", "a\n"])
    with pytest.raises(ValueError, match="token 1: a token must be a str, received 5"):
        Vocabulary(["[UNK]", 5])
    with pytest.raises(ValueError, match="token id 2 is not in the vocabulary: expected 0 to 1"):
        Vocabulary(["[UNK]", "a"]).id_to_token(2)


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = write(tmp_path / "vocab.txt", b"[UNK]\nold\n")
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        Vocabulary(["[UNK]", "new"]).save(path)
    assert path.read_bytes() == b"[UNK]\nold\n" and os.listdir(tmp_path) == ["vocab.txt"]


def test_a_vocabulary_cannot_be_changed():
    vocabulary = Vocabulary(["[UNK]", "a"])
    with pytest.raises(AttributeError):
        vocabulary.tokens = ()
    assert hash(vocabulary) == hash(Vocabulary(["[UNK]", "a"]))
