"""The recipe's tasks beside plain classes: several labels, pieces of long texts, GLUE's folders, numbers."""

import json
import random

import numpy as np
import pytest

from bert_keras import data, inference


@pytest.fixture
def finetune(run_recipe, small_preset, tmp_path):
    """Function that runs the recipe on rows of a header and of 12 examples a part; returns what it printed."""

    def run(header, make_row, *arguments, suffix=".tsv", parts=("train", "validation"), status=0):
        files = []
        for part in parts:
            path = tmp_path / f"{part}{suffix}"
            lines = [header, *(make_row(random.Random(i)) for i in range(12))]
            path.write_text("\n".join(line for line in lines if line) + "\n")
            files += [f"--{part}", str(path)]
        files = [] if "--task" in arguments else files
        return run_recipe(
            "finetune_classifier.py", "--preset", small_preset, *files, "--epochs", 1, "--batch-size", 4,
            "--sequence-length", 64, "--run-directory", tmp_path / "run", *arguments, status=status,
        )  # fmt: skip

    return run


def test_texts_with_several_labels_are_read_in_pieces(finetune, watched, tmp_path):
    def row(chosen):
        labels = chosen.sample(["taste", "price"], chosen.randint(0, 2))
        return json.dumps({"review": "the good bad " * chosen.randint(1, 9), "topics": labels})

    printed = finetune(
        None, row, "--text-column", "review", "--label-column", "topics", "--label-separator", "|",
        "--sequence-length", 16, "--long-texts", "windows", "--watch", "confusion", "precision_recall", "calibration",
        "examples", suffix=".jsonl",
    )  # fmt: skip
    assert "missed" in printed and "macro_f1" in printed
    assert len((tmp_path / "run" / "predictions_validation.tsv").read_text().splitlines()) == 13
    config = json.loads((tmp_path / "run" / "preset" / "config.json").read_text())
    assert sorted(config["id2label"].values()) == ["price", "taste"]
    tags = {"confusion_matrix", "calibration/ece", "calibration/reliability", "examples/worst", "examples/surest_wrong"}
    curves = {"precision_recall/price", "precision_recall/taste"}
    assert watched(tmp_path / "run") == tags | curves | {"examples/most_doubtful"}


@pytest.mark.slow
def test_a_table_is_read_however_it_is_laid_out_and_split_by_the_recipe(run_recipe, small_preset, tmp_path):
    rows = [f"{'xy'[i % 2]};the {'good' if i % 2 else 'bad'} {i} was caf\u00e9" for i in range(20)]
    (tmp_path / "train.csv").write_bytes("\r".join(rows).encode("cp1252"))
    printed = run_recipe(
        "finetune_classifier.py", "--preset", small_preset, "--train", tmp_path / "train.csv", "--validation", 0.2,
        "--text-column", 1, "--label-column", 0, "--separator", ";", "--encoding", "cp1252", "--epochs", 1,
        "--batch-size", 4, "--sequence-length", 16, "--run-directory", tmp_path / "run",
    )  # fmt: skip
    assert [line.split() for line in printed.splitlines() if line.startswith(("class ", "x ", "all "))][:3] == [
        ["class", "train", "validation"], ["x", "8", "2"], ["all", "16", "4"],
    ]  # fmt: skip
    assert "caf\u00e9" in (tmp_path / "run" / "predictions_validation.tsv").read_text()


@pytest.mark.slow
def test_a_column_for_each_label_and_a_test_file_without_any(finetune, tmp_path):
    def row(chosen):
        return f"the {chosen.choice('abc')},{chosen.randint(0, 1)},{chosen.randint(0, 1)}"

    (tmp_path / "unlabelled.csv").write_text("id,comment\n1,the a\n2,the b\n")
    printed = finetune(
        "comment,toxic,threat", row, "--text-column", "comment", "--label-columns", "toxic", "threat",
        "--test", tmp_path / "unlabelled.csv", suffix=".csv",
    )  # fmt: skip
    assert "no column 'toxic', 'threat': read without labels" in printed and "macro_f1" in printed
    assert len((tmp_path / "run" / "predictions_test.tsv").read_text().splitlines()) == 3


