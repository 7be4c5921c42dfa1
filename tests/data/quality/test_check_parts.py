"""What is planted in small data is found, and nothing else."""

import json

import pytest

from bert_keras.checked_files import kind_of_files, read_checked_parts
from bert_keras.data import CHECKS, AllFaults, QualityReport, check_parts, checked_part, read_questions
from bert_keras.data.quality.checked_part import CheckedPart
from bert_keras.data.quality.class_shares import find_class_faults
from bert_keras.data.quality.finding import Finding
from bert_keras.data.quality.quality_report import HTML_NAME, JSON_NAME
from bert_keras.task_files import TaskFiles

WORDS = "amber brook cedar delta ember fjord grove heath inlet jetty knoll ledge marsh north ocean pearl quartz".split()


def sentences(number, begin=0):
    """Sentences of 20 words, no two of which share many neighbours."""
    made = []
    for n in range(begin, begin + number):
        made.append(" ".join(f"{WORDS[(n + 3 * i) % 17]}{(n * 7 + i * i) % 101}" for i in range(20)))
    return made


def written(path, rows):
    path.write_text("".join("\t".join(map(str, row)) + "\n" for row in [("sentence", "label"), *rows]))
    return path


def found_in(parts, faults=(), **options):
    """{check: {(place without folder, other places)}}"""
    found = {}
    for one in check_parts(parts, faults=faults, **{"fewest_of_class": 1} | options):
        places = tuple(place.rsplit("/", 1)[-1] for place in (one.place, *one.others))
        found.setdefault(one.check, set()).add(places)
    return found


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """Labelled texts with leaks and near-duplicates at known lines."""
    folder = tmp_path_factory.mktemp("planted")
    texts = sentences(60)
    train = [(text, "good" if n % 2 else "bad") for n, text in enumerate(texts[:40])]
    dev = [(text, "good" if n % 2 else "bad") for n, text in enumerate(texts[40:])]
    train += [
        (dev[0][0].upper(), dev[0][1]),  # line 42: leaks but for case
        (dev[1][0].replace(" ", "  ", 3), dev[1][1]),  # 43: but for blanks
        (dev[2][0] + " really", dev[2][1]),  # 44: one more word
        (", ".join(dev[3][0].split(" ", 1)) + "!", dev[3][1]),  # 45: punctuation
        (train[5][0], train[5][1]),  # 46: again, of line 7
        (train[8][0], "good"),  # 47: of line 10, which is bad
        (train[9][0] + " so", train[9][1]),  # 48: nearly line 11
    ]
    return TaskFiles(train=written(folder / "train.tsv", train), validation=written(folder / "dev.tsv", dev))


def test_all_planted_repetitions_are_found_and_none_is_invented(planted):
    parts, faults = read_checked_parts(planted)
    assert found_in(parts, faults) == {
        "leaks": {("dev.tsv:2", "train.tsv:42"), ("dev.tsv:3", "train.tsv:43")},
        "near_leaks": {("dev.tsv:4", "train.tsv:44"), ("dev.tsv:5", "train.tsv:45")},
        "duplicates": {("train.tsv:7", "train.tsv:46")},
        "conflicts": {("train.tsv:10", "train.tsv:47")},
        "near_duplicates": {("train.tsv:48", "train.tsv:11")},
    }


def test_a_share_of_training_as_validation_has_its_places_too(planted):
    parts, _ = read_checked_parts(TaskFiles(train=planted.train, validation=0.25))
    assert {place.rsplit(":", 1)[0] for part in parts for place in part.places} == {str(planted.train)}
    lines = [int(place.rsplit(":", 1)[1]) for part in parts for place in part.places]
    assert sorted(lines) == list(range(2, 49))


def test_faulty_rows_and_unknown_classes_are_told_with_file_and_line(tmp_path):
    train = written(
        tmp_path / "train.tsv", [("so good", "a"), ("so bad", "b"), ("", "a"), ("well", "a"), ("not so", "b")]
    )
    dev = written(tmp_path / "dev.tsv", [("quite good", "a"), ("quite odd", "c")])
    parts, faults = read_checked_parts(TaskFiles(train=train, validation=dev))
    found = [one for one in check_parts(parts, faults=faults, fewest_of_class=1) if one.check == "faults"]
    assert [(one.part, one.line) for one in found] == [("train", 4), ("validation", 3)]
    assert found[0].left_out == (f"{train}:4",) and found[1].left_out == ()


