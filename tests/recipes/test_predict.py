"""A file predicted from a preset, and what stays of it."""

import json

from bert_keras.data import tokenizer_of
from bert_keras.models import PrefixLM, TextClassifier


def test_a_table_without_labels_is_predicted_from_a_trained_preset(run_recipe, small_preset, tmp_path):
    rows = [f"the {'abc'[i % 3]} was good\t{'xyz'[i % 3]}" for i in range(12)]
    (tmp_path / "train.tsv").write_text("\n".join(["sentence\tlabel", *rows]) + "\n")
    (tmp_path / "new.csv").write_text('id,review\n1,"the a, was good"\n2,who\n')
    options = ["--preset", small_preset, "--train", tmp_path / "train.tsv", "--validation", tmp_path / "train.tsv"]
    options += ["--epochs", 1, "--sequence-length", 16, "--run-directory", tmp_path / "run"]
    options += ["--batch-size", 4, "--dtype", "mixed_bfloat16"]
    run_recipe("finetune_classifier.py", *options)
    results = json.loads((tmp_path / "run" / "results.json").read_text())
    assert TextClassifier.from_preset(tmp_path / "run" / "preset").encoder.compute_dtype == "float32"
    config = json.loads((tmp_path / "run" / "preset" / "config.json").read_text())
    assert config["id2label"] == {"0": "x", "1": "y", "2": "z"}

    # A finished run takes a test file later, and trains no further.
    printed = run_recipe("finetune_classifier.py", *options, "--test", tmp_path / "train.tsv")
    assert "nothing is trained" in printed
    again = json.loads((tmp_path / "run" / "results.json").read_text())["scores"]
    assert again["validation"] == results["scores"]["validation"] == again["test"]
    rows = (tmp_path / "run" / "predictions_test.tsv").read_text().splitlines()
    assert len(rows) == 13 and rows[0] == "label\tprediction\ttext"
    assert all(row.split("\t")[1] in ("x", "y", "z") for row in rows[1:])

    run_recipe(
        "predict.py", tmp_path / "run" / "preset", tmp_path / "new.csv", "--text-column", "review",
        "--run-directory", tmp_path / "predicted", "--dtype", "bfloat16", "--runtime", "keras",
    )  # fmt: skip
    lines = (tmp_path / "predicted" / "predictions.jsonl").read_text().splitlines()
    predictions = [json.loads(line) for line in lines]
    assert [row["text"] for row in predictions] == ["the a, was good", "who"]
    assert all(row["prediction"]["label"] in "xyz" and 0 < row["prediction"]["score"] <= 1 for row in predictions)


def test_a_long_row_and_an_empty_one_do_not_stop_a_file_of_a_writer(run_recipe, small_preset, tmp_path):
    tokenizer = tokenizer_of(small_preset)
    PrefixLM.from_preset(small_preset).save_to_preset(tmp_path / "preset")
    tokenizer.save_to_preset(tmp_path / "preset")
    (tmp_path / "new.csv").write_text(f"mr,ref\nthe cat,a\n,b\n{'the a ' * 400},c\n")
    run_recipe("predict.py", tmp_path / "preset", tmp_path / "new.csv", "--run-directory", tmp_path / "predicted")
    lines = (tmp_path / "predicted" / "predictions.jsonl").read_text().splitlines()
    assert [json.loads(line)["text"][:7] for line in lines] == ["the cat", " ", "the a t"]
    assert all(isinstance(json.loads(line)["prediction"], str) for line in lines)
