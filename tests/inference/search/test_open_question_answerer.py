import math
import types
from typing import NamedTuple

import numpy as np
import pytest

from bert_keras.data import Answer, AnswerSpan, PredictedAnswers, Question, WordPieceTokenizer
from bert_keras.data.tokenization.vocabulary import SPECIAL_TOKENS
from bert_keras.inference import QuestionAnswerer
from bert_keras.inference.search import Index, OpenAnswers, OpenQuestionAnswerer, open_answer_scores, passages_of

pytestmark = pytest.mark.slow_elsewhere

DOCUMENTS = [
    ("first", "b c d e. f g h i. a x z b."),
    ("second", "k l m n. o p q r. k x k y."),
    ("third", "s t s t. u v u v."),
]


class Finder:
    """Stands in for a model: an answer is the token `x` in the passage, a worse one `y`; without, `[CLS]` is best."""

    encoder = types.SimpleNamespace(max_sequence_length=32)
    jit_compile = False

    def __init__(self, tokenizer, null_threshold=None):
        self.scores = np.zeros(len(tokenizer.vocabulary), "float32")
        self.scores[[tokenizer.vocabulary.tokens.index(letter) for letter in "xy"]] = 9, 7
        self.null_threshold = null_threshold

    def make_predict_function(self):
        pass

    def predict_on_batch(self, inputs):
        scores = self.scores[inputs["token_ids"]] * inputs["segment_ids"]
        scores[:, 0] = 4.0
        return {"start": scores, "end": scores}


def letters_of(texts):
    """A vector of the letters in each text."""
    return np.array([[1e-6 + text.lower().count(c) for c in "abcdefghijklmnopqrstuvwxyz"] for text in texts], "float32")


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    passages = passages_of(DOCUMENTS, num_words=8, overlap=4)
    return Index.build(tmp_path_factory.mktemp("index"), passages, letters_of)


@pytest.fixture(scope="module")
def reader():
    tokenizer = WordPieceTokenizer([*SPECIAL_TOKENS, *"abcdefghijklmnopqrstuvwxyz."])
    return QuestionAnswerer(Finder(tokenizer, null_threshold=0.0), tokenizer)


def test_an_answer_has_its_place_in_its_document(index, reader):
    answer = OpenQuestionAnswerer(index, reader, num_passages=2)("a b z z")
    document = dict(DOCUMENTS)[answer["document"]]
    assert answer["document"] == "first" and answer["answer"] == "x"
    assert document[answer["start"] : answer["end"]] == "x" and answer["passage"] in document
    assert answer["id"] == "first#1" and 0.5 < answer["score"] <= 1


def test_answers_of_all_passages_are_ordered_together(index, reader):
    answers = OpenQuestionAnswerer(index, reader, num_passages=6, search_weight=0)("k m", top_k=3)
    assert [one["answer"] for one in answers][:2] == ["x", "x"]
    assert {one["document"] for one in answers[:2]} == {"first", "second"}
    assert answers[0]["score"] >= answers[1]["score"] >= answers[2]["score"]


def test_answers_in_chinese_have_their_places_to_the_character(tmp_path):
    documents = {
        "bom": "\ufeff《水》是她写的书，写于１９９８年。\u3000\u3000y在北京，x在东京！",
        "paragraphs": "他说：“x！”\r\n\r\n第二段没有。𠀀y 与 e\u0301x。\u200b",
    }
    tokenizer = WordPieceTokenizer([*SPECIAL_TOKENS, *"xye水京北书他说"])
    reader = QuestionAnswerer(Finder(tokenizer), tokenizer)
    index = Index.build(tmp_path, passages_of(documents.items(), num_words=9, overlap=3), letters_of)
    answers = OpenQuestionAnswerer(index, reader, num_passages=len(index))("谁x？", top_k=500)
    assert {(one["document"], one["answer"]) for one in answers} >= {("bom", "x"), ("paragraphs", "x")}
    for one in answers:
        document = documents[one["document"]]
        assert document[one["start"] : one["end"]] == one["answer"] and one["passage"] in document


class Reading(NamedTuple):
    """Stands in for a reader: of each passage what it says, answers with the sums of their logits."""

    answers_of: dict[str, dict[str, float]]
    model = types.SimpleNamespace(null_threshold=None)

    def predict(self, questions):
        return [
            PredictedAnswers(one.id, tuple(AnswerSpan(text, n, n + 1, 0.5, s, 0.0) for n, (text, s) in answers), 0.0)
            for one in questions
            for answers in [enumerate(self.answers_of[one.context].items())]
        ]


