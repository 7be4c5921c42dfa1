"""Sources, targets and dialogues come out of the files that people have."""

import json

import pytest

from bert_keras.data import GenerationExamples, read_generation

ROWS = [("a b", "c"), ("d", 'e "f", g')]
EXAMPLES = GenerationExamples(("a b", "d"), ("c", 'e "f", g'))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("e2e.csv", '"mr","ref"\n"a b","c"\nd,"e ""f"", g"\n'),
        ("a.tsv", 'source\ttarget\na b\tc\nd\te "f", g\n'),
        ("a.jsonl", "".join(json.dumps({"document": a, "summary": b}) + "\n" for a, b in ROWS)),
        ("a.json", json.dumps([{"text": a, "title": b, "id": 3} for a, b in ROWS])),
    ],
)
def test_pairs_are_told_by_the_names_of_their_columns(tmp_path, name, content):
    (tmp_path / name).write_text(content)
    assert read_generation(tmp_path / name) == EXAMPLES
    assert read_generation([tmp_path / name, tmp_path / name]).references() == {"a b": ["c"] * 2, "d": ['e "f", g'] * 2}


def test_columns_of_any_name_and_rows_in_memory_are_pairs_too(tmp_path):
    (tmp_path / "a.csv").write_text("x;y\na b;c\n")
    columns = dict(source_column="x", target_column="y", separator=";")
    assert read_generation(tmp_path / "a.csv", **columns) == GenerationExamples(("a b",), ("c",))
    assert read_generation(ROWS, source_column=0, target_column=1) == EXAMPLES
    assert read_generation(ROWS, source_column=0).targets is None


INSTRUCTIONS = [("Add.", "1, 2", "3"), ("Say hello.", "", "Hello!")]


@pytest.mark.parametrize(("second", "target"), [("input", "output"), ("context", "response")])
@pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl", "json", "memory"])
def test_what_an_instruction_is_about_stands_behind_it(tmp_path, caplog, suffix, second, target):
    names, path = ("instruction", second, target), tmp_path / f"a.{suffix}"
    rows = [dict(zip(names, row)) for row in INSTRUCTIONS]
    if suffix in ("csv", "tsv"):
        quoted = [[f'"{cell}"' if suffix == "csv" else cell for cell in row] for row in (names, *INSTRUCTIONS)]
        path.write_text("".join(("," if suffix == "csv" else "\t").join(row) + "\n" for row in quoted))
    else:
        text = json.dumps(rows) if suffix == "json" else "".join(json.dumps(row) + "\n" for row in rows)
        path.write_text(text)
    read = read_generation(rows if suffix == "memory" else path)
    assert read == GenerationExamples(("Add.\n1, 2", "Say hello."), ("3", "Hello!"))
    assert not caplog.text


def test_an_instruction_may_be_about_nothing(tmp_path):
    (tmp_path / "a.csv").write_text("instruction,output\nSay hello.,Hello!\n")
    assert read_generation(tmp_path / "a.csv") == GenerationExamples(("Say hello.",), ("Hello!",))
    (tmp_path / "b.jsonl").write_text(
        '{"instruction": "a b", "output": "x"}\n{"instruction": "c", "input": null, "output": "y"}\n'
        '{"instruction": "d", "input": "e", "output": "z"}\n'
    )
    assert read_generation(tmp_path / "b.jsonl").sources == ("a b", "c", "d\ne")
    rows = [{"instruction": "a", "response": "b"}, {"instruction": "c", "context": float("nan"), "response": "d"}]
    assert read_generation(rows).sources == ("a", "c")


def test_columns_that_are_given_go_before_those_that_are_known(caplog):
    rows = [{"instruction": "Add it up.", "input": "1 2", "output": "3", "note": "so easy"}]
    columns = dict(source_column="input", target_column="output")
    assert read_generation(rows, **columns).sources == ("1 2",)
    second = dict(source_column="note", second_source_column="input")
    assert read_generation(rows, **second) == GenerationExamples(("so easy\n1 2",))
    assert read_generation([{"a": " ", "b": "c"}], source_column="a", second_source_column="b").sources == ("c",)
    assert "not read" not in caplog.text
    with pytest.raises(ValueError, match="no column 'inputs' in a row"):
        read_generation(rows, **columns, second_source_column="inputs")
    with pytest.raises(ValueError, match="column 'input' is asked for as two things"):
        read_generation(rows, **columns, second_source_column="input")
    with pytest.raises(ValueError, match="expected a source_column beside the second_source_column 'input'"):
        read_generation(rows, second_source_column="input")
    with pytest.raises(ValueError, match="a dialogue of 2 turns, behind which column 'input' has '1 2'; expected one"):
        read_generation([rows[0] | {"turns": ["a", "b"]}], source_column="turns", second_source_column="input")


