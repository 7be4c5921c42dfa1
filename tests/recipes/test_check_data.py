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


def test_to_learn_from_texts_takes_a_preset(tmp_path):
    (tmp_path / "train.tsv").write_text("sentence\tlabel\nso good\t1\nso bad\t0\n")
    main = command_line.load_script(RECIPE).main
    words = ["--train", str(tmp_path / "train.tsv"), "--learn", "--run-directory", str(tmp_path / "run")]
    with pytest.raises(ValueError, match="Expected --learn with --preset"):
        command_line.run(main, words)


@pytest.mark.slow
def test_models_that_have_not_seen_a_text_say_that_its_label_is_wrong(check, small_preset, tmp_path):
    rows = [
        f"the {'good' if number % 2 else 'bad'} {letter} was\t{number % 2}" for number, letter in enumerate("abcd" * 8)
    ]
    rows[4] = "the bad a who was\t1"
    (tmp_path / "train.tsv").write_text("\n".join(["sentence\tlabel", *rows]) + "\n")
    options = ("--num-folds", 2, "--learning-rate", 0.1, "--batch-size", 8, "--sequence-length", 16)
    counts, printed = check("--train", tmp_path / "train.tsv", "--preset", small_preset, "--learn", *options)
    assert counts["wrong_labels"]["train"] >= 1 and "wrong_labels" in printed
    assert "Labels that are probably wrong" in (tmp_path / "run" / "data_quality.html").read_text()


def test_what_can_be_known_at_once_is_checked_before_reading(tmp_path, monkeypatch):
    (tmp_path / "train.tsv").write_text("sentence\tlabel\nso good\t1\nso bad\t0\n")
    main = command_line.load_script(RECIPE).main
    monkeypatch.setattr("bert_keras.checked_files.read_checked_parts", lambda *_: pytest.fail("it was read"))
    for words, message in [
        (("--cleaned", str(tmp_path / "cleaned"), "--leave-out", "leeks"), "received 'leeks'"),
        (("--cleaned", str(tmp_path)), "expected another folder"),
        (("--languages", "xx"), "py3langid|there is no language 'xx'"),
    ]:
        with pytest.raises((ValueError, ImportError), match=message):
            command_line.run(main, ["--train", str(tmp_path / "train.tsv"), *words])
