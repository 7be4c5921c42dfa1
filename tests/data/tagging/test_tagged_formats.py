import json
import logging
import zlib

import pytest

from bert_keras.data.tagging.tagged_files import read_tagged_sentences

TEXT = "Ada met Bo in New Lyon."
SPANS = (((0, 1, "per"), (4, 6, "loc")),)


@pytest.fixture
def write(tmp_path):
    """Function that writes text or what becomes JSON, and gives the path."""

    def write(content, name="train.txt"):
        text = content if isinstance(content, str) else json.dumps(content)
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8", newline="")
        return tmp_path / name

    return write


TOKEN_ROW = {"id": "0", "tokens": ["Ada", "smiled"], "ner_tags": ["B-per", "O"]}
JSON_OF_SPANS = {
    "doccano": {"id": 1, "text": TEXT, "label": [[0, 3, "per"], [14, 22, "loc"]]},
    "doccano labels": {"text": TEXT, "labels": [[0, 3, "per"], [14, 22, "loc"]], "meta": {}},
    "doccano entities": {
        "id": 7,
        "text": TEXT,
        "entities": [
            {"id": 1, "label": "per", "start_offset": 0, "end_offset": 3},
            {"id": 2, "label": "loc", "start_offset": 14, "end_offset": 22},
        ],
        "relations": [],
        "Comments": [],
    },
    "spaCy pair": [TEXT, {"entities": [[0, 3, "per"], [14, 22, "loc"]]}],
    "spaCy doc": {
        "text": TEXT,
        "ents": [{"start": 0, "end": 3, "label": "per"}, {"start": 14, "end": 22, "label": "loc"}],
        "tokens": [{"id": 0, "start": 0, "end": 3}],
    },
    "prodigy": {
        "text": TEXT,
        "spans": [{"start": 0, "end": 4, "label": "per", "text": "Ada"}, {"start": 14, "end": 22, "label": "loc"}],
        "tokens": [{"text": "Ada"}],
        "answer": "accept",
    },
    "label studio": {
        "id": 1,
        "data": {"text": TEXT},
        "annotations": [
            {"was_cancelled": True, "result": []},
            {
                "result": [
                    {"value": {"start": 0, "end": 3, "text": "Ada", "labels": ["per"]}, "type": "labels"},
                    {"value": {"start": 14, "end": 22, "text": "New Lyon", "labels": ["loc"]}, "type": "labels"},
                    {"value": {"choices": ["long"]}, "type": "choices"},
                ]
            },
        ],
    },
    "cluener": {"text": TEXT, "label": {"per": {"Ada": [[0, 2]]}, "loc": {"New Lyon": [[14, 21]]}}},
}


@pytest.mark.parametrize("row", JSON_OF_SPANS.values(), ids=JSON_OF_SPANS)
@pytest.mark.parametrize("name", ["train.json", "train.jsonl", "train.txt"])
def test_spans_of_annotation_tools_are_read_under_any_name(write, row, name):
    for content in (json.dumps(row), [row], json.dumps([row], indent=1)):
        sentences = read_tagged_sentences(write(content, name))
        assert sentences.texts == (TEXT,) and sentences.spans == SPANS


def test_a_list_in_an_object_is_read_and_a_text_that_was_left_out_is_a_fault(write):
    pair = ["Ada smiled", {"entities": [[0, 3, "per"]]}]
    path = write({"classes": ["per"], "annotations": [pair, None]}, "annotations.json")
    with pytest.raises(ValueError, match=r"annotations.json:1: annotations\[1\]: null in place of a row"):
        read_tagged_sentences(path)
    assert read_tagged_sentences(path, errors="skip").spans == (((0, 1, "per"),),)


