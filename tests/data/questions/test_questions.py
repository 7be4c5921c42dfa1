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
    assert read_questions([paths[0], paths[0]], errors="skip").num_skipped == 1


def test_an_answer_beside_its_offset_is_an_error_that_names_file_and_question(write):
    path = write(qa("q7", [("mat", 33)]))
    with pytest.raises(
        ValueError, match=r"questions.json:1: .*'q7': expected the answer 'mat' at answer_start=33 .* found ' ma'"
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
        ({"id": "q1", "answers": []}, r"paragraphs\[0\].qas\[0\]: question 'q1': the field 'question' is missing"),
        (
            {"id": "q1", "question": "Who?", "answers": [{"answer_start": 3}]},
            r"answers\[0\]: the field 'text' is missing",
        ),
        ("q1", "expected an object with 'id', received str"),
    ],
)
def test_faulty_questions_are_errors(write, question, message):
    with pytest.raises(ValueError, match=message):
        read_questions(write(question))


@pytest.mark.parametrize("content", [b"{", b"\xff{}", b"[" * 100_000])
def test_files_that_are_not_json_are_errors(tmp_path, content):
    (tmp_path / "broken.json").write_bytes(content)
    with pytest.raises(ValueError, match="broken.json:1: not (JSON|UTF-8)"):
        read_questions(tmp_path / "broken.json")


def test_keys_that_change_nothing_are_left_alone(write):
    drcd = {"id": "1-1", "question": "Where?", "answers": [{"id": "1", "text": "mat", "answer_start": 34, "end": 37}]}
    path = write(drcd | {"hint": "x", "difficulty": {"level": 1}}, id="1", source="wiki")
    assert read_questions(path)[0] == Question("1-1", "Where?", CONTEXT, (Answer("mat", 34),))


FLAT = {"id": "q1", "title": "t", "context": CONTEXT, "question": "Where?"}


@pytest.mark.parametrize(
    ("rows", "answers"),
    [
        ([FLAT | {"answers": {"text": ["mat", "the mat"], "answer_start": [34, 30]}}], [("mat", 34), ("the mat", 30)]),
        ([FLAT | {"answers": {"text": [], "answer_start": []}}], []),
        ([FLAT | {"answers": {"text": "mat", "answer_start": 34}}], [("mat", 34)]),
        ([FLAT | {"answers": [{"text": "mat", "answer_start": 34}]}], [("mat", 34)]),
        ([FLAT | {"answers": ["mat"]}], [("mat", 34)]),
        (
            [{"context_id": "c", "context_text": CONTEXT, "title": "t", "qas": [
                {"query_id": "q1", "query_text": "Where?", "answers": ["mat", "the mat"]}]}],
            [("mat", 34), ("the mat", 30)],
        ),
        (
            [{"header": {"dataset": "x"}}, {"context": CONTEXT, "qas": [
                {"qid": "q1", "question": "Where?", "answers": ["Mat"],
                 "detected_answers": [{"text": "mat", "char_spans": [[34, 36]], "token_spans": [[9, 9]]}]}]}],
            [("mat", 34)],
        ),
        (
            [{"storyId": "q", "text": CONTEXT, "questions": [
                {"q": "Where?", "consensus": {"s": 34, "e": 37}, "answers": [{"sourcerAnswers": []}]}]}],
            [("mat", 34)],
        ),
        ([{"storyId": "q", "text": CONTEXT, "questions": [{"q": "Where?", "consensus": {"noAnswer": True}}]}], []),
    ],
    ids=["lists", "empty lists", "one", "objects", "texts", "cmrc", "mrqa", "newsqa", "newsqa without"],
)  # fmt: skip
@pytest.mark.parametrize("form", ["lines", "array", "data"])
def test_the_kin_of_squads_layout_is_read_in_every_form_of_json(tmp_path, rows, answers, form):
    text = (
        "\n".join(map(json.dumps, rows)) if form == "lines" else json.dumps(rows if form == "array" else {"data": rows})
    )
    (tmp_path / "rows.json").write_text(text, encoding="utf-8")
    (question,) = read_questions(tmp_path / "rows.json")
    assert (question.question, question.context) == ("Where?", CONTEXT) and question.id in ("q1", "q#0")
    assert [(answer.text, answer.start) for answer in question.answers] == answers


