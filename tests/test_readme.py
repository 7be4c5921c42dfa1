"""README keeps its word: it is one screen, and continuous integration runs what it tells; its code: test_documents."""

import pathlib

import pytest

ROOT = pathlib.Path(__file__).parents[1]
README = (ROOT / "README.md").read_text().splitlines()


def test_it_is_about_one_screen():
    assert len(README) <= 125


@pytest.mark.parametrize("line", (ROOT / ".ci" / "run").read_text().splitlines())
def test_continuous_integration_runs_nothing_that_readme_does_not_tell(line):
    assert line.startswith(("#", "set ", "cd ")) or line in README
