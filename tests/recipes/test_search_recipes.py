"""An index built, searched and answered from, as users do it."""

import json
import pathlib
import runpy

import pytest

from bert_keras.inference.search import Index

ROOT = pathlib.Path(__file__).parents[2]


@pytest.fixture(scope="module")
def index(run_recipe, small_preset, tmp_path_factory):
    folder = tmp_path_factory.mktemp("texts")
    (folder / "a.txt").write_text("the good one was bad. who was the bad. ")
    (folder / "b.txt").write_text("zebras run. " * 40)
    options = ["--preset", small_preset, "--output", folder / "index", "--passage-words", 20, "--overlap", 4]
    printed = run_recipe("build_index.py", folder / "a.txt", folder / "b.txt", *options, "--prepare", "none")
    assert "passages in" in printed
    return folder / "index"


def test_an_index_is_searched_by_vectors(run_recipe, small_preset, index):
    printed = run_recipe("search.py", "who was the bad", "--index", index, "--preset", small_preset, "--top-k", 2)
    assert printed.splitlines()[-3] == "who was the bad" and "a.txt#0" in printed


def test_what_was_found_is_ordered_by_a_cross_encoder(run_recipe, small_preset, index, tmp_path):
    from bert_keras.data import WordPieceTokenizer
    from bert_keras.inference import CrossEncoder
    from bert_keras.models import BertEncoder, TextClassifier

    TextClassifier(BertEncoder.from_preset(small_preset), 1).save_to_preset(tmp_path)
    WordPieceTokenizer.from_preset(small_preset).save_to_preset(tmp_path)
    options = ["--index", index, "--preset", small_preset, "--query-prompt", "the ", "--num-candidates", 3]
    options += ["--top-k", 3, "--reranker", tmp_path, "--width", 999]
    printed = run_recipe("search.py", "who was the bad", *options)
    score, _, *text = printed.splitlines()[-1].split()
    assert float(score) == pytest.approx(
        CrossEncoder.from_preset(tmp_path)("who was the bad", " ".join(text)), abs=6e-4
    )


def test_what_is_to_be_prepared_must_be_said():
    with pytest.raises(ValueError, match="bm25, approximate or both, or none"):
        runpy.run_path(ROOT / "recipes" / "build_index.py")["main"](("a.txt",), prepare=())


def test_an_index_follows_its_folder(run_recipe, tmp_path):
    for name, text in (("a", "a cat sat."), ("b", "a dog ran."), ("c", "a cow ate.")):
        (tmp_path / f"{name}.txt").write_text(text)
    build = ["build_index.py", tmp_path / "*.txt", "--output", tmp_path / "index", "--prepare", "none"]
    run_recipe(*build)
    (tmp_path / "a.txt").unlink()
    (tmp_path / "b.txt").write_text("the dog sat.")
    (tmp_path / "d.txt").write_bytes("a hén saw.".encode("cp1252"))
    assert "3 passages in" in run_recipe(*build, "--update", "--encoding", "cp1252")
    index = Index.load(tmp_path / "index")
    found = {pathlib.Path(index._record(number)["document"]).name: id for id, number in index._numbers.items()}
    assert {name: index[id]["text"] for name, id in found.items()} == {
        "b.txt": "the dog sat.",
        "c.txt": "a cow ate.",
        "d.txt": "a hén saw.",
    }


def test_an_index_of_words_needs_no_preset(run_recipe, tmp_path):
    pytest.importorskip("bm25s")
    (tmp_path / "a.tsv").write_text("id\ttext\nd1\ta cat sat\nd2\ta dog ran\n")
    run_recipe("build_index.py", tmp_path / "a.tsv", "--output", tmp_path / "index")
    printed = run_recipe("search.py", "dog", "--index", tmp_path / "index", "--method", "bm25")
    assert "d2#0  a dog ran" in printed and "d1#0" not in printed


def test_a_search_is_scored_by_the_judgements_of_a_folder(run_recipe, tmp_path):
    pytest.importorskip("bm25s")
    texts = {"d1": "a cat sat", "d2": "a dog ran. " * 30, "d3": "a cow ate"}
    (tmp_path / "corpus.jsonl").write_text("".join(json.dumps({"_id": k, "text": v}) + "\n" for k, v in texts.items()))
    (tmp_path / "queries.jsonl").write_text('{"_id": "q1", "text": "dog"}\n{"_id": "q2", "text": "sat"}\n')
    (tmp_path / "qrels").mkdir()
    judgements = ["query-id\tcorpus-id\tscore", "q1\td2\t1", "q2\td1\t1", "q2\td3\t1"]
    (tmp_path / "qrels" / "test.tsv").write_text("\n".join(judgements) + "\n")
    options = ["--output", tmp_path / "index", "--passage-words", 20, "--overlap", 4]
    run_recipe("build_index.py", tmp_path / "corpus.jsonl", *options)
    options = ["--index", tmp_path / "index", "--method", "bm25", "--num-candidates", 20]
    printed = run_recipe("search.py", tmp_path, *options)
    assert "recall@20     0.7500" in printed and "mrr@10        1.0000" in printed


def test_judgements_of_other_documents_than_the_index_has_are_refused(small_preset, index, tmp_path):
    (tmp_path / "corpus.jsonl").write_text('{"_id": "d1", "text": "a cat sat"}\n')
    (tmp_path / "queries.jsonl").write_text('{"_id": "q1", "text": "who was the bad"}\n')
    (tmp_path / "qrels").mkdir()
    (tmp_path / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq1\td1\t1\n")
    search = runpy.run_path(ROOT / "recipes" / "search.py")["main"]
    with pytest.raises(ValueError, match="whose documents are 'd1' and others; .*index has '.*a.txt' and others"):
        search(str(tmp_path), index=index, preset=str(small_preset))


def test_questions_are_answered_and_scored(run_recipe, small_preset, index, tmp_path):
    from bert_keras.data import WordPieceTokenizer
    from bert_keras.models import BertEncoder, QuestionAnswerer

    QuestionAnswerer(BertEncoder.from_preset(small_preset)).save_to_preset(tmp_path / "reader")
    WordPieceTokenizer.from_preset(small_preset).save_to_preset(tmp_path / "reader")
    answer = {"text": "the bad", "answer_start": 3}  # a wrong place, as CMRC 2018 has some
    asked = {"context": "who was the bad.", "qas": [{"id": "q1", "question": "who was", "answers": [answer]}]}
    (tmp_path / "squad.json").write_text(json.dumps({"data": [{"paragraphs": [asked]}]}))
    options = ["--index", index, "--preset", small_preset, "--reader", tmp_path / "reader", "--run-directory", tmp_path]
    run_recipe("answer_questions.py", tmp_path / "squad.json", *options, "--num-passages", 9)
    scores = json.loads((tmp_path / "results.json").read_text())["scores"]
    assert {*scores} == {"exact", "f1", "recall@1", "recall@5"} and scores["recall@5"] == 1.0
    (line,) = (tmp_path / "answers.jsonl").read_text().splitlines()
    (best,) = json.loads(line)["answers"]
    with open(best["document"]) as file:
        assert file.read()[best["start"] : best["end"]] == best["answer"] != ""
