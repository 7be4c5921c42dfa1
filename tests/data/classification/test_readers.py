import dataclasses
import gzip
import json
import logging

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_keras.data.classification.examples import Examples
from bert_keras.data.classification.readers import read_examples
from bert_keras.data.files.cells import is_visible
from bert_keras.data.files.faults import Faults
from bert_keras.data.files.table_files import read_rows
from bert_keras.table_format import TableFormat


def write(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


COLUMNS = {"text_column": "text", "label_column": "label"}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.tsv", "text\tlabel\ngood\tpos\nbad\tneg\n"),
        ("a.tsv", "\ufefftext\tlabel\r\ngood\tpos\r\nbad\tneg"),
        ("a.txt", "id\tlabel\tmore\ttext\n1\tpos\t\tgood\n2\tneg\t\tbad\t\t\n"),
        ("a.csv", 'text,label\ngood,pos\n"bad",neg\n'),
        ("a.jsonl", '{"text": "good", "label": "pos"}\n{"label": "neg", "text": "bad"}\n'),
    ],
)
def test_reads_columns_by_name(tmp_path, name, content):
    expected = Examples(("good", "bad"), None, (1, 0), ("neg", "pos"))
    assert read_examples(write(tmp_path, name, content), **COLUMNS) == expected
    zipped = write(tmp_path, name + ".gz", gzip.compress(content.encode()))
    assert read_examples(zipped, **COLUMNS) == expected


@pytest.mark.parametrize("rows", [[("good", "pos"), ("bad", "neg")], [["good", "pos"], ["bad", "neg"]]])
def test_reads_rows_in_memory(rows):
    examples = read_examples(rows, text_column=0, label_column=1)
    assert examples == read_examples(iter(rows), text_column=0, label_column=1)
    assert examples == read_examples([dict(zip(COLUMNS, row, strict=True)) for row in rows],
                                     text_column="text_column", label_column="label_column")  # fmt: skip
    assert examples.texts == ("good", "bad") and len(examples) == 2


def test_reads_columns_by_index_with_or_without_a_header(tmp_path):
    path = write(tmp_path, "sentiment.data", "好书\t1\n差\t0\n")
    examples = read_examples(path, text_column=0, label_column=1, file_format="tsv")
    assert examples == Examples(("好书", "差"), None, (1, 0), ("0", "1"))
    assert len(read_examples(path, text_column=0, label_column=1, file_format="tsv", header=True)) == 1


def test_tsv_takes_quotation_marks_as_they_are(tmp_path):
    path = write(tmp_path, "a.tsv", 'text\tlabel\n"open\tpos\nsaid "so"\tneg\n')
    assert read_examples(path, **COLUMNS).texts == ('"open', 'said "so"')


def test_csv_fields_may_hold_commas_quotes_and_line_ends(tmp_path):
    path = write(tmp_path, "a.csv", 'text,label\n"one, ""two""\nthree",pos\nfour,neg\n')
    assert read_examples(path, **COLUMNS).texts == ('one, "two"\nthree', "four")


def test_reads_pairs_and_numbers():
    rows = [("a", "b", 2.5), ("c", "d", "0")]
    examples = read_examples(rows, text_column=0, second_text_column=1, label_column=2, regression=True)
    assert examples == Examples(("a", "c"), ("b", "d"), (2.5, 0.0), None)


def test_labels_are_optional(tmp_path):
    path = write(tmp_path, "a.tsv", "text\tlabel\ngood\tpos\n")
    assert read_examples(path, text_column="text") == Examples(("good",))


def test_several_files_are_one(tmp_path):
    paths = [write(tmp_path, f"{name}.tsv", f"text\tlabel\n{name}\tx\n") for name in "ab"]
    assert read_examples(paths, **COLUMNS).texts == ("a", "b")


def test_labels_of_numbers_are_sorted_by_value():
    rows = [("x", label) for label in (10, 9, "b", 2, "a")]
    assert read_examples(rows, text_column=0, label_column=1).label_names == ("2", "9", "10", "a", "b")


