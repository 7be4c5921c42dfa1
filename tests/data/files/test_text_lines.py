import gzip
import re
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_keras.data.files.text_lines import TextLine, find_files, read_lines


@pytest.fixture
def tree(tmp_path):
    for name in ("b.txt", "a.txt", "sub/c.txt", "sub/.hidden", ".git/config", "notes.md"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(name)
    return tmp_path


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        (["b.txt"], ["b.txt"]),
        (["*.txt"], ["a.txt", "b.txt"]),
        (["**/*.txt"], ["a.txt", "b.txt", "sub/c.txt"]),
        (["."], ["a.txt", "b.txt", "notes.md", "sub/c.txt"]),
        (["sub", "*.txt"], ["sub/c.txt", "a.txt", "b.txt"]),
        (["b.txt", "*.txt"], ["b.txt", "a.txt"]),
        (["s*"], ["sub/c.txt"]),
    ],
)
def test_finds_files_globs_and_folders(tree, patterns, expected):
    found = find_files([tree / pattern for pattern in patterns])
    assert [str(path.relative_to(tree)) for path in found] == expected


def test_a_single_pattern_needs_no_list(tree):
    assert find_files(str(tree / "a.txt")) == find_files(tree / "a.txt") == [tree / "a.txt"]


@pytest.mark.parametrize("pattern", ["missing.txt", "*.missing", ".git/refs"])
def test_a_pattern_without_files_is_an_error_that_names_it(tree, pattern):
    with pytest.raises(FileNotFoundError, match="no file matches.*" + pattern.replace("*", r"\*")):
        find_files([tree / "a.txt", tree / pattern])


def test_a_folder_without_files_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError, match="no file matches"):
        find_files(tmp_path)


def lines_of(path, content, **options):
    path.write_bytes(content)
    return list(read_lines(path, **options))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", []),
        (b"one\ntwo", [(1, "one"), (2, "two")]),
        (b"one\r\n\r\ntwo\r\n", [(1, "one"), (2, ""), (3, "two")]),
        (b"\xef\xbb\xbfone\n", [(1, "one")]),
        ("é\n你\n".encode(), [(1, "é"), (2, "你")]),
        (b"one\rtwo\r", [(1, "one"), (2, "two")]),
        (b"one\rtwo\r\n\rfour\nfive", [(1, "one"), (2, "two"), (3, ""), (4, "four"), (5, "five")]),
        (b"one\r\r\ntwo", [(1, "one"), (2, "two")]),
        ("é\r\n你\r!".encode("utf-16"), [(1, "é"), (2, "你"), (3, "!")]),
        ("\ufeffé\n你\n".encode("utf-16-be"), [(1, "é"), (2, "你")]),
        ("é\n你".encode("utf-32"), [(1, "é"), (2, "你")]),
    ],
)
def test_reads_lines_without_their_ends(tmp_path, content, expected):
    assert [line[:2] for line in lines_of(tmp_path / "a", content)] == expected


@pytest.mark.parametrize(
    ("content", "number", "problem"),
    [
        (b"ok\nab\0c\nok\n", 2, "NUL byte at byte offset 5"),
        (b"ok\nok\nab\x81c\n", 3, "not UTF-8: byte 0x81 at byte offset 8"),
        (b"ok\rok\r\nab\x81c\rok", 3, "not UTF-8: byte 0x81 at byte offset 9"),
        (b"\xe4\xbd\xa0\n\x81\n", 2, "not UTF-8: byte 0x81 at byte offset 4"),
        (b"caf\xe9\n", 1, "not UTF-8: byte 0xe9 at byte offset 3; encoding='cp1252' reads it as 'café'"),
        (b"a \xa3 5\n", 1, "not UTF-8: byte 0xa3 at byte offset 2; encoding='cp1252' reads it as 'a £ 5'"),
        (
            "文字,这本书很好看".encode("gbk"),
            1,
            "not UTF-8: byte 0xce at byte offset 0; encoding='gbk' reads it as '文字,这本书很好看'",
        ),
        ("text".encode("utf-16-le"), 1, "NUL byte at byte offset 1; encoding='utf-16-le' fits"),
        ("text".encode("utf-16-be"), 1, "NUL byte at byte offset 0; encoding='utf-16-be' fits"),
        (
            "ok\nok \ud800".encode("utf-16", "surrogatepass"),
            2,
            "not UTF-16-LE: half a surrogate pair at byte offset 14",
        ),
        ("ok\nok".encode("utf-16") + b"x", 2, "not UTF-16-LE: truncated data"),
    ],
)
def test_tells_what_is_wrong_with_a_line_and_goes_on(tmp_path, content, number, problem):
    lines = lines_of(tmp_path / "a", content)
    assert [(line.number, line.problem) for line in lines if line.problem] == [(number, problem)]
    assert all(line.text == "" for line in lines if line.problem)


