import pytest

from bert_keras.training import precision


@pytest.mark.parametrize(("gain", "policy"), [(4.0, "mixed_bfloat16"), (1.4, "float32"), (0.2, "float32")])
def test_bfloat16_is_chosen_where_it_is_clearly_faster_and_it_is_said_once(monkeypatch, capsys, gain, policy):
    seconds = {"float32": 0.01, "bfloat16": 0.01 / gain}
    monkeypatch.setattr(precision, "_feed_forward_seconds", lambda hidden_dim, num_tokens: seconds)
    precision.fastest_dtype_policy.cache_clear()
    assert precision.fastest_dtype_policy() == policy
    assert precision.fastest_dtype_policy() == policy
    printed = capsys.readouterr().out
    assert printed.count("\n") == 1
    assert printed.endswith(f"training in {policy}.\n")
    precision.fastest_dtype_policy.cache_clear()


def test_it_measures(capsys):
    precision.fastest_dtype_policy.cache_clear()
    assert precision.fastest_dtype_policy(hidden_dim=32, num_tokens=64) in ("float32", "mixed_bfloat16")
    assert "GFLOP/s" in capsys.readouterr().out
