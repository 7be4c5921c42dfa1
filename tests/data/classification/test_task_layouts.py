import pytest

from bert_keras.data.classification.task_layouts import TASKS, TaskLayout, read_task, task_layout
from bert_keras.table_format import TableFormat

# The first lines of each task's train.tsv, dev.tsv and test.tsv, with other texts, and what must come out.
FILES = {
    "cola": (
        ["gj04\t1\t\tIt rains.", "gj04\t0\t*\tRains it it."],
        ["gj04\t1\t\tIt snows."],
        ["index\tsentence", "0\tIt hails."],
    ),
    "sst2": (
        ["sentence\tlabel", "so good \t1", "bad\t0"],
        ["sentence\tlabel", "fine\t1"],
        ["index\tsentence", "0\tfair"],
    ),
    "mrpc": (
        ["Quality\t#1 ID\t#2 ID\t#1 String\t#2 String", '1\t7\t8\tHe said "yes.\tHe agreed.', "0\t9\t10\tNo.\tYes."],
        ["Quality\t#1 ID\t#2 ID\t#1 String\t#2 String", "0\t7\t8\tOne.\tTwo."],
        ["index\t#1 ID\t#2 ID\t#1 String\t#2 String", "0\t5\t6\tThree.\tFour."],
    ),
    "stsb": (
        [
            "index\tgenre\tfilename\tyear\told_index\tsource1\tsource2\tsentence1\tsentence2\tscore",
            "0\tnews\tMSR\t2012\t0001\tnone\tnone\tA plane.\tA jet.\t4.200",
            "1\tnews\tMSR\t2012\t0002\tnone\tnone\tA man.\tA jet.\t0.000\tbeyond",
        ],
        [
            "index\tgenre\tfilename\tyear\told_index\tsource1\tsource2\tsentence1\tsentence2\tscore",
            "0\tnews\tMSR\t2012\t0001\tnone\tnone\tA cat.\tA dog.\t1.000",
        ],
        [
            "index\tgenre\tfilename\tyear\told_index\tsource1\tsource2\tsentence1\tsentence2",
            "0\tnews\tMSR\t2012\t0001\tnone\tnone\tA fish.\tA bird.",
        ],
    ),
    "rte": (
        ["index\tsentence1\tsentence2\tlabel", "0\tIt is hot.\tIt is warm.\tentailment", "1\tA.\tB.\tnot_entailment"],
        ["index\tsentence1\tsentence2\tlabel", "0\tC.\tD.\tentailment"],
        ["index\tsentence1\tsentence2", "0\tE.\tF."],
    ),
}


@pytest.fixture
def folder_of(tmp_path):
    """Function that writes a task's files into a folder of their own."""

    def write(task):
        for name, lines in zip((TASKS[task].train, TASKS[task].validation, TASKS[task].test), FILES[task], strict=True):
            (tmp_path / name).write_text("\n".join(lines) + "\n")
        return tmp_path

    return write


@pytest.mark.parametrize(
    ("task", "first", "labels", "test_text"),
    [
        ("cola", ("It rains.", None), (1, 0), "It hails."),
        ("sst2", ("so good ", None), (1, 0), "fair"),
        ("mrpc", ('He said "yes.', "He agreed."), (1, 0), "Three."),
        ("stsb", ("A plane.", "A jet."), (4.2, 0.0), "A fish."),
        ("rte", ("It is hot.", "It is warm."), (0, 1), "E."),
    ],
)
def test_glues_files_are_read_as_they_are(folder_of, task, first, labels, test_text):
    parts = read_task(TASKS[task], TASKS[task].files(folder_of(task)))
    train = parts["train"]
    assert (train.texts[0], train.second_texts and train.second_texts[0]) == first and train.labels == labels
    assert parts["validation"].label_names == train.label_names and len(parts["validation"]) == 1
    assert parts["test"].texts == (test_text,) and parts["test"].labels is None


def test_a_folder_without_a_test_file_has_no_test_part(folder_of):
    folder = folder_of("sst2")
    (folder / "test.tsv").unlink()
    assert sorted(TASKS["sst2"].files(folder)) == ["train", "validation"]


def test_a_label_that_training_lacks_is_an_error_with_its_place(folder_of):
    folder = folder_of("sst2")
    (folder / "dev.tsv").write_text("sentence\tlabel\nso so\t2\n")
    with pytest.raises(ValueError, match="dev.tsv:2: label '2' is not among the known ones: '0', '1'"):
        read_task(TASKS["sst2"], TASKS["sst2"].files(folder))


def test_a_layout_of_ones_own_may_have_several_labels(tmp_path):
    (tmp_path / "train.csv").write_text('review,topics\n"good, cheap",price|taste\nbad,\n')
    layout = TaskLayout("review", label_column="topics", label_separator="|")
    train = read_task(layout, {"train": tmp_path / "train.csv"})["train"]
    assert train.labels == ((0, 1), ()) and train.problem_type == "multi_label_classification"
    assert train.label_array().tolist() == [[1.0, 1.0], [0.0, 0.0]]