def test_a_long_line_comes_in_pieces_cut_at_spaces(tmp_path):
    pieces = lines_of(tmp_path / "a", b"one two three\nfour\n", max_bytes=9)
    assert pieces == [TextLine(1, "one two ", None, True), TextLine(1, "three"), TextLine(2, "four")]


def test_a_long_line_without_spaces_is_cut_between_characters(tmp_path):
    pieces = lines_of(tmp_path / "a", "你好你好你好".encode(), max_bytes=8)
    assert not any(piece.problem for piece in pieces)
    assert "".join(piece.text for piece in pieces) == "你好你好你好"


@given(
    st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0\ufeff"), max_size=80),
    st.integers(8, 40),
)
def test_pieces_lose_nothing(tmp_path_factory, text, max_bytes):
    pieces = lines_of(tmp_path_factory.mktemp("a") / "a", text.encode(), max_bytes=max_bytes)
    joined = "".join(piece.text if piece.is_cut else piece.text + "\n" for piece in pieces)
    assert joined.rstrip("\n") == re.sub("\r+\n|\r", "\n", text).rstrip("\n")
    assert not any(piece.problem for piece in pieces)


def test_ten_megabytes_in_one_line_are_read_in_pieces_of_one(tmp_path):
    pieces = lines_of(tmp_path / "a", b"word " * 2_000_000)
    assert len(pieces) == 10
    assert max(len(piece.text) for piece in pieces) <= 1 << 20


def test_reads_gzip(tmp_path):
    assert lines_of(tmp_path / "a.gz", gzip.compress(b"one\ntwo\n")) == [TextLine(1, "one"), TextLine(2, "two")]


@pytest.mark.parametrize(
    "damage", [lambda data: data[:-12], lambda data: b"not gzip", lambda data: data[:20] + b"x" * 20]
)
def test_a_damaged_gzip_file_is_an_error_with_its_name(tmp_path, damage):
    content = damage(gzip.compress(b"".join(b"line %d\n" % number for number in range(1000))))
    with pytest.raises(ValueError, match=r"a\.gz: damaged gzip file after line"):
        lines_of(tmp_path / "a.gz", content)


def test_reports_the_bytes_read(tmp_path):
    read = []
    lines_of(tmp_path / "a", b"0123456789\n" * 10, max_bytes=20, on_read=read.append)
    assert sum(read) == 110


@pytest.mark.parametrize("name", ["a.txt.GZ", "a.txt"])
def test_gzip_is_known_by_its_content_too(tmp_path, name):
    (tmp_path / name).write_bytes(gzip.compress(b"one\ntwo\n"))
    assert [line.text for line in read_lines(tmp_path / name)] == ["one", "two"]


def test_links_to_folders_are_followed_and_never_in_circles(tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "there/b.txt").write_text("b")
    (tmp_path / "here").mkdir()
    (tmp_path / "here/a.txt").write_text("a")
    (tmp_path / "here/link").symlink_to(tmp_path / "there")
    (tmp_path / "there/back").symlink_to(tmp_path / "here")
    assert [file.name for file in find_files(tmp_path / "here")] == ["a.txt", "b.txt"]


