import logging

import pytest

from bert_keras.data import Answer, Question
from bert_keras.inference.search import passage_questions

pytest.importorskip("bm25s")
pytestmark = pytest.mark.slow_elsewhere

ADA = "Ada was born in London. She wrote a letter. The train to London ran late."
BOB = "Bob was born in Paris. He drove a train. Ada never met him."
WHERE = Question("q1", "Where was Ada born?", ADA, (Answer("London", ADA.index("London")),), place="file, q1")
CUT = dict(num_words=5, overlap=0)


def asked(*questions, **options):
    return [(one.id, one.context, one.answers) for one in passage_questions(questions, **CUT | options)]


def test_a_question_is_asked_of_the_passage_that_answers_it():
    assert asked(WHERE, num_negatives=0) == [("q1", "Ada was born in London.", (Answer("London", 16),))]


def test_the_passage_with_most_text_around_the_answer_is_taken():
    context = "One two three. Ada met Bob. Four five six."
    question = Question("q", "Who?", context, (Answer("Ada", 15),))
    (only,) = passage_questions([question], num_negatives=0, num_words=6, overlap=3)
    assert only.context == "One two three. Ada met Bob."  # in the other one nothing is before it
    assert only.answers == (Answer("Ada", 15),)


def test_passages_that_look_like_it_and_do_not_answer_come_with_it():
    other = Question("q2", "What did he drive?", BOB, (Answer("a train", BOB.index("a train")),))
    first, *negatives = asked(WHERE, other, num_negatives=2)[:3]
    assert first[:2] == ("q1", "Ada was born in London.")
    assert negatives == [("q1#1", "Bob was born in Paris.", ()), ("q1#2", "Ada never met him.", ())]


def test_a_passage_with_the_answer_is_no_negative_in_any_case_of_letters():
    loud = Question("q2", "Who ran?", "Ada was in LONDON. Ada was in Londonderry.", (Answer("Ada", 0),))
    negatives = [context for id, context, _ in asked(WHERE, loud, num_negatives=9) if id.startswith("q1#")]
    assert negatives == ["Ada was in Londonderry."]


def test_what_has_no_answer_is_asked_of_its_own_context():
    other = Question("q2", "What did he drive?", BOB, (Answer("a train", BOB.index("a train")),))
    impossible = Question("q3", "Where was Bob born, and who wrote?", ADA)
    assert asked(other, impossible)[-2:] == [
        ("q3#1", "Ada was born in London.", ()),
        ("q3#2", "She wrote a letter.", ()),
    ]


def test_a_question_in_words_that_no_text_has_is_asked_of_the_first_passage():
    assert asked(Question("q", "Why?", ADA), num_negatives=0) == [("q#1", "Ada was born in London.", ())]


def test_chinese_passages_are_cut_by_characters_and_keep_their_answers():
    context = "他住在北京市。她写了一本书，名叫《水》。书店关门了。"
    question = Question("q", "她写的书叫什么？", context, (Answer("《水》", context.index("《水》")),))
    answered, negative = passage_questions([question], num_words=12, overlap=0)
    (answer,) = answered.answers
    assert answered.context == "她写了一本书，名叫《水》。" and answered.context[answer.start :][:3] == "《水》"
    assert negative.context == "书店关门了。" and not negative.answers


def test_what_cannot_be_trained_on_is_left_out_and_counted(caplog):
    long = Question("q2", "What?", BOB, (Answer(BOB, 0),))
    misplaced = Question("q3", "What?", BOB, (Answer("nowhere", None),))
    with caplog.at_level(logging.WARNING):
        assert {id for id, *_ in asked(WHERE, long, misplaced, num_negatives=0)} == {"q1"}
    assert "2 of 3 questions are left out: no passage of 5 words has their answer" in caplog.text
    with pytest.raises(ValueError, match="received 1 without"):
        asked(long)


def test_wrong_numbers_are_refused():
    with pytest.raises(ValueError, match="num_negatives must be at least 0, received -1"):
        asked(WHERE, num_negatives=-1)
    with pytest.raises(ValueError, match="0 <= overlap < num_words"):
        asked(WHERE, overlap=5)


def test_the_place_in_the_file_is_kept():
    assert {one.place for one in passage_questions([WHERE], **CUT)} == {"file, q1"}
