import dataclasses
import hashlib
import json
import os

import numpy as np
import pytest
import tensorflow as tf

from bert_keras.data.corpus import preparation as corpus_module
from bert_keras.data.corpus.documents import read_documents
from bert_keras.data.corpus.passages import parse_passages
from bert_keras.data.corpus.preparation import prepare_corpus
from bert_keras.data.corpus.report import CorpusReport
from bert_keras.data.pretraining.sentence_pairs import sentence_pairs
from bert_keras.data.tokenization.wordpiece_tokenizer import WordPieceTokenizer


def content_of(directory):
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def passages_of(directory):
    report = CorpusReport.load(directory)
    records = tf.data.TFRecordDataset([str(directory / shard.name) for shard in report.shards])
    return parse_passages(records.batch(10_000).get_single_element())


def test_shards_hold_the_corpus_in_order(corpus, documents, tokenizer):
    passages = passages_of(corpus)
    expected = tokenizer(documents)
    assert passages.token_ids.numpy().tolist() == expected.flat_values.numpy().tolist()
    assert passages.lengths.numpy().tolist() == [18] * 24
    assert passages.sentence_ends.numpy().tolist() == list(range(6, 6 * 72 + 1, 6))
    assert passages.documents.numpy().tolist() == np.repeat(range(6), 4).tolist()


def test_the_report_adds_up(corpus, vocabulary):
    report = CorpusReport.load(corpus)
    assert (report.num_documents, report.num_sentences, report.num_passages, report.num_tokens) == (6, 72, 24, 432)
    assert report.length_histogram == [[32, 24]]
    assert report.unknown_share == 0
    assert report.most_frequent_token == "." and report.most_frequent_share == pytest.approx(1 / 6)
    assert vocabulary.tokens[report.most_frequent_id] == "."
    assert report.vocabulary_fingerprint == vocabulary.fingerprint
    assert [shard.name for shard in report.shards] == [f"passages-0000{n}-of-00004.tfrecord" for n in range(4)]
    assert [shard.num_passages for shard in report.shards] == [7, 7, 7, 3]
    for shard in report.shards:
        content = (corpus / shard.name).read_bytes()
        assert shard.num_bytes == len(content) and shard.sha256 == hashlib.sha256(content).hexdigest()
    assert "6 documents, 72 sentences, 432 tokens" in str(report)
    assert {path.name for path in corpus.iterdir()} == {"corpus.json", *(shard.name for shard in report.shards)}


def test_reads_files_and_makes_the_same_corpus(tmp_path, corpus, documents, tokenizer):
    for number, document in enumerate(documents):
        (tmp_path / f"{number}.txt").write_text(document)
    report = prepare_corpus(tmp_path / "*.txt", tmp_path / "out", tokenizer, passage_tokens=13, records_per_shard=7)
    assert report.shards == CorpusReport.load(corpus).shards


@pytest.mark.slow
def test_any_number_of_workers_makes_the_same_corpus(tmp_path, documents, tokenizer, monkeypatch):
    monkeypatch.setattr(corpus_module, "_CHUNK_CHARACTERS", 100)
    for number, document in enumerate([*documents, documents[0].replace("d0x59", "d1x1"), "{d0x1}"]):
        (tmp_path / f"{number}.txt").write_text(document)
    for num_workers in (1, 2, 3):
        out = tmp_path / f"out{num_workers}"
        report = prepare_corpus(
            tmp_path / "*.txt", out, tokenizer, passage_tokens=13, records_per_shard=7, num_workers=num_workers,
            near_duplicates=0.8, quality=["curly_brackets"], left_out=out / "left_out.jsonl",
        )  # fmt: skip
        assert report.dropped == {"near-duplicate documents": 1, "documents with a curly bracket": 1}
    assert content_of(tmp_path / "out1") == content_of(tmp_path / "out2") == content_of(tmp_path / "out3")


def test_chunks_make_no_difference(tmp_path, corpus, documents, tokenizer, monkeypatch):
    monkeypatch.setattr(corpus_module, "_CHUNK_CHARACTERS", 100)
    prepare_corpus(iter(documents), tmp_path, tokenizer, passage_tokens=13, records_per_shard=7)
    assert content_of(tmp_path) == content_of(corpus)