def test_labels_keep_the_numbers_of_training():
    examples = read_examples([("x", "c"), ("y", "b")], text_column=0, label_column=1, label_names=("a", "b", "c"))
    assert examples.labels == (2, 1) and examples.label_names == ("a", "b", "c")


BAD_FILES = [  # file name, content, line at fault, message, rows that are left
    ("a.tsv", "text\tlabel\ngood\tpos\n\t\nbad\tneg\n", 3, "empty line", 2),
    ("a.tsv", "text\tlabel\ngood\nbad\tneg\n", 2, "1 cell, the header has 2", 1),
    ("a.tsv", "text\tlabel\ngood\tpos\tmore\nbad\tneg\n", 2, "3 cells, the header has 2: a separator within", 1),
    ("a.tsv", "id\ttext\tlabel\ttopic\n1\tgood\tpos\n2\tbad\tneg\tx\n", 2, "3 cells, the header has 4", 1),
    ("a.tsv", "text\tlabel\n \u200b\tpos\nbad\tneg\n", 2, "column 'text' is empty, expected a text", 1),
    ("a.tsv", "text\tlabel\n\tpos\nbad\tneg\n", 2, "column 'text' is empty, expected a text", 1),
    ("a.tsv", "text\tlabel\ngood\tpos\n\ufefftext\tlabel\nbad\tneg\n", 3, "the header again; were files joined", 2),
    ("a.csv", "text,label\ngood,pos\nLabel,text\nbad,neg\n", 3, "the header again; were files joined", 2),
    ("a.csv", 'id,text,label,topic\n1,"so good",pos,a\nThanks!",pos,billing\n', 3, "3 cells, the header has 4", 1),
    ("a.csv", "text,label\ngood,pos\n , \n", 3, "empty line", 1),
    ("a.tsv", "text\tlabel\ngood\tpos\nb\0d\tneg\n", 3, "NUL byte at byte offset 21", 1),
    ("a.tsv", b"text\tlabel\ngood\tpos\nb\xffd\tneg\n", 3, "not UTF-8: byte 0xff at byte offset 21", 1),
    ("a.tsv", "text\tlabel\ngood\tpos\n" + "bad " * 600_000 + "\tneg\nbad\tneg\n", 3, "line of more than 1 MiB", 2),
    ("a.csv", "text,label\ngood,pos\nbad\n", 3, "1 cell, the header has 2", 1),
    ("a.csv", 'text,label\ngood,pos\n"bad,neg\nmore,pos\n', 3, "lines 3 to 4 .a quotation mark left open", 1),
    ("a.csv", 'text,label\n"so" good,pos\nbad,neg\ngood,pos\n', 2, "',' expected after", 2),
    ("a.csv", "text,label\ngood,pos\nbad, really bad,neg\n", 3, "3 cells, the header has 2: put a text with", 1),
    ("a.csv", "text,label\ngood,pos\nbad, \n", 3, "column 'label' is empty", 1),
    ("a.csv", f'text,label\ngood,pos\n"{"bad " * 40_000}",neg\n', 3, "field limit .131072.; longer texts are read", 1),
    ("a.jsonl", '{"text": "good", "label": 1}\n{"text": "bad"}\n', 2, "no column 'label'", 1),
    ("a.jsonl", '{"text": "good", "label": 1}\n{"text": "bad"\n', 2, "not JSON", 1),
    ("a.jsonl", '{"text": "good", "label": 1}\n3\n', 2, "expected a JSON object or array", 1),
    ("a.jsonl", '{"text": "good", "label": 1}\n{"text": null, "label": 1}\n', 2, "column 'text' holds None", 1),
    ("a.jsonl", '{"text": "good", "label": 1}\n{"text": "text", "label": "label"}\n', 2, "the columns again; were", 1),
    ("a.jsonl", '{"text": "good", "label": 1}\n{"text": true, "label": 1}\n', 2, "column 'text' holds True", 1),
    ("a.jsonl", '{"text": "good", "label": 1}\n{"text": ["a"], "label": 1}\n', 2, "column 'text' holds ..a.., exp", 1),
    ("a.jsonl", '{"text": "good", "label": 1}\n{"text": "bad", "label": NaN}\n', 2, "column 'label' holds nan", 1),
    ("a.jsonl", '{"text": "good", "label": 1}\n{"text": "bad", "label": {"a": 1}}\n', 2, "'label' holds ..a", 1),
    ("a.jsonl", '{"text": "good", "label": 1}\n' + "[" * 100_000 + "\n", 2, "not JSON", 1),
]


