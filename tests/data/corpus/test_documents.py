import logging

import pytest

from bert_keras.data.corpus.documents import MAX_DOCUMENT, Dropped, read_documents, read_paragraphs

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