def test_special_tokens_in_a_text_are_text(tmp_path, tokenizer, vocabulary):
    prepare_corpus(iter(["D0x1 [SEP] d0x2 [MASK]."]), tmp_path, tokenizer)
    tokens = [vocabulary.tokens[token] for token in passages_of(tmp_path).token_ids.numpy()]
    assert tokens == ["d0x1", "[", "sep", "]", "d0x2", "[", "mask", "]", "."]


def test_a_tokenizer_that_injects_special_tokens_is_refused(tmp_path, tokenizer):
    class Injecting:
        vocabulary = tokenizer.vocabulary

        def __call__(self, texts):
            return tokenizer(texts)

    with pytest.raises(ValueError, match=r"made 1 \[SEP\] out of corpus text"):
        prepare_corpus(iter(["D0x1 [SEP] d0x2."]), tmp_path / "out", Injecting())
    assert list((tmp_path / "out").iterdir()) == []


def test_duplicates_are_dropped_and_counted(tmp_path, documents, tokenizer):
    texts = [documents[0], f"{documents[1]}\n\n{documents[2]}", documents[0], f"{documents[2]}\n\nD0x1.\n\nD0x1."]
    report = prepare_corpus(iter(texts), tmp_path / "a", tokenizer)
    assert report.num_tokens == 3 * 72 + 4
    assert report.dropped == {"duplicate documents": 1, "duplicate paragraphs": 1}
    assert "1 duplicate documents (first: 'D0x0" in str(report)
    assert prepare_corpus(iter(texts), tmp_path / "b", tokenizer, deduplicate=False).num_tokens == 5 * 72 + 4


def test_near_duplicates_are_left_out_where_they_come_later(tmp_path, documents, tokenizer):
    nearly = documents[0].replace("d0x59", "d1x1")
    report = prepare_corpus(iter([documents[0], documents[1], nearly]), tmp_path / "a", tokenizer, near_duplicates=0.8)
    assert report.dropped == {"near-duplicate documents": 1} and report.settings["near_duplicates"] == 0.8
    assert "1 near-duplicate documents (first: 'D0x0" in str(report) and "with document 0)" in str(report)
    exact = prepare_corpus(iter([documents[0], documents[1], nearly]), tmp_path / "b", tokenizer)
    assert report.num_tokens == exact.num_tokens - 72 and "near_duplicates" not in exact.settings


def test_what_is_held_out_is_no_near_duplicate_of_what_is_trained_on(tmp_path, documents, tokenizer):
    nearly = documents[0].replace("d0x59", "d1x1")
    for part, expected in (("train", [0, 2]), ("validation", [1])):
        options = {"part": part, "validation_every": 2, "near_duplicates": 0.8}
        prepare_corpus(iter([*documents[:3], nearly]), tmp_path / part, tokenizer, **options)
        assert sorted(set(passages_of(tmp_path / part).documents.numpy().tolist())) == expected


def test_documents_that_break_rules_are_counted_by_rule_with_an_example(tmp_path, documents, tokenizer):
    texts = ["Д0x1 это.", documents[0], "D0x1 {d0x2}.", "D0x3 d0x4 {}."]
    report = prepare_corpus(iter(texts), tmp_path, tokenizer, scripts=["latin"], quality=["curly_brackets"])
    assert report.num_documents == 1
    assert report.dropped == {
        "documents with fewer than half of their letters latin": 1, "documents with a curly bracket": 2
    }  # fmt: skip
    assert report.first_dropped["documents with a curly bracket"] == "'D0x1 {d0x2}.', 1 of them"
    assert (report.settings["scripts"], report.settings["quality"]) == (["latin"], ["curly_brackets"])


