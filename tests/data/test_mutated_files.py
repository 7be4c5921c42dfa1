"""Every reader against files with random damage: it reads, or it says in a ValueError which file is at fault.

A few damages each by default, 1000 by `make test-all`.
"""

import gzip
import json
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bert_keras.data.classification.choices import read_choices
from bert_keras.data.classification.readers import read_examples
from bert_keras.data.corpus.documents import read_documents
from bert_keras.data.corpus.report import CorpusReport
from bert_keras.data.questions.questions import read_questions
from bert_keras.data.tagging.relation_examples import read_relations
from bert_keras.data.tagging.tagged_files import read_tagged_sentences
from bert_keras.data.tagging.triple_examples import read_triples
from bert_keras.data.tokenization.tokenizer_config import read_tokenizer_config
from bert_keras.data.tokenization.tokenizer_json import read_tokenizer_json
from bert_keras.data.tokenization.vocabulary import SPECIAL_TOKENS, Vocabulary

TABLE = "sentence\tlabel\nIt is good, \u00e9t\u00e9\tyes\nAnd bad\tno\nSo so\tyes\n"
CSV = 'sentence,label\n"It is, ""so"" good",yes\nAnd bad,no\n'
JSONL = '{"sentence": "It is good", "label": "yes"}\n{"sentence": "\\u00e9t\\u00e9", "label": 1}\n'
JSON = '{"data": [{"sentence": "It is good", "label": "yes"},\n{"sentence": "\\u00e9t\\u00e9", "label": 1}]}\n'
CONLL = "-DOCSTART- O\n\nAda B-PER\nLovelace I-PER\nsaw O\nLyon B-LOC\n\nIt O\nrains O\n"
CONLLU = "# text = It rains\n1\tIt\tit\tPRON\t_\t_\t2\tnsubj\t_\t_\n2\trains\train\tVERB\t_\t_\t0\troot\t_\t_\n\n"
SPANS = '{"text": "Ada saw Lyon", "spans": [{"start": 0, "end": 3, "label": "PER"}]}\n'
QUESTIONS = json.dumps({"version": "1", "data": [{"title": "t", "paragraphs": [{"context": "The cat sat.", "qas": [
    {"id": "q1", "question": "Who sat?", "answers": [{"text": "The cat", "answer_start": 0}]}]}]}]})  # fmt: skip
RELATIONS = '1\t"A <e1>cat</e1> in a <e2>box</e2>."\nContent-Container(e1,e2)\nComment:\n\n'
TRIPLES = '{"text": "Ada lived in Lyon.", "spo_list": [["Ada", "lived-in", "Lyon"]]}\n'
CHOICES = "sent1\tsent2\tending0\tending1\tending2\tending3\tlabel\nIt rains.\tShe\truns.\tswims.\tsits.\tsits.\t1\n"
TOKENS = "".join(f"{token}\n" for token in [*SPECIAL_TOKENS, "a", "##a", "\u00e9t\u00e9"])
CONFIG = '{"do_lower_case": true, "strip_accents": null, "model_max_length": 512}'
PROSE = "It is good, \u00e9t\u00e9.\nIt rains.\n\nAnd bad it is.\nSo so.\n"
ARTICLES = '<doc id="1" url="x" title="It">\nIt\n\nIt rains &amp; so on.\n\n</doc>\n<doc id="2" title="A">\nA\n</doc>\n'
RECORDS = '{"id": 1, "text": "It rains.\\nSo so."}\n{"id": 2, "text": "\\u00e9t\\u00e9", "tags": [1, null]}\n'
PLUS = "# global.columns = ID FORM NER\n1\tAda\tB-PER\n2\tsaw\tO\n\n"
PAIRS = '[["Ada saw Lyon", {"entities": [[0, 3, "PER"]]}], ["No", {"entities": []}]]'
WORDS = '{"tokens": ["Ada", "saw"], "ner_tags": ["B-PER", "O"]}\n{"tokens": ["It"], "ner_tags": ["O"]}\n'
TOKENS_OF_DOCS = json.dumps([{"paragraphs": [{"sentences": [{"tokens": [{"orth": "Ada", "ner": "U-PER"}]}]}]}])
STUDIO = json.dumps([{"data": {"text": "Ada saw"}, "annotations": [
    {"result": [{"value": {"start": 0, "end": 3, "text": "Ada", "labels": ["PER"]}}]}]}], indent=1)  # fmt: skip
