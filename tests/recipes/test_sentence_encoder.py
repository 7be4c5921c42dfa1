"""Negatives are mined by words, and a sentence encoder and a cross-encoder are trained on them."""

import json

import numpy as np
import pytest

from bert_keras.inference import CrossEncoder

WORDS = ("good", "bad", "the", "was", "who")


@pytest.fixture(scope="module")
def mined(run_recipe, tmp_path_factory):
    pytest.importorskip("bm25s")
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


@pytest.fixture(scope="module")
def tables(mined, tmp_path_factory):
    """A file of each kind of texts that match, and the options to read it."""
    directory = tmp_path_factory.mktemp("tables")
    rows = [(f"who was {i}", f"who was {i % 4}", 5 * (i < 4), "abc"[i % 3], "ab"[i % 2]) for i in range(8)]
    for name, place in ("score", 2), ("label", 3), ("gold_label", 4):
        lines = [f"sentence1\tsentence2\t{name}", *(f"{row[0]}\t{row[1]}\t{row[place]}" for row in rows)]
        (directory / f"{name}.tsv").write_text("\n".join(lines) + "\n")
    (directory / "text.tsv").write_text("text\n" + "".join(f"the {row[0]} was bad\n" for row in rows))
    taught = [{"query": a, "positive": b, "negative": "bad", "taught": [3.0, 1.0]} for a, b, *_ in rows]
    (directory / "taught.jsonl").write_text("".join(json.dumps(row) + "\n" for row in taught))
    columns = ("--text-columns", "query", "positive", "negative", "--score-columns", "taught")
    return {
        "negatives": (mined, ("--num-negatives", 1)),
        "scores": (directory / "score.tsv", ("--score-range", 0, 5)),
        "three classes": (directory / "label.tsv", ()),
        "two classes": (directory / "gold_label.tsv", ()),
        "texts": (directory / "text.tsv", ()),
        "teacher's scores": (directory / "taught.jsonl", columns),
    }


def options_of(preset, tables, kind, directory):
    """What both recipes are started with, for one epoch of two steps."""
    file, columns = tables[kind]
    validation = file if kind in ("negatives", "scores", "two classes") else tables["scores"][0]
    return [
        "--preset", preset, "--train", file, "--validation", validation, *columns, "--epochs", 1, "--batch-size", 4,
        "--sequence-length", 16, "--run-directory", directory / "run",
    ]  # fmt: skip


SLOW = pytest.mark.slow


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("negatives", ("--matryoshka-dims", 8, 4, "--mini-batch-size", 3)),
        pytest.param("negatives", ("--loss", "TripletLoss"), marks=SLOW),
        pytest.param("texts", ("--dropout", 0.3, "--mini-batch-size", 3), marks=SLOW),
        *(pytest.param("scores", ("--loss", name), marks=SLOW) for name in ("AnglELoss", "CosineSimilarityLoss")),
        pytest.param("texts", ("--loss", "denoising", "--mini-batch-size", 3), marks=SLOW, id="denoising"),
        pytest.param("scores", ("--matryoshka-dims", 8, 4), marks=SLOW),
        pytest.param("two classes", (), marks=SLOW),
        pytest.param("three classes", ("--loss", "softmax", "--mini-batch-size", 3), marks=SLOW),
        pytest.param("teacher's scores", (), marks=SLOW),
        pytest.param("teacher's scores", ("--loss", "DistillKLDivLoss"), marks=SLOW),
    ],
)
def test_a_sentence_encoder_is_trained_by_each_loss_and_scored(run_recipe, small_preset, tables, tmp_path, kind, more):
    printed = run_recipe(
        "finetune_sentence_encoder.py", *options_of(small_preset, tables, kind, tmp_path), *more,
        "--test", tables["scores"][0],
    )  # fmt: skip
    assert "before." in printed and "test.spearman" in printed
    assert (tmp_path / "run" / "preset" / "modules.json").is_file()


@pytest.mark.slow
def test_a_loss_that_does_not_learn_from_the_data_is_refused_by_name(run_recipe, small_preset, tables, tmp_path):
    for kind, loss, message in (
        ("negatives", "CoSENTLoss", "learns from matches: MultipleNegativesRankingLoss, TripletLoss"),
        ("three classes", "ContrastiveLoss", "learns from two classes, a match and none; received a, b, c"),
    ):
        options = options_of(small_preset, tables, kind, tmp_path)
        assert message in run_recipe("finetune_sentence_encoder.py", *options, "--loss", loss, status=1)


@pytest.mark.parametrize(
    ("kind", "measure"),
    [
        ("negatives", "accuracy"),
        pytest.param("scores", "spearman", marks=SLOW),
        pytest.param("two classes", "f1", marks=SLOW),
        pytest.param("teacher's scores", "spearman", marks=SLOW),
    ],
)
def test_a_cross_encoder_is_trained_and_ranks(run_recipe, watched, small_preset, tables, tmp_path, kind, measure):
    options = [*options_of(small_preset, tables, kind, tmp_path), "--watch", "confusion", "examples"]
    printed = run_recipe("finetune_cross_encoder.py", *options)
    assert {"confusion_matrix", "examples/worst"} <= watched(tmp_path / "run")
    assert f"validation.{measure}" in printed
    cross_encoder = CrossEncoder.from_preset(tmp_path / "run" / "preset")
    assert cross_encoder.sequence_length == 16  # as it was trained
    ranked = cross_encoder.rank("who was 1", ["the bad", "the good was 1"])
    is_probability = kind in ("negatives", "two classes")
    assert len(ranked) == 2 and (not is_probability or all(0 < found["score"] < 1 for found in ranked))


@pytest.mark.slow
def test_sentence_transformers_gives_pairs_the_scores_of_a_trained_cross_encoder(
    run_recipe, small_preset, tables, tmp_path
):
    library = pytest.importorskip("sentence_transformers")
    for kind in "negatives", "scores":
        run_recipe("finetune_cross_encoder.py", *options_of(small_preset, tables, kind, tmp_path / kind))
        preset = tmp_path / kind / "run" / "preset"
        pairs = [("who was 1", "the bad"), ("who was 1", "the good was 1")]
        theirs = library.CrossEncoder(str(preset), device="cpu").predict(pairs)
        np.testing.assert_allclose(CrossEncoder.from_preset(preset)(*map(list, zip(*pairs))), theirs, atol=1e-5)
