import pytest

from bert_keras.json_text import DuplicateKey, parse_json, read_json_object


@pytest.mark.parametrize(
    "text", ["", "{", b"\xff", "[" * 100_000, b'{"a":' * 100_000, "1" * 10_000, "{}".encode("utf-16")]
)
def test_whatever_is_wrong_is_a_value_error(text):
    with pytest.raises(ValueError, match=r"."):
        parse_json(text)


def test_options_go_to_the_parser():
    assert parse_json('{"a": 1, "a": 2}', object_pairs_hook=list) == [("a", 1), ("a", 2)]


def test_a_byte_order_mark_is_no_fault():
    assert parse_json(b"\xef\xbb\xbf{}") == {}


def test_a_key_that_comes_twice_is_refused_where_that_is_asked_for():
    assert parse_json('{"a": 1, "a": 2}') == {"a": 2}
    assert parse_json('{"a": {"b": 1}, "b": [{"a": 2}]}', unique_keys=True) == {"a": {"b": 1}, "b": [{"a": 2}]}
    with pytest.raises(DuplicateKey, match="the key 'a' comes twice"):
        parse_json('[{"b": {"c": 0, "a": 1, "a": 1}}]', unique_keys=True)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[]", "expected a JSON object, received list"),
        ('{"a": 1, "a": 2}', "the key 'a' comes twice"),
        ("{", "in UTF-8"),
    ],
)
def test_a_file_that_is_no_object_is_named(tmp_path, content, message):
    (tmp_path / "file.json").write_text(content)
    with pytest.raises(ValueError, match=f"file.json: .*{message}"):
        read_json_object(tmp_path / "file.json", unique_keys=True)
