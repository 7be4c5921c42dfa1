"""Programs beside each other: each in a process of its own, in turn, so that a busy machine slows all of them alike."""

import dataclasses
import datetime
import importlib.metadata
import importlib.util
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bert_keras.processor import hardware, processor_flags

_PACKAGES = ("tensorflow", "tensorflow-text", "jax", "torch", "keras", "keras-hub", "transformers", "tokenizers")
_PACKAGES += ("sentence-transformers", "openvino")
_named_as_missing = set()


@dataclasses.dataclass(frozen=True)
class Candidate:
    """One program to measure.

    Args:
        name: what the table calls it, its settings included.
        program: "module:function". The function takes the arguments and returns a function without arguments that
            does the work once and returns how much it was, in the question's unit.
        arguments: dict for JSON.
        needs: packages without which it is left out.
        environment: environment variables of its process.
    """

    name: str
    program: str
    arguments: dict = dataclasses.field(default_factory=dict)
    needs: tuple[str, ...] = ()
    environment: dict = dataclasses.field(default_factory=dict)


class Worker:
    """The process of a candidate, started and warmed up."""

    def __init__(self, candidate):
        self.candidate = candidate
        self.rounds = []
        start = time.perf_counter()
        self._stderr = tempfile.TemporaryFile("w+")  # a pipe that nobody reads would stop the process when it is full
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker", candidate.program, json.dumps(candidate.arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            text=True,
            env={"TF_CPP_MIN_LOG_LEVEL": "3", "TOKENIZERS_PARALLELISM": "true"} | os.environ | candidate.environment,
        )
        self.first = self._answer()  # of the first run: imports, building and compiling are in startup_s
        self.startup_s = time.perf_counter() - start
        self._ask()  # the second may still compile or allocate

    def run(self):
        """Do the work once and keep the worker's answer."""
        self.rounds.append(self._ask())

    def stop(self):
        """End the process."""
        self._process.communicate()  # ends its input, for which it ends
        self._stderr.close()

    def _ask(self):
        self._process.stdin.write("run\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self):
        for line in self._process.stdout:
            if line.startswith("{"):
                return json.loads(line)
            if line.startswith("> "):
                print(f"{self.candidate.name}: {line[2:]}", end="", flush=True)
        self._stderr.seek(0)
        said = self._stderr.read().strip().splitlines()
        self.stop()
        raise RuntimeError(f"{self.candidate.name} failed: {said[-1] if said else 'it said nothing'}")


def wanted(candidates, only=()):
    """Yield the candidates that are asked for and can run here; a package that is missing is named once.

    Args:
        candidates: `Candidate`s.
        only: parts of the names of those that are asked for; none for all.
    """
    for candidate in candidates:
        if only and not any(part in candidate.name for part in only):
            continue
        missing = [package for package in candidate.needs if importlib.util.find_spec(package) is None]
        if missing:
            for package in set(missing) - _named_as_missing:
                print(f"{package} is not installed: its rows are left out", flush=True)
            _named_as_missing.update(missing)
            continue
        yield candidate


def interleave(question, case, candidates, *, unit, rounds=5, only=(), ours="bert_keras"):
    """Measure all candidates in turns, print a table, and append a JSON line for each to runs/benchmarks.jsonl.

    A peer that is not installed is named once and left out; so is one that fails.

    Args:
        question: name of the benchmark.
        case: what was measured, such as "4 x 512, 16 x 128".
        candidates: `Candidate`s.
        unit: of what the programs return, such as "tokens".
        rounds: how many runs of each count.
        only: parts of the names of those to measure, for all do not fit in memory together; none for all.
        ours: how the names of our candidates begin.

    Returns:
        list of dicts as in the file, fastest first.
    """
    workers = []
    for candidate in wanted(candidates, only):
        try:
            workers.append(Worker(candidate))
        except RuntimeError as error:
            print(error, flush=True)
    for _ in range(rounds):
        for worker in workers:
            worker.run()
    for worker in workers:
        worker.stop()
    results = _results(question, case, workers, unit, ours)
    show(results)
    path = Path("runs/benchmarks.jsonl")
    path.parent.mkdir(exist_ok=True)
    with path.open("a") as file:
        file.writelines(json.dumps(result) + "\n" for result in results)
    return results


def _results(question, case, workers, unit, ours):
    # Ratios are taken round by round, for what slows a round down slows both; against the fastest peer's rounds.
    medians = {worker: statistics.median(answer["seconds"] for answer in worker.rounds) for worker in workers}
    peers = [worker for worker in workers if not worker.candidate.name.startswith(ours)]
    best_peer = min(peers, key=medians.get, default=None)
    results = []
    for worker in sorted(workers, key=medians.get):
        amount = worker.rounds[0]["amount"]
        ratio = best_peer and statistics.median(
            theirs["seconds"] / mine["seconds"] * mine["amount"] / theirs["amount"]
            for mine, theirs in zip(worker.rounds, best_peer.rounds)
        )
        results.append(
            {
                "question": question,
                "case": case,
                "candidate": worker.candidate.name,
                "seconds": medians[worker],
                "per_second": amount / medians[worker],
                "unit": unit,
                "times_the_best_peer": ratio,
                "processor_seconds": statistics.median(answer["processor_seconds"] for answer in worker.rounds),
                "all_seconds": [answer["seconds"] for answer in worker.rounds],
                "peak_mib": worker.rounds[-1]["peak_mib"],
                "startup_s": worker.startup_s,
                "startup_processor_s": worker.first["processor_seconds_since_start"],
                "hardware": hardware(),
                "versions": versions(),
                "date": datetime.date.today().isoformat(),
            }
        )
    return results


def show(results):
    """Print results as a table.

    Args:
        results: list of dicts as `interleave` returns.
    """
    if not results:
        return
    print(f"\n{results[0]['question']}: {results[0]['case']}")
    width = max(len(result["candidate"]) for result in results)
    print(
        f"{'':{width}} {'ms':>9} {'core ms':>9} {results[0]['unit'] + '/s':>12} {'ratio':>6} {'MiB':>6} {'start s':>8} "
        "core s"
    )
    for result in results:
        ratio = result["times_the_best_peer"]
        print(
            f"{result['candidate']:{width}} {result['seconds'] * 1e3:9.1f} {result['processor_seconds'] * 1e3:9.1f} "
            f"{result['per_second']:12,.0f} {'-' if ratio is None else format(ratio, '.2f'):>6} "
            f"{result['peak_mib']:6,.0f} {result['startup_s']:8.1f} {result['startup_processor_s']:6.1f}",
            flush=True,
        )


def environment_of(backend, *, one_dnn=True):
    """Set a backend of Keras for a candidate's process.

    TensorFlow leaves oneDNN off on processors without AVX512 or AVX-VNNI, where it is faster too for every candidate
    here but one: our XLA step (docs/lab-notes.md).

    Args:
        backend: name of the backend.
        one_dnn: whether TensorFlow shall multiply by oneDNN on any processor.

    Returns:
        dict for `Candidate`.
    """
    return {"KERAS_BACKEND": backend, "TF_ENABLE_ONEDNN_OPTS": str(int(one_dnn))}


def has_half_precision():
    """Tell whether the processor multiplies bfloat16 by itself; otherwise it is emulated, and nobody's best dtype.

    Returns:
        bool.
    """
    return not {"amx_bf16", "avx512_bf16"}.isdisjoint(processor_flags())


def versions():
    """Look up which versions are installed.

    Returns:
        dict of name to version.
    """
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
