import gzip
import json
import zipfile

import pytest

from bert_keras.data.files.faults import Faults
from bert_keras.data.files.table_files import has_columns, read_rows
from bert_keras.table_format import TableFormat

ROWS = [("good", "1"), ("bad", "0")]


def texts_and_labels(path, text="text", label="label", faults=None, **options):
    rows = read_rows(path, [text, label], TableFormat(**options), faults or Faults("raise"))
    return [(row[text], str(row[label])) for _, row in rows]


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize(
    ("name", "content", "options"),
    [
        ("a.csv", "text;label\ngood;1\nbad;0\n", {"separator": ";"}),
        ("a.csv", 'text\tlabel\n"good"\t1\nbad\t0\n', {"separator": "tab"}),
        ("a.txt", "text,label\ngood,1\nbad,0\n", {"separator": ","}),
        ("a.data", "text|label\ngood|1\nbad|0\n", {"separator": "|"}),
        ("a.data", "text\tlabel\ngood\t1\nbad\t0\n", {"separator": "\\t"}),
        ("a.dat", "text::label\ngood::1\nbad::0\n", {"separator": "::"}),
        ("a.tsv", 'text\tlabel\n"good"\t1\nbad\t0\n', {"file_format": "csv", "separator": "\t"}),
        ("a.csv", " text , label\rgood,1\rbad,0\r", {}),
        ("a.txt", "__label__1 good\n__label__0 , bad\n", {}),
        ("a.ft", "__label__1 good\n__label__0 bad\n", {"file_format": "fasttext"}),
        ("a.json", '{"text": "good", "label": 1}\n{"text": "bad", "label": 0}\n', {}),
        ("a.json", '[{"text": "good", "label": 1}, {"text": "bad", "label": 0}]', {}),
        ("a.jsonl", '[\n{"text": "good", "label": 1},\n{"text": "bad", "label": 0}\n]\n', {}),
        ("a.json", '[{"text": "good", "label": 1},\n{"text": "bad", "label": 0}]', {}),
        ("a.json", '{"version": 1, "data": [{"text": "good", "label": 1}, {"text": "bad", "label": 0}]}\n', {}),
        ("a.json", '{\n "data": [\n{"text": "good", "label": 1}, {"text": "bad", "label": 0}]}\n', {}),
        ("a.json", '{"text": ["good", "bad"], "label": [1, 0]}', {}),
        ("a.json", '{"text": {"0": "good", "1": "bad"}, "label": {"0": 1, "1": 0}}', {}),
        ("a.data", '[{"text": "good", "label": 1}, {"text": "bad", "label": 0}]', {"file_format": "json"}),
    ],
)
def test_one_table_however_it_is_written(tmp_path, name, content, options, pack):
    path = tmp_path / (name + ".gz" * (pack is gzip.compress))
    path.write_bytes(pack(content.encode()))
    assert texts_and_labels(path, **options) == ROWS


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "utf-32"])
def test_a_byte_order_mark_tells_the_encoding(tmp_path, encoding):
    for name, content in (
        ("a.csv", "text,label\ngood,1\nbad,0\n"),
        ("a.json", json.dumps([{"text": "good", "label": 1}])),
    ):
        (tmp_path / name).write_bytes(content.encode(encoding))
        assert texts_and_labels(tmp_path / name) == ROWS[: 2 if name == "a.csv" else 1]


def test_rows_in_json_are_told_by_their_lines(tmp_path):
    (tmp_path / "a.json").write_text(
        '{"more": {"data": [1]}, "data": [\n{"text": "a"},\n\n{"text": "b"}, {"text": "c"}\n]}\n'
    )
    places = [place for place, _ in read_rows(tmp_path / "a.json", ["text"], TableFormat(), Faults("raise"))]
    assert [place.partition(":")[2] for place in places] == ["2", "4", "4: data[2]"]


