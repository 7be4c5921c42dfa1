import json
import logging

import numpy as np
import pytest

from bert_keras.data.tagging.relation_examples import RelationExamples, read_relations
from bert_keras.data.tagging.relation_rows import relation_dataset
from bert_keras.data.tokenization.vocabulary import SPECIAL_TOKENS
from bert_keras.data.tokenization.wordpiece_tokenizer import WordPieceTokenizer

TRAIN = (
    '1\t"A <e1>cat</e1> sat in a <e2>box</e2>."\r\nContent-Container(e1,e2)\r\nComment: a cat\r\n\r\n'
    '2\t"The <e2>lid</e2> of the <e1> big box </e1>"\r\nOther\r\nComment:\r\n\r\n'
)


@pytest.fixture
def write(tmp_path):
    def write(text, name="train.txt"):
        (tmp_path / name).write_text(text, encoding="utf-8", newline="")
        return tmp_path / name

    return write


@pytest.fixture(scope="module")
def marked():
    words = ["$", "#", "a", "cat", "sat", "in", "box", ".", "the", "lid", "of", "big"]
    return WordPieceTokenizer([*SPECIAL_TOKENS, *words])


def test_semeval_files_give_texts_spans_relations_and_ids(write):
    examples = read_relations(write("\ufeff" + TRAIN))
    assert examples.texts == ("A cat sat in a box.", "The lid of the  big box ")
    found = [
        (text[slice(*first)], text[slice(*second)])
        for text, first, second in zip(examples.texts, examples.first_spans, examples.second_spans, strict=True)
    ]
    assert found == [("cat", "box"), ("big box", "lid")]
    assert examples.labels == ("Content-Container(e1,e2)", "Other") == examples.label_names
    assert examples.ids == ("1", "2")


def test_sentences_alone_have_no_relations(write):
    sentences = "".join(line + "\n" for line in TRAIN.splitlines() if line[:1].isdigit())
    examples = read_relations(write(sentences))
    assert len(examples) == 2 and examples.labels is None and examples.label_names is None


def test_jsonl_is_read_too(write):
    row = {"text": "<e1>Ada</e1> in <e2>Lyon</e2>", "label": "lives-in"}
    examples = read_relations(write(json.dumps(row) + "\n", "train.jsonl"))
    assert examples.texts == ("Ada in Lyon",) and examples.labels == ("lives-in",)


TACRED = {
    "id": "x7", "docid": "d", "relation": "per:city", "token": ["In", "Lyon", "Ada", "Lovelace", "lived"],
    "subj_start": 2, "subj_end": 3, "obj_start": 1, "obj_end": 1, "subj_type": "PERSON", "stanford_head": ["0"],
}  # fmt: skip
OPENNRE = {"token": TACRED["token"], "h": {"name": "ada", "pos": [2, 4]}, "t": {"pos": [1, 2]}, "relation": "per:city"}
IN_TEXT = {
    "text": "In Lyon Ada Lovelace lived", "relation": "per:city",
    "h": {"name": "Ada Lovelace", "id": "Q1", "pos": [8, 20]}, "t": {"name": "Lyon", "pos": [3, 7]},
}  # fmt: skip
MARKED = {"sentence": "In <e2>Lyon</e2> <e1>Ada Lovelace</e1> lived", "relation": "per:city", "split": "train"}
OTHER_MARKS = {"text": "In [E2]Lyon[/E2] [E1]Ada Lovelace[/E1] lived", "label": "per:city"}


@pytest.mark.parametrize("row", [TACRED, OPENNRE, IN_TEXT, MARKED, OTHER_MARKS])
@pytest.mark.parametrize("form", ["train.json", "train.jsonl", "train.txt"])
def test_forms_of_json_rows_give_the_same_entities_under_any_name(write, row, form):
    text = json.dumps([row, row]) if form == "train.json" else json.dumps([row, row], indent=2)
    examples = read_relations(write(f"{json.dumps(row)}\n" * 2 if form == "train.txt" else text, form))
    assert examples.texts == ("In Lyon Ada Lovelace lived",) * 2 and examples.labels == ("per:city",) * 2
    assert examples.first_spans[0] == (8, 20) and examples.second_spans[0] == (3, 7)
    assert examples.ids == (("x7", "x7") if row is TACRED else ("1", "2"))