@pytest.mark.slow
def test_a_folder_of_glue_is_found_by_the_tasks_name(finetune, watched, tmp_path):
    def row(chosen):
        return f"0\tthe {chosen.choice('abc')}\tthe {chosen.choice('abc')}\t{chosen.random() * 5:.2f}"

    header = "index\tsentence1\tsentence2\tscore"
    folder = ("--task", "stsb", "--data-directory", tmp_path)
    parts = dict(parts=("train", "dev", "test"))
    refused = finetune(header, row, *folder, "--watch", "calibration", **parts, status=1)
    assert "received calibration: a number is no class" in refused
    printed = finetune(header, row, *folder, "--watch", "confusion", "examples", **parts)
    assert watched(tmp_path / "run") == {"confusion_matrix", "examples/worst"}
    assert "spearman" in printed and "pearson" in printed
    lines = (tmp_path / "run" / "submission.tsv").read_text().splitlines()
    assert lines[0] == "index\tprediction" and len(lines) == 13


@pytest.mark.slow
def test_rare_classes_may_weigh_more_and_blocks_be_frozen(finetune):
    def row(chosen):
        return f"the {chosen.choice('abc')}\t{chosen.choice(['x', 'x', 'x', 'y'])}"

    assert "accuracy" in finetune("sentence\tlabel", row, "--class-weights", "balanced", "--num-frozen-blocks", 0)


@pytest.mark.slow
@pytest.mark.parametrize("options", [("--lora-rank", 2, "--ema", 0.9), ("--r-drop", 1, "--adversarial", 1)])
def test_small_data_has_options(finetune, tmp_path, options):
    def row(chosen):
        return f"the {chosen.choice('abc')}\t{chosen.choice('xy')}"

    assert "accuracy" in finetune("sentence\tlabel", row, *options)
    assert "lora" not in (tmp_path / "run" / "preset" / "model.safetensors").read_bytes()[:9999].decode("latin-1")


@pytest.mark.slow
def test_a_run_does_not_go_on_with_other_data(finetune):
    def row(labels):
        return lambda chosen: f"the {chosen.choice('abc')}\t{chosen.choice(labels)}"

    finetune("sentence\tlabel", row("xy"))
    printed = finetune("sentence\tlabel", row("uv"), status=1)
    assert "was started with another configuration: data was '" in printed


@pytest.mark.slow
def test_rows_beyond_the_encoders_positions_are_refused_before_training(finetune):
    printed = finetune(
        "sentence\tlabel", lambda chosen: f"the\t{chosen.choice('xy')}", "--sequence-length", 999, status=1
    )
    assert "Expected a sequence_length of at most" in printed


@pytest.mark.slow
def test_how_each_text_was_learned_is_written(finetune, tmp_path):
    def row(chosen):
        return f"the {chosen.choice('abc')}\t{chosen.choice('xy')}"

    finetune("sentence\tlabel", row, "--data-map", "--epochs", 2)
    lines = (tmp_path / "run" / "data_map.tsv").read_text().splitlines()
    assert len(lines) == 13 and "epoch_2" in lines[0]


@pytest.mark.slow
def test_a_head_alone_is_mapped_by_vectors_that_were_made_once(finetune, tmp_path):
    def row(chosen):
        return f"{chosen.choice(['the', 'the the the the'])} {chosen.choice('abc')}\t{chosen.choice('xy')}"

    finetune("sentence\tlabel", row, "--data-map", "--freeze-encoder", "--epochs", 1)
    found = data.read_data_map(tmp_path / "run" / "data_map.tsv")
    examples = data.read_examples(tmp_path / "train.tsv", text_column="sentence", label_column="label")
    classify = inference.load_predictor(tmp_path / "run" / "preset")
    shares = [
        next(entry["score"] for entry in classify(text, top_k=2) if entry["label"] == examples.label_names[label])
        for text, label in zip(examples.texts, examples.labels, strict=True)
    ]
    np.testing.assert_allclose(found.probabilities[0], shares, atol=1e-4)  # each text has its own, in the file's order