CLUENER = '{"text": "Ada saw", "label": {"PER": {"Ada": [[0, 2]]}}}'
ROWS = '{"id": 1, "question": "Who?", "context": "A cat", "answers": {"text": ["cat"], "answer_start": [2]}}\n'
OLD_CMRC = json.dumps([{"context_text": "A cat", "qas": [{"query_id": "q", "query_text": "?", "answers": ["cat"]}]}])
MRQA = '{"header": {}}\n' + json.dumps({"context": "A cat", "qas": [
    {"qid": "q", "question": "?", "detected_answers": [{"text": "cat", "char_spans": [[2, 4]]}]}]})  # fmt: skip
NEWS = json.dumps(
    {"data": [{"storyId": "s", "text": "A cat", "questions": [{"q": "?", "consensus": {"s": 2, "e": 5}}]}]}
)
TACRED = json.dumps([{"id": "a", "token": ["A", "cat", "in", "Lyon"], "subj_start": 1, "subj_end": 1, "obj_start": 3,
                      "obj_end": 3, "relation": "no_relation"}])  # fmt: skip
OPENNRE = '{"text": "A cat", "h": {"name": "A", "pos": [0, 1]}, "t": {"pos": [2, 5]}, "relation": "x"}\n'
SPERT = json.dumps([{"tokens": ["Ada", "of", "Lyon"], "entities": [
    {"type": "p", "start": 0, "end": 1}, {"type": "l", "start": 2, "end": 3}], "relations": [
    {"type": "of", "head": 0, "tail": 1}]}])  # fmt: skip
COLUMNS = {"text_column": "sentence", "label_column": "label"}


def read_all(path):
    return list(read_documents(path, errors="raise", min_letter_share=0))


READERS = {
    "table.tsv": (TABLE, lambda path: read_examples(path, **COLUMNS)),
    "table.csv": (CSV, lambda path: read_examples(path, **COLUMNS)),
    "table.jsonl": (JSONL, lambda path: read_examples(path, **COLUMNS)),
    "table.json": (JSON, lambda path: read_examples(path, **COLUMNS)),
    "table.tsv.gz": (TABLE, lambda path: read_examples(path, **COLUMNS)),
    "tags.conll": (CONLL, read_tagged_sentences),
    "tags.conllu": (CONLLU, lambda path: read_tagged_sentences(path, scheme=None)),
    "tags.jsonl": (SPANS, read_tagged_sentences),
    "tags.conllup": (PLUS, lambda path: read_tagged_sentences(path, tag_column="ner")),
    "pairs.json": (PAIRS, lambda path: read_tagged_sentences(path, scheme=None)),
    "words.jsonl": (WORDS, read_tagged_sentences),
    "docs.json": (TOKENS_OF_DOCS, read_tagged_sentences),
    "studio.json": (STUDIO, read_tagged_sentences),
    "cluener.txt": (CLUENER, read_tagged_sentences),
    "columns.txt": (CONLL, lambda path: read_tagged_sentences(path, scheme=None)),
    "questions.json": (QUESTIONS, read_questions),
    "rows.jsonl": (ROWS, read_questions),
    "old.json": (OLD_CMRC, read_questions),
    "mrqa.jsonl": (MRQA, read_questions),
    "news.json": (NEWS, read_questions),
    "tacred.json": (TACRED, read_relations),
    "opennre.txt": (OPENNRE, read_relations),
    "spert.json": (SPERT, read_triples),
    "relations.txt": (RELATIONS, read_relations),
    "triples.jsonl": (TRIPLES, read_triples),
    "choices.tsv": (CHOICES, read_choices),
    "documents.txt": (PROSE, read_all),
    "documents.txt.gz": (PROSE, read_all),
    "articles.txt": (ARTICLES, read_all),
    "documents.jsonl": (RECORDS, read_all),
    "documents.json": ("[" + RECORDS.replace("\n", ",\n") + '"It rains."]', read_all),
    "vocab.txt": (TOKENS, Vocabulary.load),
    "tokenizer_config.json": (CONFIG, read_tokenizer_config),
    "tokenizer.json": (None, read_tokenizer_json),
    "corpus.json": (None, lambda path: CorpusReport.load(path.parent)),
}

