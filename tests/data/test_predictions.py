import pytest

from bert_keras.data import read_examples
from bert_keras.data.predictions import write_predictions


def test_what_would_break_the_table_becomes_a_space(tmp_path):
    examples = read_examples([("a\tb\nc", "d", "x")], text_column=0, second_text_column=1, label_column=2)
    write_predictions(tmp_path / "new" / "predictions.tsv", examples, [0])
    assert (
        tmp_path / "new" / "predictions.tsv"
    ).read_text() == "label\tprediction\ttext\tsecond text\nx\tx\ta b c\td\n"


def test_numbers_are_written_where_there_are_no_classes(tmp_path):
    examples = read_examples([("a", 2.5)], text_column=0, label_column=1, regression=True)
    write_predictions(tmp_path / "predictions.tsv", examples, [2.25])
    assert (tmp_path / "predictions.tsv").read_text() == "label\tprediction\ttext\n2.5\t2.25\ta\n"


def test_a_prediction_too_few_is_an_error_and_writes_nothing(tmp_path):
    examples = read_examples([("a", "x"), ("b", "y")], text_column=0, label_column=1)
    with pytest.raises(ValueError, match="expected 2 predictions.*received 1"):
        write_predictions(tmp_path / "predictions.tsv", examples, [0])
    assert not list(tmp_path.iterdir())