def test_empty_cells_at_the_end_of_a_csv_row_are_no_fault(tmp_path):
    path = write(tmp_path, "a.csv", "text,label\ngood,pos,,\nbad,neg\n")
    assert read_examples(path, **COLUMNS).texts == ("good", "bad")


def test_a_csv_row_that_lost_a_line_is_skipped_whole(tmp_path):
    path = write(tmp_path, "a.csv", b'text,label\n"one\nt\xffo\nthree",pos\nfine,neg\n')
    with pytest.raises(ValueError, match=r"a\.csv:3: not UTF-8"):
        read_examples(path, **COLUMNS)
    examples = read_examples(path, errors="skip", **COLUMNS)
    assert examples.texts == ("fine",) and examples.num_skipped == 1


def test_a_csv_row_behind_a_line_that_was_left_out_is_told_by_its_own_number(tmp_path):
    faults = Faults("skip")
    path = write(tmp_path, "a.csv", b"text,label\n\xff\ngood,pos\n")
    rows = read_rows(path, ["text", "label"], TableFormat(), faults)
    assert [place.rpartition(":")[2] for place, _ in rows] == ["3"] and faults.count == 1


def test_what_pandas_puts_in_empty_cells_is_missing():
    missing = float("nan")
    with pytest.raises(ValueError, match="example 1: column 'text' holds nan"):
        read_examples([{"text": "good", "label": 1.0}, {"text": missing, "label": 1.0}], **COLUMNS)
    with pytest.raises(ValueError, match="example 0: column 'label' holds nan"):
        read_examples([{"text": "good", "label": missing}], **COLUMNS)
    rows = [{"text": "good", "label": ["x", None]}, {"text": "bad", "label": None}, {"text": "so", "label": missing}]
    examples = read_examples(rows, label_separator="|", **COLUMNS)
    assert examples.labels == ((0,), (), ()) and examples.label_names == ("x",)


def test_spaces_around_a_label_make_no_other_class():
    examples = read_examples([("a", "pos"), ("b", " pos "), ("c", "neg")], text_column=0, label_column=1)
    assert examples.labels == (1, 1, 0) and examples.label_names == ("neg", "pos")


@pytest.mark.parametrize(("name", "content", "line", "message", "left"), BAD_FILES)
def test_a_bad_row_raises_with_file_and_line(tmp_path, name, content, line, message, left):
    with pytest.raises(ValueError, match=f"{name}:{line}: .*{message}"):
        read_examples(write(tmp_path, name, content), **COLUMNS)


@pytest.mark.parametrize(("name", "content", "line", "message", "left"), BAD_FILES)
def test_a_bad_row_is_skipped_counted_and_reported_if_asked(tmp_path, caplog, name, content, line, message, left):
    with caplog.at_level(logging.WARNING):
        examples = read_examples(write(tmp_path, name, content), **COLUMNS, errors="skip")
    assert len(examples) == left and examples.num_skipped == 1
    assert f"skipped 1 of {left + 1} rows" in caplog.text and f"{name}:{line}: " in caplog.text


def test_an_unknown_label_raises_with_its_place(tmp_path):
    path = write(tmp_path, "dev.tsv", "text\tlabel\ngood\tpos\nwell\tmaybe\n")
    with pytest.raises(ValueError, match=r"dev\.tsv:3: label 'maybe' is not among the known ones: 'neg', 'pos'"):
        read_examples(path, **COLUMNS, label_names=("neg", "pos"))