def test_errors_may_be_skipped(tmp_path):
    (tmp_path / "train.tsv").write_text("sentence1\tsentence2\tscore\na\tb\t1.5\nc\td\tmuch\n")
    layout = TaskLayout("sentence1", "sentence2", "score", regression=True)
    assert read_task(layout, {"train": tmp_path / "train.tsv"}, errors="skip")["train"].num_skipped == 1
    with pytest.raises(ValueError, match="train.tsv:3: column 'score' holds 'much', expected a number"):
        read_task(layout, {"train": tmp_path / "train.tsv"})


def test_what_is_handed_in_by_the_number_of_the_row_is_never_skipped(folder_of):
    folder = folder_of("sst2")
    (folder / "test.tsv").write_bytes(b"index\tsentence\n0\tfair\n1\t\xff\n2\tgood\n")
    with pytest.raises(ValueError, match="test.tsv:3: not UTF-8"):
        read_task(TASKS["sst2"], TASKS["sst2"].files(folder), errors="skip")


def test_unknown_tasks_and_missing_files_are_errors():
    assert task_layout("rte") is TASKS["rte"]
    with pytest.raises(ValueError, match="no task is called 'sst'; known: cola, sst2, mrpc"):
        task_layout("sst")
    with pytest.raises(ValueError, match="the folder that holds train.tsv and dev.tsv"):
        TASKS["sst2"].files(None)
    with pytest.raises(ValueError, match="expected a training file"):
        read_task(TASKS["sst2"], {"train": None})


def test_one_label_alone_is_nothing_to_learn(tmp_path):
    (tmp_path / "train.csv").write_text("text,label\ngood,pos\nfair,pos\n")
    with pytest.raises(ValueError, match=r"train.csv: expected two labels or more, every row has 'pos'"):
        read_task(TaskLayout("text", None, "label"), {"train": tmp_path / "train.csv"})
    layout = TaskLayout("text", None, "label", label_separator="|")  # a text may have it, or not
    assert read_task(layout, {"train": tmp_path / "train.csv"})["train"].label_names == ("pos",)


def test_a_test_file_without_the_column_of_labels_is_read_without_labels(tmp_path, caplog):
    (tmp_path / "train.csv").write_text("text,label\ngood,pos\nbad,neg\n")
    for name, content in (
        ("a.csv", "id,text\n1,fair\n"),
        ("b.jsonl", '{"text": "fair"}\n'),
        ("c.json", '[{"text": "fair"}]'),
    ):
        (tmp_path / name).write_text(content)
        files = {"train": tmp_path / "train.csv", "test": tmp_path / name}
        test = read_task(TaskLayout("text"), files)["test"]
        assert test.texts == ("fair",) and test.labels is None
        assert f"{tmp_path / name}: no column 'label': read without labels" in caplog.text
    with pytest.raises(ValueError, match="c.json: no column|expected one column 'label'"):
        read_task(TaskLayout("text"), {"train": tmp_path / "a.csv"})


def test_a_test_file_of_texts_alone_has_no_header_either(tmp_path):
    (tmp_path / "train.tsv").write_text("good\tpos\nbad\tneg\n")
    (tmp_path / "test.tsv").write_text("fair\nwell\n")
    layout, files = TaskLayout(0, label_column=1), {part: tmp_path / f"{part}.tsv" for part in ("train", "test")}
    assert read_task(layout, files)["test"].texts == ("fair", "well")


def test_a_share_of_training_may_be_the_validation_part(tmp_path):
    (tmp_path / "train.tsv").write_text("".join(f"text {i}\t{'ab'[i % 2]}\n" for i in range(20)))
    parts = read_task(TaskLayout(0, label_column=1), {"train": tmp_path / "train.tsv", "validation": 0.2, "test": None})
    assert {name: len(part) for name, part in parts.items()} == {"train": 16, "validation": 4}
    assert sorted(parts["validation"].labels) == [0, 0, 1, 1]


def test_a_layout_says_how_its_files_are_written(tmp_path):
    (tmp_path / "train.csv").write_bytes("评论;标签\n很好;1,5\n不好;0,5\n".encode("gbk"))
    layout = TaskLayout(
        "评论", label_column="标签", regression=True, table=TableFormat(separator=";", encoding="gbk"), decimal=","
    )
    assert read_task(layout, {"train": tmp_path / "train.csv"})["train"].labels == (1.5, 0.5)


def test_a_test_file_that_lacks_some_of_the_labels_is_refused(tmp_path):
    (tmp_path / "train.csv").write_text("text,a,b\ngood,1,0\nbad,0,1\n")
    (tmp_path / "test.csv").write_text("text,a\ngood,1\n")
    files = {part: tmp_path / f"{part}.csv" for part in ("train", "test")}
    with pytest.raises(ValueError, match="test.csv:1: expected one column 'b'"):
        read_task(TaskLayout("text", label_columns=("a", "b")), files)


def test_a_part_with_other_labels_is_refused_with_the_reason(tmp_path):
    (tmp_path / "train.tsv").write_text("sentence\tlabel\na\t0\nb\t1\n")
    (tmp_path / "dev.tsv").write_text("sentence\tlabel\nc\tneg\nd\tpos\n")
    files = {"train": tmp_path / "train.tsv", "validation": tmp_path / "dev.tsv"}
    with pytest.raises(ValueError, match=r"no examples in '.*dev.tsv'; skipped 2: 2 .* \(first: .*label 'neg' is not"):
        read_task(TaskLayout("sentence"), files, errors="skip")
