import json

import pytest

from bert_keras.data import (
    RetrievalSet,
    read_beir,
    read_qrels,
    read_questions,
    read_run,
    read_smart,
    write_beir,
    write_qrels,
    write_run,
)

DOCUMENTS = [{"_id": "d1", "title": "Cats", "text": "They purr."}, {"_id": "d2", "text": "Dogs bark."}]
QUERIES = [{"_id": "q1", "text": "who purrs"}, {"_id": "q2", "text": "who barks"}]


def beir(folder, documents=DOCUMENTS, queries=QUERIES, judgements="q1\td1\t2\nq2\td2\t1\n"):
    for name, rows in (("corpus", documents), ("queries", queries)):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "qrels").mkdir()
    (folder / "qrels" / "test.tsv").write_text(f"query-id\tcorpus-id\tscore\n{judgements}")
    return folder


def test_beirs_layout_is_read(tmp_path):
    some = read_beir(beir(tmp_path))
    assert some.documents == {"d1": "Cats They purr.", "d2": "Dogs bark."}
    assert some.queries == {"q1": "who purrs", "q2": "who barks"} and some.qrels == {"q1": {"d1": 2}, "q2": {"d2": 1}}
    assert some.pairs(least_grade=2).texts == (("who purrs", "Cats They purr."),)


def test_pairs_stand_where_they_are_judged(tmp_path):
    pairs = read_beir(beir(tmp_path)).pairs()
    assert pairs.places == tuple(f"{tmp_path / 'qrels' / 'test.tsv'}:{line}" for line in (2, 3))
    assert RetrievalSet({"q1": "a"}, {"d1": "b"}, {"q1": {"d1": 1}}).pairs().places == ()


def test_a_document_may_be_its_title_and_a_split_is_the_second_argument(tmp_path, caplog):
    some = read_beir(beir(tmp_path, [*DOCUMENTS, {"_id": "d3", "title": "Cows ", "text": " "}]), "test")
    assert some.documents["d3"] == "Cows" and not caplog.text


def test_a_collection_of_another_format_becomes_a_folder_in_beirs_layout(tmp_path, caplog):
    some = RetrievalSet({"1": "流 of air"}, {"d1": 'a "wing"'}, {"1": {"d1": 2, "d9": 1}, "2": {"d1": 1}})
    write_beir(tmp_path / "new", some, "dev")
    read = read_beir(tmp_path / "new", "dev")
    assert (read.queries, read.documents, read.qrels) == (some.queries, some.documents, {"1": {"d1": 2}})
    assert "2 judgements of what is not in the collection" in caplog.text


@pytest.mark.parametrize(
    ("part", "row", "message"),
    [
        ("documents", {"_id": "d3", "title": "", "text": " "}, "corpus.jsonl:3: column 'text' is empty"),
        ("queries", {"_id": "q3", "text": ""}, "queries.jsonl:3: column 'text' is empty"),
        ("documents", {"_id": "d1", "text": "again"}, "corpus.jsonl:3: the id 'd1' comes twice"),
        ("documents", {"_id": 3, "text": "a number"}, "corpus.jsonl:3: the id is 3, expected a string"),
        ("queries", {"_id": " ", "text": "none"}, "queries.jsonl:3: the id is ' ', expected a string"),
        ("queries", {"text": "none"}, "queries.jsonl:3: expected an object with '_id' and 'text'"),
        ("queries", [], "queries.jsonl:3: expected an object with '_id' and 'text'"),
        ("judgements", "q1\td9\t1", "test.tsv:4: no document 'd9' in corpus.jsonl"),
        ("judgements", "q9\td1\t1", "test.tsv:4: no query 'q9' in queries.jsonl"),
        ("judgements", "q1\td1\t1", "test.tsv:4: document 'd1' is judged twice for query 'q1'"),
        ("judgements", "q1\td1\t0.5", "test.tsv:4: the grade is '0.5', expected a whole number"),
        ("judgements", "q1\td1", "test.tsv:4: 2 columns, expected 3"),
        ("judgements", "\td1\t1", "test.tsv:4: an id is empty"),
    ],
)
def test_faults_of_a_collection_are_told_with_their_place_or_skipped(tmp_path, part, row, message):
    sound = dict(documents=DOCUMENTS, queries=QUERIES, judgements="q1\td1\t2\nq2\td2\t1\n")
    beir(tmp_path, **sound | {part: sound[part] + (row if part == "judgements" else [row])})
    with pytest.raises(ValueError, match=message):
        read_beir(tmp_path)
    some = read_beir(tmp_path, errors="skip")
    assert some.num_skipped == 1 and len(some.documents) == len(some.queries) == 2