@pytest.mark.parametrize(
    "row",
    [
        TOKEN_ROW,
        {"words": ["Ada", "smiled"], "labels": ["B-per", "O"]},
        {"words": ["Ada", "smiled"], "tags": ["B-per", "O"]},
        {"text": ["Ada", "smiled"], "label": ["B-per", "O"]},
        TOKEN_ROW | {"pos_tags": ["NNP", "VBD"], "text": "Ada smiled"},
        {"tokens": ["Ada", "smiled"], "entities": [{"start": 0, "end": 1, "type": "per"}], "relations": []},
        {"id": 3, "paragraphs": [{"raw": "Ada smiled", "sentences": [{"tokens": [
            {"id": 0, "orth": "Ada", "tag": "NNP", "ner": "U-per"}, {"orth": "smiled", "ner": "O"}]}]}]},
    ],
    ids=["datasets", "labels", "tags", "text", "all", "SpERT", "spaCy"],
)  # fmt: skip
def test_words_with_tags_or_spans_in_json_are_read(write, row):
    sentences = read_tagged_sentences(write([row, row], "train.json"))
    assert sentences.words == (("Ada", "smiled"),) * 2 and sentences.tags == (("B-per", "O"),) * 2
    assert sentences.texts[0] == "Ada smiled" and sentences.offsets[0] == ((0, 3), (4, 10))


def test_the_keys_of_words_and_tags_are_chosen_as_columns(write):
    path = write([TOKEN_ROW | {"pos_tags": ["NNP", "VBD"]}], "train.json")
    assert read_tagged_sentences(path, scheme=None, tag_column="pos_tags").tags == (("NNP", "VBD"),)
    with pytest.raises(ValueError, match="rows have keys; a column of number 1"):
        read_tagged_sentences(path, tag_column=1)


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ({"tokens": ["Ada"], "ner_tags": [3]}, r"tags are numbers without their names.*features\['ner_tags'\]"),
        ({"tokens": ["Ada", "smiled"], "ner_tags": ["O"]}, "2 words and 1 tags"),
        ({"tokens": ["Ada", None], "ner_tags": ["O", "O"]}, "expected words as strings"),
        ({"tokens": [], "ner_tags": []}, "sentence without words"),
        ({"tokens": ["Ada"]}, "neither tags nor spans of the words; the row has 'tokens'"),
        ({"tokens": ["Ada"], "entities": [{"start": 0, "end": 2, "type": "x"}]}, "span 0 to 2 of 1 words"),
        ({"text": "Ada", "label": ["positive"]}, r"expected a span, \[start, end, label\], received 'positive'"),
        ({"text": "Ada", "labels": ["B-per"]}, r"expected a span, \[start, end, label\], received 'B-per'"),
        ({"text": "Ada", "spans": [[0, 3, "x"]], "label": [[0, 3, "y"]]}, "in one place, received 'spans' and 'label'"),
        ({"text": "Ada", "spans": [[0, 3, "x"]], "answer": "reject"}, "the annotator's answer is 'reject'"),
        (
            {"text": "Ada B", "spans": [{"start": 0, "end": 3, "label": "x", "text": "B"}]},
            "is 'Ada' in the text, and 'B'",
        ),
        ({"text": "Ada", "spans": [{"start": 0, "label": "x"}]}, "no 'end' or 'end_offset'"),
        ({"text": "Ada", "label": {"x": {"Ada": [[0, 3]]}}}, "span 0 to 4 ends behind the text of 3 characters"),
        ({"text": "Ada B", "label": {"x": {"Ada": [[0, 3]]}}}, "'Ada' does not stand at 0 to 3, 'Ada ' does"),
        ({"sentences": [["Ada"]], "ner": [[]]}, "documents of several sentences"),
        ("Ada", "expected {"),
    ],
)
def test_faults_of_rows_are_named_with_their_line(write, row, fault):
    path = write(json.dumps(row), "train.jsonl")
    with pytest.raises(ValueError, match=f"train.jsonl:1: .*{fault}"):
        read_tagged_sentences(path)


