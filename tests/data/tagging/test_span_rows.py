import json
import logging

import numpy as np
import pytest

from bert_keras.data.tagging.span_rows import span_dataset, triple_dataset
from bert_keras.data.tagging.tagged_files import read_tagged_sentences
from bert_keras.data.tagging.tagged_sentences import sentences_of_texts
from bert_keras.data.tagging.triple_examples import read_triples

OPTIONS = {"sequence_length": 32, "batch_size": 2, "training": False}


@pytest.fixture
def write(tmp_path):
    def write(*rows):
        text = "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows)
        (tmp_path / "train.jsonl").write_text(text)
        return tmp_path / "train.jsonl"

    return write


def test_triples_are_found_as_words_the_nearest_ones(write):
    rows = (
        {"text": "Lyon is far: Ada of Lyon met Adam.", "spo_list": [["Ada", "of", "Lyon"], ["Ada", "met", "Adam"]]},
        {
            "text": "Bo won",
            "spo_list": [{"subject": "won", "predicate": "event", "object": {"@value": "Bo", "x": "won"}}],
        },
        {"text": "Nothing here", "spo_list": []},
    )
    examples = read_triples(write(*rows))
    assert examples.triples[1:] == ((((1, 2), (0, 1), "event"), ((1, 2), (1, 2), "event/x")), ())
    words = examples.words[0]
    stated = [
        (words[subject[0] : subject[1]], words[target[0] : target[1]], relation)
        for subject, target, relation in examples.triples[0]
    ]
    assert stated == [(("Ada",), ("Lyon",), "of"), (("Ada",), ("Adam",), "met")]
    assert examples.triples[0][0][1] == (6, 7)  # not the first Lyon
    assert examples.relations == ("event", "event/x", "met", "of") and len(examples) == 3


def test_a_place_within_the_other_one_is_the_last_choice(write):
    text = "北京大学出版社位于北京"
    assert read_triples(write({"text": text, "spo_list": [["北京大学出版社", "in", "北京"]]})).triples == (
        (((0, 7), (9, 11), "in"),),
    )
    assert read_triples(write({"text": text[:9], "spo_list": [["北京大学出版社", "in", "北京"]]})).triples == (
        (((0, 7), (0, 2), "in"),),
    )


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("{", "not JSON: "),
        ({"text": "Ada"}, "no list of triples, unlike the rows before"),
        ({"text": 3}, "expected {"),
        ({"text": "Ada", "spo_list": [["Ada", "of"]]}, "expected {"),
        ({"text": "Ada", "spo_list": [["Ada", "of", 3]]}, "expected strings"),
        ({"text": " ", "spo_list": []}, "text without words"),
        ({"text": "Adam of Lyon", "spo_list": [["Ada", "of", "Lyon"]]}, "'Ada' does not stand in the text as words"),
        ({"text": "Ada of Lyon", "spo_list": [["Ada", "of", ""]]}, "'' does not stand in the text"),
        ({"text": "Ada of Lyon", "spo_list": [["Ada", "in", "Lyon"]]}, "'in' is not among the known relations: 'of'"),
    ],
)
def test_faulty_texts_have_their_line_or_are_skipped_and_counted(write, caplog, row, fault):
    path = write({"text": "Ada of Lyon", "spo_list": [["Ada", "of", "Lyon"]]}, row)
    with pytest.raises(ValueError, match=f"train.jsonl:2: {fault}"):
        read_triples(path, relations=["of"])
    with caplog.at_level(logging.WARNING):
        assert read_triples(path, relations=["of"], errors="skip").num_skipped == 1
    assert f"skipped 1 of 2 rows, the first: {path}:2" in caplog.text


def test_spans_become_labels_begins_and_ends_by_first_pieces(write, tokenizer):
    text = "people of d1x1"  # people is six letters, so six pieces
    nested = [[0, 6, "group"], [0, 14, "all"]]
    sentences = read_tagged_sentences(
        write({"text": text, "spans": nested}, {"text": "d1x1", "spans": []}), scheme=None
    )
    ((x, y, weights),) = span_dataset(sentences, tokenizer, **OPTIONS).as_numpy_iterator()
    pieces = [len(tokenizer(word).numpy()) for word in text.split()]
    last = 1 + sum(pieces[:2])
    assert sorted(y[0].tolist()) == [[0, 1, last], [1, 1, 1]] and (y[1, :, 0] == -1).all()
    assert y.dtype == np.int32 and weights.tolist() == [1, 1]
    assert x["token_ids"].shape[1] in (last + 2, 16)  # as long as needed, or few lengths where each is compiled
    with pytest.raises(ValueError, match="'all' is not among the known ones: 'group'"):
        span_dataset(sentences, tokenizer, labels=["group"], **OPTIONS)
    with pytest.raises(ValueError, match="have no spans"):
        span_dataset(sentences_of_texts([text]), tokenizer, **OPTIONS)


def test_windows_learn_the_spans_that_they_hold(write, tokenizer):
    row = {"text": " ".join(["d1x1"] * 20), "spans": [[0, 9, "a"], [60, 64, "a"], [0, 99, "b"]]}
    sentences = read_tagged_sentences(write(row), scheme=None)
    dataset = span_dataset(sentences, tokenizer, buckets=(16,), **OPTIONS | {"sequence_length": 16}, overlap=6)
    ((_, y, _),) = dataset.as_numpy_iterator()
    found = [[tuple(span) for span in row if span[0] >= 0] for row in y]
    assert found == [[(0, 1, 2), (0, 13, 13)], [(0, 5, 5)]]


def test_triples_become_entities_and_links_between_their_ends(write, tokenizer):
    row = {"text": "d1x1 d1x2 of people d1x3", "spo_list": [["people d1x3", "of", "d1x1 d1x2"]]}
    examples = read_triples(write(row))
    dataset = triple_dataset(examples, tokenizer, **OPTIONS)
    ((_, y, weights),) = dataset.as_numpy_iterator()
    of, people = (len(tokenizer(word).numpy()) for word in ("of", "people"))
    head, tail = 3 + of, 3 + of + people
    assert y["entities"][0].tolist() == [[0, head, tail], [1, 1, 2]]
    assert y["heads"][0].tolist() == [[0, head, 1]] and y["tails"][0].tolist() == [[0, tail, 2]]
    assert (y["heads"][1] == -1).all() and weights["heads"].tolist() == [1, 0]


def test_triples_are_learned_at_the_words_that_a_finder_reads_in_raw_text(write):
    examples = read_triples(write({"text": "Ada-Lou O'Neill met 北京 (U.K.)", "spo_list": [["U.K.", "of", "O'Neill"]]}))
    assert examples.words == sentences_of_texts(examples.texts).words
    assert examples.triples == ((((10, 14), (3, 6), "of"),),)