@pytest.mark.parametrize("label", ["high", "nan", "inf", ""])
def test_a_label_that_is_no_number_raises(label):
    with pytest.raises(ValueError, match="example 1: "):
        read_examples([("a", 1), ("b", label)], text_column=0, label_column=1, regression=True)


@pytest.mark.parametrize(
    ("name", "content", "options", "message"),
    [
        ("a.tsv", "", {}, "empty file, expected a header"),
        ("a.tsv", "text\tlabel\n", {}, "no examples"),
        ("a.tsv", "text\tkind\nx\ty\n", {}, r"a\.tsv:1: expected one column 'label', the header has 'text', 'kind'"),
        ("a.tsv", "text\ttext\tlabel\nx\ty\tz\n", {}, "expected one column 'text'"),
        ("a.data", "text\tlabel\nx\ty\n", {}, "cannot tell the format by the suffix '.data'"),
        ("a.tsv", "text\tlabel\nx\ty\n", {"file_format": "xml"}, "pass file_format="),
        ("a.tsv", "text\tlabel\nx\ty\n", {"errors": "ignore"}, "errors must be"),
    ],
)
def test_a_file_that_cannot_be_read_raises(tmp_path, name, content, options, message):
    with pytest.raises(ValueError, match=message):
        read_examples(write(tmp_path, name, content), **COLUMNS, **options)


