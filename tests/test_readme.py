"""README keeps its word: its snippets run, and what it names is there."""

import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
SNIPPETS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


def test_a_layer_of_ones_own_goes_into_the_encoder():
    scope = {}
    exec(SNIPPETS[0], scope)
    assert type(scope["encoder"].encoder_blocks[1].attention).__name__ == "MeanAttention"


def test_the_recipe_in_short_runs_to_its_preset(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my").mkdir()
    for number in range(8):
        text = " ".join(f"Sentence {word} of text {number} is word{word * number % 50} and ends." for word in range(60))
        (tmp_path / "my" / f"{number}.txt").write_text(text)
    smaller = {
        '"mini"': '"tiny"', "8192": "200", "passage_tokens=125": "passage_tokens=29", "batch_size=32": "batch_size=2",
        "sequence_length=128": "sequence_length=32", "steps_per_epoch=200, epochs=100": "steps_per_epoch=1, epochs=1",
    }  # fmt: skip
    snippet = SNIPPETS[1]
    for large, small in smaller.items():
        assert large in snippet
        snippet = snippet.replace(large, small)
    scope = {}
    exec(snippet, scope)
    assert {file.name for file in (tmp_path / "runs" / "preset").iterdir()} == {
        "config.json", "model.safetensors", "tokenizer_config.json", "vocab.txt",
    }  # fmt: skip
    exec(SNIPPETS[2], {})  # asks what was pretrained
    exec(SNIPPETS[3], scope)  # looks inside and exports it
    assert scope["inside"].output.keys() >= {"hidden_states", "attention_scores"}
    assert (tmp_path / "runs" / "exported" / "saved_model.pb").exists()


def test_every_make_target_and_file_it_names_is_there():
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert set(re.findall(r"\bmake ([a-z-]+)", README)) <= set(targets)
    for path in re.findall(r"\]\(([^):]+)\)", README):
        assert (ROOT / path).exists(), path


@pytest.mark.parametrize("line", (ROOT / ".ci" / "run").read_text().splitlines())
def test_continuous_integration_runs_nothing_that_readme_does_not_tell(line):
    assert line.startswith(("#", "set ", "cd ")) or line in README.splitlines()