@pytest.mark.parametrize(
    ("name", "content", "options", "message"),
    [
        ("a.csv", "text;label\ngood;1\n", {}, r"a.csv:1: .* the header has 'text;label'; is it parted by ';'\?"),
        ("a.csv", "text\tlabel\ngood\t1\n", {}, r"is it parted by '\\t'\? pass separator='\\t'"),
        ("a.tsv", "text,label\ngood,1\n", {}, r"is it parted by ','\? pass separator=','"),
        ("a.csv", "good,1\nbad,0\n", {}, "'text', the header has 'good', '1'; without a header, give the columns"),
        ("a.csv", "good,1\nbad,0\n", {"header": False}, "column 'text' is asked for by name, and there is no header"),
        ("a.csv", '{"text": "good", "label": 1}\n', {}, "a.csv:1: holds JSON, not a table; pass file_format='jsonl'"),
        ("a.tsv", '[{"text": "good", "label": 1}]\n', {}, "a.tsv:1: holds JSON, not a table"),
        ("a.csv", "<!DOCTYPE html>\n<html>\n", {}, "a.csv:1: not a table: a page of HTML; download the file itself"),
        ("a.csv", "sep=;\ntext;label\n", {}, "a.csv:1: not a table: a line for Excel; take it out"),
        ("a.csv", "version https://git-lfs.github.com/spec/v1\noid", {}, "not text: a pointer of Git LFS; fetch"),
        ("a.json", '{"train": [{"text": "a"}], "test": [{"text": "b"}]}', {}, "a.json:1: holds the lists 'train', 't"),
        ("a.json", '{"config": {"a": 1}, "b": {"c": 2}}', {}, "expected a list of rows in JSON, received an object"),
        ("a.json", '[{"text": "good"', {}, "a.json:1: not JSON"),
        ("a.csv", b"text,label\n\xba\xc3,1\n", {}, "a.csv:2: not UTF-8: .* encoding='gbk' reads it as '好,1'"),
        ("a.csv", b"text,label\nok,1\n", {"encoding": "utf-9"}, "no encoding is called 'utf-9'"),
        ("a.csv", b"text,label\nok,1\n", {"file_format": "xlsx"}, "expected one of 'tsv', .* received 'xlsx'"),
        ("a.csv", b"text,label\nok,1\n", {"separator": '"'}, "a separator must be neither empty, a quotation mark"),
        ("a.csv", b"text,label\nok,1\n", {"file_format": "csv", "separator": "::"}, "of a csv is one character"),
        ("a.csv", b"PAR1\x15\0", {}, "a.csv:1: not text: a Parquet file; write its rows as JSON Lines"),
    ],
)  # fmt: skip
def test_what_is_no_such_table_is_refused_with_what_to_do(tmp_path, name, content, options, message):
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ValueError, match=message):
        texts_and_labels(tmp_path / name, **options)


def test_a_workbook_is_refused_under_either_name(tmp_path):
    for name in ("a.xlsx", "a.csv"):
        with zipfile.ZipFile(tmp_path / name, "w") as workbook:
            workbook.writestr("xl/workbook.xml", "")
        with pytest.raises(ValueError, match=f"{name}:1: not text: an Excel workbook .* save its sheet as 'CSV UTF-8'"):
            texts_and_labels(tmp_path / name, faults=Faults("skip"))


