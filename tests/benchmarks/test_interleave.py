import json
import os
import pathlib
import subprocess
import sys

import pytest

from benchmarks import __main__ as short_set
from benchmarks.interleave import Candidate, interleave

ROOT = pathlib.Path(__file__).parents[2]


def work(*, amount):
    return lambda: amount


def broken():
    raise RuntimeError("no such thing")


@pytest.fixture
def in_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    paths = [str(ROOT), str(ROOT / "tests" / "benchmarks")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))


def test_measures_in_turns_names_what_is_missing_and_writes_json(in_a_folder, capsys):
    here = pathlib.Path(__file__).stem + ":"
    candidates = [
        Candidate("bert_keras, here", here + "work", {"amount": 100}),
        Candidate("peer", here + "work", {"amount": 10}),
        Candidate("absent", here + "work", {"amount": 1}, needs=("no_such_package",)),
        Candidate("failing", here + "broken"),
    ]
    results = interleave("question", "case", candidates, unit="tokens", rounds=2)
    assert {result["candidate"] for result in results} == {"bert_keras, here", "peer"}
    assert all(len(result["all_seconds"]) == 2 and result["peak_mib"] > 1 for result in results)
    printed = capsys.readouterr().out
    assert "no_such_package is not installed" in printed
    assert "no such thing" in printed
    lines = pathlib.Path("runs/benchmarks.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == results
    assert "| bert_keras, here |" in short_set.table(results)


def test_measures_those_alone_whose_name_is_asked_for(in_a_folder):
    here = pathlib.Path(__file__).stem + ":"
    candidates = [Candidate(name, here + "work", {"amount": 1}) for name in ("bert_keras, a", "bert_keras, b", "peer")]
    results = interleave("question", "case", candidates, unit="tokens", rounds=1, only=("keras, b", "peer"))
    assert {result["candidate"] for result in results} == {"bert_keras, b", "peer"}


def test_the_peak_of_a_candidate_is_not_that_of_the_process_that_started_it(in_a_folder):
    large = b"x" * (600 << 20)
    candidate = Candidate("peer", pathlib.Path(__file__).stem + ":work", {"amount": 1})
    (result,) = interleave("question", "case", [candidate], unit="tokens", rounds=1)
    assert result["peak_mib"] < len(large) / 2**20 / 2


@pytest.mark.slow
def test_the_accelerator_benchmark_needs_no_tensorflow(in_a_folder):
    program = (
        "import sys; sys.modules['tensorflow'] = sys.modules['tensorflow_text'] = None\n"
        "from benchmarks import accelerator\n"
        "accelerator.main(size='1x64', batches=('4x16',), vocabulary_size=128, steps=2, rounds=1)\n"
    )
    environment = os.environ | {"KERAS_BACKEND": "jax"}
    run = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=600)
    assert "tokens/s" in run.stdout, run.stderr[-2000:]
