import json

import pytest

from bert_keras.data import MatchingExamples, read_matching

PAIR = {"anchor": "a cat", "positive": "a kitten"}


def lines(tmp_path, rows, name="rows.jsonl"):
    path = tmp_path / name
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.mark.parametrize(
    ("row", "texts", "label"),
    [
        (PAIR, ("a cat", "a kitten"), None),
        (PAIR | {"negative": "a dog"}, ("a cat", "a kitten", "a dog"), None),
        ({"query": "a", "positive": "b", "negatives": ["c", "d"]}, ("a", "b", "c", "d"), None),
        ({"query": "a", "pos": ["b"], "neg": ["c", "d"], "pos_scores": [1.0]}, ("a", "b", "c", "d"), None),
        ({"sentence1": "a", "sentence2": "b", "score": "2.5"}, ("a", "b"), 2.5),
        ({"sentence_A": "a", "sentence_B": "b", "relatedness_score": 3}, ("a", "b"), 3),
        ({"premise": "a", "hypothesis": "b", "label": "neutral"}, ("a", "b"), 0),
        ({"question1": "a", "question2": "b", "is_duplicate": 1}, ("a", "b"), 0),
        ({"texts": ["a", "b", "c"]}, ("a", "b", "c"), None),
        ({"sentence": "alone"}, ("alone", "alone"), None),
    ],
    ids=lambda value: ",".join(value) if isinstance(value, dict) else None,
)  # fmt: skip
def test_layouts_are_told_by_the_names_of_columns(tmp_path, row, texts, label):
    examples = read_matching(lines(tmp_path, [row, row]))
    assert examples.texts == (texts,) * 2 and examples.labels == (None if label is None else (label,) * 2)
    assert read_matching([row, row]) == examples


def test_tables_have_the_same_layouts(tmp_path):
    (tmp_path / "a.tsv").write_text("sentence1\tsentence2\tscore\na cat\ta kitten\t4.5\n")
    (tmp_path / "a.csv").write_text('anchor,positive,negative\n"a cat, say",a kitten,a dog\n')
    (tmp_path / "bare.txt").write_text("a cat\na dog\n")
    assert read_matching(tmp_path / "a.tsv").labels == (4.5,)
    assert read_matching(tmp_path / "a.csv").texts == (("a cat, say", "a kitten", "a dog"),)
    assert read_matching(tmp_path / "bare.txt", text_columns=(0,)).texts == (("a cat", "a cat"), ("a dog", "a dog"))
    (tmp_path / "b.tsv").write_text('q\tp\tn\na cat\ta kitten\t["a dog", "a cow"]\n')
    assert read_matching(
        tmp_path / "b.tsv", text_columns=("q", "p"), negatives_column="n", num_negatives=2
    ).texts == (("a cat", "a kitten", "a dog", "a cow"),)  # fmt: skip


def test_unknown_columns_are_named(tmp_path):
    told = "cannot tell which columns are the texts: the first row has 'left', 'right'; pass text_columns="
    with pytest.raises(ValueError, match=f"rows.jsonl: {told}"):
        read_matching(lines(tmp_path, [{"left": "a", "right": "b"}]))
    (tmp_path / "rows.csv").write_text("left,right\na,b\n")
    with pytest.raises(ValueError, match=f"rows.csv: {told}"):
        read_matching(tmp_path / "rows.csv")


def test_each_positive_of_a_list_is_an_example_with_its_score():
    row = {"q": "a", "p": ["b", "c"], "n": ["d", "e", "f"], "ps": [1, 0.9], "ns": [0.1, 0.2, 0.3]}
    columns = dict(text_columns=("q", "p"), negatives_column="n", score_columns=("ps", "ns"))
    examples = read_matching([row], num_negatives=2, **columns)
    assert examples.texts == (("a", "b", "d", "e"), ("a", "c", "d", "e"))
    assert examples.labels == ((1.0, 0.1, 0.2), (0.9, 0.1, 0.2)) and examples.kind == "teacher_scores"
    with pytest.raises(ValueError, match="example 0: column 'ps' holds 1 scores, one for each positive"):
        read_matching([row | {"ps": [1]}], **columns)


def test_examples_have_as_many_negatives_as_all_rows_have_and_what_is_left_out_is_said(caplog):
    rows = [{"query": "a", "positive": "b", "negatives": some} for some in (["c"], ["d", "e"])]
    assert read_matching(rows).texts == (("a", "b", "c"), ("a", "b", "d"))
    assert "1 of 2 examples have more than 3 texts" in caplog.text
    with pytest.raises(ValueError, match="example 0: column 'negatives' holds 1 negatives, expected 2"):
        read_matching(rows, num_negatives=2)
    assert read_matching(rows, num_negatives=2, errors="skip").num_skipped == 1
    assert read_matching(rows, num_negatives=0).num_texts == 2


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (PAIR | {"positive": " "}, "rows.jsonl:2: column 'positive' is empty, expected a text"),
        (PAIR | {"anchor": None}, "rows.jsonl:2: column 'anchor' holds None, expected a text"),
        (PAIR | {"positive": []}, "rows.jsonl:2: column 'positive' holds an empty list"),
        ({"anchor": "a"}, "rows.jsonl:2: no column 'positive'"),
    ],
)
def test_faulty_rows_are_told_with_their_place_or_skipped(tmp_path, row, message):
    path = lines(tmp_path, [PAIR, row])
    with pytest.raises(ValueError, match=message):
        read_matching(path)
    examples = read_matching(path, errors="skip")
    assert len(examples) == 1 and examples.num_skipped == 1


