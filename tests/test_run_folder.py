"""By what a run is known again, and what it leaves behind."""

import json
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from bert_keras.finetuning import FineTuning
from bert_keras.pretraining import Pretraining
from bert_keras.run_folder import RunFolder


def options(tmp_path, **changes):
    return {"run_directory": tmp_path / "run", "sequence_length": 64, "test": None, "tuning": FineTuning()} | changes


def test_a_run_is_known_by_its_options_each_field_of_a_dataclass_being_one(tmp_path):
    first = RunFolder(options(tmp_path)).identity
    assert first["epochs"] == "4" and first["sequence_length"] == "64"
    assert first == RunFolder(options(tmp_path, run_directory=tmp_path / "elsewhere")).identity
    assert first != RunFolder(options(tmp_path, tuning=FineTuning(epochs=5))).identity
    assert first != RunFolder(options(tmp_path, sequence_length=32)).identity


def test_files_are_known_by_their_content_not_by_their_path(tmp_path):
    identities = []
    for name, text in ("a.tsv", "good"), ("moved.tsv", "good"), ("a.tsv", "changed"):
        Path(tmp_path, name).write_text(text)
        train = tmp_path / name
        identities.append(RunFolder(options(tmp_path, train=train), learns_from=[train, None]).identity)
    assert identities[0] == identities[1] != identities[2]


def test_a_test_file_is_none_of_a_runs_identity(tmp_path):
    assert RunFolder(options(tmp_path)).identity == RunFolder(options(tmp_path, test=tmp_path / "a.tsv")).identity
    told = RunFolder(options(tmp_path, report_steps=5), apart_from_training=["report_steps"]).identity
    assert told == RunFolder(options(tmp_path)).identity


@pytest.mark.parametrize("group", [FineTuning, Pretraining])
def test_what_is_only_watched_is_none_of_a_runs_identity(tmp_path, group):
    unwatched, watched = (RunFolder(options(tmp_path, tuning=group(watch=views))) for views in ((), ("layers",)))
    assert watched.identity == unwatched.identity
    assert watched.options["watch"] == ["layers"]


def test_a_preset_is_known_by_its_content_or_by_its_name(tmp_path):
    presets = []
    for name, weights in ("a", "1"), ("b", "1"), ("c", "2"):
        Path(tmp_path, name).mkdir()
        Path(tmp_path, name, "model.safetensors").write_text(weights)
        presets.append(str(tmp_path / name))
    same, moved, other = (RunFolder(options(tmp_path, preset=p), preset=p).identity for p in presets)
    assert same == moved != other
    named = RunFolder(options(tmp_path, preset="hf://a/b"), preset="hf://a/b").identity
    assert named["preset"] == "hf://a/b"


def test_results_are_on_disk_in_tensorboard_and_on_the_terminal(tmp_path, capsys):
    run = RunFolder(options(tmp_path, separator="|"))
    scores = run.finish({"validation": {"f1": 0.5}}, texts={"confusion": "a  1 0\nb  0 1"})
    assert scores == {"validation": {"f1": 0.5}}
    results = json.loads((tmp_path / "run" / "results.json").read_text())
    assert results["scores"] == scores and results["texts"] == {"confusion": "a  1 0\nb  0 1"}
    assert results["options"]["learning_rate"] == 0.0001 and results["seconds"] >= 0
    assert {"python", "backend", "keras"} <= results["versions"].keys()
    events = EventAccumulator(str(tmp_path / "run" / "logs" / "results")).Reload()
    texts = {tag: events.Tensors(tag)[0].tensor_proto.string_val[0].decode() for tag in events.Tags()["tensors"]}
    assert "| sequence_length | 64 |" in texts["options"] and r"| separator | \| |" in texts["options"]
    assert "| validation.f1 | 0.5 |" in texts["scores"] and "    a  1 0" in texts["confusion"]
    printed = capsys.readouterr().out
    assert "a  1 0" in printed and "validation.f1" in printed and str(tmp_path / "run" / "results.json") in printed


def test_a_later_call_of_the_same_run_keeps_the_scores_that_are_there(tmp_path):
    RunFolder(options(tmp_path)).finish({"validation": {"f1": 0.5}})
    RunFolder(options(tmp_path, test=tmp_path / "a.tsv")).finish({"test": {"f1": 0.25, "support": 7}})
    path = tmp_path / "run" / "results.json"
    assert json.loads(path.read_text())["scores"] == {"validation": {"f1": 0.5}, "test": {"f1": 0.25, "support": 7}}
    RunFolder(options(tmp_path, sequence_length=32)).finish({"test": {"f1": 1.0}})
    assert json.loads(path.read_text())["scores"] == {"test": {"f1": 1.0}}  # another run


def test_a_missing_file_is_told_at_once(tmp_path):
    with pytest.raises(FileNotFoundError):
        RunFolder(options(tmp_path), learns_from=[tmp_path / "none.tsv"])
