"""What was chosen on which machine for which network, kept beside its preset."""

import hashlib
import importlib.metadata
import json
import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras

from bert_keras.atomic_files import write_file
from bert_keras.inference.runtimes.runtime import RUNTIMES
from bert_keras.json_text import read_json_object
from bert_keras.keras_internals import layers_within
from bert_keras.processor import hardware

NAME = "runtime_choices.json"
_MOST = 20  # machines; the oldest go
_ENTRY = {"hardware": str, "versions": dict, "network": str, "runtime": str, "share_of_keras_time": dict}
_logger = logging.getLogger(__name__)


class ChoiceFile:
    """The choices for a preset: a JSON file in its directory, one entry for each machine, versions and network.

    Args:
        directory: The preset's.
    """

    def __init__(self, directory: str | os.PathLike):
        self.path = Path(directory, NAME)

    def find(self, network: keras.Model, runtimes: Sequence[str]) -> str | None:
        """Return what was chosen for such a network on such a machine; None where nothing was.

        Args:
            network: What is to run.
            runtimes: Names of the runtimes that could run it.
        """
        wanted = _situation(network, runtimes)
        for entry in self._entries():
            if entry | wanted == entry and entry["runtime"] in ("keras", *runtimes):
                return entry["runtime"]
        return None

    def keep(self, network: keras.Model, runtimes: Sequence[str], runtime: str, shares: dict[str, float]) -> str:
        """Keep a choice; where the directory cannot be written to, there is none the next time.

        Args:
            network: As for `find`, and so is the next.
            runtimes: Those that could run it.
            runtime: The one that was chosen.
            shares: Each one's time as a share of Keras'.

        Returns:
            Where it was kept, or why not, in a few words.
        """
        here = _situation(network, runtimes)
        others = [entry for entry in self._entries() if entry | here != entry]
        shares = {name: round(share, 3) for name, share in shares.items()}
        entries = [*others, here | {"runtime": runtime, "share_of_keras_time": shares}][-_MOST:]
        try:
            write_file(self.path, json.dumps({"choices": entries}, indent=1).encode())
        except OSError as error:
            return f"not kept: {error}"
        return f"kept in {self.path}"

    def _entries(self):
        try:
            entries = read_json_object(self.path).get("choices")
        except FileNotFoundError:
            return []
        except (OSError, ValueError) as error:
            _logger.warning("%s; it is measured anew", error)
            return []
        if not isinstance(entries, list) or not all(_is_entry(entry) for entry in entries):
            _logger.warning("%s: expected a list of choices, each with %s; it is measured anew", self.path, [*_ENTRY])
            return []
        return entries


def _is_entry(entry: Any) -> bool:
    return isinstance(entry, dict) and all(isinstance(entry.get(name), kind) for name, kind in _ENTRY.items())


def _situation(network, runtimes):
    """Say what the speed depends on. Of the weights that is their shapes: a fine-tuned network is as fast."""
    backend = keras.config.backend()
    versions = {"keras": keras.version(), backend: importlib.metadata.version(backend)}
    versions |= {name: RUNTIMES[name].version for name in runtimes}
    layers = [[type(layer).__name__, layer.dtype_policy.name] for layer in layers_within(network)]
    weights = [[list(weight.shape), weight.dtype] for weight in network.weights]
    network = hashlib.sha256(json.dumps([layers, weights]).encode()).hexdigest()
    return {"hardware": hardware(), "versions": versions, "network": network}
