import io
import json
import random

import pytest

from bert_keras.data.corpus import deduplication
from bert_keras.data.corpus.deduplication import without_duplicates
from bert_keras.data.corpus.dropped import Dropped


def prose(seed, num_words=120):
    rng = random.Random(seed)
    return [f"w{rng.randrange(10**6)}" for _ in range(num_words)]


def edited(words, place):
    return [*words[:place], "edited", *words[place + 1 :]]


def kept_of(blocks, near_duplicates=0.8, file=None):
    dropped = Dropped(file=file)
    return list(without_duplicates(iter(blocks), dropped, near_duplicates)), dropped.counts


def test_a_document_that_is_nearly_an_earlier_one_goes_as_a_whole():
    first, second, other = (" ".join(prose(seed)) for seed in range(3))
    changed = " ".join(edited(prose(0), 60))
    blocks = [(0, [first, second]), (1, [other]), (2, [changed, second])]
    assert kept_of(blocks) == (blocks[:2], {"near-duplicate documents": 1})
    assert kept_of(blocks, None) == ([*blocks[:2], (2, [changed])], {"duplicate paragraphs": 1})


def test_a_paragraph_that_is_nearly_an_earlier_one_goes():
    notice, one, two = (" ".join(prose(seed)) for seed in range(3))
    changed = " ".join(edited(prose(0), 7))
    blocks = [(0, [notice, one]), (1, [changed, two])]
    assert kept_of(blocks) == ([(0, [notice, one]), (1, [two])], {"near-duplicate paragraphs": 1})


def test_short_paragraphs_and_those_without_words_may_repeat():
    blocks = [(n, ["Thank you, Mr Speaker.", "- - " * 30 + "." * n, " ".join(prose(n))]) for n in range(3)]
    assert kept_of(blocks) == (blocks, {})


def test_of_sentences_that_stand_on_lines_a_document_is_judged_too():
    sentences = tuple(" ".join(prose(seed, 12)) for seed in range(20))
    blocks = [(0, [sentences]), (1, [(*sentences[:-1], "another end")])]
    assert kept_of(blocks) == (blocks[:1], {"near-duplicate documents": 1})


def test_how_documents_are_hashed_together_makes_no_difference(monkeypatch):
    blocks = [(n, [" ".join(edited(prose(n % 7), 10 * n)), " ".join(prose(n))]) for n in range(12)]
    expected = kept_of(blocks)
    assert expected[1]
    for size in (1, 1500, 1 << 30):
        monkeypatch.setattr(deduplication, "_BATCH_CHARACTERS", size)
        assert kept_of(blocks) == expected


def test_what_is_left_out_is_written_with_its_reason_and_its_model():
    file = io.StringIO()
    blocks = [(4, [" ".join(prose(0))]), (6, [" ".join(edited(prose(0), 60))]), (9, [" ".join(prose(0))])]
    kept_of(blocks, file=file)
    near, exact = map(json.loads, file.getvalue().splitlines())
    assert near["document"] == 6 and near["reason"] == "near-duplicate documents" and near["text"] == blocks[1][1][0]
    assert near["detail"].startswith("similarity 0.") and near["detail"].endswith("with document 4")
    assert exact == {"document": 9, "reason": "duplicate documents", "detail": "", "text": blocks[2][1][0]}


@pytest.mark.parametrize("threshold", [0.5, 1.0])
def test_the_threshold_decides(threshold):
    blocks = [(0, [" ".join(prose(0))]), (1, [" ".join(edited(edited(prose(0), 30), 60))])]
    assert len(kept_of(blocks, threshold)[0]) == (1 if threshold == 0.5 else 2)
