import json
import logging

import pytest

from bert_keras.data.questions.questions import Answer, Question, read_questions

CONTEXT = "Ω was first. The cat 🐈 sat on the mat."


@pytest.fixture
def write(tmp_path):
    """Function that writes one article of one paragraph with the given questions."""

    def write(*qas, name="questions.json", **paragraph):
        content = {
            "version": "v2.0",
            "data": [{"title": "t", "paragraphs": [{"context": CONTEXT, "qas": qas} | paragraph]}],
        }
        (tmp_path / name).write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
        return tmp_path / name

    return write


def qa(name="q1", answers=(("mat", 34),), **more):
    return {"id": name, "question": "Where?", "answers": [{"text": t, "answer_start": s} for t, s in answers]} | more


def test_reads_answers_by_characters_and_impossible_questions_without(write):
    plausible = [{"text": "The cat", "answer_start": 13}]
    path = write(
        qa(answers=[("mat", 34), ("the mat", 30)]), qa("q2", (), is_impossible=True, plausible_answers=plausible)
    )
    first, second = read_questions(path)
    assert first == Question("q1", "Where?", CONTEXT, (Answer("mat", 34), Answer("the mat", 30)))
    assert CONTEXT[34:37] == "mat" and second.answers == ()


def test_several_files_are_one_set_whose_ids_differ(write):
    paths = [write(qa("q1"), name="one.json"), write(qa("q2"), name="two.json")]
    assert [question.id for question in read_questions(paths)] == ["q1", "q2"]
    with pytest.raises(ValueError, match=r"one.json.*question 'q1': the same id came before, in .*one.json"):
        read_questions([paths[0], paths[0]])


def test_an_answer_beside_its_offset_is_an_error_that_names_file_and_question(write):
    path = write(qa("q7", [("mat", 33)]))
    with pytest.raises(
        ValueError, match=r"questions.json: .*'q7': expected the answer 'mat' at answer_start=33 .* found ' ma'"
    ):
        read_questions(path)


def test_faulty_answers_are_skipped_or_kept_by_option(write, caplog):
    path = write(qa("good"), qa("bad", [("mat", -1), ("the mat", 30)]), qa("none", ()))
    with caplog.at_level(logging.WARNING):
        skipped = read_questions(path, errors="skip")
    assert [question.id for question in skipped] == ["good"] and skipped.num_skipped == 2
    assert "skipped 2 of 3 questions, the first: " in caplog.text and "'bad'" in caplog.text
    kept = read_questions(path, errors="keep")
    assert kept[1].answers == (Answer("mat", None), Answer("the mat", 30))
    assert kept[2].answers == () and kept.num_skipped == 0


def test_questions_to_be_answered_need_no_answers(write):
    path = write({"id": 3, "question": "Who?"})
    assert read_questions(path, has_answers=False)[0] == Question("3", "Who?", CONTEXT)
    with pytest.raises(ValueError, match="there is no answer, and is_impossible is not true"):
        read_questions(path)


@pytest.mark.parametrize(
    ("question", "message"),
    [
        (qa(answers=[("  ", 5)]), r"answers\[0\] is empty"),
        (qa(is_impossible=True), "is_impossible is true, and yet there are answers"),
        (qa(is_impossible="no"), "'is_impossible' must be bool, received str"),
        (qa(answers=[("mat", True)]), "'answer_start' must be int, received bool"),
        (qa(hint="x"), r"paragraphs\[0\].qas\[0\]: unknown field 'hint'; known: id, question"),
        ({"id": "q1", "answers": []}, "the field 'question' is missing"),
        ("q1", "expected an object with id, question, answers, .* received str"),
    ],
)
def test_faulty_questions_are_errors(write, question, message):
    with pytest.raises(ValueError, match=message):
        read_questions(write(question))


@pytest.mark.parametrize("content", [b"{", b"\xff{}", b"[" * 100_000])
def test_files_that_are_not_json_are_errors(tmp_path, content):
    (tmp_path / "broken.json").write_bytes(content)
    with pytest.raises(ValueError, match="broken.json: not JSON in UTF-8"):
        read_questions(tmp_path / "broken.json")


def test_no_question_and_no_file_are_errors(write, tmp_path):
    with pytest.raises(ValueError, match="no questions in .*questions.json"):
        read_questions(write())
    with pytest.raises(FileNotFoundError):
        read_questions(tmp_path / "absent.json")