def test_a_missing_file_raises(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_examples(tmp_path / "missing.tsv", **COLUMNS)


def test_faults_of_several_kinds_are_counted_each_with_its_first_place(tmp_path, caplog):
    content = "text\tlabel\ngood\tpos\n\t\nbad\nfair\tpos\textra\n\tneg\nso\nbad\tneg\n"
    examples = read_examples(write(tmp_path, "a.tsv", content), **COLUMNS, errors="skip")
    assert examples.texts == ("good", "bad") and examples.num_skipped == 5
    for message in (
        "skipped 5 of 7 rows: ",
        "1 empty lines (first: " + str(tmp_path / "a.tsv") + ":3: ",
        "2 rows with too few cells (first: " + str(tmp_path / "a.tsv") + ":4: ",
        "1 rows with too many cells (first: " + str(tmp_path / "a.tsv") + ":5: ",
        "1 rows with an empty text (first: " + str(tmp_path / "a.tsv") + ":6: ",
    ):
        assert message in caplog.text


def test_rows_may_have_further_cells_if_said(tmp_path):
    path = write(tmp_path, "a.tsv", "text\tlabel\ngood\tpos\tmore\nbad\tneg\n")
    assert read_examples(path, **COLUMNS, more_cells=True).texts == ("good", "bad")


@pytest.mark.parametrize("name", ["a.tsv", "a.csv", "a.jsonl", "a.json", None])
def test_rows_without_a_header_have_as_many_cells_as_most(tmp_path, name):
    rows = [["so good"], ["good", "pos"], ["bad", "neg"], ["bad", "very bad", "neg"], ["fair", "pos"]]
    source = rows
    if name and "json" in name:
        content = "\n".join(map(json.dumps, rows)) if name == "a.jsonl" else json.dumps(rows)
        source = write(tmp_path, name, content)
    elif name:
        source = write(tmp_path, name, "\n".join(("\t" if name == "a.tsv" else ",").join(row) for row in rows))
    with pytest.raises(ValueError, match=r"(a\..*:1|a.json:1: \[0\]|example 0): 1 cell, most rows have 2"):
        read_examples(source, text_column=0, label_column=1)
    examples = read_examples(source, text_column=0, label_column=1, errors="skip")
    assert examples.texts == ("good", "bad", "fair") and examples.num_skipped == 2


@pytest.mark.parametrize("label", [True, [1], {"a": 1}, None, float("inf"), b"x", ()])
def test_what_is_no_label_raises_with_its_place(label):
    rows = [("a", "x"), ("b", label)]
    if label is True:  # JSON's way to say yes is a class
        assert read_examples(rows, text_column=0, label_column=1).label_names == ("True", "x")
    else:
        with pytest.raises(ValueError, match="example 1: column 1 holds .* expected a label"):
            read_examples(rows, text_column=0, label_column=1)


def test_numbers_of_numpy_are_labels_like_any_others():
    rows = [(np.str_("a"), np.int64(1)), ("b", np.float64(1.0)), ("c", np.bool_(True)), ("d", "1.0"), ("e", 0)]
    examples = read_examples(rows, text_column=0, label_column=1)
    assert examples.label_names == ("0", "1", "True") and examples.labels == (1, 1, 2, 1, 0)


def test_a_number_is_one_class_however_it_is_written(tmp_path, caplog):
    path = write(tmp_path, "a.csv", "text,label\ngood,1\nfair,1.0\nbad,0\nso,2.0\nwell,x\n")
    examples = read_examples(path, **COLUMNS)
    assert examples.label_names == ("0", "1", "2.0", "x") and examples.labels == (1, 1, 0, 2, 3)
    assert "labels '1' (1 rows) and '1.0' (1) are one class" in caplog.text
    other = write(tmp_path, "b.jsonl", '{"text": "a", "label": 2}\n{"text": "b", "label": 0.0}\n')
    assert read_examples(other, **COLUMNS, label_names=examples.label_names).labels == (2, 0)
    with pytest.raises(ValueError, match="label '1.10' is not among the known ones"):
        read_examples([("a", "1.10")], text_column=0, label_column=1, label_names=("1.1", "1.2"))


def test_versions_are_no_numbers_to_be_rounded():
    rows = [("a", "1.0"), ("b", "1.1"), ("c", "1.10")]
    assert read_examples(rows, text_column=0, label_column=1).label_names == ("1.0", "1.1", "1.10")


def test_classes_that_differ_by_case_or_spaces_are_kept_and_said(tmp_path, caplog):
    path = write(tmp_path, "a.tsv", "text\tlabel\na\tpositive\nb\tPositive\nc\tnegative \nd\tnegative\ne\tnan\n")
    examples = read_examples(path, **COLUMNS)
    assert examples.label_names == ("Positive", "nan", "negative", "positive")
    assert "'Positive' (1 rows), 'positive' (1 rows) are classes of their own and differ by case, spaces" in caplog.text
    assert "1 of 5 rows: a label with spaces around it, which were taken off, the first: " in caplog.text
    assert "1 of 5 rows: a label that says that there is none" in caplog.text
    with pytest.raises(
        ValueError, match="label 'POSITIVE' is not among the known ones: .*; training writes it 'positive'"
    ):
        read_examples([("a", "POSITIVE")], text_column=0, label_column=1, label_names=("negative", "positive"))


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (("1", "01"), "'01' (1 rows), '1' (1 rows) are classes of their own and are the same number"),
        (("1", "1e0"), "'1' (1 rows), '1e0' (1 rows) are classes of their own and are the same number"),
        (("1", "+1"), "'+1' (1 rows), '1' (1 rows) are classes of their own and are the same number"),
        (("1", "\uff11"), "classes of their own and differ by the form of their characters only"),
        (("1", True), "'1' (1 rows), 'True' (1 rows) are classes of their own and may both say yes"),
        (("0", "false"), "'0' (1 rows), 'false' (1 rows) are classes of their own and may both say no"),
        (("True", "true"), "are classes of their own and differ by case, spaces or hyphens only"),
        (("-1", "1"), None),
        (("-1", "+1"), None),
    ],
)
def test_what_may_be_one_class_is_said_with_why(caplog, names, message):
    examples = read_examples([("a", names[0]), ("b", names[1])], text_column=0, label_column=1)
    assert len(examples.label_names) == 2
    assert message in caplog.text if message else "of their own" not in caplog.text


