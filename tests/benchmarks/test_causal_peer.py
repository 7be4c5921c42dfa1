import pytest

from benchmarks import causal_peer
from bert_keras import data, models


@pytest.mark.slow
def test_both_learn_and_are_measured_on_the_same_tokens(tmp_path, monkeypatch, capsys):
    pytest.importorskip("keras_hub")
    parts = {part: ["The president and the congress met the army."] * 4 for part in ("train", "test")}
    monkeypatch.setattr(data, "read_eras", lambda: (parts, None))
    monkeypatch.setattr(models, "warm_start", lambda *arguments: None)  # so few tokens give no vectors
    monkeypatch.setattr(data, "cooccurrence_vectors", lambda *arguments: None)
    options = dict(processor_minutes=0.001, seeds=1, results=tmp_path / "results.jsonl", corpus=tmp_path / "corpus",
                   only=("bert_keras", "keras_hub"), sequence_length=16, vocabulary_size=300,
                   dtype="float32")  # fmt: skip
    ours, theirs = causal_peer.main(**options)
    assert (ours["name"], theirs["name"]) == ("bert_keras", "keras_hub")
    assert ours["test_tokens"] == theirs["test_tokens"] > 0
    for run in (ours, theirs):
        assert run["steps"] >= 1 and 1 < run["perplexity"] < 2000 and run["bits_per_byte"] > 0
    assert "| keras_hub | 1 |" in capsys.readouterr().out