def test_rows_of_tags_among_rows_of_spans_are_a_fault(write):
    path = write([{"text": "Ada", "spans": []}, TOKEN_ROW], "train.json")
    with pytest.raises(ValueError, match=r":1: \[1\]: tags, unlike the rows before"):
        read_tagged_sentences(path)
    files = [write([TOKEN_ROW], "a.json"), write([{"text": "Ada", "spans": []}], "b.json")]
    assert len(read_tagged_sentences(files)) == 2
    with pytest.raises(ValueError, match="some files of .* have tags and others spans: give a scheme"):
        read_tagged_sentences(files, scheme=None)


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        (b"", "train.spacy", "DocBin of spaCy's.*from_disk"),
        (zlib.compress(b"\x83\xa7version"), "train.txt", "DocBin of spaCy's"),
        (b"<!DOCTYPE html>\n<html>", "train.txt", "not sentences with tags: a page of HTML; download"),
        (b'<?xml version="1.0"?>', "train.conll", "not sentences with tags: XML"),
        (b"Sentence #,Word,POS,Tag\nSentence: 1,Ada,NNP,B-per\n", "ner.csv", "this is comma-separated"),
        (b"Word,Tag\nAda Lovelace,B-per\nsmiled,O\n", "train.txt", "this is comma-separated"),
        (b"PAR1\x15\x04\x15\x0e", "train.txt", "Parquet"),
        (b'{"text": "Ada"', "train.json", "not JSON"),
    ],
)
@pytest.mark.parametrize("scheme", ["BIO", None])
def test_files_that_are_something_else_are_refused_by_name(tmp_path, content, name, message, scheme):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=f"{name}.*{message}"):
        read_tagged_sentences(tmp_path / name, scheme=scheme)


def test_conllu_is_recognised_under_another_suffix(write):
    row = "1\tAda\tAda\tPROPN\tNNP\t_\t0\troot\t_\tSpaceAfter=No\n2\t!\t!\tPUNCT\t.\t_\t1\tpunct\t_\t_\n"
    sentences = read_tagged_sentences(write("# text = Ada!\n" + row), scheme=None)
    assert sentences.tags == (("PROPN", "PUNCT"),) and sentences.texts == ("Ada!",)


def test_conllu_plus_is_read_by_the_names_of_its_columns(write):
    text = "# global.columns = ID FORM UPOS MY:NER\n# text = Ada smiled\n1\tAda\tPROPN\tB-per\n2\tsmiled\tVERB\tO\n\n"
    path = write(text, "train.conllup")
    assert read_tagged_sentences(path, scheme=None).tags == (("PROPN", "VERB"),)
    assert read_tagged_sentences(path, tag_column="my:ner").spans == (((0, 1, "per"),),)
    assert read_tagged_sentences(path, tag_column=-1).words == (("Ada", "smiled"),)
    with pytest.raises(ValueError, match="out of id, form, upos, my:ner, received 'ner'"):
        read_tagged_sentences(path, tag_column="ner")
    with pytest.raises(ValueError, match="train.conllup:3: expected 4 columns, received 2"):
        read_tagged_sentences(write(text.splitlines()[0] + "\n\nAda\tO\n", "train.conllup"))


def test_lines_that_mix_tabs_and_spaces_are_read_by_both_where_the_file_agrees(write):
    path = write("Ada NNP B-NP B-per\nof IN B-PP O\nAcme\tNNP\tB-NP B-org\n")
    assert read_tagged_sentences(path).tags == (("B-per", "O", "B-org"),)
    assert read_tagged_sentences(path, scheme=None).tags == (("B-per", "O", "B-org"),)
    with pytest.raises(ValueError, match=":2: expected a tag, received 'NP B-ORG'.*spaces and tabs"):
        read_tagged_sentences(write("New York\tNNP\tO\nAcme\tNNP\tNP B-ORG\n"), scheme=None)
    tabs = "New York\tNNP\tB-loc\nin\tIN\tO\n\n" * 3
    assert read_tagged_sentences(write(tabs)).words[0] == ("New York", "in")
    with pytest.raises(ValueError, match=":10: 2 columns where most lines of the file have 3"):
        read_tagged_sentences(write(tabs + "Acme Co NNP\tB-org\n"))


