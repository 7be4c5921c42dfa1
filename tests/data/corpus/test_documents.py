import logging

import pytest

from bert_keras.data.corpus.documents import read_documents, read_paragraphs
from bert_keras.data.corpus.dropped import Dropped
from bert_keras.data.corpus.paragraphs import MAX_DOCUMENT

LONG = "word " * 50 + "end."  # more than 200 characters


def write(folder, **contents):
    for name, content in contents.items():
        (folder / f"{name}.txt").write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


@pytest.mark.parametrize(
    ("documents", "files", "expected"),
    [
        ("auto", {"a": "One.\n\nTwo.\n"}, ["One.", "Two."]),
        ("auto", {"a": "One.\n\nTwo.\n", "b": "Three.\n"}, ["One.\n\nTwo.", "Three."]),
        ("file", {"a": "One.\n\nTwo.\n"}, ["One.\n\nTwo."]),
        ("blank_line", {"a": "\n\nOne\nmore.\n\n\nTwo.\n\n", "b": "Three.\n"}, ["One more.", "Two.", "Three."]),
        ("line", {"a": "One.\nTwo.\n\nThree.\n"}, ["One.", "Two.", "Three."]),
    ],
)
def test_what_a_document_is(tmp_path, documents, files, expected):
    assert list(read_documents(write(tmp_path, **files), documents=documents)) == expected


def test_wrapped_lines_are_joined_and_long_lines_are_paragraphs(tmp_path):
    write(tmp_path, a=f"The first\nparagraph.\n{LONG}\nThe third\n\nThe fourth\n")
    assert list(read_documents(tmp_path, documents="file")) == [
        f"The first paragraph.\n\n{LONG}\n\nThe third\n\nThe fourth"
    ]


def test_skips_bad_lines_and_says_where_the_first_one_was(tmp_path, caplog):
    write(tmp_path, a=b"good\nb\0d\nb\0d\n", b=b"good too\nb\xffd\n")
    with caplog.at_level(logging.WARNING):
        assert list(read_documents(tmp_path)) == ["good", "good too"]
    assert "2 lines with a NUL" in caplog.text and "a.txt:2: NUL byte at byte offset 6" in caplog.text
    assert "1 lines not UTF-8" in caplog.text and "b.txt:2: not UTF-8: byte 0xff at byte offset 10" in caplog.text


@pytest.mark.parametrize("content", [b"good\nb\0d\n", b"good\nb\xffd\n"])
def test_raises_at_a_bad_line_if_asked(tmp_path, content):
    with pytest.raises(ValueError, match=r"a\.txt:2: "):
        list(read_documents(write(tmp_path, a=content), errors="raise"))


def test_a_missing_file_raises_at_once(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_documents(tmp_path / "missing.txt")


@pytest.mark.parametrize("options", [{"documents": "page"}, {"errors": "ignore"}])
def test_unknown_options_raise(tmp_path, options):
    with pytest.raises(ValueError, match="received"):
        list(read_documents(write(tmp_path, a="text"), **options))


@pytest.mark.parametrize("line", ["- 17 -", "*****", "1,234  5,678  9.1", "____|____", "1948 3.5 17.2 81"])
def test_lines_with_hardly_any_letters_are_dropped(tmp_path, line):
    dropped = Dropped()
    files = [write(tmp_path, a=f"Text.\n\n{line}\n\nMore.\n") / "a.txt"]
    assert [text for _, text in read_paragraphs(files, dropped, documents="file")] == ["Text.", "More."]
    assert dropped.counts == {"lines with hardly any letters": 1}


@pytest.mark.parametrize("line", ["Ok.", "你好。", "In 1948, 3.5 percent", "Здравствуйте", "नमस्ते दुनिया"])
def test_text_in_any_script_is_kept(tmp_path, line):
    assert list(read_documents(write(tmp_path, a=line))) == [line]


def test_a_document_without_end_comes_in_pieces(tmp_path):
    pieces = list(read_documents(write(tmp_path, a="word " * 500_000), documents="file"))
    assert len(pieces) > 1
    assert sum(piece.count("word") for piece in pieces) == 500_000
    assert max(map(len, pieces)) <= 2 * MAX_DOCUMENT


def test_a_document_comes_whole_if_asked(tmp_path):
    (tmp_path / "a.txt").write_text("one two three.\n" * 200_000)
    (tmp_path / "b.txt").write_text("four.")
    assert len(list(read_documents(str(tmp_path / "*.txt")))) > 2
    whole, other = read_documents(str(tmp_path / "*.txt"), in_pieces=False)
    assert whole.count("three.") == 200_000 and other == "four."


def test_a_line_whose_last_piece_cannot_be_read_ends_there(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"a " * (1 << 19) + b"b \xff\nsecond\n")
    paragraphs = list(read_paragraphs([tmp_path / "a.txt"], Dropped(), documents="line"))
    assert [(number, text[-6:]) for number, text in paragraphs][-1] == (1, "second")


def test_a_compressed_file_is_counted_as_such(tmp_path, caplog):
    (tmp_path / "a.txt").write_text("text")
    (tmp_path / "b.zst").write_bytes(b"\x28\xb5\x2f\xfd some bytes\nthat look like text\n")
    assert list(read_documents(tmp_path)) == ["text"]
    assert "1 files that are not text" in caplog.text and "b.zst:1: not text: a file compressed by zstd" in caplog.text


def test_what_a_file_is_read_as_is_said_once(tmp_path, caplog):
    (tmp_path / "a.txt").write_text("A cat sat.")
    for _ in range(3):
        list(read_documents(tmp_path / "a.txt"))
    assert caplog.text.count("is read as") == 1