def test_where_no_document_passes_the_rules_are_named(tmp_path, documents, tokenizer):
    with pytest.raises(ValueError, match=r"the corpus is empty.*left out: 2 documents with fewer than half of their"):
        prepare_corpus(iter(documents[:2]), tmp_path / "out", tokenizer, scripts=["han"], left_out=tmp_path / "left")
    assert not list((tmp_path / "out").iterdir()) and not (tmp_path / "left").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"near_duplicates": 0}, "must be above 0 and at most 1, received 0"),
        ({"near_duplicates": 80}, "must be above 0 and at most 1, received 80"),
        ({"near_duplicates": 0.8, "deduplicate": False}, "needs deduplicate=True"),
        ({"scripts": ["chinese"]}, "there is no script 'chinese'; there are arabic, .*han"),
        ({"quality": ["gofer"]}, "there is no quality rule 'gofer'; there are gopher, c4"),
    ],
)
def test_impossible_filters_are_told_before_anything_is_read(tmp_path, tokenizer, options, message):
    with pytest.raises(ValueError, match=message):
        prepare_corpus(iter(["D0x1."]), tmp_path / "out", tokenizer, **options)
    assert not (tmp_path / "out").exists()


def test_what_is_left_out_is_not_written_where_texts_are_read(tmp_path, documents, tokenizer):
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "a.txt").write_text(documents[0])
    for left_out, message in (("texts/left.jsonl", "would be read as text"), ("texts/a.txt", "is to be read")):
        with pytest.raises(ValueError, match=message):
            source = tmp_path / ("texts" if "left" in left_out else "texts/*.txt")
            prepare_corpus(source, tmp_path / "out", tokenizer, left_out=tmp_path / left_out)


def test_a_corpus_is_made_anew_where_the_file_of_what_was_left_out_is_missing(tmp_path, documents, tokenizer):
    (tmp_path / "a.txt").write_text(f"{documents[0]}\n\n{documents[0]}")
    options = {"if_exists": "reuse", "left_out": tmp_path / "new" / "left.jsonl", "documents": "blank_line"}
    first = prepare_corpus(tmp_path / "a.txt", tmp_path / "out", tokenizer, **options)
    written = options["left_out"].read_text()
    assert json.loads(written)["reason"] == "duplicate documents"
    options["left_out"].unlink()
    assert prepare_corpus(tmp_path / "a.txt", tmp_path / "out", tokenizer, **options) == first
    assert options["left_out"].read_text() == written


def test_unknown_tokens_are_counted(tmp_path, tokenizer):
    assert prepare_corpus(iter(["D0x1 你 d0x2 é."]), tmp_path, tokenizer).unknown_share == pytest.approx(1 / 5)


def test_bad_lines_are_dropped_and_counted(tmp_path, tokenizer):
    (tmp_path / "a.txt").write_bytes(b"D0x1 d0x2.\n\nd0\0x3\n\nd0x4\xff.\n\n---- 12 ----\n\nD0x5.\n")
    report = prepare_corpus(tmp_path / "a.txt", tmp_path / "out", tokenizer)
    assert report.num_tokens == 5
    assert report.dropped == {"lines with a NUL": 1, "lines not UTF-8": 1, "lines with hardly any letters": 1}
    assert report.first_dropped["lines with a NUL"].endswith("a.txt:3: NUL byte at byte offset 14")
    with pytest.raises(ValueError, match=r"a\.txt:3: NUL byte"):
        prepare_corpus(tmp_path / "a.txt", tmp_path / "other", tokenizer, errors="raise")


@pytest.mark.slow
def test_ten_megabytes_in_one_line_lose_nothing(tmp_path, tokenizer):
    (tmp_path / "a.txt").write_text("d0x1 d0x2. " * 1_000_000)
    report = prepare_corpus(tmp_path / "a.txt", tmp_path / "out", tokenizer, deduplicate=False)
    assert report.num_tokens == 3_000_000
    assert "cuts in lines of more than 1 MiB (nothing lost)" in report.dropped


@pytest.mark.parametrize("content", [b"", b"\n\n", b"-- 1 --\n", b"\0\n"])
def test_an_empty_corpus_is_an_error_and_leaves_nothing(tmp_path, tokenizer, content):
    (tmp_path / "a.txt").write_bytes(content)
    with pytest.raises(ValueError, match=r"the corpus is empty: no text in .*a\.txt"):
        prepare_corpus(tmp_path / "a.txt", tmp_path / "out", tokenizer)
    assert list((tmp_path / "out").iterdir()) == []