def test_classes_that_are_rare_or_in_one_part_only_or_shared_out_otherwise():
    def part(name, *counts):
        classes = tuple((label,) for label, count in zip("abcd", counts) for _ in range(count))
        size = len(classes)
        return CheckedPart(name, (("x",),) * size, (f"{name}.tsv:1",) * size, ("x",) * size, classes=classes)

    parts = [part("train", 500, 480, 3, 17), part("validation", 400, 100, 0, 0)]
    what = [one.what for one in check_parts(parts) if one.check == "classes"]
    assert what == [
        "class 'c': 3 examples, fewer than 10",
        "no example of 'c' (3 in train), 'd' (17 in train)",
        "class 'a': 50.0% of train, 80.0% of validation",
        "class 'b': 48.0% of train, 20.0% of validation",
    ]


def test_examples_are_gone_through_as_often_for_many_classes_as_for_few():
    class Places(tuple):
        times = 0

        def __iter__(self):
            Places.times += 1
            return super().__iter__()

    def times(number):
        numbers, Places.times = range(number), 0
        texts, keys, places = (("x",),) * number, ("x",) * number, Places(map(str, numbers))
        parts = [
            CheckedPart(name, texts, places, keys, classes=tuple((f"{name} {n}",) for n in numbers))
            for name in ("train", "validation")
        ]
        assert len([found for found in find_class_faults(parts) if found.place]) == 2 * number
        return Places.times

    assert times(30) == times(3)


def test_tags_in_their_file(tmp_path):
    lines = ["in O\nLyon B-place\n"] * 6 + ["to O\nLyon B-person\n", "by O\nLyon O\n", "at I-place\n"]
    path = tmp_path / "train.conll"
    path.write_text("\n".join(lines))
    parts, faults = read_checked_parts(TaskFiles(train=path))
    found = found_in(parts, faults)
    assert found["faults"] == {("train.conll:25",)}
    assert found["annotations"] == {("train.conll:19",), ("train.conll:22",)}
    assert found["duplicates"] == {tuple(f"train.conll:{line}" for line in (1, 4, 7, 10, 13, 16))}


def test_spans_with_blanks_at_their_ends_are_doubted(tmp_path):
    path = tmp_path / "train.jsonl"
    path.write_text(json.dumps({"text": "Ada smiled", "spans": [{"start": 0, "end": 4, "label": "person"}]}))
    parts, faults = read_checked_parts(TaskFiles(train=path))
    assert found_in(parts, faults)["doubts"] == {("train.jsonl:1",)}


def question(name, context, answer, start, asked="Who sat?"):
    return {"id": name, "question": asked, "context": context, "answers": {"text": [answer], "answer_start": [start]}}


def test_answers_at_a_wrong_place_or_with_blanks_and_passages_in_two_parts(tmp_path):
    one, other = "The cat sat on the mat all day long.", "A dog slept under an old oak tree."
    train, dev = tmp_path / "train.jsonl", tmp_path / "dev.jsonl"
    rows = [question("1", one, "The cat", 0), question("2", one, "cat", 3, "What?"), question("3", one, "sat ", 8, "?")]
    train.write_text("\n".join(map(json.dumps, rows)))
    rows = [question("4", one, "The cat", 0, "Who is it?"), question("5", other, "dog", 2)]
    dev.write_text("\n".join(map(json.dumps, rows)))
    parts, faults = read_checked_parts(TaskFiles(train=train, validation=dev))
    found = found_in(parts, faults)
    assert found["faults"] == {("train.jsonl:2",)} and found["doubts"] == {("train.jsonl:3",)}
    assert found["near_leaks"] == {("dev.jsonl:1", "train.jsonl:1", "train.jsonl:3")}
    assert "leaks" not in found


def test_lengths_and_unknown_tokens_by_the_tokenizer():
    from bert_keras.data import WordPieceTokenizer

    tokenizer = WordPieceTokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "so", "good", "a"])
    texts = (("so good",), ("so good a so good",), ("so ☃ good",))
    part = CheckedPart("train", texts, ("t:1", "t:2", "t:3"), ("1", "2", "3"))
    found = list(check_parts([part], tokenizer=tokenizer, sequence_length=6))
    assert [(one.check, one.place, one.what) for one in found] == [
        ("long_texts", "", "train: 3, 5 and 5 tokens in the middle, at 95 % and at most"),
        ("long_texts", "t:2", "5 tokens, a row has room for 4: cut by 1"),
        ("unknown_tokens", "t:3", "'☃' (U+2603) is unknown, 1 times"),
    ]