def test_a_letter_is_one_however_unicode_composes_it(caplog):
    composed, parted = "caf\u00e9", "cafe\u0301"
    examples = read_examples([("a", parted), ("b", composed), ("c", "tea")], text_column=0, label_column=1)
    assert examples.label_names == (composed, "tea") and examples.labels == (0, 0, 1)
    assert "are one class" in caplog.text
    known = read_examples([("a", parted)], text_column=0, label_column=1, label_names=examples.label_names)
    assert known.labels == (0,) and known.label_names == examples.label_names


def test_a_code_is_not_the_number_of_training():
    with pytest.raises(ValueError, match="label '01' is not among the known ones: '1', '2'; training writes it '1'"):
        read_examples([("a", "01")], text_column=0, label_column=1, label_names=("1", "2"))


@pytest.mark.parametrize("name", ["NA", "None", "null", "nan", "N/A", "NaN", "none", "<NA>"])
def test_a_class_called_like_a_missing_value_is_counted_and_said(tmp_path, caplog, name):
    content = f"text,label\na,1.0\nb,2.0\nc,{name}\nd,{name}\n"
    assert name in read_examples(write(tmp_path, "a.csv", content), **COLUMNS).label_names
    assert "2 of 4 rows: a label that says that there is none, read as a class like any other" in caplog.text


def test_several_labels_in_one_cell_are_noticed(caplog):
    read_examples([("a", "x"), ("b", "y"), ("c", "x,y")], text_column=0, label_column=1)
    assert "label_separator=',' reads them as several" in caplog.text


def test_a_column_of_texts_is_no_label(caplog):
    rows = [(f"the text number {i}, which is longer than any label", f"{i}") for i in range(30)]
    with pytest.raises(ValueError, match="column 0: 30 labels in 30 rows, .* is that the column of the texts?"):
        read_examples(rows, text_column=1, label_column=0)
    read_examples(rows, text_column=0, label_column=1)
    assert "30 labels in 30 rows, such as '0'; for numbers to predict, say regression=True" in caplog.text


def test_damaged_characters_and_marks_of_joined_files_are_counted(tmp_path, caplog):
    content = "text\tlabel\ncaf\u00c3\u00a9\tpos\nwhat\ufffd\tpos\n\ufeffso\tneg\nnull\tneg\nn\u00e3o \u00e9\tneg\n"
    read_examples(write(tmp_path, "a.tsv", content), **COLUMNS)
    assert "2 of 5 rows: a text whose characters were damaged by a wrong encoding, the first: " in caplog.text
    assert "1 of 5 rows: a byte order mark within a text" in caplog.text
    assert "1 of 5 rows: a text that says that there is none" in caplog.text


@pytest.mark.parametrize(
    ("label", "message"),
    [
        ("3,5", "holds '3,5', expected a number; decimal=',' reads"),
        ("1,234.5", "holds '1,234.5', expected a number; write it without separators of thousands"),
        ("1,234,567", "holds '1,234,567', expected a number; write it without separators of thousands"),
        (True, "holds True"),
        ("1_0", "holds '1_0', expected"),
    ],
)
def test_numbers_are_written_as_numbers(label, message):
    columns = dict(text_column=0, label_column=1, regression=True)
    with pytest.raises(ValueError, match=f"example 1: column 1 {message}"):
        read_examples([("a", "4.5"), ("b", label)], **columns)
    assert read_examples([("a", "4,5"), ("b", 3), ("c", "-1e2")], **columns, decimal=",").labels == (4.5, 3.0, -100.0)


def test_texts_without_labels_may_be_empty_for_predictions_go_by_the_row(tmp_path, caplog):
    path = write(tmp_path, "a.tsv", "first\tsecond\ngood\t\nbad\tso\n")
    examples = read_examples(path, text_column="first", second_text_column="second")
    assert examples.second_texts == ("", "so") and "1 of 2 rows: an empty text, the first: " in caplog.text