def test_a_part_without_documents_is_named(tmp_path, tokenizer):
    (tmp_path / "a.txt").write_text("d0x1 d0x2.")
    with pytest.raises(ValueError, match=r"a\.txt.* for the validation part \(validation_every=20\)"):
        prepare_corpus(tmp_path / "a.txt", tmp_path / "out", tokenizer, part="validation", validation_every=20)


def test_a_missing_file_is_an_error(tmp_path, tokenizer):
    with pytest.raises(FileNotFoundError, match="no file matches"):
        prepare_corpus(tmp_path / "*.txt", tmp_path / "out", tokenizer)
    assert not (tmp_path / "out").exists()


def test_a_list_of_texts_is_told_to_be_an_iterator(tmp_path, tokenizer):
    with pytest.raises(FileNotFoundError, match=r"texts in memory go in as an iterator, iter\(texts\)"):
        prepare_corpus(["A text.", "Another text."], tmp_path / "out", tokenizer)


@pytest.mark.parametrize("options", [{"passage_tokens": 0}, {"records_per_shard": 0}, {"num_workers": 0}])
def test_impossible_numbers_raise(tmp_path, tokenizer, options):
    with pytest.raises(ValueError, match="must be at least 1"):
        prepare_corpus(iter(["text"]), tmp_path / "out", tokenizer, **options)


def test_each_document_is_of_one_part(tmp_path, documents, tokenizer):
    parts = {
        part: prepare_corpus(iter(documents), tmp_path / part, tokenizer, validation_every=3, part=part)
        for part in ("train", "validation")
    }
    alone = prepare_corpus(iter([documents[2], documents[5]]), tmp_path / "alone", tokenizer)
    assert parts["train"].num_documents == 4
    assert parts["validation"].num_tokens == alone.num_tokens


def test_a_validation_part_needs_its_share(tmp_path, documents, tokenizer):
    with pytest.raises(ValueError, match="validation_every of 1 or more"):
        prepare_corpus(iter(documents), tmp_path, tokenizer, part="validation")


def test_documents_must_be_strings(tmp_path, tokenizer):
    with pytest.raises(TypeError, match="document 1: expected a str, received bytes"):
        prepare_corpus(iter(["text", b"text"]), tmp_path, tokenizer)


class TestExistingCorpus:
    @pytest.fixture
    def source(self, tmp_path, documents):
        (tmp_path / "a.txt").write_text(documents[0])
        return tmp_path / "a.txt"

    @pytest.fixture
    def made(self, tmp_path, source, tokenizer):
        prepare_corpus(source, tmp_path / "out", tokenizer, records_per_shard=1, passage_tokens=20)
        return tmp_path / "out"

    def test_is_not_replaced_unasked(self, made, source, tokenizer):
        with pytest.raises(FileExistsError, match="'reuse' takes it, 'overwrite' replaces it"):
            prepare_corpus(source, made, tokenizer)

    def test_is_reused_if_it_is_the_same(self, made, source, tokenizer):
        before = {path: path.stat().st_mtime_ns for path in made.iterdir()}
        report = prepare_corpus(
            source, made, tokenizer, records_per_shard=1, passage_tokens=20, if_exists="reuse", num_workers=1
        )
        assert report == CorpusReport.load(made)
        assert before == {path: path.stat().st_mtime_ns for path in made.iterdir()}

    def test_is_not_reused_with_other_options(self, made, source, tokenizer):
        with pytest.raises(FileExistsError, match="other settings: .*'passage_tokens': 20.*'passage_tokens': 21"):
            prepare_corpus(source, made, tokenizer, records_per_shard=1, passage_tokens=21, if_exists="reuse")

    def test_is_not_reused_with_other_files(self, made, source, tokenizer):
        os.utime(source, (1, 1))
        with pytest.raises(FileExistsError, match="other sources"):
            prepare_corpus(source, made, tokenizer, records_per_shard=1, passage_tokens=20, if_exists="reuse")

    def test_is_not_reused_with_another_vocabulary(self, made, source, tokenizer):
        other = WordPieceTokenizer([*tokenizer.vocabulary.tokens, "more"])
        with pytest.raises(FileExistsError, match="other vocabulary fingerprint"):
            prepare_corpus(source, made, other, records_per_shard=1, passage_tokens=20, if_exists="reuse")

    def test_is_overwritten_whole(self, made, source, tokenizer):
        assert len(list(made.iterdir())) == 4
        prepare_corpus(source, made, tokenizer, if_exists="overwrite")
        assert {path.name for path in made.iterdir()} == {"corpus.json", "passages-00000-of-00001.tfrecord"}

    def test_survives_a_failed_attempt_to_overwrite(self, made, source, tokenizer):
        before = content_of(made)
        source.write_bytes(b"\0")
        with pytest.raises(ValueError, match="the corpus is empty"):
            prepare_corpus(source, made, tokenizer, if_exists="overwrite")
        assert content_of(made) == before

    def test_leftovers_of_a_killed_run_are_removed(self, made, source, tokenizer):
        (made / ".passages-00007.tmp").write_bytes(b"half")
        prepare_corpus(source, made, tokenizer, if_exists="overwrite")
        assert not (made / ".passages-00007.tmp").exists()

    @pytest.mark.parametrize(
        "damage",
        [
            lambda content: content.pop("num_tokens"),
            lambda content: content.update(surprise=1),
            lambda content: content.update(num_tokens="many"),
            lambda content: content.update(format="another"),
            lambda content: content["shards"][0].pop("sha256"),
            lambda content: content.update(shards=[3]),
        ],
    )
    def test_a_report_that_is_not_one_raises(self, made, damage):
        content = json.loads((made / "corpus.json").read_text())
        damage(content)
        (made / "corpus.json").write_text(json.dumps(content))
        with pytest.raises(ValueError, match=r"corpus\.json is not the report of a prepared corpus"):
            CorpusReport.load(made)

    @pytest.mark.parametrize("content", ["", "[]", "{", '"text"', "null"])
    def test_a_report_that_is_not_json_raises(self, made, content):
        (made / "corpus.json").write_text(content)
        with pytest.raises(ValueError, match=r"corpus\.json is not the report of a prepared corpus"):
            CorpusReport.load(made)