def test_a_row_without_room_for_a_word_is_refused():
    part = CheckedPart("train", (("so", "good"),), ("t:1",), ("1",))
    with pytest.raises(ValueError, match="sequence_length must be above 3, the special tokens of a row of train"):
        list(check_parts([part], sequence_length=3))


def test_a_similarity_out_of_range_is_refused_before_anything_is_sought():
    part = CheckedPart("train", (("so", "good"),), ("t:1",), ("1",))
    with pytest.raises(ValueError, match="above 0 and at most 1, received 1.5"):
        list(check_parts([part], near_similarity=1.5, on_check=pytest.fail))


@pytest.mark.parametrize("content, kind", [
    ("sentence\tlabel\ngood\t1\n", "texts"),
    ("__label__pos so good\n", "texts"),
    ('{"sentence": "good", "label": "pos"}\n', "texts"),
    ("sentence1\tsentence2\tscore\na\tb\t1\n", "matching"),
    ("mr\tref\na\tb\n", "generation"),
    ("EU B-org\nrejects O\n", "tags"),
    ('{"text": "Ada", "spans": []}\n', "tags"),
    ('{"tokens": ["Ada"], "ner_tags": ["O"]}\n', "tags"),
    ('{"version": "1.1", "data": [{"paragraphs": []}]}', "questions"),
    ('1\t"A <e1>cat</e1> in a <e2>box</e2>."\nOther\n', "relations"),
    ('{"text": "Ada won", "spo_list": []}\n', "triples"),
    ("sent1\tsent2\tending0\tending1\tlabel\n", "choices"),
])  # fmt: skip
def test_the_task_is_told_by_the_file(tmp_path, content, kind):
    path = tmp_path / "train.txt"
    path.write_text(content)
    assert kind_of_files(TaskFiles(train=path)) == kind


def test_a_file_that_tells_nothing_is_refused_with_what_to_do(tmp_path):
    path = tmp_path / "train.tsv"
    path.write_text("utterance\tmood\nhi\tgood\n")
    with pytest.raises(ValueError, match=r"begins with 'utterance', 'mood'. Pass kind= \(--kind\), one of texts"):
        kind_of_files(TaskFiles(train=path))


def test_a_folder_of_nothing_known_is_refused_with_what_it_may_hold(tmp_path):
    with pytest.raises(ValueError, match="expected brat's .ann files in the folder, or corpus.jsonl and queries.jsonl"):
        kind_of_files(TaskFiles(train=tmp_path))


def test_a_report_has_the_most_severe_first_and_all_of_it_in_json(tmp_path, planted):
    parts, faults = read_checked_parts(planted)
    report = QualityReport.of(parts, check_parts(parts, faults=faults, fewest_of_class=1))
    severities = [CHECKS[name].severity for name in report.counts()]
    assert severities == sorted(severities, key=["error", "warning", "note"].index) and severities[0] == "error"
    report.save(tmp_path)
    content = json.loads((tmp_path / JSON_NAME).read_text())
    assert content["num_examples"] == {"train": 47, "validation": 20}
    assert len(content["findings"]) == 7 and content["findings"][0]["line"] == 2
    assert "Held-out texts that training has, too" in str(report)


def test_texts_in_a_report_are_no_markup(tmp_path):
    found = [Finding("markup", "train", "1 of '<b>'", "a<i>.tsv:1", "<b>bold</b> & <script>")]
    page = QualityReport({"train": 1}, tuple(found)).as_html()
    assert "&lt;b&gt;bold&lt;/b&gt; &amp; &lt;script&gt;" in page and "<script>" not in page and "a<i>" not in page
    assert HTML_NAME.endswith(".html")


def test_nothing_found_is_said():
    assert str(QualityReport({"train": 3}, ())) == "train: 3 examples\nnothing found"
    assert "Nothing found." in QualityReport({"train": 3}, ()).as_html()


def test_what_no_reader_returns_is_refused():
    with pytest.raises(TypeError, match="expected what a reader"):
        checked_part([("a", "b")], "train")


def test_readers_keep_every_fault_on_request(tmp_path):
    path = tmp_path / "q.jsonl"
    path.write_text("\n".join(json.dumps(question(str(n), "a cat", "dog", 0)) for n in range(3)) + "\nno json\n")
    path.write_text(path.read_text() + json.dumps(question("9", "a cat", "cat", 2)))
    faults = AllFaults()
    assert len(read_questions(path, errors=faults)) == 1
    assert [fault.message.split(":")[1].split(",")[0] for fault in faults.found] == ["1", "2", "3", "4"]