def test_lines_of_another_number_of_columns_are_faults(write):
    path = write("Ada B-per\nsmiled O\n\nAcme Co B-org\n\nBo B-per\n")
    with pytest.raises(ValueError, match=":4: 3 columns where most lines of the file have 2: 'Acme Co B-org'"):
        read_tagged_sentences(path)
    assert len(read_tagged_sentences(path, errors="skip")) == 2


def test_columns_that_differ_by_sentence_are_read_where_the_tags_column_is_given(write):
    path = write("Ada NNP *\nsat VBD *\n\nBo NNP * *\nsat VBD * *\n\nIt PRP\n")
    assert read_tagged_sentences(path, scheme=None, tag_column=1).tags[1] == ("NNP", "VBD")
    with pytest.raises(ValueError, match="columns where most lines"):
        read_tagged_sentences(path, scheme=None)


def test_comments_are_passed_over_and_hashes_are_words(write, caplog):
    text = (
        "#begin document (x);\n# id 7\n# text = # O\nAda B-per\n# O\n#nice O\n\n"
        "# newpar\n#\n#wow O\nsmiled O\n\n# comment here\n\nBo B-per\n"
    )
    with caplog.at_level(logging.INFO):
        sentences = read_tagged_sentences(write(text))
    assert sentences.words == (("Ada", "#", "#nice"), ("#wow", "smiled"), ("Bo",))
    assert "passed over 6 comments, the first: " in caplog.text and ":1: '#begin document (x);'" in caplog.text
    with pytest.raises(ValueError, match=":2: expected a word and a tag, received one column: '#nice'"):
        read_tagged_sentences(write("Ada B-per\n#nice\n"))
    with pytest.raises(ValueError, match=":2: 3 columns where most"):
        read_tagged_sentences(write("Ada B-per\n# 1 O\n"))


def test_a_pound_sign_with_a_tag_of_its_own_is_a_word(write):
    path = write("cost VBD\n# #\n5 CD\n\n# #\n5 CD\n\n# id\n5 CD\n")
    assert read_tagged_sentences(path, scheme=None).words == (("cost", "#", "5"), ("#", "5"), ("5",))


def test_multiconers_comments_are_comments_though_they_have_as_many_columns(write):
    path = write("# id 52-39\tdomain=train\nthe _ _ O\nLyon _ _ B-loc\n")
    assert read_tagged_sentences(path).words == (("the", "Lyon"),)


def test_names_of_columns_are_no_sentence(write, caplog):
    with caplog.at_level(logging.WARNING):
        sentences = read_tagged_sentences(write("Word\tTag\nAda\tB-per\n"), scheme=None)
    assert sentences.words == (("Ada",),) and "passed over the names of the columns: 'Word" in caplog.text


def test_columns_stand_in_any_order_but_words_and_tags_not_in_one(write):
    path = write("1 B-per Ada\n2 O smiled\n")
    options = {"scheme": None, "word_column": 2}
    assert read_tagged_sentences(path, word_column=2, tag_column=1).spans == (((0, 1, "per"),),)
    assert read_tagged_sentences(path, word_column=-1, tag_column=-2).words == (("Ada", "smiled"),)
    for tag_column in (None, -1, 2):
        with pytest.raises(ValueError, match="words and tags are both in column 2 of 3"):
            read_tagged_sentences(path, tag_column=tag_column, **options)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 Ada O\n2 of O\n3 Lyon O\n", "the column of the words holds nothing but numbers"),
        ("O Ada\nO of\nB-loc Lyon\n", "the column of the words holds nothing but tags"),
        (
            "Ada of Lyon\tB-per O B-loc\nIt is\tO O\n",
            ":1: expected a tag, received 'B-per O B-loc': one line is one word",
        ),
    ],
)
@pytest.mark.parametrize("scheme", ["BIO", None])
def test_columns_that_are_something_else_are_refused(write, text, message, scheme):
    with pytest.raises(ValueError, match=message):
        read_tagged_sentences(write(text), scheme=scheme)