def test_queries_without_judgement_are_left_out_and_counted(tmp_path, caplog):
    some = read_beir(beir(tmp_path, judgements="q2\td2\t1\n"))
    assert list(some.queries) == ["q2"] and "1 of 2 queries have no judgement" in caplog.text
    with pytest.raises(ValueError, match="1 of 2 queries have no judgement, the first: 'q1'"):
        RetrievalSet({"q1": "a", "q2": "b"}, {"d": "c"}, {"q2": {"d": 1}})
    with pytest.raises(ValueError, match="expected queries and documents, received 0 and 1"):
        RetrievalSet({}, {"d": "c"}, {})


@pytest.mark.parametrize("name", ["qrels.txt", "qrels.tsv"])
def test_qrels_are_read_as_they_were_written(tmp_path, name):
    qrels = {"q1": {"d1": 2, "d2": -1}, "q2": {"d1": 0}}
    write_qrels(tmp_path / name, qrels)
    assert read_qrels(tmp_path / name) == qrels
    assert (tmp_path / name).read_text().startswith("query-id" if name.endswith("tsv") else "q1 0 d1 2")


def test_qrels_of_three_columns_need_no_header(tmp_path):
    (tmp_path / "cranqrel").write_text("1 184 2 \n1 29 -1\n")
    assert read_qrels(tmp_path / "cranqrel") == {"1": {"184": 2, "29": -1}}


def test_runs_are_read_as_they_were_written_best_first(tmp_path):
    run = {"q1": {"d1": 0.1, "d2": 0.25}}
    write_run(tmp_path / "run", run, name="mine")
    assert (tmp_path / "run").read_text() == "q1 Q0 d2 1 0.25 mine\nq1 Q0 d1 2 0.1 mine\n"
    assert read_run(tmp_path / "run") == run


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("q1 Q0 d1 2 0.5 mine", "run:2: document 'd1' was found twice for query 'q1'"),
        ("q1 Q0 d2 2 nan mine", "run:2: the score is 'nan', expected a finite number"),
        ("q1 Q0 d2 2 high mine", "run:2: the score is 'high', expected a finite number"),
        ("q1 d2 0.5", "run:2: 3 columns, expected 6"),
    ],
)
def test_faults_of_runs_are_told_with_their_place_or_skipped(tmp_path, line, message):
    (tmp_path / "run").write_text(f"q1 Q0 d1 1 0.75 mine\n{line}\n")
    with pytest.raises(ValueError, match=message):
        read_run(tmp_path / "run")
    assert read_run(tmp_path / "run", errors="skip") == {"q1": {"d1": 0.75}}


@pytest.mark.parametrize("name", [3, "", "two words", "tab\t"])
def test_ids_that_no_file_could_hold_are_not_written(tmp_path, name):
    for write, value in ((write_qrels, 1), (write_run, 0.5)):
        with pytest.raises(ValueError, match="expected ids that are strings without spaces"):
            write(tmp_path / "a", {name: {"d": value}})


def test_passages_of_questions_are_a_collection(tmp_path):
    qas = [{"id": f"q{i}", "question": "Who?", "answers": [{"text": "cat", "answer_start": 0}]} for i in (1, 2)]
    paragraphs = [{"context": "cat sat", "qas": qas[:1]}, {"context": "cat ran", "qas": qas[1:]}]
    (tmp_path / "squad.json").write_text(json.dumps({"data": [{"paragraphs": paragraphs}]}))
    questions = read_questions(tmp_path / "squad.json")
    some = RetrievalSet.of_questions(questions)
    assert some.documents == {"d0": "cat sat", "d1": "cat ran"} and some.qrels == {"q1": {"d0": 1}, "q2": {"d1": 1}}
    with pytest.raises(ValueError, match="the id 'q1' comes twice"):
        RetrievalSet.of_questions([questions[0], questions[0]])


def test_smarts_format_is_read(tmp_path):
    text = ".I 001\n.T\na title\n.W\nfirst line\n second line .\n.I 2\n.W\nnext\n"
    (tmp_path / "cran").write_text(text)
    assert read_smart(tmp_path / "cran") == {"001": "first line second line .", "2": "next"}
    assert read_smart(tmp_path / "cran", fields=("T", "W"))["001"] == "a title first line second line ."
    for more, message in (
        (".I 3\n.W\n", "cran:10: the text '3' is empty"),
        (".I 2\n.W\nx\n", "the id '2' comes twice"),
    ):
        (tmp_path / "cran").write_text(text + more)
        with pytest.raises(ValueError, match=message):
            read_smart(tmp_path / "cran")
        assert len(read_smart(tmp_path / "cran", errors="skip")) == 2
    (tmp_path / "cran").write_text("no format\n")
    with pytest.raises(ValueError, match="cran:1: expected '.I' and an id"):
        read_smart(tmp_path / "cran")
