import sys

import numpy as np
import pytest

pytest.importorskip("bm25s")
from bert_keras.inference.search import Bm25

TEXTS = ["the cat sat on the mat", "a dog ran", "", "the dog sat", "北京是中国的首都", "上海在中国东部", "?!"]


@pytest.fixture(scope="module")
def bm25():
    return Bm25(TEXTS)


def by_formula(texts, query, k1=1.5, b=0.75):
    """BM25 as Lucene computes it, of words parted by spaces."""
    rows = [text.split() for text in texts]
    mean, scores = np.mean([len(row) for row in rows]), []
    for row in rows:
        score = 0
        for word in query.split():
            frequency, num = row.count(word), sum(word in other for other in rows)
            idf = np.log(1 + (len(rows) - num + 0.5) / (num + 0.5))
            score += idf * frequency / (frequency + k1 * (1 - b + b * len(row) / mean))
        scores.append(score)
    return scores


def test_scores_are_those_of_the_formula():
    texts = ["the cat sat on the mat", "a dog ran", "the dog sat", "cat cat dog"]
    numbers, scores = Bm25(texts).search(["the dog sat", "cat"], top_k=4)
    assert numbers.dtype == "int64" and scores.dtype == "float32"
    for query, row, given in zip(("the dog sat", "cat"), numbers, scores, strict=True):
        right = np.array(by_formula(texts, query))
        order = [i for i in np.argsort(-right, kind="stable") if right[i] > 0]
        assert row[row >= 0].tolist() == order
        np.testing.assert_allclose(given[row >= 0], right[order], rtol=1e-5)


def test_a_text_that_shares_no_word_is_not_found(bm25):
    numbers, scores = bm25.search(["dog", "zebra", "", "!"], top_k=3)
    assert set(numbers[0][:2]) == {1, 3} and numbers[0][2] == -1
    assert (numbers[1:] == -1).all() and (scores[1:] == 0).all()


def test_more_texts_may_be_asked_for_than_there_are(bm25):
    assert bm25.search(["dog"], top_k=50)[0].shape == (1, 50)


def test_chinese_is_found_by_two_characters(bm25):
    assert bm25.search(["中国的首都在哪里"], top_k=2)[0][0, 0] == 4


def test_equal_scores_come_in_the_order_of_the_texts():
    assert Bm25(["a", "b", "b", "b"]).search(["b"], top_k=2)[0].tolist() == [[1, 2]]


def test_masked_texts_are_not_found(bm25):
    mask = np.ones(len(TEXTS), bool)
    mask[3] = False
    assert 3 in bm25.search(["dog sat"], top_k=3)[0]
    assert 3 not in bm25.search(["dog sat"], top_k=3, mask=mask)[0]


def test_saved_and_loaded_it_finds_the_same(bm25, tmp_path):
    bm25.save(tmp_path / "bm25")
    again = Bm25.load(tmp_path / "bm25")
    queries = ["the dog sat", "中国", "zebra"]
    for one, other in zip(bm25.search(queries), again.search(queries), strict=True):
        np.testing.assert_array_equal(one, other)
    assert len(again) == len(TEXTS)


def test_texts_without_a_word_are_saved_too(tmp_path):
    Bm25(["?", "!"]).save(tmp_path)
    assert (Bm25.load(tmp_path).search(["what"])[0] == -1).all()


def test_a_damaged_file_is_named(bm25, tmp_path):
    bm25.save(tmp_path)
    content = bytearray((tmp_path / "data").read_bytes())
    content[3] ^= 1
    (tmp_path / "data").write_bytes(content)
    with pytest.raises(ValueError, match="data: damaged: its checksum"):
        Bm25.load(tmp_path)
    (tmp_path / "data").write_bytes(content[:-1])
    with pytest.raises(ValueError, match="data: damaged: expected"):
        Bm25.load(tmp_path)


@pytest.mark.parametrize("texts, message", [([], "at least one text"), (["a", 3], "received 3 .int., text 2")])
def test_texts_that_are_none_are_refused(texts, message):
    with pytest.raises(ValueError, match=message):
        Bm25(texts)


def test_queries_come_in_a_sequence(bm25):
    with pytest.raises(ValueError, match="give .query."):
        bm25.search("dog")
    with pytest.raises(ValueError, match="top_k must be at least 1"):
        bm25.search(["dog"], top_k=0)


def test_a_missing_package_is_named_with_its_command(monkeypatch):
    monkeypatch.setitem(sys.modules, "bm25s", None)
    with pytest.raises(ImportError, match=r"pip install 'bert-keras\[search\]'"):
        Bm25(["a"])


def test_a_single_character_and_a_korean_word_without_its_particle_are_found():
    bm25 = Bm25(["中文合约转换体验课", "초과근무 승인 규칙을 정한다", "喝水"])
    numbers, _ = bm25.search(["课", "水", "규칙", "猫"], top_k=1)
    assert numbers.tolist() == [[0], [2], [1], [-1]]
