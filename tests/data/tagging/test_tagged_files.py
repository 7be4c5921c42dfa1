import json
import logging

import pytest

from bert_keras.data.tagging.basic_tokens import basic_tokens
from bert_keras.data.tagging.tagged_files import read_tagged_sentences
from bert_keras.data.tagging.tagged_sentences import sentences_of_texts, split_words

CONLL = "Ada B-person\nLovelace I-person\nsmiled O\n\nLyon B-place\n\n\n"
CONLLU = """# sent_id = 1
# text = Don't go (du lait).
1-2\tDon't\t_\t_\t_\t_\t_\t_\t_\t_
1\tDo\tdo\tAUX\tVB\t_\t0\troot\t_\t_
2\tn't\tnot\tPART\tRB\t_\t1\tadvmod\t_\t_
3\tgo\tgo\tVERB\tVB\t_\t1\tx\t_\t_
3.1\tgone\tgo\tVERB\tVB\t_\t1\tx\t_\t_
4\t(\t(\tPUNCT\t(\t_\t1\tx\t_\tSpaceAfter=No
5-6\tdu\t_\t_\t_\t_\t_\t_\t_\t_
5\tde\tde\tADP\tIN\t_\t1\tx\t_\t_
6\tle\tle\tDET\tDT\t_\t1\tx\t_\t_
7\tlait\tlait\tNOUN\tNN\t_\t1\tx\t_\tSpaceAfter=No
8\t)\t)\tPUNCT\t)\t_\t1\tx\t_\tTyped=Yes|SpaceAfter=No
9\t.\t.\tPUNCT\t.\t_\t1\tx\t_\t_

"""


