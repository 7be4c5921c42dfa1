"""The recipe tags words by each head, from each format, and writes what it predicts."""

import json

import pytest


@pytest.fixture
def run(run_recipe, small_preset, tmp_path):
    """Function that runs the recipe on a file as all its parts."""

    def run(file, *arguments, **options):
        files = [word for part in ("train", "validation", "test") for word in (f"--{part}", file)]
        return run_recipe(
            "finetune_tagger.py", "--preset", small_preset, *files, "--sequence-length", 16, "--epochs", 1,
            "--batch-size", 4, "--run-directory", tmp_path / "run", *arguments, **options,
        )  # fmt: skip

    return run


@pytest.fixture
def conll(tmp_path):
    long = "the O\n" * 30
    (tmp_path / "train.conll").write_text(f"ada B-person\nb I-person\nwas O\ngood O\n\n{long}\n" * 4)
    return tmp_path / "train.conll"


def test_entities_are_tagged_by_a_crf_and_written_as_columns_and_as_spans(run, watched, conll, tmp_path):
    assert ".f1 " in run(conll, "--head", "crf", "--adversarial", "1", "--watch", "confusion", "spans")
    assert watched(tmp_path / "run") == {"confusion_matrix", "spans", "spans_in_colour"}
    lines = (tmp_path / "run" / "predictions_test.conll").read_text().splitlines()
    assert [line.split("\t")[:2] for line in lines if line] == [
        line.split() for line in conll.read_text().splitlines() if line
    ]
    rows = [json.loads(line) for line in (tmp_path / "run" / "predictions_test.jsonl").read_text().splitlines()]
    assert len(rows) == 8 and rows[0]["text"] == "ada b was good"
    config = json.loads((tmp_path / "run" / "preset" / "config.json").read_text())
    assert config["architectures"] == ["BertModel"]
    tags = {"num_tags": 3, "labels": ["O", "B-person", "I-person"]}
    assert config["bert_keras"] == tags | {"head": "crf", "scheme": "BIO", "words": "basic"}


@pytest.mark.slow
def test_spans_in_each_other_are_found_by_global_pointer(run, watched, tmp_path, small_data_options):
    row = {"text": "the ada b was good", "spans": [[0, 9, "person"], [4, 7, "name"]]}
    (tmp_path / "train.jsonl").write_text((json.dumps(row) + "\n") * 8)
    arguments = ("--head", "global_pointer", "--scheme", "None", "--watch", "spans", *small_data_options)
    assert ".f1 " in run(tmp_path / "train.jsonl", *arguments)
    assert watched(tmp_path / "run") == {"spans", "spans_in_colour"}
    rows = [json.loads(line) for line in (tmp_path / "run" / "predictions_test.jsonl").read_text().splitlines()]
    assert len(rows) == 8


@pytest.mark.slow
def test_parts_of_speech_are_tagged_on_jax(run, watched, tmp_path):
    pytest.importorskip("jax")
    words = "".join(
        f"{i + 1}\t{word}\t_\t{tag}\t_\t_\t0\t_\t_\t_\n"
        for i, (word, tag) in enumerate((("the", "DET"), ("good", "ADJ")))
    )
    (tmp_path / "train.conllu").write_text(f"{words}\n" * 8)
    views = ("--head", "linear", "--watch", "confusion", "precision_recall", "calibration", "examples")
    printed = run(tmp_path / "train.conllu", "--scheme", "None", *views, backend="jax")
    assert {"precision_recall/DET", "precision_recall/ADJ", "examples/worst"} < watched(tmp_path / "run")
    assert ".accuracy " in printed
    assert not (tmp_path / "run" / "predictions_test.jsonl").exists()


@pytest.mark.slow
def test_a_faulty_sentence_is_an_error_with_file_and_line(run, conll, tmp_path):
    conll.write_text(conll.read_text() + "good I-person\n")
    printed = run(conll, status=1)
    assert "train.conll:145: I-person at the beginning of a sentence breaks the rules of scheme BIO" in printed


@pytest.mark.slow
def test_spans_without_a_scheme_want_the_head_that_finds_them(run, tmp_path):
    row = {"text": "ada was good", "spans": [[0, 3, "person"]]}
    (tmp_path / "train.jsonl").write_text((json.dumps(row) + "\n") * 8)
    assert "want --head global_pointer" in run(tmp_path / "train.jsonl", "--scheme", "None", status=1)