def test_a_file_with_two_names_is_found_once(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.txt").write_text("a")
    assert find_files(["a.txt", tmp_path / "a.txt"]) == [Path("a.txt")]


def test_a_byte_order_mark_is_taken_off_the_first_line_only(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"\xef\xbb\xbfone\n\xef\xbb\xbftwo")
    assert [line.text for line in read_lines(tmp_path / "a.txt")] == ["one", "\ufefftwo"]


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
@pytest.mark.parametrize("size", range(8, 15))
def test_line_ends_are_found_wherever_a_piece_ends(tmp_path, end, size):
    text = end.join(["one", "two", "", "three four five six", "seven"])
    pieces = lines_of(tmp_path / "a", text.encode(), max_bytes=size)
    assert (
        "".join(piece.text if piece.is_cut else piece.text + "\n" for piece in pieces) == text.replace(end, "\n") + "\n"
    )
    assert [piece.number for piece in pieces if not piece.is_cut] == [1, 2, 3, 4, 5]


def test_ten_megabytes_of_lines_that_end_as_on_old_macs_are_read_in_pieces(tmp_path):
    lines = lines_of(tmp_path / "a", b"a word and another\r" * 150_000)
    assert len(lines) == 150_000 and {line.text for line in lines} == {"a word and another"}


@pytest.mark.parametrize("encoding", ["gbk", "big5", "shift_jis", "cp1252", "cp1251", "latin-1", "utf-16-le", "utf-8"])
def test_other_encodings_are_read_by_name_plain_and_zipped(tmp_path, encoding):
    text = {"gbk": "你好", "big5": "你好", "shift_jis": "日本", "cp1251": "Да"}.get(encoding, "né")
    for name, pack in (("a", bytes), ("a.gz", gzip.compress)):
        lines = lines_of(tmp_path / name, pack(f"{text}\nthree\n".encode(encoding)), encoding=encoding)
        assert lines == [TextLine(1, text), TextLine(2, "three")]


def test_a_long_line_of_another_encoding_is_cut_between_characters(tmp_path):
    pieces = lines_of(tmp_path / "a", "你a好你好你好".encode("gbk"), max_bytes=8, encoding="gbk")
    assert "".join(piece.text for piece in pieces) == "你a好你好你好" and len(pieces) > 1


@pytest.mark.parametrize(
    ("content", "encoding", "problem"),
    [
        (b"ok\na\x81b", "cp1252", "not cp1252: byte 0x81 at byte offset 4"),
        ("text".encode("utf-8-sig"), "gbk", "not gbk: the file begins with the byte order mark of UTF-8"),
        ("text".encode("utf-16"), "latin-1", "not latin-1: the file begins with the byte order mark of UTF-16-LE"),
        (b"text", "utf-16", "not utf-16: no byte order mark; name the order of its bytes, utf-16-le or utf-16-be"),
    ],
)
def test_a_file_in_another_encoding_than_said_is_told(tmp_path, content, encoding, problem):
    assert lines_of(tmp_path / "a", content, encoding=encoding)[-1].problem == problem


@pytest.mark.parametrize("encoding", ["gbk", "latin-1"])
def test_utf8_that_another_encoding_was_said_of_is_warned_about(tmp_path, caplog, encoding):
    lines_of(tmp_path / "a", "é 你好!\nok\n你好\n".encode(), encoding=encoding)
    assert f"read as {encoding}, but all of it is sound UTF-8, too" in caplog.text


@pytest.mark.parametrize("encoding", ["utf8mb4", "base64", "rot13"])
def test_an_unknown_encoding_is_an_error(tmp_path, encoding):
    with pytest.raises(ValueError, match=f"no encoding is called '{encoding}'"):
        lines_of(tmp_path / "a", b"text", encoding=encoding)


def test_what_is_no_text_is_named_with_what_to_do(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.csv", "w") as workbook:
        workbook.writestr("[Content_Types].xml", "")
        workbook.writestr("xl/workbook.xml", "")
    (line,) = read_lines(tmp_path / "a.csv")
    assert line.problem == "not text: an Excel workbook (.xlsx); save its sheet as 'CSV UTF-8'"
    (line,) = lines_of(tmp_path / "b.csv", b"PAR1\x15\0\x15")
    assert line.problem.startswith("not text: a Parquet file; write its rows as JSON Lines")
    (line,) = lines_of(tmp_path / "b.csv.gz", gzip.compress(b"PAR1\x15\0\x15"))
    assert line.problem.startswith("not text: a Parquet file; write its rows as JSON Lines")
    (line,) = lines_of(tmp_path / "c.csv", b"PK\x03\x04 damaged")
    assert line.problem == "not text: a zip archive; unpack it"