@pytest.fixture
def write(tmp_path):
    def write(text, name="train.conll"):
        (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path / name

    return write


def rows(*spans, text="Ada met Bo in New Lyon."):
    return json.dumps({"text": text, "spans": spans}) + "\n"


def test_conll_columns_become_words_tags_and_spans(write):
    sentences = read_tagged_sentences(write("-DOCSTART- -X- O\n\n" + CONLL))
    assert sentences.words == (("Ada", "Lovelace", "smiled"), ("Lyon",))
    assert sentences.tags == (("B-person", "I-person", "O"), ("B-place",))
    assert sentences.spans == (((0, 2, "person"),), ((0, 1, "place"),))
    assert sentences.tag_names == ("O", "B-person", "I-person", "B-place", "I-place")
    assert sentences.texts[0] == "Ada Lovelace smiled" and sentences.offsets[0] == ((0, 3), (4, 12), (13, 19))


def test_columns_are_chosen_and_tabs_leave_spaces_in_a_cell(write):
    sentences = read_tagged_sentences(write("NN\tNew York\tB-place\tx\n"), word_column=1, tag_column=2)
    assert sentences.words == (("New York",),) and sentences.spans == (((0, 1, "place"),),)


def test_only_spaces_and_tabs_part_columns(write):
    sentences = read_tagged_sentences(write("10\u00a0000  O\nNew\u3000York B-place \n"))
    assert sentences.words == (("10\u00a0000", "New\u3000York"),) and sentences.tags == (("O", "B-place"),)


def test_conllu_plus_is_refused_for_its_columns_are_its_own(write):
    with pytest.raises(ValueError, match="train.conllup: CoNLL-U Plus has columns of its own"):
        read_tagged_sentences(write("Ada B-person\n", "train.conllup"))


def test_conllu_gives_the_raw_text_its_ranges_and_no_empty_nodes(write):
    sentences = read_tagged_sentences(write(CONLLU, "train.conllu"), scheme=None)
    assert sentences.texts == ("Don't go (du lait).",)
    assert sentences.words[0] == ("Do", "n't", "go", "(", "de", "le", "lait", ")", ".")
    assert [sentences.texts[0][start:end] for start, end in sentences.offsets[0]] == [
        "Do", "n't", "go", "(", "du", "du", "lait", ")", ".",
    ]  # fmt: skip
    assert sentences.tags[0][:3] == ("AUX", "PART", "VERB") and sentences.spans is None
    assert sentences.tag_names == ("ADP", "AUX", "DET", "NOUN", "PART", "PUNCT", "VERB")
    xpos = read_tagged_sentences(write(CONLLU, "train.conllu"), scheme=None, tag_column="xpos")
    assert xpos.tags[0][0] == "VB"


def test_jsonl_spans_by_characters_become_words_and_tags(write):
    row = {"text": "北京, I.B.M.", "entities": [[0, 2, "place"], [4, 10, "firm"]]}
    sentences = read_tagged_sentences(write(json.dumps(row), "train.jsonl"), scheme="BIOES")
    assert sentences.words[0] == ("北", "京", ",", "I", ".", "B", ".", "M", ".")
    assert sentences.spans == (((0, 2, "place"), (3, 9, "firm")),)
    assert sentences.tags[0][:4] == ("B-place", "E-place", "O", "B-firm")


def test_spans_may_lie_in_each_other_without_a_scheme(write):
    nested = rows([14, 22, "firm"], {"start": 18, "end": 22, "label": "place"})
    sentences = read_tagged_sentences(write(nested, "train.jsonl"), scheme=None)
    assert sentences.spans == (((4, 6, "firm"), (5, 6, "place")),)
    assert sentences.tags is None and sentences.labels == ("firm", "place")
    with pytest.raises(ValueError, match=r"train.jsonl:1: span \(5, 6, 'place'\) overlaps another"):
        read_tagged_sentences(write(nested, "train.jsonl"))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("Ada B-person\nsmiled\n", r":2: expected a word and a tag, received one column: 'smiled'"),
        ("Ada B-person\nsmiled very O\n", r":2: 3 columns where most lines of the file have 2: 'smiled very O'"),
        ("Ada O\nLovelace I-person\n", r":2: I-person behind O breaks the rules of scheme BIO"),
        ("Ada person\n", r":1: tag 'person' is neither O nor B-label, I-label of scheme BIO"),
        ("Ada B-ship\n", r":1: 'ship' is not among the known ones: 'person', 'place'"),
    ],
)
def test_faults_of_columns_have_their_line_or_are_skipped_and_counted(write, caplog, text, fault):
    path = write(CONLL + text)
    lines = CONLL.count("\n")
    number, message = fault[1:].split(": ", 1)
    options = {"labels": ["person", "place"]}
    with pytest.raises(ValueError, match=rf"train.conll:{lines + int(number)}: {message}"):
        read_tagged_sentences(path, **options)
    with caplog.at_level(logging.WARNING):
        sentences = read_tagged_sentences(path, errors="skip", **options)
    assert len(sentences) == 2 and sentences.num_skipped == 1
    assert f"skipped 1 of 3 rows, the first: {path}:{lines + int(number)}" in caplog.text


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("1\tGo\tgo\tVERB\n\n", "expected 10 columns, received 4"),
        ("# text = nothing\n\n", "sentence without words"),
        ("one\tGo\tgo\tVERB\tVB\t_\t0\troot\t_\t_\n\n", "expected the number of a word, received 'one'"),
        ("1\tGo\tgo\t_\tVB\t_\t0\troot\t_\t_\n\n", "no tag in column 3"),
    ],
)
def test_faults_of_conllu_have_their_line(write, row, fault):
    with pytest.raises(ValueError, match=rf"train.conllu:16: {fault}"):
        read_tagged_sentences(write(CONLLU + row, "train.conllu"), scheme=None)


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON: JSON nested too deep"),
        ('"Ada"', "expected {"),
        ('{"text": "Ada"}', "expected {"),
        (rows(text="  "), "sentence without words"),
        (rows([0, 2, "person"]), "span 0 to 2, 'Ad', does not begin and end with words"),
        (rows([3, 0, "person"]), "span 3 to 0, '', does not begin and end with words"),
        (rows(["0", 3, "person"]), "span '0' to 3: expected whole numbers of characters, from 0"),
        (rows([0, 3]), "not enough values to unpack"),
        (rows([0, 3, None]), "expected a label as a string, received None"),
    ],
)
def test_faults_of_jsonl_have_their_line(write, row, fault):
    with pytest.raises(ValueError, match=rf"train.jsonl:2: {fault}"):
        read_tagged_sentences(write(rows() + row, "train.jsonl"))


