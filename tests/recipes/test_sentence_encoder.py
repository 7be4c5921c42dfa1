"""Negatives are mined by words, and a sentence encoder is trained on them."""

import importlib.util
import json

import pytest

from bert_keras import models

WORDS = ("good", "bad", "the", "was", "who")


@pytest.fixture(scope="module")
def mined(run_recipe, tmp_path_factory):
    pytest.importorskip("bm25s")
    if importlib.util.find_spec("bert_keras.inference.search") is None:
        pytest.skip("search by words is not there yet")
    directory = tmp_path_factory.mktemp("mined")
    pairs = [{"query": f"who was {i}", "positive": f"the {WORDS[i % 2]} was {i}"} for i in range(8)]
    (directory / "pairs.jsonl").write_text("".join(json.dumps(pair) + "\n" for pair in pairs))
    (directory / "texts.txt").write_text("the bad was good\nwho was the good\n")
    options = ["--texts", directory / "texts.txt", "--num-negatives", 2, "--run-directory", directory]
    printed = run_recipe("mine_negatives.py", directory / "pairs.jsonl", *options)
    assert "written" in printed and "documents" in printed
    return directory / "negatives.jsonl"


def test_negatives_are_mined_that_are_not_the_positive(mined):
    rows = [json.loads(line) for line in mined.read_text().splitlines()]
    assert len(rows) == 8 and all(len(row["negatives"]) == len(row["scores"]) == 2 for row in rows)
    assert not any(row["positive"] in row["negatives"] for row in rows)


@pytest.mark.skipif(not hasattr(models, "SentenceEncoder"), reason="there is no sentence encoder yet")
@pytest.mark.parametrize("loss", [None, pytest.param("TripletLoss", marks=pytest.mark.slow)])
def test_a_sentence_encoder_is_trained_and_scored(run_recipe, small_preset, mined, tmp_path, loss):
    lines = ["sentence1\tsentence2\tscore", *(f"who was {i}\twho was {i % 4}\t{5 * (i < 4)}" for i in range(8))]
    (tmp_path / "sts.tsv").write_text("\n".join(lines) + "\n")
    printed = run_recipe(
        "finetune_sentence_encoder.py", "--preset", small_preset, "--train", mined, "--num-negatives", 1,
        "--validation", tmp_path / "sts.tsv", "--test", tmp_path / "sts.tsv", "--score-range", 0, 5, "--epochs", 1,
        "--batch-size", 4, "--sequence-length", 16, "--run-directory", tmp_path / "run",
        *(() if loss is None else ("--loss", loss)),
    )  # fmt: skip
    assert "before.spearman" in printed and "test.spearman" in printed
    assert (tmp_path / "run" / "preset" / "modules.json").is_file()
