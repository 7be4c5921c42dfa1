import json

import pytest

from bert_keras.data.tagging.tagged_predictions import write_triples
from bert_keras.data.tagging.triple_examples import read_triples
from bert_keras.training import triple_scores

TEXT = "Ada met Bob. Later Ada lived in Bonn."


@pytest.fixture
def write(tmp_path):
    """Function that writes a text, or rows as JSON Lines, and gives the path."""

    def write(*rows, name="train.jsonl"):
        text = (
            rows[0] if isinstance(rows[0], str) else "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        )
        (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path / name

    return write


def test_a_triple_found_at_another_place_of_the_same_words_is_right(write):
    examples = read_triples(write({"text": TEXT, "spo_list": [["Ada", "lived", "Bonn"]]}))
    first, second = (0, 1), (5, 6)
    (((gold, bonn, _),),) = examples.triples
    assert gold == second
    found = [[(first, bonn, "lived"), (second, bonn, "lived")]]
    assert examples.quoted(found) == examples.quoted() == [[("Ada", "Bonn", "lived")]]
    elsewhere = [[(first, bonn, "lived")]]
    assert triple_scores(examples.quoted(), examples.quoted(elsewhere))["overall"]["f1"] == 1.0
    assert triple_scores(examples.triples, elsewhere)["overall"]["f1"] == 0.0
    with pytest.raises(ValueError, match="triples of 1 texts, received those of 2"):
        examples.quoted([[], []])


def test_a_file_of_predictions_names_a_triple_once(write, tmp_path):
    examples = read_triples(write({"text": TEXT, "spo_list": []}))
    write_triples(tmp_path / "out.jsonl", examples, [[((0, 1), (8, 9), "lived"), ((5, 6), (8, 9), "lived")]])
    assert json.loads((tmp_path / "out.jsonl").read_text())["spo_list"] == [["Ada", "lived", "Bonn"]]
