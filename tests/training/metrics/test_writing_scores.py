"""Scores of written texts are those of the packages that everybody reports, and of definitions by hand."""

import pytest

from bert_keras.training import writing_scores, writing_signature

TEXTS = ["the cat sat on the mat .", "a dog ran"]
REFERENCES = [["the cat is on the mat .", "There is a cat on the mat."], ["the dog ran away"]]


def test_distinct_is_the_share_of_different_runs_of_words():
    measures = ["distinct-1", "distinct-2"]
    assert writing_scores(["a a b", "a b"], [["x"], ["y"]], measures=measures) == {
        "distinct-1": 2 / 5, "distinct-2": 2 / 3,
    }  # fmt: skip
    assert writing_scores(["春天春天"], [["春"]], measures=measures[:1], tokenize="zh") == {"distinct-1": 0.5}
    assert writing_scores([""], [["x"]], measures=measures)["distinct-2"] == 0


def test_bleu_and_chrf_are_sacrebleus_where_texts_have_references_of_unlike_number():
    sacrebleu = pytest.importorskip("sacrebleu")
    scores = writing_scores(TEXTS, REFERENCES, measures=["bleu", "chrf"], lowercase=True)
    streams = [[some[0] for some in REFERENCES], ["There is a cat on the mat.", None]]
    assert scores["bleu"] * 100 == pytest.approx(sacrebleu.corpus_bleu(TEXTS, streams, lowercase=True).score)
    assert scores["chrf"] * 100 == pytest.approx(sacrebleu.CHRF(lowercase=True).corpus_score(TEXTS, streams).score)
    assert writing_scores(["春天好吗"], [["春天好吗?"]], measures=["bleu"], tokenize="zh")["bleu"] > 0
    assert writing_signature(lowercase=True).startswith("case:lc|eff:no|tok:13a|smooth:exp|version:")


def test_rouge_is_the_mean_f1_with_the_nearest_reference():
    scorer = pytest.importorskip("rouge_score.rouge_scorer").RougeScorer(["rougeL"])
    nearest = [max(scorer.score(some, text)["rougeL"].fmeasure for some in references)
               for text, references in zip(TEXTS, REFERENCES)]  # fmt: skip
    assert writing_scores(TEXTS, REFERENCES, measures=["rougeL"])["rougeL"] == pytest.approx(sum(nearest) / 2)
    found = writing_scores(["春天好"], [["春天"]], measures=["rouge1"], tokenize="zh")
    assert found["rouge1"] == pytest.approx(0.8)  # 2 of 3 characters, and all that there are


@pytest.mark.parametrize(
    ("texts", "references", "measures", "message"),
    [
        (["a"], [["b"]], ["meteor"], "Expected measures bleu, chrf, .*received .'meteor'"),
        (["a"], [["b"], ["c"]], ["bleu"], "Expected references for 1 texts, one or more; received 2"),
        (["a", "b"], [["c"], []], ["bleu"], "text 1 has none"),
        (["a"], ["b"], ["bleu"], "Expected a list of references for each text"),
    ],
)
def test_what_cannot_be_scored_is_refused(texts, references, measures, message):
    with pytest.raises(ValueError, match=message):
        writing_scores(texts, references, measures=measures)