def test_texts_that_no_column_of_the_pair_has_are_counted(caplog):
    rows = [{"question": "Who sat?", "context": "The cat sat.", "answer": "The cat.", "id": "q 1" * bool(i), "score": 1,
             "url": "a.org/b", "history": [["a", "so good"]] * i} for i in range(2)]  # fmt: skip
    assert read_generation(rows).sources == ("Who sat?",) * 2
    assert "2 of 2 rows: a text in the column 'context', which is not read; second_source_column= reads" in caplog.text
    assert "1 of 2 rows: a text in the column 'history'" in caplog.text
    assert "'url'" not in caplog.text and "'score'" not in caplog.text


def test_the_last_turn_of_a_dialogue_is_its_target(tmp_path):
    turns = [["春", "天", "好"], ["a", "b"]]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps({"turns": some}) + "\n" for some in turns))
    assert read_generation(tmp_path / "a.jsonl") == GenerationExamples((("春", "天"), ("a",)), ("好", "b"))
    (tmp_path / "b.jsonl").write_text(json.dumps({"history": ["a", "b"], "answer": "c"}) + "\n")
    read = read_generation(tmp_path / "b.jsonl", source_column="history", target_column="answer")
    assert read == GenerationExamples((("a", "b"),), ("c",))


def test_turns_may_say_whose_they_are(tmp_path):
    dialogue = [{"role": role, "content": text} for role, text in zip(("system", "user", "assistant"), "春天好")]
    (tmp_path / "a.jsonl").write_text(json.dumps({"messages": dialogue, "id": 1}, ensure_ascii=False), "utf-8")
    assert read_generation(tmp_path / "a.jsonl") == GenerationExamples((("春", "天"),), ("好",))
    history = [{"history": dialogue[:2]}]
    assert read_generation(history, source_column="history").sources == (("春", "天"),)
    with pytest.raises(ValueError, match="the last turn in column 'messages' is of the user, expected an answer"):
        read_generation([{"messages": dialogue[:2]}])
    with pytest.raises(ValueError, match="column 'messages' holds .*, expected a text"):
        read_generation([{"messages": [{"text": "a"}, {"text": "b"}]}])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("source\ttarget\na\tb\n \tc\n", "a.tsv:3: column 'source' is empty, expected a text"),
        ("source\ttarget\na\t\n", "a.tsv:2: column 'target' is empty"),
        ("from\tto\na\tb\n", r"a.tsv: cannot tell which columns are source and target: pass source_column="),
        ('turns\n["a"]\n', r"a.tsv:2: column 'turns' holds .*, expected a list of 2 turns or more"),
        ('turns\n["a", ""]\n', "a.tsv:2: column 'turns' is empty"),
    ],
)
def test_faults_are_told_with_their_place(tmp_path, content, message):
    (tmp_path / "a.tsv").write_text(content)
    with pytest.raises(ValueError, match=message):
        read_generation(tmp_path / "a.tsv")


def test_faulty_rows_are_skipped_and_counted(caplog):
    read = read_generation([{"mr": "a", "ref": "b"}, {"mr": "", "ref": "c"}], errors="skip")
    assert read.targets == ("b",) and read.num_skipped == 1 and "1 rows with an empty text" in caplog.text


def test_examples_that_do_not_fit_together_are_refused():
    with pytest.raises(ValueError, match="expected 2 targets, one a source, received 1"):
        GenerationExamples(("a", "b"), ("c",))
    with pytest.raises(ValueError, match="source number 2 is empty"):
        GenerationExamples(("a", ""), ("c", "d"))
    with pytest.raises(ValueError, match="expected a source_column beside the target_column 'y'"):
        read_generation([{"y": "a"}], target_column="y")