def test_a_folder_without_a_corpus_raises(tmp_path):
    with pytest.raises(FileNotFoundError, match="holds no complete corpus"):
        CorpusReport.load(tmp_path)


def test_reports_are_saved_and_loaded(tmp_path, corpus):
    report = dataclasses.replace(CorpusReport.load(corpus), first_dropped={"a reason": "caf\udce9.txt:1 你"})
    report.save(tmp_path)
    assert CorpusReport.load(tmp_path) == report
    assert "你" in (tmp_path / "corpus.json").read_text("utf-8")


class TestParts:
    """What is held out, and that nothing of it is trained on."""

    @pytest.fixture
    def prepare(self, tmp_path, tokenizer):
        def prepare(source, part, **options):
            options = {"validation_every": 3, "documents": "line", "passage_tokens": 13, **options}
            report = prepare_corpus(source, tmp_path / part, tokenizer, part=part, **options)
            passages = passages_of(tmp_path / part)
            tokens, ends = passages.token_ids.numpy().tolist(), (passages.starts + passages.lengths).numpy()
            return report, {tuple(tokens[start:end]) for start, end in zip(passages.starts.numpy(), ends, strict=True)}

        return prepare

    def test_what_is_there_twice_is_of_one_part(self, tmp_path, documents, prepare):
        texts = [documents[0], documents[1], documents[2], documents[2], documents[3], documents[0]]
        (tmp_path / "a.txt").write_text("\n".join(texts))
        parts = {part: prepare(tmp_path / "a.txt", part) for part in ("train", "validation")}
        assert not parts["train"][1] & parts["validation"][1]
        assert [parts[part][0].num_documents for part in ("train", "validation")] == [3, 1]
        (tmp_path / "train/corpus.json").unlink()
        again = prepare(tmp_path / "a.txt", "train", deduplicate=False)
        assert again[1] & parts["validation"][1]  # which the test would not see otherwise

    @pytest.mark.parametrize("kind", ["line", "blank_line"])
    def test_the_share_is_the_same_however_documents_lie_in_files(self, tmp_path, documents, prepare, kind):
        (tmp_path / "texts").mkdir()
        for number, text in enumerate(documents):
            (tmp_path / f"texts/{number}.txt").write_text(text + "\n\n")
        for number in range(6, 9):  # nothing in them
            (tmp_path / f"texts/{number}.txt").write_text("\n")
        held_out, kept = (prepare(tmp_path / "texts", p, documents=kind)[0] for p in ("validation", "train"))
        assert (held_out.num_documents, kept.num_documents) == (2, 4)

    def test_few_documents_are_told_what_to_change(self, tmp_path, documents, prepare):
        (tmp_path / "a.txt").write_text(documents[0])
        with pytest.raises(ValueError, match="want a smaller validation_every, or 0"):
            prepare(tmp_path / "a.txt", "validation")

    @pytest.mark.parametrize("output", ["texts/corpus", "texts", "texts/a"])
    def test_shards_among_the_texts_are_refused(self, tmp_path, documents, tokenizer, output):
        (tmp_path / "texts/a").mkdir(parents=True)
        (tmp_path / "texts/a/a.txt").write_text(documents[0])
        for source in (tmp_path / "texts", [str(tmp_path / "texts/a/a.txt"), str(tmp_path / "texts")]):
            with pytest.raises(ValueError, match="take another folder"):
                prepare_corpus(source, tmp_path / output, tokenizer)
        prepare_corpus(tmp_path / "texts", tmp_path / "texts/.corpus", tokenizer)  # hidden: never read as text

    def test_a_file_that_is_read_is_not_where_the_corpus_goes(self, tmp_path, documents, tokenizer):
        (tmp_path / "a.txt").write_text(documents[0])
        with pytest.raises(ValueError, match=r"holds .*a\.txt, which is to be read"):
            prepare_corpus(str(tmp_path / "*.txt"), tmp_path, tokenizer)


