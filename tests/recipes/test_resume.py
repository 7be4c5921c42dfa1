"""The pretraining recipe as a user's machine treats it: killed, told to stop, started again."""

import itertools
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import time

import pytest

ROOT = pathlib.Path(__file__).parents[2]
pytestmark = pytest.mark.slow


# A recipe that saves at every third step, not every ten minutes.
SAVING_OFTEN = """
import runpy, sys
from bert_keras.training.callbacks import SaveAndResume
SaveAndResume.__init__.__kwdefaults__["every_steps"] = 3
del sys.argv[0]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def start(recipe, *arguments, backend="tensorflow", saving_often=False):
    environment = os.environ | {"KERAS_BACKEND": backend, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, *(("-c", SAVING_OFTEN) if saving_often else ()), ROOT / "recipes" / recipe,
         *map(str, arguments)],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def finish(process, status=0):
    printed, _ = process.communicate(timeout=500)
    assert process.returncode == status, printed
    return printed


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    directory = tmp_path_factory.mktemp("text")
    words = "president united congress people army southern treasury several states house".split()
    for number in range(40):
        chosen = random.Random(number)
        texts = (f"The {' '.join(chosen.choices(words, k=7))}. " for _ in range(30))
        (directory / f"{number:02}.txt").write_text("".join(texts))
    options = ["--output", directory / "corpus", "--vocabulary-size", 120, "--passage-tokens", 29]
    finish(start("prepare_corpus.py", f"{directory}/*.txt", *options))
    return directory / "corpus"


def pretrain(corpus, directory, *arguments, **options):
    return start(
        "pretrain.py", "--corpus", corpus, "--run-directory", directory, "--size", "tiny", "--sequence-length", 32,
        "--steps", 240, "--warmup-steps", 4, "--steps-per-report", 40, "--batch-size", 8, "--validation-batches", 2,
        "--save-minutes", 0, "--no-warm-start", *arguments, **options,
    )  # fmt: skip


def stop_at(process, directory, step, number):
    """Sends a signal once a state of the step, or of a later one, is there."""
    while process.poll() is None:
        saved = [int(path.name[5:]) for path in (directory / "state").glob("step-*")]
        if max(saved, default=0) >= step:
            process.send_signal(number)
            break
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("backend", "options"), [("tensorflow", ()), ("tensorflow", ("--xla",)), ("jax", ()), ("torch", ())]
)
def test_killed_and_stopped_it_ends_as_if_it_had_not_been(corpus, tmp_path, backend, options):
    pytest.importorskip(backend)

    def begin(name):
        return pretrain(corpus, tmp_path / name, *options, backend=backend)

    finish(begin("unbroken"))
    stopped = begin("stopped")
    stop_at(stopped, tmp_path / "stopped", 1, signal.SIGKILL)
    finish(stopped, -signal.SIGKILL)
    stopped = begin("stopped")
    stop_at(stopped, tmp_path / "stopped", 60, signal.SIGTERM)
    assert "Go on with:" in finish(stopped, 128 + signal.SIGTERM)
    assert "going on at step" in finish(begin("stopped"))
    unbroken, stopped = (tmp_path / name / "preset" / "model.safetensors" for name in ("unbroken", "stopped"))
    assert stopped.read_bytes() == unbroken.read_bytes()


def test_the_quickstart_goes_on_within_its_budget_and_starts_anew_when_it_is_finished(tmp_path):
    words = ["".join(letters) for letters in itertools.product("bdfgk", "aeiou", "lmnr", "aou")]
    for number in range(20):
        chosen = random.Random(number)
        sentences = (" ".join(chosen.choices(words, k=8)) + ". " for _ in range(40))
        (tmp_path / f"{number:02}.txt").write_text("".join(sentences))
    options = ["--corpus", tmp_path / "*.txt", "--run-directory", tmp_path, "--minutes", 1.5, "--vocabulary-size", 400]
    killed = start("quickstart.py", *options, saving_often=True)
    stop_at(killed, tmp_path, 1, signal.SIGKILL)
    finish(killed, -signal.SIGKILL)
    assert "going on at step" in finish(start("quickstart.py", *options))
    assert (tmp_path / "summary.json").is_file() and not (tmp_path / "state").exists()
    assert seconds_of_training(tmp_path) < 90


def seconds_of_training(directory):
    """From the first point of the curves to the last, less what no process was there for."""
    from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

    files = sorted(directory.glob("logs/pretraining/train/events.*"), key=lambda path: path.stat().st_mtime_ns)
    times = [[event.wall_time for event in EventFileLoader(str(path)).Load() if event.step] for path in files]
    return sum(max(each) - min(each) for each in times if each)


def labelled(path, num_rows):
    rows = (
        f"the {'old' if number % 2 else 'united'} house number {number % 7}\tname{number % 2}"
        for number in range(num_rows)
    )
    path.write_text("sentence\tlabel\n" + "\n".join(rows) + "\n")
    return path


def test_a_classifier_told_to_stop_ends_as_if_it_had_not_been(corpus, tmp_path):
    options = ["--size", "tiny", "--sequence-length", 32, "--steps", 2, "--warmup-steps", 1, "--steps-per-report", 2]
    options += ["--run-directory", tmp_path / "pretrained", "--no-warm-start", "--validation-batches", 1]
    finish(start("pretrain.py", "--corpus", corpus, *options))
    train, validation = labelled(tmp_path / "train.tsv", 640), labelled(tmp_path / "validation.tsv", 12)
    options = ["--preset", tmp_path / "pretrained" / "preset", "--train", train, "--validation", validation]
    options += ["--sequence-length", 16, "--epochs", 3, "--batch-size", 8]
    finish(start("finetune_classifier.py", *options, "--run-directory", tmp_path / "unbroken"))
    stopped = start("finetune_classifier.py", *options, "--run-directory", tmp_path / "stopped")
    while not list(tmp_path.glob("stopped/logs/train/events.*")) and stopped.poll() is None:  # it trains
        time.sleep(0.02)
    stopped.send_signal(signal.SIGTERM)
    finish(stopped, 128 + signal.SIGTERM)
    assert "going on" in finish(start("finetune_classifier.py", *options, "--run-directory", tmp_path / "stopped"))
    unbroken, stopped = (tmp_path / name / "preset" / "model.safetensors" for name in ("unbroken", "stopped"))
    assert stopped.read_bytes() == unbroken.read_bytes()


def questions(number):
    """SQuAD's JSON with so many questions."""
    context = "ada was good . bo was bad ."
    answers = [{"text": "bo", "answer_start": 15}]
    asked = [{"id": str(i), "question": "who was bad ?", "answers": answers} for i in range(number)]
    return json.dumps({"version": "1.1", "data": [{"title": "", "paragraphs": [{"context": context, "qas": asked}]}]})


