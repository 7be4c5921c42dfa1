import pytest

from bert_keras.training.metrics.triple_scores import triple_scores


def test_triples_count_by_their_texts_once_in_lower_case_and_without_marks_of_books():
    true = [[("Ada", "New  York", "lived"), ("ada", "New York", "lived"), ("道德经", "老子", "作者")], []]
    found = [[("ada", "new york", "lived"), ("《道德经》", "老子", "作者"), ("Ada", "New York", "born")], []]
    scores = triple_scores(true, found)
    assert scores["overall"] == {"precision": 2 / 3, "recall": 1.0, "f1": 0.8, "support": 2}
    assert scores["born"]["support"] == 0 and scores["lived"]["f1"] == 1.0


def test_subject_and_object_are_not_exchanged_and_texts_not_mixed():
    assert triple_scores([[("a", "b", "r")]], [[("b", "a", "r")]])["overall"]["f1"] == 0
    assert triple_scores([[("a", "b", "r")], []], [[], [("a", "b", "r")]])["overall"]["f1"] == 0


def test_ranges_of_words_count_by_place():
    true, found = [[((0, 1), (8, 9), "lived")]], [[[[5, 6], (8, 9), "lived"], ((0, 1), (8, 9), "lived")]]
    assert triple_scores(true, found)["lived"] == {"precision": 0.5, "recall": 1.0, "f1": 2 / 3, "support": 1}


def test_a_name_of_marks_alone_stays_and_numbers_of_texts_must_agree():
    assert triple_scores([[("《》", "b", "r")]], [[("", "b", "r")]])["overall"]["f1"] == 0
    with pytest.raises(ValueError, match="triples of 1 texts, received those of 2"):
        triple_scores([[]], [[], []])