def test_markers_in_square_brackets_are_read_in_semevals_files_too(write):
    examples = read_relations(write('1\t"A [E1]cat[/E1] of <b> in a [E2]box[/E2]."\nOther\n'))
    assert examples.texts == ("A cat of <b> in a box.",) and examples.first_spans == ((2, 5),)
    cited = read_relations(write('1\t"A <e1>cat</e1> in a <e2>box</e2> [E1]."\nOther\n'))
    assert cited.texts == ("A cat in a box [E1].",)


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (TACRED | {"subj_end": 5}, "an entity is from word 2 to 6 of 5"),
        (TACRED | {"obj_start": 2}, "an entity is from word 2 to 2 of 5"),
        (TACRED | {"obj_end": 3}, r"the entities overlap: \(8, 20\) and \(3, 20\)"),
        (TACRED | {"token": "In Lyon"}, "an entity is from|expected words"),
        (TACRED | {"relation": 4}, "expected the relation's name, received the number 4"),
        (TACRED | {"obj_end": None}, "expected {"),
        (IN_TEXT | {"h": {"name": "Ada", "pos": [8, 20]}}, "is 'Ada Lovelace' in the text, not 'Ada'"),
        (IN_TEXT | {"t": {"pos": [3, 70]}}, "'t' is from 3 to 70 in a text of 26 characters"),
        ({"text": "<e1>Ada[/E1] <e2>B</e2>"}, "expected <e1>...</e1> and <e2>"),
        ([], "expected {"),
    ],
)
def test_faults_of_json_rows_are_named(write, row, fault):
    with pytest.raises(ValueError, match=f"train.jsonl:1: .*({fault})"):
        read_relations(write(json.dumps(row), "train.jsonl"))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('3\t"A <e1>cat</e1>"\nOther\n', "9: expected <e1>...</e1> and <e2>...</e2>, found <e1> </e1>"),
        ('3\t"A <e1>c <e2>a</e1> t</e2>"\nOther\n', "9: expected <e1>"),
        ('3\t"A <e1> </e1> <e2>a</e2>"\nOther\n', "9: an entity is empty"),
        ('3\t"A <e1>c</e1> <e2>a</e2>"\nMagic(e1,e2)\n', "9: 'Magic\\(e1,e2\\)' is not among the known relations"),
        ('3\t"A <e1>c</e1> <e2>a</e2>"\n', "9: no relation, unlike the examples before"),
        ("Other\n", "9: expected a number, a tab and a sentence, received 'Other'"),
    ],
)
def test_faults_have_their_line_or_are_skipped_and_counted(write, caplog, text, fault):
    path = write(TRAIN + text)
    names = ("Content-Container(e1,e2)", "Other")
    with pytest.raises(ValueError, match=f"train.txt:{fault}"):
        read_relations(path, label_names=names)
    with caplog.at_level(logging.WARNING):
        assert read_relations(path, label_names=names, errors="skip").num_skipped == 1
    assert f"skipped 1 of 3 rows, the first: {path}:9" in caplog.text


def test_faults_of_jsonl_have_their_line(write):
    for row in ("{", "[]", '{"label": "x"}', '{"text": 3}', '{"text": "<e1>a</e1> <e2>b</e2>", "label": 3}'):
        with pytest.raises(ValueError, match="train.jsonl:1: (not JSON|expected)"):
            read_relations(write(row + "\n", "train.jsonl"))
    with pytest.raises(ValueError, match="no examples in"):
        read_relations(write("\n"))


def read(dataset):
    return [batch for batch in dataset.as_numpy_iterator()]


def tokens(tokenizer, ids, mask):
    return [tokenizer.vocabulary.tokens[i] for i in ids[: mask.sum()]]


