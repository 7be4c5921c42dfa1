import json

import pytest

from bert_keras.data.corpus.documents import read_documents
from bert_keras.data.corpus.file_formats import recognise
from bert_keras.data.tokenization.vocabulary_training import train_vocabulary

TEXTS = [f"The cat number {word} sat on the mat. Then it slept.\nAnd it woke." for word in "one two three four".split()]
ARTICLES = "".join(
    f'<doc id="{number}" url="https://w.example/?curid={number}" title="Ben &amp; Jerry">\nBen &amp; Jerry\n\n{text}\n'
    "It is &lt;br&gt; <ref name=x>here</ref> &amp;amp; there.\n\n</doc>\n"
    for number, text in enumerate(TEXTS)
)  # fmt: skip
PACKAGED = {
    "wiki_00": ARTICLES,
    "wiki.json": [{"id": "1", "url": "u", "title": "t", "text": text} for text in TEXTS],
    "text.jsonl": [{"text": text, "meta": {"url": "u"}} for text in TEXTS],
    "no_suffix": [{"content": text} for text in TEXTS],
    "array.json": json.dumps([{"text": text} for text in TEXTS]),
    "pretty.json": json.dumps([{"contents": text} for text in TEXTS], indent=2),
    "strings.json": json.dumps(TEXTS),
    "parts.txt": json.dumps([{"text": text.split("\n")} for text in TEXTS]),
}
OTHERS = {
    "HTML": "<!-- a page -->\n<!DOCTYPE html>\n<html><body><p>The cat sat.</p></body></html>",
    "a Wikipedia dump": '<mediawiki xmlns="x">\n<page><title>A</title><text>The cat sat.</text></page>\n</mediawiki>',
    "XML": '<?xml version="1.0"?>\n<TEI><p>The cat sat.</p></TEI>',
    "markup": "<DOC>\n<DOCNO>1</DOCNO>\nThe cat sat.\n</DOC>",
    "wiki markup": "The [[cat|cats]] sat.\n{{cite web}} It slept.\n== Sleep ==\nSee [[sleep]].",
    "LaTeX": "\\documentclass{article}\n\\begin{document}\nThe cat sat.\n\\end{document}",
    "RTF": "{\\rtf1\\ansi The cat sat.}",
    "a WARC of web pages": "WARC/1.0\nWARC-Type: conversion\n\nThe cat sat.",
    "a JSON object over several lines": json.dumps({"data": [{"text": "The cat sat."}]}, indent=1),
    "JSON arrays": '["The cat sat.", 1]\n["It slept.", 0]',
    "Python's dicts": "{'text': 'The cat sat.'}\n{'text': 'It slept.'}",
    "a table": 'text,label\n"The cat, a black one, sat",1\n"It slept, really",0\n"It woke, too",1',
    "tagged words": "-DOCSTART- O\n\nThe O\ncat B-CAT\nsat O\n. O\n\nIt O\nslept O",
}


def written(path, content):
    text = content if isinstance(content, str) else "".join(json.dumps(row) + "\n" for row in content)
    path.write_text(text)
    return path


@pytest.mark.parametrize("name", PACKAGED)
def test_the_vocabulary_shows_nothing_of_the_packaging(tmp_path, name):
    read = list(read_documents(written(tmp_path / name, PACKAGED[name]), errors="raise"))
    assert len(read) == 4
    for text, document in zip(TEXTS, read, strict=True):
        assert text.split() == [word for word in document.split() if word in text.split()]
    tokens = set(train_vocabulary(read, 300, min_frequency=1).tokens)
    assert not tokens & {
        *'<>{}[]":=/',
        "doc",
        "url",
        "curid",
        "id",
        "text",
        "title",
        "content",
        "ref",
        "br",
        "amp",
        "lt",
    }
    assert {"cat", "woke"} <= tokens


def test_an_article_is_its_title_and_a_paragraph_a_line(tmp_path):
    document = next(read_documents(written(tmp_path / "wiki_00", ARTICLES)))
    assert document.split("\n\n") == [
        "Ben & Jerry", "The cat number one sat on the mat. Then it slept.", "And it woke.", "It is    here  & there."
    ]  # fmt: skip


def test_articles_with_nothing_but_a_title_are_counted(tmp_path, caplog):
    article = '<doc id="7" url="u" title="A cat">\nA cat\n\n</doc>\n'
    assert len(list(read_documents(written(tmp_path / "wiki_00", article + ARTICLES)))) == 4
    assert "1 articles with nothing but a title (first: " in caplog.text and "wiki_00:2: A cat" in caplog.text


@pytest.mark.parametrize("kind", OTHERS)
def test_what_is_no_prose_is_refused_by_name(tmp_path, kind):
    path = written(tmp_path / "a.txt", OTHERS[kind])
    assert recognise(OTHERS[kind].split("\n")) == kind
    with pytest.raises(
        ValueError, match=rf"left out: 1 files of {kind} \(first: .*a\.txt: {kind}, expected plain text"
    ):
        list(read_documents(path))
    with pytest.raises(ValueError, match=rf"a\.txt: {kind}, expected plain text"):
        list(read_documents(path, errors="raise"))
    assert list(read_documents(path, file_format="text", min_letter_share=0))


def test_conllu_is_tagged_words():
    lines = "# text = It rains\n1\tIt\tit\tPRON\t_\t_\t2\tnsubj\t_\t_\n2\trains\train\tVERB\t_\t_\t0\troot\t_\t_"
    assert recognise(lines.split("\n")) == "tagged words"


