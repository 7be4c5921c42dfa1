"""What stays in a cleaned file is what it was; what goes is named."""

import gzip
import json

import pytest

from bert_keras.checked_files import read_checked_parts
from bert_keras.data import check_parts, write_cleaned
from bert_keras.data.quality.finding import Finding
from bert_keras.task_files import TaskFiles


def cleaned(folder, path, kind, **options):
    """The cleaned bytes, and the places that were named."""
    parts, faults = read_checked_parts(TaskFiles(train=path), kind)
    findings = list(check_parts(parts, faults=faults, fewest_of_class=1))
    number = write_cleaned(folder, path, parts[0], findings, kind=kind, **options)
    removed = [line.split("\t")[0] for line in (folder / "removed.tsv").read_text().splitlines()[1:]]
    assert len(removed) == number
    return (folder / path.name).read_bytes(), [place.removeprefix(f"{path}:") for place in removed]


@pytest.mark.parametrize("name, kind, content, kept, gone", [
    ("a.tsv", "texts", b"sentence\tlabel\r\nso good\t1\r\nso bad\t0\nSO good\t1\r\n\t0\n",
     b"sentence\tlabel\r\nso good\t1\r\nso bad\t0\n", ["5", "4"]),
    ("a.csv", "texts", b'label,sentence\n1,"so\n\ngood"\n0,bad\n1,"so\n\ngood"\n0,well\n',
     b'label,sentence\n1,"so\n\ngood"\n0,bad\n0,well\n', ["6"]),
    ("a.jsonl", "texts", b'{"sentence": "a",  "label": 1}\n{"sentence": "b", "label": 0}\n'
     b'{"sentence": "a", "label": 1}\n', b'{"sentence": "a",  "label": 1}\n{"sentence": "b", "label": 0}\n', ["3"]),
    ("a.conll", "tags", b"-DOCSTART- O\n\nAda B-x\n\nBob I-x\n\n-DOCSTART- O\n\nAda B-x\n\nEve  B-x\n",
     b"-DOCSTART- O\n\nAda B-x\n\n-DOCSTART- O\n\nEve  B-x\n", ["5", "9"]),
    ("a.txt", "relations", b'1\t"<e1>a</e1> <e2>b</e2>"\nx\nComment:\n\n2\t"<e1>c</e1> <e2>d</e2>"\nx\n\n'
     b'3\t"<e1>a</e1> <e2>b</e2>"\nx\n',
     b'1\t"<e1>a</e1> <e2>b</e2>"\nx\nComment:\n\n2\t"<e1>c</e1> <e2>d</e2>"\nx\n\n', ["8"]),
])  # fmt: skip
def test_lines_that_stay_keep_their_bytes(tmp_path, name, kind, content, kept, gone):
    path = tmp_path / name
    path.write_bytes(content)
    assert cleaned(tmp_path / "cleaned", path, kind) == (kept, gone)
    assert path.read_bytes() == content


def test_a_compressed_file_stays_one(tmp_path):
    path = tmp_path / "a.tsv.gz"
    path.write_bytes(gzip.compress(b"sentence\tlabel\ngood\t1\nbad\t0\ngood\t1\n"))
    content, gone = cleaned(tmp_path / "cleaned", path, "texts")
    assert gzip.decompress(content) == b"sentence\tlabel\ngood\t1\nbad\t0\n" and gone == ["4"]


@pytest.mark.parametrize("name, separator", [("a.tsv", "\t"), ("a.csv", ","), ("a.jsonl", None)])
def test_a_file_of_wide_characters_keeps_its_encoding_and_its_mark(tmp_path, name, separator):
    rows = [("so gööd", "1"), ("bad", "0"), ("SO gööd", "1")]
    lines = [f"{text}{separator}{label}\r\n" for text, label in [("sentence", "label"), *rows]]
    if separator is None:
        lines = [json.dumps({"sentence": text, "label": label}) + "\n" for text, label in rows]
    path = tmp_path / name
    path.write_bytes("".join(["\ufeff", *lines]).encode("utf-16-be"))
    content, gone = cleaned(tmp_path / "cleaned", path, "texts")
    assert content.decode("utf-16-be") == "".join(["\ufeff", *lines[:-1]]) and gone == [str(len(lines))]