def best_first(answers_of, score, **options):
    """Answers from passages that a search finds in the order in which they are given, each with the same score."""
    found = [{"id": text, "text": text, "score": score} for text in answers_of]
    index = types.SimpleNamespace(search=lambda questions, top_k, **_: [found[:top_k] for _ in questions])
    return [one["answer"] for one in OpenQuestionAnswerer(index, Reading(answers_of), **options)("?", top_k=9)]


@pytest.mark.parametrize("score", [1e-3, 0.7, 40.0])  # fused, a cosine, BM25's
def test_a_reader_that_is_not_sure_leaves_the_order_to_the_search(score):
    unsure = {"first": {"a": 5.0, "b": 4.0}, "second": {"c": 6.5}, "third": {"d": 5.5}}
    assert best_first(unsure, score) == ["a", "c", "b", "d"]
    assert best_first(unsure, score, search_weight=0) == ["c", "d", "a", "b"]


def test_a_reader_that_is_sure_overrules_the_search():
    sure = {"first": {"a": 5.0}, "second": {"b": 4.0}, "third": {"c": 9.0}}
    assert best_first(sure, 0.7) == ["c", "a", "b"]
    assert best_first(sure, 0.7, search_weight=40) == ["a", "b", "c"]


def test_an_answer_in_two_passages_that_overlap_is_given_once(reader, tmp_path):
    text = "a b c y. d e f x. g h i j."
    index = Index.build(tmp_path, passages_of([("d", text)], num_words=8, overlap=4), letters_of)
    answers = OpenQuestionAnswerer(index, reader)("x", top_k=50)
    places = [(one["document"], one["start"], one["end"]) for one in answers]
    assert len(set(places)) == len(places) and {3 * 2, 15} <= {start for _, start, _ in places}


def test_it_says_where_nothing_is_found(index, reader):
    answerer = OpenQuestionAnswerer(index, reader, num_passages=2)
    assert answerer("s t u v") == {
        "answer": "", "score": 0.0, "document": None, "start": None, "end": None, "passage": None, "id": None,
    }  # fmt: skip
    assert answerer(["s t u v"], top_k=3) == [[]]
    assert answerer([]) == []


def test_whether_a_passage_may_not_say_can_be_set_beside_the_reader(index, reader):
    every = OpenQuestionAnswerer(index, reader, num_passages=2, null_threshold=math.inf)("s t u v")
    assert every["document"] == "third" and every["answer"]
    assert OpenQuestionAnswerer(index, reader, num_passages=2, null_threshold=-99.0)("a b z z")["answer"] == ""


def test_texts_of_any_index_are_their_own_documents(reader, tmp_path):
    answer = OpenQuestionAnswerer(Index.build(tmp_path, ["a x b"], letters_of), reader)("x")
    assert (answer["document"], answer["start"], answer["end"]) == ("0", 2, 3)


def test_numbers_below_one_are_refused(index, reader):
    with pytest.raises(ValueError, match="num_passages must be at least 1"):
        OpenQuestionAnswerer(index, reader, num_passages=0)
    with pytest.raises(ValueError, match="search_weight must be at least 0, received -1"):
        OpenQuestionAnswerer(index, reader, search_weight=-1)
    with pytest.raises(ValueError, match="query 1"):
        OpenQuestionAnswerer(index, reader)("")


def test_scores_are_of_answers_and_of_passages(index, reader):
    questions = [Question("1", "a b z z", "", (Answer("x"),)), Question("2", "s t u v", "", (Answer("z z"),))]
    found = OpenQuestionAnswerer(index, reader, num_passages=2).find_and_read([one.question for one in questions])
    scores = open_answer_scores(questions, found, ranks=(1, 2, 20))
    assert scores == {"exact": 0.5, "f1": 0.5, "recall@1": 0.5, "recall@2": 0.5}


@pytest.mark.parametrize(
    "answer, passage, share",
    [
        ("1815", "In 18150 it was", 0.0),
        ("1815", "(1815)", 1.0),
        ("london", "In LONDON.", 1.0),
        ("北京", "他住在北京市", 1.0),
        ("C++", "in C++.", 1.0),
    ],
)
def test_a_passage_has_an_answer_where_its_words_have(answer, passage, share):
    found = [OpenAnswers([{"text": passage}], [])]
    question = Question("1", "?", "", (Answer(answer),))
    assert open_answer_scores([question], found, ranks=(1,))["recall@1"] == share


def test_as_many_results_as_questions_are_expected():
    with pytest.raises(ValueError, match="each of 1 questions, received 0"):
        open_answer_scores([Question("1", "?", "", ())], [])
