import json

import numpy as np
import pytest

from bert_keras.data import MatchingExamples, read_matching
from bert_keras.inference import mine_negatives, mining_documents, write_negatives

pytestmark = pytest.mark.slow_elsewhere

PAIRS = MatchingExamples((("q", "best"), ("q", "also"), ("r", "rest")))
DOCUMENTS = mining_documents(PAIRS, ["n1", "n2", "n3", "best", "q"])
SCORES = {"best": 0.8, "also": 0.5, "n1": 0.9, "n2": 0.7, "n3": 0.1, "rest": 0.05, "q": 1.0}


def search(queries, top_k):
    """Every query finds the same; nothing for `r`."""
    best = sorted(range(len(DOCUMENTS)), key=lambda number: -SCORES[DOCUMENTS[number]])[:top_k]
    found = [best if query == "q" else [-1] * top_k for query in queries]
    return np.array(found), np.array([[SCORES[DOCUMENTS[one]] if one >= 0 else 0.0 for one in row] for row in found])


def negatives(**options):
    return [row and row["negatives"] for row in mine_negatives(PAIRS, DOCUMENTS, search, **options)]


def test_documents_are_positives_and_others_each_once():
    assert DOCUMENTS == ["best", "also", "rest", "n1", "n2", "n3", "q"]


def test_the_nearest_that_match_nothing_of_the_query_are_negatives():
    assert negatives(num_negatives=2) == [["n1", "n2"], ["n1", "n2"], None]
    first = next(mine_negatives(PAIRS, DOCUMENTS, search, num_negatives=2))
    assert first == {"query": "q", "positive": "best", "negatives": ["n1", "n2"], "scores": [0.9, 0.7]}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (dict(margin=0.0), [["n2"], ["n3"], None]),
        (dict(margin=0.2), [["n3"], ["n3"], None]),
        (dict(margin=0.45), [["n3"], None, None]),
        (dict(relative_margin=0.1), [["n2"], ["n3"], None]),
        (dict(first_rank=2), [["n2"], ["n2"], None]),
        (dict(first_rank=2, last_rank=2, margin=0.2), [None, None, None]),
    ],
)
def test_margins_and_ranks_narrow_the_candidates(options, expected):
    assert negatives(num_negatives=1, **options) == expected


def test_where_the_positive_is_not_found_all_that_is_found_is_nearer():
    pairs = MatchingExamples((("q", "rest"),))
    two = np.array([[3, 4]]), np.array([[0.9, 0.7]])
    found = mine_negatives(pairs, DOCUMENTS, lambda queries, top_k: two, num_negatives=1, margin=0)
    assert list(found) == [None]


def test_a_match_in_another_spelling_is_no_negative(caplog):
    pairs = MatchingExamples((("who purrs", "Cats purr."),))
    documents = mining_documents(pairs, ["cats  PURR. ", "Who purrs", "dogs bark", "cows moo"])
    asked = []

    def find(queries, top_k):
        asked.append(top_k)
        return np.arange(len(documents))[np.newaxis], np.arange(len(documents), 0.0, -1.0)[np.newaxis]

    [mined] = mine_negatives(pairs, documents, find, num_negatives=1, last_rank=1)
    assert mined["negatives"] == ["dogs bark"] and asked == [4]
    assert "2 documents differ from what matches a query by case and spaces alone" in caplog.text


def test_random_negatives_depend_on_the_seed_and_the_number_of_the_example_alone():
    options = dict(num_negatives=1, sampling="random")
    drawn = {tuple(map(str, negatives(seed=seed, **options))) for seed in range(8)}
    assert len(drawn) > 1 and negatives(seed=3, **options) == negatives(seed=3, **options)
    rest = [row and row["negatives"] for row in mine_negatives(PAIRS, DOCUMENTS, search, seed=3, start=1, **options)]
    assert rest == negatives(seed=3, **options)[1:]


def test_what_cannot_be_mined_is_refused():
    for options in (dict(num_negatives=0), dict(first_rank=0), dict(num_negatives=3, first_rank=2, last_rank=3)):
        with pytest.raises(ValueError, match="Expected 1 <= first_rank <= last_rank"):
            negatives(**options)
    with pytest.raises(ValueError, match="Expected margins of 0 or more, received -1"):
        negatives(margin=-1)
    with pytest.raises(ValueError, match="'top' or 'random', received 'best'"):
        negatives(sampling="best")
    with pytest.raises(ValueError, match="3 positives are not among the documents, the first: 'best'"):
        next(mine_negatives(PAIRS, ["n1"], search))
    with pytest.raises(ValueError, match="1 documents are there twice"):
        next(mine_negatives(PAIRS, [*DOCUMENTS, "n1"], search))


def test_mined_negatives_are_written_for_the_reader_and_a_stopped_mining_goes_on(tmp_path, caplog):
    path = tmp_path / "triples.jsonl"
    counts = write_negatives(path, PAIRS, DOCUMENTS, search, num_negatives=2)
    assert counts == {"examples": 3, "written": 2, "too_few": 1}
    assert "1 of 3 examples have too few negatives and are left out" in caplog.text
    assert read_matching(path).texts == (("q", "best", "n1", "n2"), ("q", "also", "n1", "n2"))
    whole = path.read_bytes()
    path.unlink()
    (tmp_path / ".triples.jsonl.part").write_bytes(whole.splitlines(keepends=True)[0] + b'{"query": "q", "posi')

    def find(queries, top_k):
        assert len(queries) == 2  # the second example's and the third's
        return search(queries, top_k)

    write_negatives(path, PAIRS, DOCUMENTS, find, num_negatives=2)
    assert path.read_bytes() == whole and [file.name for file in tmp_path.iterdir()] == ["triples.jsonl"]
    told = r"No example of 3 has enough negatives.*\(--preset\) finds others. \S*triples.jsonl is that of a former call"
    with pytest.raises(ValueError, match=told):
        write_negatives(path, PAIRS, DOCUMENTS, search, num_negatives=5)
    assert json.loads(whole.splitlines()[0])["scores"] == [0.9, 0.7]