def test_a_broken_line_among_lines_of_json_goes(tmp_path):
    path = tmp_path / "a.jsonl"
    rows = [
        b'{"sentence": "a", "label": 1}\n',
        b'{"sentence": "b\xff", "label": 0}\n',
        b'{"sentence": "c", "label": 0}\n',
    ]
    path.write_bytes(b"".join(rows))
    assert cleaned(tmp_path / "cleaned", path, "texts") == (rows[0] + rows[2], ["2"])


@pytest.mark.parametrize("content, message", [
    (b'[{"sentence": "a", "label": 1},\n{"sentence": "b", "label": 0},\n{"sentence": "A", "label": 1}', "mend"),
    (b'[{"sentence": "a", "label": 1},\n{"sentence": "b", "label": 0},\n{"sentence": "\xff", "label": 1}', "mend"),
    (b'{\n"sentence": "a", "label": 1}\n{\n"sentence": "b", "label": 0}\n{\n"sentence": "A", "label": 1}', "mend"),
    (b'{"sentence": ["a", "b", "A"], "label": [1, 0, 1]}', "row 3: of rows without a line"),
])  # fmt: skip
def test_what_cannot_be_cut_out_is_refused_and_no_copy_written(tmp_path, content, message):
    path = tmp_path / "a.json"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message):
        cleaned(tmp_path / "cleaned", path, "texts")
    assert not (tmp_path / "cleaned").exists()


def test_questions_leave_a_document_by_their_place(tmp_path):
    def qa(name, asked, start):
        return {"id": name, "question": asked, "answers": [{"text": "cat", "answer_start": start}]}

    paragraph = {"context": "A cat sat.", "qas": [qa("1", "Who?", 2), qa("2", "What?", 5), qa("3", "who?", 2)]}
    alone = {"context": "One cat.", "qas": [qa("4", "Which?", 0)]}
    document = {"version": "v1.1", "data": [{"title": "é", "paragraphs": [paragraph, alone]}, {"paragraphs": [alone]}]}
    document["data"][1]["paragraphs"][0] = {"context": "My cat.", "qas": [qa("5", "Whose?", 1)]}
    path = tmp_path / "train.json"
    path.write_text(json.dumps(document, ensure_ascii=False, indent=2))
    content, gone = cleaned(tmp_path / "cleaned", path, "questions")
    paragraph["qas"] = paragraph["qas"][:1]
    document["data"] = [{"title": "é", "paragraphs": [paragraph]}]
    assert json.loads(content) == document and "é" in content.decode() and len(gone) == 4
    assert content.decode().splitlines()[1].startswith('  "version"')


def test_rows_leave_an_array(tmp_path):
    path = tmp_path / "a.json"
    path.write_text('[{"sentence":"a","label":1},{"sentence":"b","label":0},{"sentence":"a","label":1}]')
    content, gone = cleaned(tmp_path / "cleaned", path, "texts")
    assert content == b'[{"sentence":"a","label":1},{"sentence":"b","label":0}]' and gone == ["1: [2]"]


def test_only_the_rows_of_chosen_checks_go(tmp_path):
    path = tmp_path / "a.tsv"
    path.write_text("sentence\tlabel\ngood\t1\nn/a\t0\ngood\t1\n")
    assert cleaned(tmp_path / "one", path, "texts", leave_out=("placeholders",))[1] == ["3"]
    assert cleaned(tmp_path / "two", path, "texts", leave_out=())[0] == path.read_bytes()


def test_a_file_is_not_replaced_by_its_copy(tmp_path):
    path = tmp_path / "a.tsv"
    path.write_text("sentence\tlabel\ngood\t1\nbad\t0\n")
    with pytest.raises(ValueError, match="expected another folder than that of"):
        cleaned(tmp_path, path, "texts")


def test_an_unknown_check_to_leave_out_is_refused(tmp_path):
    path = tmp_path / "a.tsv"
    path.write_text("sentence\tlabel\ngood\t1\nbad\t0\n")
    parts, _ = read_checked_parts(TaskFiles(train=path))
    with pytest.raises(ValueError, match="leave_out must be names of checks, faults, .*received 'leeks'"):
        write_cleaned(
            tmp_path / "cleaned", path, parts[0], [Finding("leaks", "x", "y")], kind="texts", leave_out=["leeks"]
        )