def test_sentences_that_no_empty_line_parts_are_refused_or_said(write, caplog):
    with pytest.raises(ValueError, match="a column tells the sentences, sentence_id, word, tag"):
        read_tagged_sentences(write("sentence_id\tword\ttag\n1\tAda\tO\n2\tBo\tO\n"), word_column=1)
    with caplog.at_level(logging.WARNING):
        read_tagged_sentences(write("Ada B-per\nsat O\n" * 300))
    assert "is one sentence of 600 words: no empty line parts any" in caplog.text


def test_labels_may_hold_spaces_where_tabs_part_columns(write):
    sentences = read_tagged_sentences(write("flu\tB-medical condition\nis\tO\n"))
    assert sentences.spans == (((0, 1, "medical condition"),),)


def test_tags_that_are_all_alike_are_said(write, caplog):
    with caplog.at_level(logging.WARNING):
        read_tagged_sentences(write("Ada X\nsmiled X\n"), scheme=None)
    assert "have the tag 'X': is that the column of the tags?" in caplog.text


def test_tags_that_hardly_come_again_are_said(write, caplog):
    with caplog.at_level(logging.WARNING):
        read_tagged_sentences(write("Hello world\nGood day\nNice one\nBad idea\nNo way\n"), scheme=None)
    assert "5 words of" in caplog.text and "have 5 different tags: are they tags?" in caplog.text


def test_a_file_of_hashtags_alone_is_read_and_one_column_is_none_of_two(write):
    assert read_tagged_sentences(write("#a O\n#b B-x\n")).words == (("#a", "#b"),)
    with pytest.raises(ValueError, match=":1: expected a word and a tag, received one column: 'Ada;B-per'"):
        read_tagged_sentences(write("Ada;B-per\nsmiled;O\n"))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.conll", "José B-per\nsmiled O\n"),
        ("a.json", json.dumps([{"tokens": ["José", "smiled"], "ner_tags": ["B-per", "O"]}], ensure_ascii=False)),
        ("a.conllup", "# global.columns = FORM NER\nJosé\tB-per\nsmiled\tO\n\n"),
        ("a.ann", "T1\tper 0 4\tJosé\n"),
    ],
)
def test_other_encodings_are_read_where_they_are_named(tmp_path, name, text):
    (tmp_path / "a.txt").write_bytes("José smiled".encode("cp1252"))
    (tmp_path / name).write_bytes(text.encode("cp1252"))
    assert read_tagged_sentences(tmp_path / name, encoding="cp1252").spans == (((0, 1, "per"),),)
    with pytest.raises(ValueError, match="not UTF-8"):
        read_tagged_sentences(tmp_path / name)
    with pytest.raises(ValueError, match="klingon"):
        read_tagged_sentences(tmp_path / name, encoding="klingon")


def test_a_column_of_numbers_is_none_of_tags(write):
    text = "".join(f"word {number}\n" for number in range(120))
    with pytest.raises(ValueError, match="120 different values in 120 lines: that is none"):
        read_tagged_sentences(write(text), scheme=None)


@pytest.mark.parametrize("end", ["\r", "\r\n", "\n"])
def test_line_ends_of_every_kind_end_a_line(write, end):
    path = write(end.join(["Ada B-per", "smiled O", "", "Bo B-per", ""]))
    assert read_tagged_sentences(path).words == (("Ada", "smiled"), ("Bo",))


def test_brat_gives_a_sentence_a_line_and_joins_those_that_a_span_goes_over(write, tmp_path):
    write("Ada met Bo.\nIn Lyon or\nBonn it was.\n\nFine.\n", "brat/a.txt")
    write("T1\tper 0 3\tAda\nT2\tloc 15 22;23 27\tLyon or Bonn\nR1\tlives Arg1:T1 Arg2:T2\n", "brat/a.ann")
    write("Bo.\rNo.\r\nOh.", "brat/b.txt")
    write("", "brat/b.ann")
    sentences = read_tagged_sentences(tmp_path / "brat")
    assert sentences.texts == ("Ada met Bo.", "In Lyon or\nBonn it was.", "Fine.", "Bo.", "No.", "Oh.")
    assert sentences.spans == (((0, 1, "per"),), ((1, 4, "loc"),), (), (), (), ())
    assert read_tagged_sentences(tmp_path / "brat/a.txt").texts == sentences.texts[:3]
    assert read_tagged_sentences(tmp_path / "brat/a.ann").spans == sentences.spans[:3]