MIXED = "EU B-ORG\nrejects O\nGerman I-MISC\ncall O\n\nAda B-PER\nLovelace I-PER\n"


def test_tags_that_break_the_scheme_are_read_as_conlls_scorer_does_where_that_is_asked_for(write, caplog):
    with pytest.raises(ValueError, match=r"conll:3: I-MISC behind O breaks the rules of scheme BIO; tag_faults='rep"):
        read_tagged_sentences(write(MIXED))
    with caplog.at_level(logging.WARNING):
        sentences = read_tagged_sentences(write(MIXED), tag_faults="repair")
    assert "spans of 1 sentences as CoNLL's scorer does" in caplog.text and "conll:3: I-MISC behind O" in caplog.text
    assert sentences.tags[0] == ("B-ORG", "O", "B-MISC", "O")
    assert sentences.spans[0] == ((0, 1, "ORG"), (2, 3, "MISC")) and sentences.tag_names[1] == "B-MISC"
    as_bioes = read_tagged_sentences(write(MIXED), scheme="BIOES", tag_faults="repair")
    assert as_bioes.tags[1] == ("B-PER", "E-PER") and as_bioes.spans == sentences.spans
    with pytest.raises(ValueError, match=r"train.conll:8: tag 'person' is of no scheme"):
        read_tagged_sentences(write(MIXED + "smiled person\n"), tag_faults="repair")
    with pytest.raises(ValueError, match="'refuse' or 'repair', received 'ignore'"):
        read_tagged_sentences(write(MIXED), tag_faults="ignore")


@pytest.mark.parametrize("scheme", ["BMES", "BMESO", "BILOU", "IOB2", "IOBES"])
def test_every_scheme_is_read(write, scheme):
    tags = {"BMES": "B M E S", "BMESO": "B M E S", "BILOU": "B I L U", "IOB2": "B I I B", "IOBES": "B I E S"}[scheme]
    lines = "".join(f"{i} {prefix}-NAME\n" for i, prefix in enumerate(tags.split()))
    sentences = read_tagged_sentences(write(lines + "x O\n"), scheme=scheme)
    assert sentences.spans == (((0, 3, "NAME"), (3, 4, "NAME")),)


def test_a_file_of_nothing_is_an_error_and_so_are_odd_options(write):
    with pytest.raises(ValueError, match="no examples in"):
        read_tagged_sentences(write("\n\n"))
    with pytest.raises(ValueError, match="'raise' or 'skip', received 'ignore'"):
        read_tagged_sentences(write(CONLL), errors="ignore")
    with pytest.raises(ValueError, match="have no names; expected a number, received 'ner'"):
        read_tagged_sentences(write(CONLL), tag_column="ner")
    with pytest.raises(ValueError, match="one of brat, json, conllup, conllu, conll, jsonl, received 'xml'"):
        read_tagged_sentences(write(CONLL), file_format="xml")
    with pytest.raises(ValueError, match="BIO, IOB1, BIOES, .*, received 'BI'"):
        read_tagged_sentences(write(CONLL), scheme="BI")


def test_words_of_raw_texts_are_those_of_berts_rules(tokenizer):
    texts = ["It's a well-known naïve idea\tof $5,000 in 北京!", "", "(a)"]
    sentences = sentences_of_texts(texts)
    assert sentences.words[0] == (
        "It", "'", "s", "a", "well", "-", "known", "naïve", "idea", "of", "$", "5", ",", "000", "in", "北", "京", "!",
    )  # fmt: skip
    assert sentences.words[1:] == ((), ("(", "a", ")"))
    for text in texts:
        assert "".join(text.split()) == "".join(text[start:end] for start, end in split_words(text))
        whole = tokenizer([text]).to_list()[0]
        by_words = tokenizer([text[start:end] for start, end in split_words(text)]).to_list() if text else []
        assert sum(by_words, []) == whole


def test_characters_that_nobody_sees_are_no_words(tokenizer):
    text = "Ada \u200b lives \ufeff here \x00\u200e"
    assert [text[start:end] for start, end in split_words(text)] == ["Ada", "lives", "here"]
    assert tokenizer(["\u200b", "\ufeff", "\x00\u200e"]).row_lengths().numpy().tolist() == [0, 0, 0]


