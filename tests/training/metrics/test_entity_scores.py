import json
import pathlib
import random
import warnings

import keras
import numpy as np
import pytest

from bert_keras.tagging_schemes import MEANINGS, SCHEMES, tag_names
from bert_keras.training.metrics.entity_f1 import EntityF1
from bert_keras.training.metrics.entity_scores import entity_scores, span_scores, tag_accuracy

GOLDEN = json.loads((pathlib.Path(__file__).parents[2] / "golden" / "entity_scores.json").read_text())


@pytest.mark.parametrize("case", GOLDEN, ids=lambda case: f"{case['scheme']} {case['mode']}")
def test_scores_are_seqevals(case):
    scores = entity_scores(case["true"], case["predicted"], scheme=case["scheme"] if case["mode"] == "strict" else None)
    assert scores.keys() == case["scores"].keys()
    for label, expected in case["scores"].items():
        assert scores[label] == pytest.approx(expected)


@pytest.mark.parametrize(
    "case", [case for case in GOLDEN if case["mode"] == "default"], ids=lambda case: case["scheme"]
)
@pytest.mark.parametrize("measure", ["f1", "precision", "recall"])
def test_the_metric_gives_the_same_batch_by_batch(case, measure):
    names = tag_names("abc", case["scheme"])
    metric = EntityF1(names, measure=measure)
    assert metric.name == f"entity_{measure}"
    chosen = random.Random(3)
    for begin in range(0, len(case["true"]), 10):
        y, scores, weights = (np.zeros((10, 25, *more), "float32") for more in ((), (len(names),), ()))
        for row in range(10):
            # Words stand anywhere, and what stands between them counts for nothing.
            tags = case["true"][begin + row], case["predicted"][begin + row]
            places = sorted(chosen.sample(range(25), len(tags[0])))
            y[row] = chosen.choices(range(len(names)), k=25)
            scores[row, range(25), chosen.choices(range(len(names)), k=25)] = 1
            scores[row, places] = 0
            for place, true, predicted in zip(places, *tags, strict=True):
                y[row, place], scores[row, place, names.index(predicted)] = names.index(true), 1
                weights[row, place] = 1
        metric.update_state(y.astype("int32"), scores, sample_weight=weights)
    assert float(metric.result()) == pytest.approx(case["scores"]["overall"][measure], abs=1e-6)
    metric.reset_state()
    assert float(metric.result()) == 0


@pytest.mark.parametrize("scheme", ["BILOU", "BMES", "IOE2"])
def test_the_metric_reads_the_prefixes_of_every_scheme(scheme):
    names, chosen = tag_names("ab", scheme), random.Random(4)
    true, predicted = (chosen.choices(range(len(names)), k=200) for _ in range(2))
    metric = EntityF1(names)
    metric.update_state(np.array([true]), np.eye(len(names))[[predicted]])
    tags = ([[names[number] for number in some]] for some in (true, predicted))
    assert float(metric.result()) == pytest.approx(entity_scores(*tags)["overall"]["f1"], abs=1e-6)


def test_the_metric_works_in_fit_and_is_saved():
    inputs = keras.Input((None,), dtype="int32")
    model = keras.Model(inputs, keras.ops.one_hot(inputs, 3))
    metric = EntityF1(tag_names("a", "BIO"))
    model.compile(loss=keras.losses.SparseCategoricalCrossentropy(), weighted_metrics=[metric])
    y, weights = np.array([[1, 2, 0, 1]]), np.array([[1, 1, 1, 1]])
    logs = model.evaluate(np.array([[1, 2, 1, 1]]), y, sample_weight=weights, return_dict=True, verbose=0)
    assert logs["entity_f1"] == pytest.approx(0.8)
    assert EntityF1.from_config(metric.get_config()).get_config() == metric.get_config()


def test_spans_may_lie_in_each_other_and_nothing_at_all_scores_0():
    scores = span_scores([[(0, 3, "a"), (1, 2, "b")]], [[(1, 2, "b"), (1, 2, "b"), (0, 2, "a")]])
    assert scores["overall"] == {"precision": 0.5, "recall": 0.5, "f1": 0.5, "support": 2}
    assert scores["a"]["f1"] == 0 and scores["b"]["f1"] == 1
    assert span_scores([[]], [[]])["overall"] == {"precision": 0.0, "recall": 0.0, "f1": 0.0, "support": 0}


def test_sentences_that_do_not_fit_each_other_are_refused():
    with pytest.raises(ValueError, match="Sentence 1 has 1 true tags and 2 predicted ones"):
        entity_scores([[], ["O"]], [[], ["O", "O"]])
    with pytest.raises(ValueError, match="Sentence 0 has 1 true tags and 0 predicted ones"):
        tag_accuracy([["O"]], [[]])
    with pytest.raises(ValueError, match="at least one word"):
        tag_accuracy([[]], [[]])
    with pytest.raises(ValueError, match="spans of 1 sentences, received those of 2"):
        span_scores([[]], [[], []])
    with pytest.raises(ValueError, match="f1, precision or recall; received 'accuracy'"):
        EntityF1(["O"], measure="accuracy")


@pytest.mark.slow
@pytest.mark.parametrize("scheme", SCHEMES)
def test_scores_are_seqevals_on_random_tags(scheme):
    lenient = pytest.importorskip("seqeval.metrics.sequence_labeling").precision_recall_fscore_support
    strict = pytest.importorskip("seqeval.metrics.v1").precision_recall_fscore_support
    theirs = {"BIO": "IOB2", "BIOES": "IOBES", "BILOU": "IOBES", "BMES": "IOBES"}.get(scheme, scheme)
    theirs = getattr(pytest.importorskip("seqeval.scheme"), theirs)
    chosen = random.Random(5)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(200):
            lengths = [chosen.randint(1, 9) for _ in range(20)]
            true, predicted = (
                [chosen.choices(tag_names("ab", scheme), k=length) for length in lengths] for _ in range(2)
            )
            for score, options, ours in ((lenient, {}, None), (strict, {"scheme": theirs}, scheme)):
                scores = entity_scores(true, predicted, scheme=ours)
                # Its lenient reading knows no L, U and M, and it has no BMES: the same tags in words of BIOES.
                known = [[[MEANINGS[tag[0]] + tag[1:] for tag in tags] for tags in some] for some in (true, predicted)]
                for average, key in (("micro", "overall"), (None, None)):
                    expected = score(*known, average=average, **options)
                    if key:
                        assert list(scores[key].values())[:3] == pytest.approx(expected[:3])
                    else:
                        labels = [label for label in scores if label != "overall"]
                        found = [list(scores[label].values()) for label in labels]
                        assert np.allclose(found, np.transpose(expected))