def test_one_column_a_label(tmp_path):
    content = 'id,comment,toxic,threat\n1,"you, fool",1,0\n2,thanks,0,0\n3,die,1.0,1\n'
    columns = dict(text_column="comment", label_columns=("toxic", "threat"))
    examples = read_examples(write(tmp_path, "a.csv", content), **columns)
    assert examples.labels == ((0,), (), (0, 1)) and examples.label_names == ("toxic", "threat")
    assert examples.problem_type == "multi_label_classification"
    path = write(tmp_path, "b.csv", content + "4,not scored,-1,-1\n")
    with pytest.raises(ValueError, match=r"b.csv:5: column 'toxic' holds '-1', expected 0 or 1"):
        read_examples(path, **columns)
    assert read_examples(path, **columns, errors="skip") == dataclasses.replace(examples, num_skipped=1)
    with pytest.raises(ValueError, match="either label_columns, or label_column"):
        read_examples(path, **columns, label_column="id")


@pytest.mark.parametrize("words", ["TRUE FALSE", "true False", "yes no", "Yes NO", "1 FALSE", "1.0 0"])
def test_columns_of_labels_say_yes_and_no_in_any_case(tmp_path, words):
    yes, no = words.split()
    content = f"text,x,y\na,{yes},{no}\nb,{no},{no}\nc,{yes.lower()},{yes}\n"
    examples = read_examples(write(tmp_path, "a.csv", content), text_column="text", label_columns=("x", "y"))
    assert examples.label_names == ("x", "y") and examples.labels == ((0,), (), (0, 1))


def test_columns_of_words_among_which_is_yes_are_classes(caplog):
    rows = [("a", "yes"), ("b", "Maybe"), ("c", "maybe")]
    examples = read_examples(rows, text_column=0, label_columns=(1,))
    assert examples.label_names == ("1=Maybe", "1=maybe", "1=yes")
    assert "labels '1=Maybe', '1=maybe' are labels of their own and differ by case" in caplog.text


def test_two_columns_of_classes_are_labels_of_column_and_class():
    rows = [("a", "pos", "food"), ("b", "neg", "food"), ("c", "pos", "price")]
    columns = dict(text_column=0, label_columns=(1, 2))
    examples = read_examples(rows, **columns)
    assert examples.label_names == ("1=neg", "1=pos", "2=food", "2=price")
    assert examples.labels == ((1, 2), (0, 2), (1, 3))
    assert read_examples(rows[:1], **columns, label_names=examples.label_names).labels == ((1, 2),)
    with pytest.raises(ValueError, match="example 0: label '1=so' is not among the known ones"):
        read_examples([("a", "so", "food")], **columns, label_names=examples.label_names)


def test_a_header_that_is_read_as_a_row_is_noticed(tmp_path, caplog):
    columns = dict(text_column=0, label_column=1)
    path = write(tmp_path, "a.csv", "headline,is_sarcastic\nbad,0\ngood,1\n")
    with pytest.raises(
        ValueError, match="a.csv:1: 'is_sarcastic' among labels that are numbers looks like a header; pass"
    ):
        read_examples(path, **columns)
    assert (
        len(read_examples(path, **columns, header=True)) == 2 and len(read_examples(path, **columns, header=False)) == 3
    )
    assert "1 rows have labels that are no numbers, as the others are: ['is_sarcastic']" in caplog.text
    read_examples(write(tmp_path, "b.csv", "headline,kind\na,x\nb,x\nc,y\nd,y\n"), **columns)
    assert "b.csv:1: no other row has the label 'kind' (of 'headline'): is it a header? pass header=True" in caplog.text


def test_a_text_is_not_its_own_label():
    with pytest.raises(ValueError, match="column 0 is asked for as two things"):
        read_examples([("a", "b")], text_column=0, label_column=0)


def test_rows_must_be_rows():
    with pytest.raises(TypeError, match="example 0: expected a tuple, list or dict, received int"):
        read_examples([3], text_column=0)