# Of each recipe the suffix of its files, what they hold for a number of examples, and options for short rows.
EXAMPLES = {
    "finetune_tagger.py": ("txt", lambda number: "ada B-person\nwas O\ngood O\n\n" * number, ()),
    "finetune_relations.py": (
        "txt", lambda number: '1\t"<e1>ada</e1> was <e2>good</e2>"\nIs(e1,e2)\n\n' * (number // 2)
        + '2\t"<e1>bo</e1> <e2>bad</e2>"\nOther\n\n' * (number // 2), ()
    ),
    "finetune_triples.py": (
        "jsonl", lambda number: '{"text": "ada was good", "spo_list": [["ada", "is", "good"]]}\n' * number, ()
    ),
    "finetune_multiple_choice.py": (
        "csv", lambda number: "sent1,sent2,ending0,ending1,label\n" + "ada was,she,good,bad,0\n" * number,
        ("--choice-columns", "ending0", "ending1"),
    ),
    "finetune_question_answering.py": (
        "json", questions, ("--stride", "4", "--max-question-tokens", "8", "--max-answer-tokens", "4")
    ),
}  # fmt: skip


@pytest.mark.parametrize("recipe", EXAMPLES)
def test_killed_in_the_middle_of_an_epoch_every_recipe_ends_as_if_it_had_not_been(marked_preset, tmp_path, recipe):
    suffix, examples, more = EXAMPLES[recipe]
    (tmp_path / f"train.{suffix}").write_text(examples(120))
    (tmp_path / f"validation.{suffix}").write_text(examples(2))
    options = ["--preset", marked_preset, "--sequence-length", 32, "--epochs", 2, "--batch-size", 2, *more]
    options += ["--train", tmp_path / f"train.{suffix}", "--validation", tmp_path / f"validation.{suffix}"]

    def run(name):
        return start(recipe, *options, "--run-directory", tmp_path / name, saving_often=True)

    finish(run("unbroken"))
    killed = run("killed")
    stop_at(killed, tmp_path / "killed", 6, signal.SIGKILL)
    finish(killed, -signal.SIGKILL)
    assert ", epoch 1, from" in finish(run("killed"))  # of 60 steps each
    unbroken, killed = (tmp_path / name / "preset" / "model.safetensors" for name in ("unbroken", "killed"))
    assert killed.read_bytes() == unbroken.read_bytes()