class Shouting(WordPieceTokenizer):
    """A tokenizer with an option of its own."""

    def __init__(self, vocabulary, *, shout="d", **options):
        super().__init__(vocabulary, **options)
        self.shout = shout

    def __call__(self, texts):
        return super().__call__([text.replace("d", self.shout) for text in texts])

    def get_config(self):
        return super().get_config() | {"shout": self.shout}


@pytest.mark.parametrize("num_workers", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_a_tokenizer_of_ones_own_keeps_its_options(tmp_path, vocabulary, num_workers):
    prepare_corpus(iter(["c d."]), tmp_path, Shouting(vocabulary, shout="a"), num_workers=num_workers)
    assert [vocabulary.tokens[token] for token in passages_of(tmp_path).token_ids.numpy()] == ["c", "a", "."]


def test_a_cased_tokenizer_makes_a_cased_corpus(tmp_path, vocabulary):
    prepare_corpus(iter(["D0x1 d0x1 é."]), tmp_path, WordPieceTokenizer(vocabulary, lower_case=False))
    assert passages_of(tmp_path).token_ids.numpy()[[0, 2]].tolist() == [vocabulary.unk_id] * 2


def test_a_corpus_of_another_tokenizer_is_not_reused(tmp_path, documents, tokenizer, vocabulary):
    (tmp_path / "a.txt").write_text(documents[0])
    prepare_corpus(tmp_path / "a.txt", tmp_path / "out", tokenizer)
    for other in (Shouting(vocabulary), WordPieceTokenizer(vocabulary, lower_case=False)):
        with pytest.raises(FileExistsError, match="with other settings"):
            prepare_corpus(tmp_path / "a.txt", tmp_path / "out", other, if_exists="reuse")


def test_a_corpus_that_lacks_a_shard_is_made_anew(tmp_path, documents, tokenizer, caplog):
    (tmp_path / "a.txt").write_text(documents[0])
    prepare_corpus(tmp_path / "a.txt", tmp_path / "out", tokenizer)
    before = content_of(tmp_path / "out")
    next((tmp_path / "out").glob("*.tfrecord")).unlink()
    prepare_corpus(tmp_path / "a.txt", tmp_path / "out", tokenizer, if_exists="reuse")
    assert content_of(tmp_path / "out") == before and "lacks its shard" in caplog.text


def test_faults_are_raised_also_where_a_corpus_was_made_without_them(tmp_path, tokenizer):
    (tmp_path / "a.txt").write_bytes(b"D0x1 d0x2.\n\nd0x3\xff\n")
    prepare_corpus(tmp_path / "a.txt", tmp_path / "out", tokenizer)
    assert prepare_corpus(tmp_path / "a.txt", tmp_path / "out", tokenizer, if_exists="reuse").num_tokens == 3
    with pytest.raises(ValueError, match=r"a\.txt:3: not UTF-8"):
        prepare_corpus(tmp_path / "a.txt", tmp_path / "out", tokenizer, if_exists="reuse", errors="raise")


def test_texts_in_memory_are_cut_into_documents_if_asked(tmp_path, documents, tokenizer):
    texts = ["\n\n".join(documents[:3]), documents[3]]
    assert prepare_corpus(iter(texts), tmp_path / "a", tokenizer).num_documents == 2
    assert prepare_corpus(iter(texts), tmp_path / "b", tokenizer, documents="blank_line").num_documents == 4
    with pytest.raises(ValueError, match="documents must be"):
        prepare_corpus(iter(texts), tmp_path / "c", tokenizer, documents="page")


def test_names_of_files_are_not_taken_for_texts(tmp_path, documents, tokenizer):
    (tmp_path / "a.txt").write_text(documents[0])
    with pytest.raises(ValueError, match=r"the name of a file, '.*a\.txt': pass a list"):
        prepare_corpus(iter([str(tmp_path / "a.txt")]), tmp_path / "out", tokenizer)


def test_a_document_in_pieces_is_counted_once(tmp_path, tokenizer, monkeypatch):
    monkeypatch.setattr(corpus_module, "group_documents", lambda paragraphs: (
        (document, [text]) for document, text in paragraphs
    ))  # fmt: skip
    report = prepare_corpus(iter(["D0x1 d0x2.\n\nD0x3.\n\nD0x4.", "D1x1."]), tmp_path, tokenizer, deduplicate=False)
    assert (report.num_documents, report.largest_document, report.num_passages) == (2, 3, 4)


def test_another_process_at_work_in_the_folder_is_told(tmp_path, documents, tokenizer, monkeypatch):
    def busy(folder, content):
        raise BlockingIOError(f"another process writes {content} there")

    monkeypatch.setattr(corpus_module, "FolderLock", busy)
    with pytest.raises(OSError, match="another process writes a corpus there"):
        prepare_corpus(iter(documents), tmp_path, tokenizer)


class TestSentencesThatTheUserHasCut:
    """They go through paragraphs, passages, shards and pairs as they are."""

    LINES = [[" ".join(f"d{d}x{3 * n + word}" for word in range(3)) for n in range(19)] for d in range(6)]

    def sentences_of(self, directory):
        passages = passages_of(directory)
        return np.diff(passages.sentence_ends.numpy(), prepend=0).tolist()

    @pytest.fixture
    def source(self, tmp_path):
        (tmp_path / "a.txt").write_text("\n\n".join("\n".join(lines) for lines in self.LINES))
        return tmp_path / "a.txt"

    @pytest.mark.parametrize("kind", ["auto", "sentence_lines"])
    def test_files_keep_them(self, tmp_path, source, tokenizer, kind):
        report = prepare_corpus(source, tmp_path / "out", tokenizer, documents=kind, passage_tokens=9)
        assert self.sentences_of(tmp_path / "out") == [3] * 19 * 6
        assert (report.num_documents, report.num_sentences, report.read_as) == (6, 114, {"sentence_lines": 1})
        assert "files: 1 of sentence_lines" in str(report)

    @pytest.mark.parametrize("make", [lambda lines: lines, tuple, "\n".join], ids=["list", "tuple", "text"])
    def test_texts_in_memory_keep_them(self, tmp_path, tokenizer, make):
        report = prepare_corpus(map(make, self.LINES), tmp_path, tokenizer, passage_tokens=9)
        assert self.sentences_of(tmp_path) == [3] * 19 * 6 and report.num_documents == 6

    def test_documents_that_were_read_from_files_keep_them_however_few(self, tmp_path, source, tokenizer):
        document = next(read_documents(source))
        prepare_corpus(iter([document]), tmp_path / "out", tokenizer, passage_tokens=9)
        assert self.sentences_of(tmp_path / "out") == [3] * 19

    def test_no_pair_of_texts_is_cut_inside_a_sentence(self, tmp_path, source, tokenizer):
        prepare_corpus(source, tmp_path / "out", tokenizer, passage_tokens=9)
        for seed in range(5):
            first, second, _ = sentence_pairs(passages_of(tmp_path / "out"), 100, tf.constant([seed, 0]))
            assert not (first.lengths.numpy() % 3).any() and not (second.lengths.numpy() % 3).any()
            assert (second.lengths.numpy() > 0).all()

    @pytest.mark.slow
    def test_any_number_of_workers_makes_the_same_corpus(self, tmp_path, source, tokenizer, monkeypatch):
        monkeypatch.setattr(corpus_module, "_CHUNK_CHARACTERS", 100)
        for num_workers in (1, 2):
            prepare_corpus(source, tmp_path / f"out{num_workers}", tokenizer, passage_tokens=9, num_workers=num_workers)
        assert content_of(tmp_path / "out1") == content_of(tmp_path / "out2")

    def test_repeated_sentences_stay_and_repeated_documents_go(self, tmp_path, tokenizer):
        long = " ".join(f"d0x{n}" for n in range(30))
        texts = [[long, "d0x1", long], ["d1x1", long], [long, "d0x1", long]]
        report = prepare_corpus(iter(texts), tmp_path, tokenizer)
        assert report.num_sentences == 5 and report.dropped == {"duplicate documents": 1}

    def test_a_blank_line_behind_each_sentence_is_told(self, tmp_path, tokenizer, caplog):
        (tmp_path / "a.txt").write_text("\n\n".join(self.LINES[0]))
        prepare_corpus(tmp_path / "a.txt", tmp_path / "out", tokenizer)
        assert "19 documents hold 19 sentences: is there a blank line behind each sentence?" in caplog.text


def test_records_are_documents_and_what_is_left_out_is_in_the_report(tmp_path, documents, tokenizer):
    rows = [{"body": text} for text in documents]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in [*rows, {"id": 1}]))
    (tmp_path / "b.html").write_text("<!DOCTYPE html>\n<p>D0x1.</p>")
    report = prepare_corpus([tmp_path / "a.jsonl", tmp_path / "b.html"], tmp_path / "out", tokenizer, text_field="body")
    assert report.num_documents == 6 and report.read_as == {"json": 1}
    assert report.dropped == {"JSON records without a text": 1, "files of HTML": 1}
    assert "1 JSON records without a text (first: " in str(report) and "a.jsonl:7: no field 'body'" in str(report)
    with pytest.raises(FileExistsError, match="other settings"):
        prepare_corpus([tmp_path / "a.jsonl", tmp_path / "b.html"], tmp_path / "out", tokenizer, if_exists="reuse")


