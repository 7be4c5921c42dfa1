"""Which runtime a predictor's network is in: the one that was asked for, or the one that is faster here."""

import logging
import os
from typing import Any

import keras
import numpy as np

from bert_keras.inference.runtimes.choice_file import ChoiceFile
from bert_keras.inference.runtimes.measured import measured
from bert_keras.inference.runtimes.runtime import RUNTIMES
from bert_keras.inference.runtimes.weights_watch import WeightsWatch
from bert_keras.keras_internals import layers_within

_logger = logging.getLogger(__name__)
_LEAST_GAIN = 0.95  # of Keras' time; above it Keras stays, which copies no weights
# How far a runtime's outputs may be from Keras', as a share of the largest: another order of adding, and no error.
_ROUNDING = {"float32": 1e-4, "bfloat16": 0.1}


class Runner:
    """Keeps a predictor's network ready in a runtime, with the weights of the time.

    Args:
        runtime: "keras"; the name of one of `RUNTIMES`; or "auto", the one that a measurement finds fastest here.

    Raises:
        ImportError: If the runtime's package is missing.
        ValueError: If there is no such runtime, or it does not run on this backend.
    """

    def __init__(self, runtime: str):
        if runtime not in ("keras", "auto", *RUNTIMES):
            known = ", ".join(("keras", "auto", *RUNTIMES))
            raise ValueError(f"Expected runtime to be one of {known}; received {runtime!r}.")
        if runtime in RUNTIMES and (obstacle := RUNTIMES[runtime].obstacle()):
            kind = ImportError if "not installed" in obstacle else ValueError
            raise kind(f'runtime="{runtime}" does not run here: {obstacle}. runtime="keras" needs nothing.')
        self.runtime = runtime
        self._name = None if runtime == "auto" else runtime  # of the one that runs
        self._file = None
        self._ready = self._watch = None

    def remember_in(self, directory: str | os.PathLike) -> None:
        """Keep what "auto" chooses beside a preset, and take what was chosen for it on such a machine before.

        Args:
            directory: The preset's.
        """
        self._file = ChoiceFile(directory)

    def __call__(self, network: keras.Model, example: dict[str, Any]) -> Any:
        """Return what predicts in the network's place, by `predict_on_batch`.

        Args:
            network: The network, the same at each call.
            example: Inputs of some rows, by which runtimes are held against Keras.

        Raises:
            ValueError: If the runtime that was asked for does not have all that the network computes with, or
                computes something else.
        """
        if self._name == "keras":
            return network
        example = {name: np.asarray(example[name]) for name in network.input}
        if self._name is None:
            self._choose(network, example)
        elif self._ready is None:
            self._take(network, self._name, example)
        elif self._watch.has_changed():
            _logger.info("%s: the weights have changed, and are taken over anew", self._name)
            self._take(network, self._name, example)
        return network if self._name == "keras" else self._ready

    def _choose(self, network, example):
        obstacles = {name: runtime.obstacle() for name, runtime in RUNTIMES.items()}
        here = [name for name, obstacle in obstacles.items() if not obstacle]
        said = [f"{name} does not run here: {obstacle}" for name, obstacle in obstacles.items() if obstacle]
        kept = self._file and self._file.find(network, here)
        if kept:
            try:
                self._take(network, kept, example)
                _logger.info('runtime="auto": %s, as measured before and kept in %s', kept, self._file.path)
                return
            except ValueError as error:  # it could when it was measured; so all are asked again
                said.append(f"{kept} was kept in {self._file.path}, and fails: {error}")
        ready = {"keras": network}
        for name in here:
            try:
                ready[name] = _prepared(network, name, example)
            except ValueError as error:
                said.append(f"{name}: {error}")
        shares, is_busy = measured(ready, example) if len(ready) > 1 else ({"keras": 1.0}, False)
        best = min(shares, key=shares.get)
        best = best if shares[best] < _LEAST_GAIN else "keras"
        said += [f"{name} takes {share:.2f} of Keras' time" for name, share in shares.items() if name != "keras"]
        self._name, self._ready = best, ready[best]
        self._watch = None if best == "keras" else WeightsWatch(network)
        if len(ready) > 1 and is_busy:
            said.append("not kept: the machine is busy")
        elif len(ready) > 1:
            said.append(self._file.keep(network, here, best, shares) if self._file else "not kept: there is no preset")
        _logger.info('runtime="auto": %s; %s', best, "; ".join(said))

    def _take(self, network, name, example):
        self._ready = network if name == "keras" else _prepared(network, name, example)
        self._watch = None if name == "keras" else WeightsWatch(network)
        self._name = name


def _prepared(network, name, example):
    """Take a network over and hold its outputs against Keras': no converter is beyond doubt."""
    ready = RUNTIMES[name].prepare(network)
    row = {key: array[:1] for key, array in example.items()}
    expected = keras.tree.flatten(network(row, training=False))
    dtype = "bfloat16" if any(layer.compute_dtype == "bfloat16" for layer in layers_within(network)) else "float32"
    for ours, theirs in zip(expected, keras.tree.flatten(ready.predict_on_batch(row)), strict=True):
        ours = np.asarray(keras.ops.convert_to_numpy(keras.ops.cast(ours, "float32")))
        largest = max(1.0, float(np.abs(ours, where=np.isfinite(ours), out=np.zeros_like(ours)).max(initial=0.0)))
        if not np.allclose(ours, theirs, rtol=0.0, atol=_ROUNDING[dtype] * largest, equal_nan=True):
            raise ValueError(
                f"{name} computes something else than Keras, up to {np.nanmax(np.abs(ours - theirs)):.2g} away "
                f'where the largest is {largest:.2g}. runtime="keras" computes it.'
            )
    return ready
