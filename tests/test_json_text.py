import pytest

from bert_keras.json_text import parse_json


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