def test_faults_of_rows_have_their_line_and_are_skipped_and_counted(tmp_path, caplog):
    good = json.dumps(FLAT | {"answers": {"text": ["mat"], "answer_start": [34]}})
    bad = [
        ("{", "not JSON"),
        (json.dumps(FLAT | {"answers": {"text": ["mat"], "answer_start": []}}), "1 texts and 0 values of answer_start"),
        (json.dumps(FLAT | {"answers": ["dog"]}), "expected the answer 'dog' in the context"),
        (json.dumps({"question": "?"}), "expected an object with paragraphs; qas; context and question"),
        (json.dumps(FLAT | {"answers": 3}), "'answers' must be a list, received int"),
    ]
    path = tmp_path / "rows.jsonl"
    for row, fault in bad:
        path.write_text(f"{good}\n\n{row.replace('q1', 'q2')}\n", encoding="utf-8")
        with pytest.raises(ValueError, match=f"rows.jsonl:3.*{fault}"):
            read_questions(path)
        caplog.clear()
        with caplog.at_level(logging.WARNING):
            assert read_questions(path, errors="skip").num_skipped == 1
        assert f"skipped 1 of 2 questions, the first: {path}:3" in caplog.text


def test_other_encodings_are_read_where_they_are_named(tmp_path):
    row = {"id": 1, "question": "谁？", "context": "猫", "answers": ["猫"]}
    (tmp_path / "a.json").write_bytes(json.dumps(row, ensure_ascii=False).encode("gbk"))
    assert read_questions(tmp_path / "a.json", encoding="gbk")[0].context == "猫"
    with pytest.raises(ValueError, match="not UTF-8"):
        read_questions(tmp_path / "a.json")


def test_an_answer_without_a_place_that_stands_twice_is_counted(tmp_path, caplog):
    (tmp_path / "rows.json").write_text(json.dumps([FLAT | {"answers": ["at"]}]), encoding="utf-8")
    with caplog.at_level(logging.WARNING):
        assert read_questions(tmp_path / "rows.json")[0].answers == (Answer("at", 18),)
    assert "1 of 1 questions have an answer without a place that stands in the passage more than once" in caplog.text


def test_no_question_and_no_file_are_errors(write, tmp_path):
    with pytest.raises(ValueError, match="no questions in .*questions.json"):
        read_questions(write())
    with pytest.raises(FileNotFoundError):
        read_questions(tmp_path / "absent.json")


@pytest.mark.parametrize(
    "answer",
    [
        {"answer_text": "mat", "answer_start": 34},
        {"answer_text": ["mat"], "answer_start": [34]},
        {"answer": "mat", "answer_start": 34},
    ],
)
def test_answers_may_be_fields_of_the_row_and_questions_without_an_id_are_numbered(tmp_path, caplog, answer):
    none = {"answer_text": None, "answer_start": None}
    rows = [{"question": "Where?", "context": CONTEXT} | some for some in (answer, none, none | {"answer_text": ""})]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    questions = read_questions(tmp_path / "a.jsonl")
    assert [question.id for question in questions] == ["1", "2", "3"]
    assert [question.answers for question in questions] == [(Answer("mat", 34),), (), ()]
    assert "3 of 3 questions have no id: each is called by its number" in caplog.text


def test_an_answer_of_the_row_beside_its_offset_is_an_error(tmp_path):
    row = {"id": "q", "question": "Where?", "context": CONTEXT, "answer_text": "mat", "answer_start": 33}
    (tmp_path / "a.jsonl").write_text(json.dumps(row))
    with pytest.raises(ValueError, match="expected the answer 'mat' at answer_start=33"):
        read_questions(tmp_path / "a.jsonl")
