import gzip
import json

import pytest

from bert_keras.data.files.json_rows import BROKEN_FILE, BROKEN_LINE, begins_like_json, json_values, read_json_rows
from bert_keras.data.files.text_lines import read_lines

ROWS = [{"a": [1, {}]}, {"a": "é\n]"}]


@pytest.fixture
def read(tmp_path):
    def read(text, **options):
        (tmp_path / "rows.json").write_text(text, encoding="utf-8")
        return [
            (row.place.removeprefix(str(tmp_path / "rows.json")), *row[1:3])
            for row in read_json_rows(tmp_path / "rows.json", **options)
        ]

    return read


@pytest.mark.parametrize(
    "text",
    [
        "".join(json.dumps(row) + "\n" for row in ROWS),
        "\n" + "\n\n".join(json.dumps(row, ensure_ascii=False) for row in ROWS),
        "\n".join(json.dumps(row, indent=2) for row in ROWS),
        json.dumps(ROWS),
        json.dumps(ROWS, indent=1),
        "[\n" + ",\n".join(json.dumps(row) for row in ROWS) + "\n]\n",
        json.dumps({"version": 1, "data": ROWS}),
        json.dumps({"examples": ROWS}, indent=4),
        "\ufeff" + json.dumps(ROWS, indent="\t"),
    ],
    ids=["lines", "gaps", "spread", "array in a line", "array", "array of lines", "data", "examples", "mark"],
)
def test_rows_are_the_same_whichever_way_a_file_holds_them(read, text):
    rows = read(text)
    assert [value for _, value, _ in rows] == ROWS and all(problem is None for *_, problem in rows)


def test_rows_have_their_places(read):
    assert [place for place, *_ in read("\n{}\n\n{}\n")] == [":2", ":4"]
    assert [place for place, *_ in read("[{}, {}]")] == [":1: [0]", ":1: [1]"]
    assert [place for place, *_ in read('[\n{"a":\n1},\n {}\n]')] == [":2", ":4"]
    assert [place for place, *_ in read('{"data": [{}, {}]}')] == [":1: data[0]", ":1: data[1]"]


def test_an_object_with_keys_of_a_row_is_one_and_so_is_an_array_of_a_text(read):
    assert read('{"text": "", "annotations": [{}]}', own_keys=("text",))[0][1]["text"] == ""
    assert read('["Ada", {"entities": []}]')[0][1] == ["Ada", {"entities": []}]
    assert [row[1] for row in read('[["Ada", {}], ["Bo", {}]]')] == [["Ada", {}], ["Bo", {}]]
    assert read("[]")[0][1] == [] and read("[\n]") == [] == read("")


def test_a_broken_line_is_named_and_the_others_are_read(read):
    rows = read('{"a": 1}\n{"a"\n{"a": 3}\n')
    assert [value for _, value, _ in rows] == [{"a": 1}, None, {"a": 3}]
    assert rows[1][0] == ":2" and rows[1][2].startswith("not JSON: ")
    assert [value for _, value, _ in read('{"a"\n{"a": 2}\n{"a": 3}\n')] == [None, {"a": 2}, {"a": 3}]


@pytest.mark.parametrize(
    ("text", "place"),
    [("[\n{},\n{]", ":3"), ("[\n{}\n{}\n]", ":3"), ("[\n{},\n", ":2"), ("{\n1", ":2"), ("{\n" * 9**5, ":2")],
)
def test_a_broken_document_is_read_up_to_its_fault(read, text, place):
    *sound, (where, value, problem) = read(text)
    assert where == place and value is None and problem.startswith("not JSON: ")
    assert all(row[1] == {} for row in sound)


def test_nesting_too_deep_and_bytes_that_are_no_text_are_faults(read, tmp_path):
    assert "nested too deep" in read("[\n" + '{"a":[\n' * 100_000)[-1][2]
    (tmp_path / "x.json").write_bytes(b"[\n\xff\n]")
    assert "not UTF-8" in next(iter(read_json_rows(tmp_path / "x.json"))).problem
    (tmp_path / "x.json.gz").write_bytes(gzip.compress(b'{"a": 1}'))
    assert next(iter(read_json_rows(tmp_path / "x.json.gz"))).value == {"a": 1}


def test_words_in_brackets_are_no_json():
    assert not any(map(begins_like_json, ["[ O", "{ B-x", "[CLS] O", "", "{x}"]))
    assert all(map(begins_like_json, ["[", "{", ' [{"a', '{"a', '["x"', "{}", "[[", "[]"]))


def test_a_table_may_be_a_list_of_any_name_or_columns_and_a_row_stays_one(read):
    assert [row[1] for row in read('{"reviews": [{"a": 1}, {"a": 2}]}', tables=True)] == [{"a": 1}, {"a": 2}]
    columns = {"a": [1, 2], "b": [3, 4]}
    assert [row[1] for row in read(json.dumps(columns, indent=1), tables=True)] == [{"a": 1, "b": 3}, {"a": 2, "b": 4}]
    row = {"a": "text", "entities": [{"b": 1}]}
    assert [found[1] for found in read(json.dumps(row), tables=True, own_keys=["a"])] == [row]
    assert [found[1] for found in read(f"{json.dumps(row)}\n" * 2, tables=True)] == [row, row]


@pytest.mark.parametrize(("name", "number"), [("a.jsonl", 1), ("a.NDJSON.gz", 1), ("a.json", 3)])
def test_the_only_line_of_json_lines_is_a_row_and_no_table(tmp_path, name, number):
    content = b'{"turns": ["Hi.", "Hello?", "Yes."]}\n'
    (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    assert len(list(read_json_rows(tmp_path / name, own_keys=["turns"], tables=True))) == number


def test_an_array_in_one_long_line_is_read_in_pieces_with_the_number_of_each_row(tmp_path):
    path = tmp_path / "a.json"
    path.write_text(json.dumps([{"a": number, "b": "x " * 5000} for number in range(150)] + [123456789] * 70_000))
    values = list(json_values(read_lines(path), path, by_line=False))
    assert [row.value["a"] for row in values[:150]] == list(range(150))
    assert {row.value for row in values[150:]} == {123456789}
    assert values[149].place == f"{path}:1: [149]"


def test_what_breaks_is_told_by_its_kind(tmp_path):
    path = tmp_path / "a.json"
    for text, kind in (('{"a": 1}\n{', BROKEN_LINE), ("[\n{},", BROKEN_FILE), ("[\n{},\n\0]", BROKEN_FILE)):
        path.write_text(text)
        *_, last = read_json_rows(path)
        assert last.kind == kind and last.place == f"{path}:{last.line}"


def test_a_page_of_html_is_refused_by_name(read):
    (row,) = read("<!DOCTYPE html>\n<p>{}</p>")
    assert row == (":1", None, "not JSON: a page of HTML; download the file itself")