change = st.tuples(
    st.sampled_from(["flip", "delete", "insert", "truncate", "repeat", "word"]),
    st.integers(0, 10_000),
    st.binary(min_size=1, max_size=4)
    | st.sampled_from([b"\0", b"\n", b"\t", b'"', b"\r\n", b"\xff", b"[" * 2000, b"1e999"]),
)


def damaged(content, changes):
    content = bytearray(content)
    for kind, place, new in changes:
        place %= len(content) + 1
        if kind == "flip":
            content[place : place + 1] = new[:1]
        elif kind == "delete":
            del content[place : place + len(new)]
        elif kind == "insert":
            content[place:place] = new
        elif kind == "truncate":
            del content[place:]
        elif kind == "repeat":
            content[place:place] = content[place // 2 : place]
        else:  # another value where a word or a number stood
            words = list(re.finditer(rb"[\w.-]+", content))
            if words:
                begin, end = words[place % len(words)].span()
                content[begin:end] = [b"null", b"-1", b"true", b"{}", b"99999999999999999999", b"1.5"][place % 6]
    return bytes(content)


@pytest.fixture(scope="module")
def contents(tmp_path_factory, corpus):
    directory = tmp_path_factory.mktemp("tokenizer")
    tokenizers = pytest.importorskip("tokenizers")
    tokens = TOKENS.split()
    model = tokenizers.models.WordPiece({token: number for number, token in enumerate(tokens)}, unk_token="[UNK]")
    tokenizer = tokenizers.Tokenizer(model)
    tokenizer.normalizer = tokenizers.normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()
    tokenizer.save(str(directory / "tokenizer.json"))
    made = {name: text.encode() for name, (text, _) in READERS.items() if text is not None}
    made["tokenizer.json"] = (directory / "tokenizer.json").read_bytes()
    made["corpus.json"] = (corpus / "corpus.json").read_bytes()
    return {name: gzip.compress(content) if name.endswith(".gz") else content for name, content in made.items()}


def test_damaged_files_of_brat_are_read_or_named(tmp_path):
    text, annotations = b"Ada saw.\nIn Lyon\nor\n", b"T1\tPER 0 3\tAda\nT2\tLOC 12 16\tLyon\nR1\tx Arg1:T1 Arg2:T2\n"

    @settings(max_examples=30, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(changes=st.lists(change, min_size=1, max_size=3), of_text=st.booleans())
    def check(changes, of_text):
        (tmp_path / "a.txt").write_bytes(damaged(text, changes) if of_text else text)
        (tmp_path / "a.ann").write_bytes(annotations if of_text else damaged(annotations, changes))
        try:
            read_tagged_sentences(tmp_path / "a.ann")
        except ValueError as error:
            assert str(tmp_path / "a.") in str(error), f"no file name in {error!r}"

    check()


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("number", [10, pytest.param(1000, marks=pytest.mark.slow)])
def test_a_damaged_file_is_read_or_named(tmp_path, contents, name, number):
    path, reader = tmp_path / name, READERS[name][1]
    path.write_bytes(contents[name])
    reader(path)

    @settings(max_examples=number, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(changes=st.lists(change, min_size=1, max_size=3))
    def check(changes):
        path.write_bytes(damaged(contents[name], changes))
        try:
            reader(path)
        except ValueError as error:
            assert name in str(error), f"no file name in {error!r}"

    check()