@pytest.mark.parametrize(
    ("annotation", "fault"),
    [
        ("T1\tper 0 3;8 10\tAda Bo", "a.ann:1: T1 is discontinuous, 0 3;8 10"),
        ("T1\tper 0 3\tBob", "a.ann:1: T1 from 0 to 3 is 'Ada' in the text, not 'Bob'"),
        ("T1\tper 0 99\tAda", "a.ann:1: T1 is from 0 to 99 in a text of 18 characters"),
        ("T1 per 0 3 Ada", "a.ann:1: expected T1<TAB>label"),
        ("what", "a.ann:1: expected an annotation of brat's"),
        ("T1\tper 0 2\tAd", "a.txt:1: span 0 to 2, 'Ad', does not begin and end with words"),
    ],
)
def test_faults_of_brat_are_named_and_the_other_lines_are_kept(write, tmp_path, annotation, fault, caplog):
    write("Ada met Bo.\nFine.\n", "brat/a.txt")
    write(annotation + "\n", "brat/a.ann")
    with pytest.raises(ValueError, match=fault.replace("(", r"\(")):
        read_tagged_sentences(tmp_path / "brat")
    with caplog.at_level(logging.WARNING):
        assert read_tagged_sentences(tmp_path / "brat", errors="skip").texts == ("Fine.",)
    assert "skipped 1 of 2 rows, the first: " in caplog.text and fault in caplog.text


def test_a_folder_of_something_else_and_a_lost_text_are_errors(write, tmp_path):
    write("Ada O\n", "folder/a.conll")
    with pytest.raises(ValueError, match="no .ann file in the folder"):
        read_tagged_sentences(tmp_path / "folder")
    write("", "folder/a.ann")
    with pytest.raises(FileNotFoundError, match=r"a.txt is missing, the text of .*a.ann"):
        read_tagged_sentences(tmp_path / "folder")


def test_a_table_of_columns_in_json_is_one_of_sentences(write):
    table = {"id": [1, 2], "tokens": [["Ada", "met"], ["Bo"]], "ner_tags": [["B-x", "O"], ["B-x"]]}
    sentences = read_tagged_sentences(write(json.dumps(table), "a.json"))
    assert sentences.words == (("Ada", "met"), ("Bo",)) and sentences.tags == (("B-x", "O"), ("B-x",))
    for wrong, fault in (
        ([["O", "O"]], "2 sentences in 'tokens', and 1 in 'ner_tags'"),
        ([["O"], ["O"]], "2 words and 1"),
    ):
        with pytest.raises(ValueError, match=fault):
            read_tagged_sentences(write(json.dumps(table | {"ner_tags": wrong}), "a.json"))


@pytest.mark.parametrize(
    ("start", "end", "fault"),
    [
        (0.0, 3.0, "span 0.0 to 3.0: expected whole numbers of characters, from 0"),
        ("0", "3", "span '0' to '3': expected whole numbers"),
        (-3, 0, "span -3 to 0: expected whole numbers"),
        (3, 0, "span 3 to 0, '', does not begin and end"),
        (0, 99, "span 0 to 99 ends behind the text of 7 characters"),
        (1, 3, "span 1 to 3, 'da', does not begin and end with words"),
    ],
)
def test_places_of_spans_are_told_what_is_wrong_with_them(write, start, end, fault):
    row = {"text": "Ada met", "spans": [{"start": start, "end": end, "label": "x"}]}
    with pytest.raises(ValueError, match=f"a.jsonl:1: .*{fault}"):
        read_tagged_sentences(write(json.dumps(row), "a.jsonl"))