def test_values_of_all_words_are_cut_by_sentence(write):
    sentences = read_tagged_sentences(write(CONLL))
    assert sentences.split([1, 2, 3, 4]) == [[1, 2, 3], [4]]
    with pytest.raises(ValueError, match="expected 4 values, one for each word, received 3"):
        sentences.split([1, 2, 3])


TIME = ("B-time", "I-time", "I-time", "I-time", "I-time", "O")


def test_characters_of_a_chinese_file_stand_side_by_side_in_the_raw_text(write):
    characters = "".join(f"{character} {tag}\n" for character, tag in zip("2008年北", TIME, strict=True))
    sentences = read_tagged_sentences(write(characters + "\n我 O\n北京 O\n\na O\nb O\n"))
    assert sentences.texts == ("2008年北", "我 北京", "a b")
    tokens = basic_tokens(sentences)
    assert tokens.sentences.words[0] == ("2008", "年", "北")
    assert tokens.sentences.spans[0] == ((0, 2, "time"),)
    assert tokens.spans_of_words(tokens.sentences.spans) == [[(0, 5, "time")], [], []]


def test_words_spelled_as_in_the_penn_treebank_are_in_the_raw_text_what_they_stand_for(write, caplog):
    words = ["``", "Hi", "''", "-LRB-", "1\\/2", "-rrb-", "-LSB-", "\\*", "-RCB-", "LRB", "-"]
    for path in (
        write("".join(f"{word} O\n" for word in words) + "\nso O\n"),
        write(json.dumps({"tokens": words, "tags": ["O"] * 10 + ["B-x"]}), "train.json"),
    ):
        caplog.clear()
        sentences = read_tagged_sentences(path)
        assert sentences.words[0] == tuple(words)
        assert sentences.texts[0] == '" Hi " ( 1/2 ) [ * } LRB -'
        assert [sentences.texts[0][a:b] for a, b in sentences.offsets[0]] == sentences.texts[0].split()
        assert basic_tokens(sentences).sentences.words[0][3:7] == ("(", "1", "/", "2")
        assert "8 words of " in caplog.text and "are spelled as in the Penn Treebank" in caplog.text


@pytest.mark.parametrize("scheme", ["BIO", "BIOES", "BMES"])
def test_tags_without_a_label_are_spans_of_one(write, caplog, scheme):
    one, last = {"BIO": "BI", "BIOES": "SE", "BMES": "SE"}[scheme]
    path = write(f"Ada B\nLovelace {last}\nsmiled O\n\nBRCA1 {one}\n")
    sentences = read_tagged_sentences(path, scheme=scheme)
    assert sentences.spans == (((0, 2, "entity"),), ((0, 1, "entity"),)) and sentences.labels == ("entity",)
    assert "read the tags B as B-entity, " in caplog.text and "labels=['name'] gives them another" in caplog.text
    named = read_tagged_sentences(path, scheme=scheme, labels=["gene"])
    assert named.spans[0] == ((0, 2, "gene"),) and named.tags[0][0] == "B-gene"
    assert read_tagged_sentences(path, scheme=None).tag_names == tuple(sorted({"B", "O", one, last}))


def test_tags_that_end_in_their_prefix_are_turned_and_a_single_plain_one_is_a_fault(write, caplog):
    sentences = read_tagged_sentences(write("Ada new-PER-B\nLovelace new-PER-I\nsmiled O\n"))
    assert sentences.spans == (((0, 2, "new-PER"),),) and "read the tags new-PER-B as B-new-PER" in caplog.text
    assert read_tagged_sentences(write("Ada B-I\nLovelace I-I\n")).spans == (((0, 2, "I"),),)
    with pytest.raises(ValueError, match="tag 'B' is neither O nor B-label"):
        read_tagged_sentences(write("Ada B-PER\nBonn B\n"))
    with pytest.raises(ValueError, match="I-entity at the beginning of a sentence breaks .*tag_faults='repair'"):
        read_tagged_sentences(write("Ada I\nsmiled O\n"))
