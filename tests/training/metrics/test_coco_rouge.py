"""ROUGE-L is that of MS COCO's scripts with Stanford's PTBTokenizer, to whose numbers it is compared."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_keras.training import writing_scores
from bert_keras.training.metrics.coco_rouge import coco_rouge_l, penn_words

TEXTS = [
    "Alimentum is a family-friendly place in the city centre; it isn't cheap.",
    "The Punter's prices are £20-25, and it has 5 out of 5 (from 1,000 customers).",
    "blue spice serves food",
]
REFERENCES = [
    ["There is a place in the city centre, Alimentum, that is not family-friendly.", "Alimentum isn't cheap!"],
    ["In the price range of £20-25 is The Punter, which customers rate 5 out of 5."],
    ["A coffee shop called Blue Spice.", 'It\'s "Blue Spice".'],
]


def test_the_score_is_the_official_scripts():
    scores = writing_scores(TEXTS, REFERENCES, measures=["rougeL-coco"])
    assert scores["rougeL-coco"] == pytest.approx(0.5629697052465916, abs=1e-12)


def test_words_are_those_of_stanfords_tokenizer_without_punctuation():
    assert penn_words(TEXTS[0]) == "alimentum is a family-friendly place in the city centre it is n't cheap".split()
    assert penn_words("They'll say: we've seen 30.99, \"can't\"...") == [
        "they", "'ll", "say", "we", "'ve", "seen", "30.99", "ca", "n't",
    ]  # fmt: skip
    assert penn_words("(cheap)") == ["(", "cheap", ")"]  # -lrb-, -rrb-, which the scripts leave in
    assert penn_words("kids,and Café") == ["kids", "and", "café"]
    assert penn_words(" .,! ") == []


def test_chinese_is_compared_by_characters():
    found = writing_scores(["春天 好"], [["春天"]], measures=["rougeL-coco"], tokenize="zh")
    assert found["rougeL-coco"] == pytest.approx(2.44 * (2 / 3) / (1 + 1.44 * (2 / 3)))


def test_a_text_without_words_has_nothing_in_common():
    assert coco_rouge_l([[], ["a"]], [[["a"], []], [["a"]]]) == 0.5


def test_precision_and_recall_may_be_of_different_references():
    # All of "a b" is in the second reference, and all of the first is in it.
    assert coco_rouge_l([["a", "b"]], [[["a"], ["a", "x", "y", "b"]]]) == 1.0


words = st.lists(st.sampled_from("abc"), min_size=1, max_size=9)


@given(words, words)
def test_common_words_are_counted_as_a_table_of_all_beginnings_does(first, second):
    table = [[0] * (len(second) + 1) for _ in range(len(first) + 1)]
    for i, word in enumerate(first, 1):
        for j, other in enumerate(second, 1):
            table[i][j] = table[i - 1][j - 1] + 1 if word == other else max(table[i - 1][j], table[i][j - 1])
    precision, recall = table[-1][-1] / len(first), table[-1][-1] / len(second)
    expected = 2.44 * precision * recall / (recall + 1.44 * precision) if precision else 0.0
    assert coco_rouge_l([first], [[second]]) == pytest.approx(expected)
