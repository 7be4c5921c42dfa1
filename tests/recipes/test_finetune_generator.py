"""An encoder learns to write from the files that people have."""

import json

import pytest

from bert_keras.inference import load_predictor


def written(path, suffix, count):
    if suffix == "csv":
        lines = ["mr,ref", *(f'"{n} was, who",the {n % 2} was good.' for n in range(count))]
    else:
        lines = [json.dumps({"turns": ["who was?", f"the {n}", f"the {n} was bad"]}) for n in range(count)]
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.mark.parametrize(
    ("suffix", "options"),
    [
        ("csv", "--measures distinct-2 --best perplexity --watch layers"),
        pytest.param("jsonl", "--num-beams 2 --no-repeat-ngram 2 --tokenize char", marks=pytest.mark.slow),
        pytest.param("csv", "--num-frozen-blocks 0 --lora-rank 2 --layerwise-decay 0.9 --ema 0.9 --adversarial 1",
                     marks=pytest.mark.slow),
    ],
)  # fmt: skip
def test_a_writer_is_trained_scored_and_loaded(run_recipe, small_preset, tmp_path, logged_points, suffix, options):
    if "measures" not in options:
        pytest.importorskip("sacrebleu")
    parts = [written(tmp_path / f"{part}.{suffix}", suffix, count) for part, count in (("train", 8), ("validation", 3))]
    printed = run_recipe(
        "finetune_generator.py", "--preset", small_preset, "--train", parts[0], "--validation", parts[1], "--test",
        parts[1], "--epochs", 1, "--batch-size", 4, "--sequence-length", 48, "--max-new-tokens", 6, "--num-samples", 2,
        "--run-directory", tmp_path / "run", *options.split(),
    )  # fmt: skip
    assert "validation perplexity" in printed or "perplexity" in printed and "test.distinct-2" in printed
    lines = [json.loads(line) for line in (tmp_path / "run" / "written_test.jsonl").read_text().splitlines()]
    assert [sorted(line) for line in lines] == [["references", "source", "written"]] * 3
    write = load_predictor(tmp_path / "run" / "preset", max_new_tokens=6)
    assert isinstance(write("the was"), str) and write.sequence_length == 48  # as trained, of 64 positions
    tags = {tag for _, tag, _, _ in logged_points(tmp_path / "run" / "logs")}
    assert "written" in tags and ("--watch" in options) == ("gradients/embeddings" in tags)


def test_an_epoch_is_not_chosen_by_what_is_not_counted(run_recipe, small_preset, tmp_path):
    path = written(tmp_path / "train.csv", "csv", 2)
    options = ["--preset", small_preset, "--train", path, "--run-directory", tmp_path / "run", "--best", "blue"]
    printed = run_recipe("finetune_generator.py", *options, status=1)
    assert "Expected --best to be one of bleu, rougeL, chrf, distinct-2, perplexity, accuracy; received blue" in printed