def test_answers_are_compared_as_texts_are():
    part = CheckedPart("train", (("a",),) * 3, ("t:1", "t:2", "t:3"), ("a",) * 3, answers=("cat", "cat ", "Cat"))
    assert found_in([part]) == {"duplicates": {("t:1", "t:2", "t:3")}}


def test_references_are_no_duplicates_but_true_copies_are():
    part = CheckedPart(
        "train", (("a", "x"),) * 3, ("t:1", "t:2", "t:3"), ("a",) * 3, answers=("x", "y", "X"), has_one_answer=False
    )
    (found,) = [one for one in check_parts([part]) if one.check == "duplicates"]
    assert (found.place, found.left_out, found.what) == ("t:1", ("t:3",), "2 rows have this text with this answer")


@pytest.mark.parametrize("train, dev, part_and_what", [
    ("so good\t1\nfine\t1\ncaf\xe9\t0\n", "a\t1\nb\t0\n",
     [("train", "not UTF-8"), ("train", "expected two labels or more, every row has '1'")]),
    ("a\t0\nb\t1\n", "c\tneg\n",
     [("validation", "label 'neg' is not among the known ones: '0', '1'"), ("validation", "no examples in ")]),
    ("", "c\t1\n", [("train", "no examples in ")]),
    (None, None, [("train", "empty file, expected a header"), ("validation", "empty file, expected a header")]),
])  # fmt: skip
def test_files_of_which_nothing_can_be_learned_are_reported(tmp_path, train, dev, part_and_what):
    paths = tmp_path / "train.tsv", tmp_path / "dev.tsv"
    for path, rows in zip(paths, (train, dev)):
        path.write_bytes(b"" if rows is None else b"sentence\tlabel\n" + rows.encode("latin-1"))
    parts, faults = read_checked_parts(TaskFiles(train=paths[0], validation=paths[1]))
    found = [one for one in check_parts(parts, faults=faults, fewest_of_class=1) if one.check == "faults"]
    assert [one.part for one in found] == [part for part, _ in part_and_what]
    assert all(what in one.what for one, (_, what) in zip(found, part_and_what))
    assert str(QualityReport.of(parts, found)).startswith("train: ")


@pytest.mark.parametrize("kind", ["questions", "tags", "relations", "triples", "matching", "generation", "choices"])
def test_an_empty_file_of_any_task_is_reported(tmp_path, kind):
    (tmp_path / "train.jsonl").touch()
    parts, faults = read_checked_parts(TaskFiles(train=tmp_path / "train.jsonl"), kind)
    (found,) = check_parts(parts, faults=faults)
    assert (found.check, found.part) == ("faults", "train") and len(parts[0]) == 0


def test_half_a_surrogate_pair_can_be_printed(tmp_path):
    path = tmp_path / "train.jsonl"
    rows = [{"sentence": "lone \ud800 surrogate", "label": "a"}, {"sentence": "well", "label": "b"}]
    path.write_text("\n".join(map(json.dumps, rows)))
    parts, faults = read_checked_parts(TaskFiles(train=path))
    report = QualityReport.of(parts, check_parts(parts, faults=faults, fewest_of_class=1))
    assert report.counts() == {"control_characters": {"train": 1}}
    assert r"1 of U+D800: lone \ud800 surrogate" in str(report).encode().decode()


def test_near_copies_of_long_texts_are_shown_where_they_differ():
    words = sentences(1)[0].split() * 3
    texts = [" ".join(words), " ".join([*words[:50], "other", *words[51:]])]
    part = CheckedPart("train", tuple(zip(texts)), ("t:1", "t:2"), tuple(texts))
    (found,) = [one for one in check_parts([part]) if one.check == "near_duplicates"]
    assert "other" in found.text and words[50] in found.what and found.text.startswith("...")


def test_an_empty_question_is_a_fault(tmp_path):
    path = tmp_path / "train.jsonl"
    path.write_text(
        "\n".join(json.dumps(question(str(n), "a cat", "cat", 2, asked)) for n, asked in enumerate([" ", "?"]))
    )
    parts, faults = read_checked_parts(TaskFiles(train=path))
    assert found_in(parts, faults)["faults"] == {("train.jsonl:1",)}
