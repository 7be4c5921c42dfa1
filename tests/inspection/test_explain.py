"""The way in, for each task: the page's answer is the model's, with its probability and its attention."""

import keras
import numpy as np
import pytest

from bert_keras.inference import (
    Chooser,
    Classifier,
    CrossEncoder,
    Embedder,
    FillMask,
    Predictor,
    QuestionAnswerer,
    RelationExtractor,
    SpanFinder,
    Tagger,
)
from bert_keras.inspection import explain
from bert_keras.models import (
    BertPretrainer,
    MultipleChoice,
    RelationClassifier,
    SpanTagger,
    TextClassifier,
    TokenClassifier,
)
from bert_keras.models import QuestionAnswerer as Reader

pytestmark = pytest.mark.slow_elsewhere
TEXT = "good Lyons, 北京"
FAST = {"methods": ["attention_rollout"]}


class SilentAttention(keras.layers.Layer):
    def call(self, inputs):
        return inputs


@pytest.fixture(scope="module")
def predictors(encoder, tokenizer):
    """{name: (predictor, arguments, how many rows the model reads)}."""
    marked = "<e1>good</e1> <e2>lyon</e2>"
    labels = ("no", "yes")
    return {
        "classes": (Classifier(TextClassifier(encoder, 2, labels=labels), tokenizer), (TEXT,), 1),
        "pair": (Classifier(TextClassifier(encoder, 2), tokenizer), (TEXT, "bad film"), 1),
        "number": (Classifier(TextClassifier(encoder, 1), tokenizer), (TEXT,), 1),
        "match": (CrossEncoder(TextClassifier(encoder, 1), tokenizer), (TEXT, "bad film"), 1),
        "vectors": (Embedder(encoder, tokenizer), (TEXT, "bad film"), 2),
        "choices": (Chooser(MultipleChoice(encoder), tokenizer), (TEXT, ["bad", "film"]), 2),
        "tags": (Tagger(TokenClassifier(encoder, 2, labels=("a", "b")), tokenizer), (TEXT,), 1),
        "spans": (SpanFinder(SpanTagger(encoder, ("a", "b")), tokenizer), (TEXT,), 1),
        "relations": (RelationExtractor(RelationClassifier(encoder, 2, labels=labels), tokenizer), (marked,), 1),
        "questions": (QuestionAnswerer(Reader(encoder), tokenizer), ("good", "Lyons, 北京"), 1),
        "masks": (FillMask(BertPretrainer(encoder, next_sentence=False), tokenizer), ("good [MASK]",), 1),
    }


@pytest.mark.parametrize(
    "task",
    ("classes", "pair", "number", "match", "vectors", "choices", "tags", "spans", "relations", "questions", "masks"),
)
def test_every_task_is_explained(predictors, task):
    predictor, arguments, num_rows = predictors[task]
    options = {"answer": "a", "at": 1} if task == "spans" else {}
    found = explain(predictor, *arguments, **options, **FAST)
    assert len(found.attention) == num_rows and found.attention[0].tokens[0] == "[CLS]"
    assert not found.attention[0].tokens.count("[PAD]")
    np.testing.assert_allclose(found.attention[0].scores.sum(axis=-1), 1, rtol=1e-5)
    if task in ("number", "match", "vectors"):
        assert found.predictions == () and found.probability is None
    elif task != "spans":  # of which the model may find none
        assert found.probability == pytest.approx(max(share for _, share in found.predictions), rel=1e-6)
    assert found.answer in found.to_html()


def test_an_answer_that_the_model_does_not_give_is_shown_with_its_probability(classifier):
    best = classifier("so good")
    other = {"no": "yes", "yes": "no"}[best["label"]]
    found = explain(classifier, "so good", answer=other, attention=False, **FAST)
    assert (found.answer, found.attention, found.note) == (other, (), "")
    assert found.probability == pytest.approx(1 - best["score"], rel=1e-5)


def test_an_answer_that_stands_twice_is_told_apart_by_its_place(predictors):
    ask, passage = predictors["questions"][0], "Lyons met Lyons"
    for start in (0, 10):
        place = {"answer": "Lyons", "start": start, "end": start + 5}
        found = explain(ask, "good", passage, answer=place, attention=False, **FAST)
        assert found.answer == f"Lyons (character {start})"
        assert len(dict(found.predictions)) == len(found.predictions)


def test_a_token_that_the_model_hardly_guesses_has_a_probability(predictors):
    found = explain(predictors["masks"][0], "good [MASK]", answer="北", attention=False, **FAST)
    assert 0 < found.probability < 1 and len(found.predictions) <= 6


def test_methods_stand_in_the_order_that_is_asked_for_with_their_options(classifier):
    options = {"occlusion": {"replaced_by": "delete"}}
    found = explain(classifier, "so good", methods=["occlusion", "attention_rollout", "occlusion"], options=options)
    assert [some.method for some in found.attributions] == ["occlusion", "attention_rollout"]


def test_attention_of_ones_own_without_scores_has_no_view_and_that_is_said(make_encoder, tokenizer):
    model = TextClassifier(make_encoder(1, attention=SilentAttention()), 2)
    found = explain(Classifier(model, tokenizer), "so good", methods=["occlusion"])
    assert found.attention == () and "shows no scores" in found.note and "shows no scores" in found.to_html()


def test_a_function_explains_a_model_of_ones_own(encoder, tokenizer):
    found = explain(Predictor(encoder, tokenizer), "so good", answer=lambda out: out["pooled_output"][:, 0], **FAST)
    assert found.predictions == () and len(found.attention) == 1


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        (" ", {}, "a text with a word in it"),
        ("good", {"methods": ["lime"]}, "received 'lime'"),
        ("good", {"methods": []}, "one method or more"),
        ("good", {"options": {"lime": {}}}, "received 'lime'"),
        ("good", {"methods": ["occlusion"], "options": {"gradient_x_input": {}}}, "options of methods that are shown"),
        ("good", {"answer": "perhaps"}, "no class 'perhaps'"),
    ],
)
def test_what_cannot_be_explained_is_refused(classifier, text, options, message):
    with pytest.raises(ValueError, match=message):
        explain(classifier, text, **options)


@pytest.mark.parametrize("methods", ("occlusion", {"occlusion": {"replaced_by": "pad"}}))
def test_one_name_or_options_in_place_of_a_list_of_methods_are_refused(classifier, methods):
    with pytest.raises(TypeError, match=r"a list of names.*options="):
        explain(classifier, "good", methods=methods)
