"""What tests of recipes share: how one is run, and a small preset whose tokenizer knows a few words and all letters."""

import json
import os
import pathlib
import shutil
import string
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]

# A recipe that saves its state at other moments than every ten minutes.
SAVING_OTHERWISE = """
import json, runpy, sys
from bert_keras.training.callbacks import SaveAndResume
SaveAndResume.__init__.__kwdefaults__.update(json.loads(sys.argv[1]))
del sys.argv[:2]
runpy.run_path(sys.argv[0], run_name="__main__")
"""

# Imports what recipes import, then makes a process of itself for each one asked for: five seconds less a recipe. Steps
# whose graph is not what is tested are not traced, which takes longer than the few steps do.
IMPORTED_BEFORE = """
import gc, glob, json, os, runpy, signal, sys
import tensorflow as tf
from bert_keras import data, inference, models, training
tf.config.run_functions_eagerly("untraced" in sys.argv)
for recipe in glob.glob("recipes/*.py"):
    runpy.run_path(recipe)
for room in data, inference, models, training, training.callbacks:
    for name in room.__all__:
        getattr(room, name)  # rooms import their parts at first use
gc.freeze()
for line in sys.stdin:
    log, directory, sys.argv = json.loads(line)
    if process := os.fork():
        print(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), flush=True)
        continue
    signal.alarm(900)
    printed = os.open(log, os.O_WRONLY | os.O_CREAT)
    os.dup2(printed, 1)
    os.dup2(printed, 2)
    os.chdir(directory)
    runpy.run_path(sys.argv[0], run_name="__main__")
    break
"""


def environment(backend):
    quick = {"XLA_FLAGS": "--xla_backend_optimization_level=0"} if backend == "jax" else {}  # to compile is most of it
    return os.environ | quick | {"KERAS_BACKEND": backend, "PYTHONPATH": str(ROOT)}


class RunningRecipe(subprocess.Popen):
    """A recipe in a process of its own, started by its command line as users do."""

    def __init__(self, log, recipe, *arguments, backend="tensorflow", directory=None, saving=None):
        self.log = log
        prepared = ["-c", SAVING_OTHERWISE, json.dumps(saving)] if saving else []
        command = [sys.executable, *prepared, ROOT / "recipes" / recipe, *map(str, arguments)]
        with open(log, "w") as printed:  # a pipe that nobody reads would stop it
            super().__init__(command, cwd=directory, env=environment(backend), stdout=printed, stderr=subprocess.STDOUT)

    def finish(self, status=0, timeout=900):
        """Waits for its end, at most so many seconds; returns what it printed."""
        try:
            self.wait(timeout)
        finally:
            self.kill()
        assert self.returncode == status, self.log.read_text()
        return self.log.read_text()


@pytest.fixture(scope="session")
def start_recipe(tmp_path_factory):
    """Function that starts a recipe: `start_recipe("pretrain.py", "--steps", 4, saving={"every_steps": 3})`."""

    def start(recipe, *arguments, **options):
        return RunningRecipe(tmp_path_factory.mktemp("log") / "printed", recipe, *arguments, **options)

    return start


@pytest.fixture(scope="session")
def imported_before(pytestconfig):
    """A process that has imported what recipes import on TensorFlow; it traces steps where slow tests run, too."""
    traced = "traced" if pytestconfig.option.markexpr == "" else "untraced"
    pipes = dict(stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment("tensorflow"))
    with subprocess.Popen([sys.executable, "-c", IMPORTED_BEFORE, traced], **pipes) as process:
        yield process
        process.stdin.close()  # which ends it


@pytest.fixture(scope="session")
def run_recipe(start_recipe, imported_before, tmp_path_factory):
    """Function that runs a recipe to its end, in a process of its own, and returns what it printed."""

    def run(recipe, *arguments, status=0, backend="tensorflow", directory=ROOT):
        if backend != "tensorflow":
            return start_recipe(recipe, *arguments, backend=backend, directory=directory).finish(status)
        log = tmp_path_factory.mktemp("log") / "printed"
        command = [str(word) for word in (ROOT / "recipes" / recipe, *arguments)]
        print(json.dumps([str(log), str(directory), command]), file=imported_before.stdin, flush=True)
        assert int(imported_before.stdout.readline()) == status, log.read_text()
        return log.read_text()

    return run


@pytest.fixture(scope="session")
def watched(logged_points):
    """Function that gives what TensorBoard shows of the validation part of a run, but its curves: {tag, ...}."""

    def read(run_directory):
        points = [point[:3] for point in logged_points(run_directory / "logs") if point[0] == "validation"]
        assert len(points) == len(set(points))  # each once
        views = ("confusion_matrix", "precision_recall/", "calibration/", "examples/", "spans")
        return {tag for _, tag, _ in points if tag.startswith(views)}

    return read


@pytest.fixture(scope="session")
def small_preset(tmp_path_factory):
    import keras

    from bert_keras.data import WordPieceTokenizer
    from bert_keras.data.tokenization.vocabulary import SPECIAL_TOKENS
    from bert_keras.models import BertEncoder

    keras.utils.set_random_seed(0)
    directory = tmp_path_factory.mktemp("preset")
    characters = [*string.ascii_lowercase, *string.digits, ".", ",", "?"]
    tokenizer = WordPieceTokenizer(
        [*SPECIAL_TOKENS, "good", "bad", "the", "was", "who", *characters, *(f"##{c}" for c in characters)]
    )
    encoder = BertEncoder(tokenizer.vocabulary_size, 1, 2, 8, 16, max_sequence_length=64)
    encoder.save_to_preset(directory)
    tokenizer.save_to_preset(directory)
    return directory


@pytest.fixture(scope="session")
def small_data_options():
    """Options that every recipe that fine-tunes has, for little data or little time, all at once."""
    options = "--num-frozen-blocks 0 --lora-rank 2 --layerwise-decay 0.9 --adversarial 1 --ema 0.9"
    options += " --dtype mixed_bfloat16"
    return options.split()


@pytest.fixture(scope="session")
def marked_preset(tmp_path_factory, small_preset):
    """The preset with the markers in its vocabulary."""
    from bert_keras.data import WordPieceTokenizer

    directory = tmp_path_factory.mktemp("marked")
    shutil.copytree(small_preset, directory, dirs_exist_ok=True)
    tokens = WordPieceTokenizer.from_preset(small_preset).get_config()["vocabulary"]
    tokens[-2:] = ["$", "#"]
    WordPieceTokenizer(tokens).save_to_preset(directory)
    return directory