def test_texts_in_memory_that_are_no_prose_are_counted(tmp_path, tokenizer):
    texts = ["<html><body><p>D0x1.</p></body></html>", "D0x1 d0x2.", '{"text": "D0x3."}']
    report = prepare_corpus(iter(texts), tmp_path, tokenizer)
    assert report.num_tokens == 5 and report.dropped == {"texts of HTML": 1}
    with pytest.raises(TypeError, match=r"received dict; take its text, e\.g\. row\['text'\]"):
        prepare_corpus(iter([{"text": "D0x1."}]), tmp_path / "out", tokenizer)


def test_what_was_left_out_is_said_to_be_of_all_parts():
    numbers = dict(num_documents=1, num_sentences=1, num_passages=1, num_tokens=1, passage_tokens=8, unknown_share=0.0)
    tokens = dict(most_frequent_id=1, most_frequent_token="a", most_frequent_share=1.0, length_histogram=[[8, 1]])
    left_out = dict(dropped={"duplicates": 2}, first_dropped={"duplicates": "'a'"}, settings={"validation_every": 20})
    report = CorpusReport(
        **numbers, **tokens, **left_out, vocabulary_fingerprint="", vocabulary_size=5, sources="", shards=[]
    )
    assert str(report).endswith("left out of all parts together:\n2 duplicates (first: 'a')")
