import gzip
import json
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_keras.data.classification.examples import Examples
from bert_keras.data.classification.readers import read_examples
from bert_keras.data.files.table_files import Faults, read_rows


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
        ("a.txt", "id\tlabel\tmore\ttext\n1\tpos\t\tgood\n2\tneg\t\tbad\tbeyond the header\n"),
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
    ("a.tsv", "text\tlabel\ngood\tpos\n\nbad\tneg\n", 3, "empty line", 2),
    ("a.tsv", "text\tlabel\ngood\nbad\tneg\n", 2, "no column 'label' in a row of 1: ..good", 1),
    ("a.tsv", "text\tlabel\ngood\tpos\nb\0d\tneg\n", 3, "NUL byte at byte offset 21", 1),
    ("a.tsv", b"text\tlabel\ngood\tpos\nb\xffd\tneg\n", 3, "not UTF-8: byte 0xff at byte offset 21", 1),
    ("a.tsv", "text\tlabel\ngood\tpos\n" + "bad " * 600_000 + "\tneg\nbad\tneg\n", 3, "line of more than 1 MiB", 2),
    ("a.csv", "text,label\ngood,pos\n\nbad,neg\n", 3, "empty line", 2),
    ("a.csv", "text,label\ngood,pos\nbad\n", 3, "no column 'label'", 1),
    ("a.csv", 'text,label\ngood,pos\n"bad,neg\nmore,pos\n', 3, "lines 3 to 4 .a quotation mark left open", 1),
    ("a.csv", 'text,label\n"so" good,pos\nbad,neg\ngood,pos\n', 2, "',' expected after", 2),
    ("a.csv", "text,label\ngood,pos\nbad, really bad,neg\n", 3, "3 cells, the header has 2: put a text with", 1),
    ("a.csv", "text,label\ngood,pos\nbad, \n", 3, "column 'label' is empty", 1),
    ("a.csv", f'text,label\ngood,pos\n"{"bad " * 40_000}",neg\n', 3, "field larger than field limit", 1),
    ("a.jsonl", '{"text": "good", "label": 1}\n{"text": "bad"}\n', 2, "no column 'label'", 1),
    ("a.jsonl", '{"text": "good", "label": 1}\n{"text": "bad"\n', 2, "not JSON", 1),
    ("a.jsonl", '{"text": "good", "label": 1}\n\n', 2, "empty line", 1),
    ("a.jsonl", '{"text": "good", "label": 1}\n3\n', 2, "expected a JSON object or array", 1),
    ("a.jsonl", '{"text": "good", "label": 1}\n{"text": null, "label": 1}\n', 2, "column 'text' holds None", 1),
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
    rows = read_rows(path, ["text", "label"], None, None, faults)
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
        ("a.tsv", "\ntext\tlabel\nx\ty\n", {}, r"a\.tsv:1: empty line"),
    ],
)
def test_a_file_that_cannot_be_read_raises(tmp_path, name, content, options, message):
    with pytest.raises(ValueError, match=message):
        read_examples(write(tmp_path, name, content), **COLUMNS, **options)


def test_a_missing_file_raises(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_examples(tmp_path / "missing.tsv", **COLUMNS)


def test_rows_must_be_rows():
    with pytest.raises(TypeError, match="example 0: expected a tuple, list or dict, received int"):
        read_examples([3], text_column=0)


CELLS = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1).filter(str.strip)


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