def test_entities_stand_between_their_markers_and_positions_point_at_them(write, marked):
    examples = read_relations(write(TRAIN))
    ((x, y, weights),) = read(relation_dataset(examples, marked, sequence_length=32, batch_size=3, training=False))
    rows = [tokens(marked, *row) for row in zip(x["token_ids"], x["padding_mask"], strict=True)]
    assert rows[0] == "[CLS] a $ cat $ sat in a # box # . [SEP]".split()
    assert rows[1] == "[CLS] the # lid # of the $ big box $ [SEP]".split()
    assert x["entity_positions"].tolist() == [[2, 8], [7, 2], [0, 0]]
    assert y.tolist() == [0, 1, 0] and weights.tolist() == [1, 1, 0]
    assert x["entity_positions"].dtype == y.dtype == np.int32


def test_long_sentences_keep_what_is_near_the_entities(marked, caplog):
    text = "the " * 20 + "cat in box" + " a" * 20
    examples = RelationExamples((text,), ((80, 83),), ((87, 90),))
    with caplog.at_level(logging.WARNING):
        ((x, _, _),) = read(relation_dataset(examples, marked, sequence_length=16, batch_size=1, training=False))
    row = tokens(marked, x["token_ids"][0], x["padding_mask"][0])
    assert row == "[CLS] the the the $ cat $ in # box # a a a a [SEP]".split()
    assert [row[i] for i in x["entity_positions"][0]] == ["$", "#"]
    assert "1 of 1 sentences are longer than 14 tokens" in caplog.text
    far = RelationExamples(("cat " + "the " * 30 + "box",), ((0, 3),), ((124, 127),))
    ((x, _, _),) = read(relation_dataset(far, marked, sequence_length=16, batch_size=1, training=False))
    assert x["entity_positions"].tolist() == [[1, 14]]


def test_what_does_not_fit_together_is_refused(marked, tokenizer):
    options = {"sequence_length": 16, "batch_size": 1, "training": False}
    examples = RelationExamples(("cat box",), ((0, 3),), ((4, 7),), ("A",), ("A",))
    with pytest.raises(ValueError, match=r"relations \['A'\] are not among the known ones: B"):
        relation_dataset(examples, marked, label_names=("B",), **options)
    with pytest.raises(ValueError, match=r"marker '\$' is not in the vocabulary"):
        relation_dataset(examples, tokenizer, **options)
    with pytest.raises(ValueError, match="the entities 'cat b' and ' box' overlap"):
        relation_dataset(RelationExamples(("cat box",), ((0, 5),), ((3, 7),)), marked, **options)


def test_other_encodings_are_read_where_they_are_named(tmp_path):
    text = '1\t"<e1>José</e1> in <e2>Lyon</e2>"\nin(e1,e2)\n'
    rows = json.dumps([{"text": "<e1>José</e1> in <e2>Lyon</e2>", "label": "in"}], ensure_ascii=False)
    for content in (text, rows):
        (tmp_path / "a.txt").write_bytes(content.encode("cp1252"))
        assert read_relations(tmp_path / "a.txt", encoding="cp1252").texts == ("José in Lyon",)
        with pytest.raises(ValueError, match="not UTF-8"):
            read_relations(tmp_path / "a.txt")


def test_spaces_around_a_relation_are_taken_off_and_penn_words_are_what_they_stand_for(tmp_path, caplog):
    places = dict(subj_start=0, subj_end=0, obj_start=2, obj_end=2)
    row = {"token": ["Ada", "-LRB-", "Bo"], **places, "relation": "r "}
    (tmp_path / "a.jsonl").write_text(json.dumps(row) + "\n" + json.dumps(row | {"relation": "r"}) + "\n")
    examples = read_relations(tmp_path / "a.jsonl")
    assert examples.label_names == ("r",) and examples.texts[0] == "Ada ( Bo" and examples.second_spans[0] == (6, 8)
    assert "1 of 2 rows: a relation with spaces around it" in caplog.text
    assert "2 of 2 rows: a text with words as the Penn Treebank spells them" in caplog.text
