import json
from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_keras.data.tagging.tagged_predictions import write_triples
from bert_keras.data.tagging.tagged_sentences import split_words
from bert_keras.data.tagging.triple_examples import _distance, _nearest, _Occurrences, read_triples
from bert_keras.training import triple_scores

TEXT = "Ada met Bob. Later Ada lived in Bonn."


@pytest.fixture
def write(tmp_path):
    """Function that writes a text, or rows as JSON Lines, and gives the path."""

    def write(*rows, name="train.jsonl"):
        text = (
            rows[0] if isinstance(rows[0], str) else "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        )
        (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path / name

    return write


def test_a_triple_found_at_another_place_of_the_same_words_is_right(write):
    examples = read_triples(write({"text": TEXT, "spo_list": [["Ada", "lived", "Bonn"]]}))
    first, second = (0, 1), (5, 6)
    (((gold, bonn, _),),) = examples.triples
    assert gold == second
    found = [[(first, bonn, "lived"), (second, bonn, "lived")]]
    assert examples.quoted(found) == examples.quoted() == [[("Ada", "Bonn", "lived")]]
    elsewhere = [[(first, bonn, "lived")]]
    assert triple_scores(examples.quoted(), examples.quoted(elsewhere))["overall"]["f1"] == 1.0
    assert triple_scores(examples.triples, elsewhere)["overall"]["f1"] == 0.0
    with pytest.raises(ValueError, match="triples of 1 texts, received those of 2"):
        examples.quoted([[], []])


def test_a_file_of_predictions_names_a_triple_once(write, tmp_path):
    examples = read_triples(write({"text": TEXT, "spo_list": []}))
    write_triples(tmp_path / "out.jsonl", examples, [[((0, 1), (8, 9), "lived"), ((5, 6), (8, 9), "lived")]])
    assert json.loads((tmp_path / "out.jsonl").read_text())["spo_list"] == [["Ada", "lived", "Bonn"]]


SPOKEN = {"subject": "Ada", "predicate": "lived", "object": "Bonn"}
FORMS = {
    "lists": {"text": TEXT, "spo_list": [["Ada", "lived", "Bonn"]], "postag": [{"word": "Ada"}]},
    "DuIE": {"text": TEXT, "spo_list": [SPOKEN | {"object": {"@value": "Bonn"}, "object_type": {"@value": "city"}}]},
    "DuIE 1": {"text": TEXT, "spo_list": [SPOKEN | {"subject_type": "person", "object_type": "city"}]},
    "triple_list": {"text": TEXT, "triple_list": [["Ada", "lived", "Bonn"]]},
    "triples": {"text": TEXT, "triples": [{"head": "Ada", "type": "lived", "tail": "Bonn"}], "id": 3},
    "NYT": {
        "sentText": TEXT,
        "articleId": "x",
        "relationMentions": [{"em1Text": "Ada", "em2Text": "Bonn", "label": "lived"}],
        "entityMentions": [{"text": "Ada", "start": 0}],
    },
    "another case": {"text": TEXT, "spo_list": [["ada", "lived", "BONN"]]},
}


@pytest.mark.parametrize("row", FORMS.values(), ids=FORMS)
def test_forms_of_rows_state_the_same_triple_in_every_form_of_json(write, row):
    texts = [json.dumps(row), json.dumps([row]), json.dumps([row], indent=1), json.dumps({"data": [row]})]
    for name, text in zip(["a.jsonl", "a.json", "b.jsonl", "a.txt"], texts, strict=True):
        examples = read_triples(write(text, name=name))
        assert examples.texts == (TEXT,) and examples.triples == ((((5, 6), (8, 9), "lived"),),)


def test_places_that_a_row_has_are_kept(write):
    row = {
        "tokens": ["Ada", "of", "Ada's", "U.S.", "Bonn"],
        "entities": [{"type": "p", "start": 0, "end": 1}, {"type": "l", "start": 3, "end": 5}],
        "relations": [{"type": "of", "head": 0, "tail": 1}],
    }
    examples = read_triples(write(row))
    assert examples.quoted() == [[("Ada", "U.S. Bonn", "of")]] and examples.triples[0][0][0] == (0, 1)
    for change in ({"head": 2}, {"type": 3}, {"head": None}):
        with pytest.raises(ValueError, match="train.jsonl:1: expected {"):
            read_triples(write(row | {"relations": [row["relations"][0] | change]}))


def test_the_same_case_goes_before_another(write):
    examples = read_triples(write({"text": "ada met Ada of Bonn", "spo_list": [["ada", "met", "Ada"]]}))
    assert examples.triples == ((((0, 1), (2, 3), "met"),),)


def test_other_encodings_are_read_where_they_are_named(tmp_path):
    row = {"text": "猫 走", "spo_list": [["猫", "x", "走"]]}
    (tmp_path / "a.json").write_bytes(json.dumps(row, ensure_ascii=False).encode("gbk"))
    assert read_triples(tmp_path / "a.json", encoding="gbk").texts == ("猫 走",)


def test_many_triples_of_one_text_are_read_in_time_that_grows_with_their_number(write):
    names = [f"name{i}" for i in range(4000)]
    text = " ".join(names) + " so" * 4000 + " and" * 4000
    stated = [[one, "next", other] for one, other in pairwise(names)] + [["so", "next", "and"]]
    (triples,) = read_triples(write({"text": text, "spo_list": stated})).triples
    assert triples[:-1] == tuple(((i, i + 1), (i + 1, i + 2), "next") for i in range(3999))
    assert triples[-1] == ((7999, 8000), (8000, 8001), "next")


@given(st.text("ab ", min_size=1, max_size=40), st.sampled_from(["a", "b", "a b", "b b", "a b a"]))
def test_the_nearest_places_without_overlap_are_those_of_all_pairs(text, part):
    offsets = split_words(text)
    places = [_Occurrences(text, offsets).of(some) for some in (part, "a")]
    if all(places):
        assert _nearest(*places) == min(product(*places), key=_distance)


def test_spaces_around_a_relation_make_no_other_one(write, caplog):
    stated = [["Ada", "lived", "Bonn"], ["Ada", " lived ", "Bonn"]]
    assert read_triples(write({"text": TEXT, "spo_list": stated})).relations == ("lived",)
    assert "1 of 1 rows: a relation with spaces around it, which were taken off, the first: " in caplog.text
    with pytest.raises(ValueError, match="train.jsonl:1: a relation is empty"):
        read_triples(write({"text": TEXT, "spo_list": [["Ada", " ", "Bonn"]]}))


def test_words_of_the_penn_treebank_are_what_they_stand_for(write, caplog):
    entities = [{"start": 0, "end": 1, "type": "x"}, {"start": 1, "end": 3, "type": "x"}]
    row = {"tokens": ["Ada", "-LRB-", "Bo"], "entities": entities, "relations": [{"head": 0, "tail": 1, "type": "r"}]}
    examples = read_triples(write(row))
    assert examples.texts == ("Ada ( Bo",) and examples.quoted() == [[("Ada", "( Bo", "r")]]
    assert "as the Penn Treebank spells them" in caplog.text


def test_rows_without_triples_are_texts_to_be_read_if_all_are(write, caplog):
    examples = read_triples(write({"text": TEXT}, {"text": "Bo", "id": 1}), relations=["lived"])
    assert examples.triples == ((), ()) and examples.relations == ("lived",)
    assert "no row has a list of triples" in caplog.text
    with pytest.raises(ValueError, match="train.jsonl:2: no list of triples, unlike the rows before"):
        read_triples(write({"text": TEXT, "spo_list": []}, {"text": "Bo", "spos": []}))
