"""Several seeds of a recipe in one process: each run is what it is alone."""

import json

import pytest

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("backend", ["tensorflow", "jax", "torch"])
def test_a_seed_of_a_series_ends_with_the_weights_that_it_has_alone(run_recipe, small_preset, tmp_path, backend):
    pytest.importorskip(backend)
    rows = (f"the {'good' if number % 2 else 'bad'} was {number % 7}\tname{number % 2}" for number in range(24))
    (tmp_path / "texts.tsv").write_text("sentence\tlabel\n" + "\n".join(rows) + "\n")

    def finetune(name, *options):
        files = ["--train", tmp_path / "texts.tsv", "--validation", tmp_path / "texts.tsv"]
        options = [
            "--preset",
            small_preset,
            *files,
            "--sequence-length",
            64,
            "--epochs",
            "2",
            "--run-directory",
            tmp_path / name,
            *options,
        ]
        return run_recipe("finetune_classifier.py", *options, backend=backend)

    assert "standard deviation" in finetune("series", "--seeds", "3", "1")
    finetune("alone", "--seed", "1")
    series, alone = (tmp_path / name / "preset" / "model.safetensors" for name in ("series/seed_1", "alone"))
    assert series.read_bytes() == alone.read_bytes()
    assert sorted(json.loads((tmp_path / "series" / "seeds.json").read_text())["results"]) == ["1", "3"]
