import pytest

from bert_keras.data import read_examples
from bert_keras.data.classification.predictions import confusion_table, write_predictions, write_submission


def test_what_would_break_the_table_becomes_a_space(tmp_path):
    examples = read_examples([("a\tb\nc", "d", "x")], text_column=0, second_text_column=1, label_column=2)
    write_predictions(tmp_path / "new" / "predictions.tsv", examples, [0])
    assert (
        tmp_path / "new" / "predictions.tsv"
    ).read_text() == "label\tprediction\ttext\tsecond text\nx\tx\ta b c\td\n"


def test_half_an_emoji_is_written_as_a_question_mark(tmp_path):
    examples = read_examples([("cut \ud83d", "x")], text_column=0, label_column=1)
    write_predictions(tmp_path / "predictions.tsv", examples, [0])
    assert (tmp_path / "predictions.tsv").read_text() == "label\tprediction\ttext\nx\tx\tcut ?\n"


def test_numbers_are_written_where_there_are_no_classes(tmp_path):
    examples = read_examples([("a", 2.5)], text_column=0, label_column=1, regression=True)
    write_predictions(tmp_path / "predictions.tsv", examples, [2.25])
    assert (tmp_path / "predictions.tsv").read_text() == "label\tprediction\ttext\n2.5\t2.25\ta\n"


def test_a_prediction_too_few_is_an_error_and_writes_nothing(tmp_path):
    examples = read_examples([("a", "x"), ("b", "y")], text_column=0, label_column=1)
    with pytest.raises(ValueError, match="expected 2 predictions.*received 1"):
        write_predictions(tmp_path / "predictions.tsv", examples, [0])
    assert not list(tmp_path.iterdir())


def test_several_labels_are_written_with_a_bar_between_them_and_counted_each(tmp_path):
    examples = read_examples([("a", "x|y"), ("b", "")], text_column=0, label_column=1, label_separator="|")
    predictions = [(0,), (1,)]
    write_predictions(tmp_path / "p.tsv", examples, predictions)
    assert (tmp_path / "p.tsv").read_text() == "label\tprediction\ttext\nx|y\tx\ta\n\ty\tb\n"
    assert [row.split() for row in confusion_table(examples, predictions).split("\n")] == [
        ["label", "right", "missed", "wrong"], ["x", "1", "0", "0"], ["y", "0", "1", "1"],
    ]  # fmt: skip


def test_texts_without_labels_get_the_names_of_training(tmp_path):
    examples = read_examples([("a",), ("b",)], text_column=0)
    write_predictions(tmp_path / "p.tsv", examples, [1, 0], ("no", "yes"))
    assert (tmp_path / "p.tsv").read_text() == "prediction\ttext\nyes\ta\nno\tb\n"


def test_submissions_are_in_glues_form(tmp_path):
    write_submission(tmp_path / "STS-B.tsv", [1.23456, 4.0])
    assert (tmp_path / "STS-B.tsv").read_text() == "index\tprediction\n0\t1.235\n1\t4.000\n"


def test_confusions_count_by_the_names_of_training():
    examples = read_examples([("a", "y"), ("b", "x"), ("c", "y")], text_column=0, label_column=1)
    table = confusion_table(examples, [2, 1, 1], ("w", "x", "y"))
    assert [row.split() for row in table.split("\n")] == [
        ["true", "w", "x", "y"], ["w", "0", "0", "0"], ["x", "0", "1", "0"], ["y", "0", "1", "1"],
    ]  # fmt: skip


def test_a_table_of_chinese_labels_lines_up():
    examples = read_examples([("a", "体育"), ("b", "财")], text_column=0, label_column=1)
    lines = confusion_table(examples, [0, 1]).splitlines()
    assert lines == ["true  体育  财", "体育     1   0", "财       0   1"]
