import json
import types

import numpy as np
import pytest

from bert_keras.data import WordPieceTokenizer
from bert_keras.data.rows.accelerators import compiles_each_length
from bert_keras.data.tokenization.vocabulary import SPECIAL_TOKENS
from bert_keras.inference import QuestionAnswerer
from bert_keras.models import BertEncoder

LETTERS = "a b c d e f g h i j k l m n o p q r s t"


class Finder:
    """Stands in for a model: the answer is the token `x` in the passage; without one, `[CLS]` scores highest."""

    encoder = types.SimpleNamespace(max_sequence_length=16)

    def __init__(self, tokenizer, null_threshold=None):
        self.x_id = tokenizer.vocabulary.tokens.index("x")
        self.null_threshold = null_threshold
        self.shapes = []

    jit_compile = False

    def make_predict_function(self):
        pass

    def predict_on_batch(self, inputs):
        self.shapes.append(inputs["token_ids"].shape)
        scores = 9.0 * (inputs["token_ids"] == self.x_id) * inputs["segment_ids"]
        scores[:, 0] = 4.0
        return {"start": scores, "end": scores}


@pytest.fixture(scope="module")
def tokenizer():
    return WordPieceTokenizer([*SPECIAL_TOKENS, "who", *"abcdefghijklmnopqrstuvwxyz"])


@pytest.mark.slow_elsewhere
def test_the_answer_is_an_exact_piece_of_the_passage(tokenizer):
    answerer = QuestionAnswerer(Finder(tokenizer), tokenizer)
    context = f"{LETTERS}  X\t{LETTERS}"
    answer = answerer("who", context)
    assert (answer["answer"], context[answer["start"] : answer["end"]]) == ("X", "X") and 0.5 < answer["score"] <= 1
    assert answerer("x", "a b x")["start"] == 4  # not the one in the question


@pytest.mark.slow_elsewhere
def test_questions_keep_their_order_over_batches_of_like_length(tokenizer):
    finder = Finder(tokenizer)
    contexts = [f"{LETTERS} x", "x", f"{LETTERS} {LETTERS} x a", "a x b"]
    answers = QuestionAnswerer(finder, tokenizer, batch_size=2)(["who"] * 4, contexts)
    assert [answer["start"] for answer in answers] == [context.index("x") for context in contexts]
    shortest = 16 if compiles_each_length() else 7
    assert sorted(finder.shapes) == [(2, shortest), *[(2, 16)] * 5]


@pytest.mark.slow_elsewhere
def test_one_passage_serves_several_questions_and_several_answers_come_best_first(tokenizer):
    answers = QuestionAnswerer(Finder(tokenizer), tokenizer)(["who", "a"], "b x c", top_k=2)
    assert [len(some) for some in answers] == [2, 2] and answers[0][0]["answer"] == "x"
    assert answers[0][0]["score"] > answers[0][1]["score"]
    assert QuestionAnswerer(Finder(tokenizer), tokenizer)([], []) == []


@pytest.mark.slow_elsewhere
def test_above_the_threshold_the_passage_does_not_say(tokenizer):
    answerer = QuestionAnswerer(Finder(tokenizer, null_threshold=0.0), tokenizer)
    said, unsaid = answerer(["who", "who"], ["a x", "a b"])
    assert (said["answer"], unsaid["answer"]) == ("x", "") and unsaid["score"] > 0.5


@pytest.mark.slow_elsewhere
def test_the_first_of_several_answers_is_the_one_that_is_given_alone(tokenizer):
    for threshold in (-100.0, 0.0, 100.0):
        answerer = QuestionAnswerer(Finder(tokenizer, null_threshold=threshold), tokenizer)
        for context in ("a x", "a b"):
            several = answerer("who", context, top_k=3)
            assert several[0] == answerer("who", context) and len({some["answer"] for some in several}) == 3


@pytest.mark.slow_elsewhere
def test_long_questions_are_cut_where_it_says_so(tokenizer):
    finder = Finder(tokenizer)
    QuestionAnswerer(finder, tokenizer, max_question_tokens=2, stride=2)("who a b c", "x")
    QuestionAnswerer(finder, tokenizer)("who a b c", "x")
    short, whole = (length for _, length in finder.shapes)
    assert (short, whole) == (16, 16) if compiles_each_length() else whole == short + 2


@pytest.mark.slow_elsewhere
def test_a_file_in_squads_format_is_answered_by_id(tokenizer, tmp_path):
    qas = [{"id": "q1", "question": "who"}, {"id": "q2", "question": "who", "answers": []}]
    content = {"data": [{"paragraphs": [{"context": "a x b", "qas": qas}]}]}
    (tmp_path / "questions.json").write_text(json.dumps(content))
    answers = QuestionAnswerer(Finder(tokenizer), tokenizer)(tmp_path / "questions.json")
    assert {name: answer["answer"] for name, answer in answers.items()} == {"q1": "x", "q2": "x"}


@pytest.mark.slow_elsewhere
def test_a_context_too_few_is_an_error(tokenizer):
    with pytest.raises(ValueError, match="a context for each of 2 questions, received 1"):
        QuestionAnswerer(Finder(tokenizer), tokenizer)(["who", "who"], ["a"])


def test_a_trained_preset_answers(tokenizer, tmp_path):
    from bert_keras import models

    encoder = models.BertEncoder(tokenizer.vocabulary_size, 1, 2, 8, 16, max_sequence_length=16, pooler=False)
    models.QuestionAnswerer(encoder, null_threshold=1.5).save_to_preset(tmp_path)
    tokenizer.save_to_preset(tmp_path)
    answerer = QuestionAnswerer.from_preset(tmp_path)
    assert answerer.model.null_threshold == 1.5 and np.isfinite(answerer("who", "a b c")["score"])


@pytest.mark.slow_elsewhere
def test_a_preset_without_a_head_for_answers_is_refused(tokenizer, tmp_path):
    BertEncoder.from_size("tiny", tokenizer.vocabulary_size, max_sequence_length=16).save_to_preset(tmp_path)
    tokenizer.save_to_preset(tmp_path)
    with pytest.raises(ValueError, match="has no head for QuestionAnswerer: span_head/dense/kernel"):
        QuestionAnswerer.from_preset(tmp_path)


@pytest.mark.slow_elsewhere
def test_a_question_without_a_context_is_no_file():
    with pytest.raises(ValueError, match="Expected contexts, where to look for the answer"):
        QuestionAnswerer.__call__(None, "哪里？")