def test_among_texts_it_is_counted(tmp_path, caplog):
    written(tmp_path / "a.txt", OTHERS["HTML"])
    written(tmp_path / "b.txt", TEXTS[0])
    assert len(list(read_documents(tmp_path))) == 1
    assert "left out: 1 files of HTML (first: " in caplog.text


@pytest.mark.parametrize(
    "text",
    [
        "[Applause.]\nThe cat sat.\n\n[1] A note.",
        '"Stop!" he said.\n"Why?"\n"["\n"So."',
        "{A remark} and more.\nThe <unk> sat on the <unk> .\n<3 cats!",
        "Cats, dogs, and mice.\nBread, butter, and tea.\nRain, snow, and hail.\nOne, two, and three.",
        "a b c d e\nf g h i j\nk l m n o\np q r s t",
        "1,234 cats came.\n5,678 dogs came.\nThey all left.\nNobody stayed.",
        "\tThe cat sat.\n\tIt slept.\n\tIt woke.\n\tIt ate.",
        "If x < y and y > z, then stop.\nSo it is.\nSo be it.\nAmen.",
        "",
    ],
)
def test_prose_is_prose(text):
    assert recognise(text.split("\n")) == "text"


def test_records_without_a_text_are_named_with_their_fields(tmp_path, caplog):
    rows = [{"text": "The cat sat."}, {"body": "It slept."}, {"text": None}, {"text": " "}]
    path = written(tmp_path / "a.jsonl", rows)
    path.write_text(path.read_text() + "{broken\n")
    assert list(read_documents(path)) == ["The cat sat."]
    for reason in (
        "2 JSON records without a text (first: {}:2: no field 'text' or 'content' or 'contents' among 'body'; name it",
        "1 JSON records with an empty text (first: {}:4)",
        "1 lines that are no JSON (first: {}:5: not JSON: ",
    ):
        assert reason.format(path) in caplog.text
    with pytest.raises(ValueError, match=r"a\.jsonl:2: no field 'text'"):
        list(read_documents(path, errors="raise"))
    assert list(read_documents(path, text_field="body")) == ["It slept."]


def test_an_array_that_breaks_off_gives_what_is_whole(tmp_path, caplog):
    path = written(tmp_path / "a.json", PACKAGED["pretty.json"][:-20])
    assert len(list(read_documents(path))) == 3
    assert "1 JSON files that break off (first: " in caplog.text and "a.json:12: not JSON" in caplog.text


def test_an_array_in_one_long_line_is_read_in_pieces(tmp_path):
    texts = [f"Text {'and  more ' * 9000}number {number}." for number in range(30)]
    path = written(tmp_path / "a.json", json.dumps(texts))
    assert path.stat().st_size > 2 << 20
    read = list(read_documents(path, documents="line"))
    assert read == texts


def test_a_field_that_no_file_has_room_for_is_told(tmp_path, caplog):
    assert len(list(read_documents(written(tmp_path / "a.txt", TEXTS[0]), text_field="body"))) == 1
    assert "text_field='body' names a field of JSON, and no file is read as that" in caplog.text


def test_an_array_is_read_element_by_element(tmp_path):
    texts = [f"Text {'and more ' * 9000}number {number}." for number in range(20)]
    path = written(tmp_path / "a.json", json.dumps([{"text": text} for text in texts], indent=1))
    assert [text.split()[-1] for text in read_documents(path)] == [f"{number}." for number in range(20)]


def test_a_record_longer_than_a_line_may_be_stays_whole(tmp_path):
    path = written(tmp_path / "a.jsonl", [{"text": "The cat sat. " * 100_000}, {"text": "It slept."}])
    assert [text[-9:] for text in read_documents(path, in_pieces=False)] == [" cat sat.", "It slept."]


def test_sentences_a_line_within_records_are_kept(tmp_path):
    path = written(tmp_path / "a.jsonl", [{"text": "The cat sat.\nIt slept.\nit woke.\nIt ate."} for _ in range(5)])
    assert list(read_documents(path))[0].split("\n") == ["The cat sat.", "It slept.", "it woke.", "It ate."]


def test_marks_of_markdown_are_told(tmp_path, caplog):
    path = written(tmp_path / "a.md", "# Cats\n\nThe cat sat, see [cats](cats.html).\n\n## Sleep\n\nIt slept.\n")
    assert len(list(read_documents(path))) == 4
    assert "1 files of Markdown (marks and all; `pandoc -t plain` takes them out)" in caplog.text


def test_files_are_read_in_the_encoding_that_is_named(tmp_path, caplog):
    (tmp_path / "a.txt").write_bytes("今天下雨了。\n\n我们在家里看书。\n".encode("gbk"))
    assert list(read_documents(tmp_path, encoding="gbk")) == ["今天下雨了。", "我们在家里看书。"]
    (tmp_path / "b.jsonl").write_bytes('{"text": "Été."}\n'.encode("utf-16"))
    assert list(read_documents(tmp_path / "b.jsonl")) == ["Été."]
    (tmp_path / "c.txt").write_bytes("Été.\rIl pleut.\r\rFin.\r".encode())
    assert list(read_documents(tmp_path / "c.txt")) == ["Été. Il pleut.", "Fin."]
    with pytest.raises(ValueError, match=r"a\.txt:1: not UTF-8: .*gbk"):
        list(read_documents(tmp_path / "a.txt", errors="raise"))
    with pytest.raises(ValueError, match=r"2 lines not in the encoding \(first: .*a\.txt:1: not ascii: byte 0x"):
        list(read_documents(tmp_path / "a.txt", encoding="ascii"))