def test_columns_go_by_number_without_a_header_and_with_one(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('1,"good"\n0,bad\n')
    assert texts_and_labels(path, 1, 0) == ROWS
    path.write_text('stars,"review"\n1,"good"\n0,bad\n')
    assert texts_and_labels(path, 1, 0, header=True) == ROWS
    for header in ("0,1", "Label,text"):
        path.write_text(f"{header}\n1,good\n0,bad\n")
        with pytest.raises(ValueError, match=r"a.csv:1: .* looks like a header; pass header=True"):
            texts_and_labels(path, 1, 0)
    path.write_text("label,text\n1,good\n0,bad\n")
    assert texts_and_labels(path, 1, 0, header=False) == [("text", "label"), *ROWS]


def test_a_column_beyond_the_row_is_refused_with_what_may_part_it(tmp_path):
    (tmp_path / "a.tsv").write_text("good,1\nbad,0\n")
    with pytest.raises(ValueError, match=r"a.tsv:1: no column 1 in a row of 1: .* is it parted by ','\?"):
        texts_and_labels(tmp_path / "a.tsv", 0, 1)
    with pytest.raises(ValueError, match=r"a.tsv:1: no column 1 in a header of 1; is it parted by ','\?"):
        texts_and_labels(tmp_path / "a.tsv", 0, 1, header=True)


def test_lines_ends_within_a_quoted_cell_are_one_line_end(tmp_path):
    (tmp_path / "a.csv").write_bytes(b'text,label\r\n"one\rtwo\r\nthree",1\r\n')
    assert texts_and_labels(tmp_path / "a.csv") == [("one\ntwo\nthree", "1")]


def test_quotation_marks_that_look_lost_are_counted(tmp_path, caplog):
    faults = Faults("raise")
    (tmp_path / "a.csv").write_text('text,label\nThanks!",1\nfine,0\n')
    texts_and_labels(tmp_path / "a.csv", faults=faults)
    (tmp_path / "a.tsv").write_text('text\tlabel\n"he said ""so"""\t1\n')
    texts_and_labels(tmp_path / "a.tsv", faults=faults)
    faults.report(3, "a")
    assert "1 of 3 rows: a cell that ends in a quotation mark and begins in none, the first: " in caplog.text
    assert "a cell in quotation marks, which a tsv keeps (file_format='csv' takes them off)" in caplog.text


@pytest.mark.parametrize(
    ("name", "content", "column", "expected"),
    [
        ("a.csv", "text\ngood\n", "label", False),
        ("a.csv", "text,label\ngood,1\n", "label", True),
        ("a.tsv", "good\n", 1, False),
        ("a.tsv", "good\t1\n", 1, True),
        ("a.jsonl", '{"text": "good"}\n', "label", False),
        ("a.json", '[{"text": "good", "label": null}]', "label", True),
        ("a.csv", "", "label", True),  # the reader says what is wrong
    ],
)
def test_tells_whether_a_file_has_a_column(tmp_path, name, content, column, expected):
    (tmp_path / name).write_text(content)
    assert has_columns(tmp_path / name, [column], TableFormat(header=isinstance(column, str))) is expected


def test_a_frame_of_pandas_is_rows_and_a_dict_of_columns_is_not():
    class Frame:  # what is used of pandas
        itertuples = None

        def to_dict(self, orient):
            assert orient == "records"
            return [{"text": "good", "label": 1}]

    assert texts_and_labels(Frame()) == ROWS[:1]
    with pytest.raises(TypeError, match="expected rows, received a dict of 'text', 'label'"):
        texts_and_labels({"text": ["good"], "label": [1]})


@pytest.mark.parametrize("separator", [",", "\t"])
def test_empty_lines_are_passed_over_and_counted_unless_they_are_the_last(tmp_path, caplog, separator):
    path = tmp_path / ("a.csv" if separator == "," else "a.tsv")
    lines = ["", "text,label", "good,1", "", "  ", "bad,0", "", " ", ""]
    path.write_text("\n".join(lines).replace(",", separator))
    rows = list(read_rows(path, ["text", "label"], TableFormat(), Faults("raise")))
    assert [row["text"] for _, row in rows] == ["good", "bad"] and rows[1][0] == f"{path}:6"
    assert f"passed over 3 empty lines, the first: {path}:1" in caplog.text


@pytest.mark.parametrize(
    ("name", "line"), [("a.jsonl", '{"text": "good"}'), ("a.txt", "__label__x good"), ("a.csv", "good,x")]
)
def test_empty_lines_are_passed_over_in_every_format(tmp_path, caplog, name, line):
    path = tmp_path / name
    path.write_text(f"{line}\n\n{line}\n\n\n")
    column = 0 if name == "a.csv" else "text"
    assert [row[column] for _, row in read_rows(path, [column], TableFormat(), Faults("raise"))] == ["good", "good"]
    assert f"passed over 1 empty lines, the first: {path}:2" in caplog.text


def test_an_empty_line_of_one_column_may_be_an_empty_text_and_is_a_fault(tmp_path):
    (tmp_path / "a.tsv").write_text("text\ngood\n\nbad\n\n")
    with pytest.raises(ValueError, match="a.tsv:3: empty line"):
        list(read_rows(tmp_path / "a.tsv", ["text"], TableFormat(), Faults("raise")))
    (tmp_path / "a.tsv").write_text("text\ngood\nbad\n\n")
    assert len(list(read_rows(tmp_path / "a.tsv", ["text"], TableFormat(), Faults("raise")))) == 2


def test_a_frame_with_one_column_twice_is_refused_as_a_file_is():
    class Frame:  # what is used of pandas
        itertuples = None
        columns = ("text", "label", "label", "id", "id")

        def to_dict(self, orient):
            return [{"text": "good", "label": 1, "id": 2}]

    with pytest.raises(ValueError, match="expected one column 'label', the frame has 'text', 'label', 'label', 'id'"):
        list(read_rows(Frame(), ["text", "label"], TableFormat(), Faults("raise")))
    assert len(list(read_rows(Frame(), ["text"], TableFormat(), Faults("raise")))) == 1


def test_a_broken_array_is_a_fault_that_is_counted_behind_its_sound_rows(tmp_path):
    (tmp_path / "a.json").write_text('[{"text": "good", "label": 1},\n{"text": "bad", "label": 0},\n{"text')
    faults = Faults("skip")
    assert texts_and_labels(tmp_path / "a.json", faults=faults) == ROWS
    assert faults.count == 1 and "a.json:3: not JSON" in faults.first


TWICE = '{"text": "a", "label": "p", "label": "n"}'
GOOD = '{"text": "good", "label": 1}'


@pytest.mark.parametrize(
    "content",
    [f"{GOOD}\n{TWICE}\n{GOOD}\n", f"[{GOOD},\n{TWICE},\n{GOOD}]", f'{{"version": 1, "data": [\n{TWICE}]}}', TWICE],
)
def test_a_key_that_comes_twice_in_a_row_is_a_fault(tmp_path, content):
    (tmp_path / "a.json").write_text(content)
    with pytest.raises(ValueError, match=r"a.json:[12]: the key 'label' comes twice"):
        texts_and_labels(tmp_path / "a.json")
    faults = Faults("skip")
    expected = [ROWS[0]] * content.count("good")
    assert texts_and_labels(tmp_path / "a.json", faults=faults) == expected and faults.count == 1


def test_a_header_in_quotation_marks_is_told_how_to_be_read(tmp_path):
    (tmp_path / "a.tsv").write_text('"text"\t"label"\n"good"\t"1"\n')
    with pytest.raises(ValueError, match=r"in quotation marks: pass file_format='csv' and separator='\\t'"):
        texts_and_labels(tmp_path / "a.tsv")
    assert texts_and_labels(tmp_path / "a.tsv", file_format="csv", separator="\t") == ROWS[:1]


@pytest.mark.parametrize(
    "table",
    [
        {"columns": ["text", "label"], "index": [0, 1], "data": [["good", 1], ["bad", 0]]},
        {"0": {"text": "good", "label": 1}, "1": {"text": "bad", "label": 0}},
        {"text": {"0": "good", "1": "bad"}, "label": {"0": 1, "1": 0}},
    ],
)
def test_tables_of_pandas_are_read_however_they_are_oriented(tmp_path, table):
    (tmp_path / "a.json").write_text(json.dumps(table))
    assert texts_and_labels(tmp_path / "a.json") == ROWS