CELLS = st.text(st.characters(blacklist_categories=["Cs", "Cc", "Cf", "M"]), min_size=1).filter(is_visible)


@given(st.lists(st.tuples(CELLS, CELLS), min_size=1))
def test_jsonl_gives_back_any_text(tmp_path_factory, rows):
    content = "".join(json.dumps({"text": text, "label": label}) + "\n" for text, label in rows)
    examples = read_examples(write(tmp_path_factory.mktemp("rows"), "a.jsonl", content), **COLUMNS)
    assert examples.texts == tuple(text for text, _ in rows)
    assert [examples.label_names[label] for label in examples.labels] == [label.strip() for _, label in rows]


@given(st.binary(max_size=200), st.sampled_from(["a.tsv", "a.csv", "a.jsonl"]))
def test_any_bytes_give_examples_or_an_error_with_the_file(tmp_path_factory, content, name):
    path = write(tmp_path_factory.mktemp("rows"), name, content)
    try:
        examples = read_examples(path, text_column=0, label_column=1)
        assert len(examples.texts) == len(examples.labels) > 0
    except ValueError as error:
        assert str(path) in str(error)


def test_several_labels_are_parted_or_come_as_a_list(tmp_path):
    rows = [("a", "x | y"), ("b", ""), ("c", ["z", "x"])]
    examples = read_examples(rows, text_column=0, label_column=1, label_separator="|")
    assert examples.label_names == ("x", "y", "z") and examples.labels == ((0, 1), (), (0, 2))
    assert examples.label_array(("z", "y", "x", "w")).tolist() == [[0, 1, 1, 0], [0, 0, 0, 0], [1, 0, 1, 0]]
    path = write(tmp_path, "a.tsv", "a\tx\nb\tx|v\n")
    with pytest.raises(ValueError, match="a.tsv:2: label 'v' is not among the known ones: 'x', 'y'"):
        read_examples(path, text_column=0, label_column=1, label_separator="|", label_names=("x", "y"))


@pytest.mark.parametrize(
    ("cell", "labels"),
    [
        ('["p", "n"]', ("n", "p")),
        ("['p', 'n']", ("n", "p")),
        ("[]", ()),
        ("[ ]", ()),
        ("{}", ()),
        ("('p',)", ("p",)),
        ("{'p', 'n'}", ("n", "p")),
        ("[1, 2.5]", ("1", "2.5")),
        (r"""['it\'s', "a, b"]""", ("a, b", "it's")),
        ("['p', None, nan]", ("p",)),
        ("[x]", ("[x]",)),
        ("(x)", ("(x)",)),
        ("[a],[b]", ("[a]", "[b]")),
    ],
)
def test_a_list_that_is_written_out_in_a_cell_is_one_of_labels(cell, labels):
    examples = read_examples([("a", cell), ("b", "z")], text_column=0, label_column=1, label_separator=",")
    assert examples.label_names == (*labels, "z") and examples.labels[0] == tuple(range(len(labels)))


@pytest.mark.parametrize("cell", ["['p' 'n']", "[p, n]", '[["p"], ["n"]]', r"['\x41']"])
def test_a_list_that_cannot_be_read_is_refused(cell):
    for separator in (",", None):
        with pytest.raises(ValueError, match="example 0: .* looks like a list and cannot be read as one of labels"):
            read_examples([("a", cell), ("b", "x")], text_column=0, label_column=1, label_separator=separator)


@pytest.mark.parametrize("cell", ["['p']", '["p", "n"]', "[]", "[27]"])
def test_a_list_is_no_label_where_a_text_has_but_one(cell):
    with pytest.raises(ValueError, match=r"example 0: column 1 holds the list .*label_separator=',' \(--label-sep"):
        read_examples([("a", cell), ("b", "x")], text_column=0, label_column=1)
    assert read_examples([("a", "[x]"), ("b", "x")], text_column=0, label_column=1).label_names == ("[x]", "x")