@pytest.mark.parametrize("score", ["x", "nan", None, True, "1,5"])
def test_scores_that_are_no_numbers_are_faults(score):
    with pytest.raises(ValueError, match="example 0: .*expected a (finite )?number"):
        read_matching([{"sentence1": "a", "sentence2": "b", "score": score}])


def test_classes_are_numbered_by_name_as_training_has_them():
    rows = [("a", "b", "yes"), ("c", "d", "no")]
    columns = dict(text_columns=(0, 1), label_column=2)
    examples = read_matching(rows, **columns)
    assert examples.labels == (1, 0) and examples.label_names == ("no", "yes") and examples.kind == "classes"
    with pytest.raises(ValueError, match="label 'yes' is not among the known ones"):
        read_matching(rows, label_names=("no",), **columns)


def test_a_negative_that_is_its_own_positive_is_counted(caplog):
    read_matching([{"query": "a", "positive": "b", "negatives": ["b"]}])
    assert "a negative that is its own anchor or positive" in caplog.text


def test_options_that_do_not_fit_each_other_are_refused():
    with pytest.raises(ValueError, match="num_negatives=2 must be 0 or more, and needs a negatives_column"):
        read_matching([PAIR], num_negatives=2)
    with pytest.raises(ValueError, match="expected text_columns beside the columns 'score'"):
        read_matching([PAIR], score_columns=("score",))
    with pytest.raises(ValueError, match="score_columns or label_column, received both"):
        read_matching([PAIR], text_columns=("anchor", "positive"), score_columns=("s",), label_column="l")


def test_examples_of_unequal_length_are_refused():
    with pytest.raises(ValueError, match=r"two or more, received \[2, 3\] texts"):
        MatchingExamples((("a", "b"), ("a", "b", "c")))
    with pytest.raises(ValueError, match=r"received \[1\] texts"):
        MatchingExamples((("a",),))
    with pytest.raises(ValueError, match="expected 1 labels, one an example, received 2"):
        MatchingExamples((("a", "b"),), (1.0, 2.0))
    with pytest.raises(ValueError, match="expected 2 scores an example"):
        MatchingExamples((("a", "b", "c"),), (1.0,))


def test_scores_are_rescaled_and_those_beyond_are_refused():
    examples = MatchingExamples((("a", "b"), ("c", "d")), (5.0, 1.0))
    assert examples.rescaled(1, 5).labels == (1.0, 0.0)
    with pytest.raises(ValueError, match="expected scores from 2 to 5, received 1.0 of 'c'"):
        examples.rescaled(2, 5)
    with pytest.raises(ValueError, match="expected scores of pairs, received matches"):
        MatchingExamples.of_texts(["a"]).rescaled(0, 5)


def test_a_cross_encoder_gets_each_pair_once_with_what_is_known_of_it():
    mined = MatchingExamples((("q", "a", "b"), ("q", "b", "c"), ("r", "c", "b"))).labelled_pairs()
    assert mined.problem_type == "multi_label_classification" and mined.label_names == ("match",)
    assert list(zip(mined.texts, mined.second_texts, mined.labels)) == [
        ("q", "a", (0,)), ("q", "b", (0,)), ("q", "c", ()), ("r", "c", (0,)), ("r", "b", ())
    ]  # fmt: skip
    classes = MatchingExamples((("a", "b"), ("c", "d")), (1, 0), ("no", "yes")).labelled_pairs()
    assert classes.label_array().tolist() == [[1.0], [0.0]]
    taught = MatchingExamples((("a", "b", "c"), ("a", "b", "d")), ((4.0, 1.0), (2.0, 0.0))).labelled_pairs()
    assert taught.problem_type == "regression" and taught.labels == (3.0, 1.0, 0.0)
    with pytest.raises(ValueError, match="expected negatives beside texts that match"):
        MatchingExamples.of_texts(["a"]).labelled_pairs()
    with pytest.raises(ValueError, match="expected two classes, a match and none; received x, y, z"):
        MatchingExamples((("a", "b"),), (0,), ("x", "y", "z")).labelled_pairs()


def test_anchors_are_queries_where_texts_match_and_are_not_the_same():
    assert MatchingExamples((("a", "b"),)).has_queries
    assert not MatchingExamples.of_texts(["a"]).has_queries
    assert not MatchingExamples((("a", "b"),), (0.5,)).has_queries
