"""The folder of a recipe's run: by what the run is known again, and what it leaves behind.

state/          what a stopped run resumes from
logs/           TensorBoard: curves, options, results
preset/         the trained model
results.json    scores, options, versions, times
"""

import dataclasses
import datetime
import importlib.metadata
import json
import os
import platform
import shutil
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bert_keras import data, models, training
from bert_keras.atomic_files import write_file
from bert_keras.json_text import parse_json
from bert_keras.text_table import named_values

_FILE = "results.json"
_PACKAGES = ("bert-keras", "keras", "tensorflow", "tensorflow-text", "jax", "torch", "numpy")


class RunFolder:
    """A run of a recipe, by the options that it was started with.

    A stopped run resumes where its options and its data are the same. Files are known by their content, not by their
    path: moved files are the same run, changed files are another one.

    Args:
        options: {name: value}, among them `run_directory`; a dataclass among the values stands for its fields. A
            recipe gives `locals()` in the first line of its `main`. Options that are None or a `pathlib.Path` are none
            of the run's identity, nor are fields with `metadata={"changes_weights": False}`, such as `watch`.
        learns_from: Files that the weights depend on, None for one that is not there.
        preset: The preset that training starts from, a folder or a name; None for none.
        apart_from_training: Names of further options that change nothing in the weights: the run may go on, or be
            called again when it is finished, with others.

    Raises:
        FileNotFoundError: If a file of `learns_from` is missing.
        OSError: If the folder cannot be made.

    Example:
        >>> import tempfile
        >>> folder = RunFolder({"run_directory": Path(tempfile.mkdtemp()), "epochs": 3, "test": Path("test.tsv")})
        >>> folder.identity["epochs"], "test" in folder.identity
        ('3', False)
    """

    def __init__(
        self,
        options: Mapping,
        *,
        learns_from: Sequence[str | os.PathLike | None] = (),
        preset: str | os.PathLike | None = None,
        apart_from_training: Sequence[str] = (),
    ):
        self._started = time.time()
        self.path = Path(options["run_directory"])
        self.path.mkdir(parents=True, exist_ok=True)  # now, for a folder that cannot be written to costs no training
        fields = list(_flat(options))
        self.options = {name: _as_json(value) for name, value, _ in fields}
        apart = {name for name, value, changes in fields if not changes or _has_no_say(value) or value == preset}
        apart = apart.union(apart_from_training)
        self.identity = {name: str(value) for name, value in self.options.items() if name not in apart}
        self.identity["data"] = data.files_checksum(*learns_from)
        if preset is not None:
            self.identity["preset"] = _checksum_of_preset(preset)

    @property
    def logs(self) -> Path:
        """The folder of TensorBoard's files."""
        return self.path / "logs"

    @property
    def preset(self) -> Path:
        """The folder of the trained model."""
        return self.path / "preset"

    def saving(self, **options: Any) -> "training.callbacks.SaveAndResume":
        """Return the callback that saves the run's state in this folder; its arguments are those of `SaveAndResume`."""
        return training.callbacks.SaveAndResume(self.path / "state", configuration=self.identity, **options)

    def save_preset(
        self, model: "models.TaskModel", tokenizer: "data.Tokenizer", *, sequence_length: int | None = None
    ) -> None:
        """Save the trained model and its tokenizer as the preset; LoRA's adapters become part of the kernels first.

        Args:
            model: An encoder with a head.
            tokenizer: What made its rows.
            sequence_length: The longest row that the preset is to be given; None for as many as it has positions.
        """
        training.merge_lora(model.encoder)
        model.save_to_preset(self.preset)
        length = model.encoder.max_sequence_length if sequence_length is None else sequence_length
        for folder in (self.preset, *(self.preset / name for name in model.beside)):
            tokenizer.save_to_preset(folder, model_max_length=length)

    def _results_of_this_run(self) -> dict:
        """Read what a call before has left, such as the training that is now given a test file; else nothing."""
        path = self.path / _FILE
        before = parse_json(path.read_text(encoding="utf-8")) if path.is_file() else {}
        return before if before.get("identity") == self.identity else {}

    def finish(self, scores: Mapping, *, texts: Mapping[str, str] | None = None, keep_state: bool = True) -> dict:
        """Write results.json, show options, scores and texts in TensorBoard's text tab, and print the scores.

        Scores that an earlier call of the same run has left stay beside the new ones, and its seconds are added.

        Args:
            scores: What came out: numbers, or {part: {measure: number}}.
            texts: Confusion tables, scorers' output and the like by name, such as `{"validation": table}`.
            keep_state: False for a run that the same command is to begin anew.

        Returns:
            The scores as plain numbers.
        """
        if not keep_state:
            shutil.rmtree(self.path / "state")
        scores, texts, now = _plain(scores), dict(texts or {}), time.time()
        before = self._results_of_this_run()
        content = {
            "scores": before.get("scores", {}) | scores,
            "texts": before.get("texts", {}) | texts,
            "options": self.options,
            "identity": self.identity,
            "versions": _versions(),
            "started": before.get("started", _as_text(self._started)),
            "finished": _as_text(now),
            "seconds": round(before.get("seconds", 0) + now - self._started, 1),
        }
        write_file(self.path / _FILE, (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode())
        writer = training.callbacks.EventWriter(self.logs / "results")
        writer.text("options", _markdown_table(self.options), step=0)
        writer.text("scores", _markdown_table(dict(named_values(scores))), step=0)
        for name, text in texts.items():
            writer.text(name, "".join(f"    {line}\n" for line in text.splitlines()), step=0)
        for name, text in texts.items():
            print(f"{name}\n{text}\n")
        for name, value in named_values(scores):
            print(f"{name:40} {value:,}" if isinstance(value, int) else f"{name:40} {value:.4g}")
        print(self.path / _FILE)
        return scores


def _flat(options: Mapping):
    """Yield each option's name and value, and whether it may change weights, the fields of dataclasses among them."""
    for name, value in options.items():
        if not dataclasses.is_dataclass(value):
            yield name, value, True
            continue
        for field in dataclasses.fields(value):
            for name, some, changes in _flat({field.name: getattr(value, field.name)}):
                yield name, some, changes and field.metadata.get("changes_weights", True)


def _has_no_say(value):
    return value is None or isinstance(value, Path)


def _as_json(value):
    if isinstance(value, (tuple, list)):
        return [_as_json(some) for some in value]
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)


def _checksum_of_preset(preset: str | os.PathLike) -> str:
    """Return that of a folder's files; a name stands for itself."""
    if os.path.isdir(preset):
        return data.files_checksum(*sorted(path for path in Path(preset).iterdir() if path.is_file()))
    return data.files_checksum(preset) if os.path.isfile(preset) else str(preset)


def _plain(results):
    """Return the same with Python's numbers, which JSON can hold."""
    if isinstance(results, Mapping):
        return {str(name): _plain(value) for name, value in results.items()}
    return float(results) if hasattr(results, "__float__") and not isinstance(results, int) else results


def _markdown_table(values: Mapping) -> str:
    rows = "".join(f"| {name} | {str(value).replace('|', chr(92) + '|')} |\n" for name, value in values.items())
    return f"| | |\n|---|---|\n{rows}"


def _versions() -> dict[str, str]:
    import keras

    versions = {"python": platform.python_version(), "backend": keras.backend.backend()}
    for package in _PACKAGES:
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue  # a backend that is not installed
    return versions


def _as_text(seconds: float) -> str:
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).isoformat(timespec="seconds")
