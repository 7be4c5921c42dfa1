"""The recipe that checks data, run in this process: it trains nothing."""

import json
import pathlib

import pytest

from bert_keras import command_line

RECIPE = pathlib.Path(__file__).parents[2] / "recipes" / "check_data.py"


@pytest.fixture
def check(tmp_path, capsys):
    """Function that runs the recipe and returns what it counted and what it printed."""

    def run(*words):
        main = command_line.load_script(RECIPE).main
        counts = command_line.run(main, [*map(str, words), "--run-directory", str(tmp_path / "run")])
        return counts, capsys.readouterr().out

    return run


def test_texts_are_checked_with_the_tokenizer_and_cleaned(check, small_preset, tmp_path):
    train, dev = tmp_path / "train.tsv", tmp_path / "dev.tsv"
    train.write_text("sentence\tlabel\nso good\t1\nso bad\t0\nwell ☃\t1\n")
    dev.write_text("sentence\tlabel\nSO good\t1\nnot so\t0\n")
    files = ("--train", train, "--validation", dev, "--preset", small_preset, "--cleaned", tmp_path / "cleaned")
    counts, printed = check(*files, "--fewest-of-class", 1)
    assert counts == {"leaks": {"validation": 1}, "unknown_tokens": {"train": 1}}
    assert f"{dev}:2: train has it in 1 row: SO good [{train}:2]" in printed and "without 1 rows" in printed
    assert (tmp_path / "cleaned" / "train.tsv").read_text() == "sentence\tlabel\nso bad\t0\nwell ☃\t1\n"
    assert json.loads((tmp_path / "run" / "data_quality.json").read_text())["num_examples"]["train"] == 3


def test_tags_are_told_by_the_file(check, tmp_path):
    (tmp_path / "train.txt").write_text("Ada B-x\nwon O\n\nBob I-x\n")
    counts, _ = check("--train", tmp_path / "train.txt")
    assert counts == {"faults": {"train": 1}, "classes": {"train": 1}}
