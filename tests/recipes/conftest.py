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


class RunningRecipe(subprocess.Popen):
    """A recipe in a process of its own, started by its command line as users do."""

    def __init__(self, log, recipe, *arguments, backend="tensorflow", directory=None, saving=None):
        self.log = log
        prepared = ["-c", SAVING_OTHERWISE, json.dumps(saving)] if saving else []
        command = [sys.executable, *prepared, ROOT / "recipes" / recipe, *map(str, arguments)]
        environment = os.environ | {"KERAS_BACKEND": backend, "PYTHONPATH": str(ROOT)}
        with open(log, "w") as printed:  # a pipe that nobody reads would stop it
            super().__init__(command, cwd=directory, env=environment, stdout=printed, stderr=subprocess.STDOUT)

    def finish(self, status=0, timeout=300):
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
def run_recipe(start_recipe):
    """Function that runs a recipe to its end and returns what it printed."""

    def run(recipe, *arguments, status=0, **options):
        return start_recipe(recipe, *arguments, **options).finish(status)

    return run


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
    """Options for little data that every recipe that fine-tunes has, all at once."""
    options = "--num-frozen-blocks 0 --lora-rank 2 --layerwise-decay 0.9 --adversarial 1 --ema 0.9"
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
