from benchmarks.finished_runs import add_run, finished_runs


def test_runs_are_found_again_by_their_options(tmp_path, capsys):
    path = tmp_path / "runs" / "results.jsonl"
    assert finished_runs(path) == []
    runs = [{"seed": seed, "minutes": 4.0, "some": ["£"]} for seed in range(2)]
    for run in runs:
        add_run(path, run)
    assert finished_runs(path, minutes=4.0) == runs and finished_runs(path, seed=1) == runs[1:]
    assert finished_runs(path, seed=1, minutes=2.0) == []
    assert "'minutes': 4.0" in capsys.readouterr().out
