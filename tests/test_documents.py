"""The examples of docs/files.md are read as it says."""

import pathlib
import re

import pytest

from bert_keras.data import read_questions, read_relations, read_tagged_sentences, read_triples

SECTIONS = (pathlib.Path(__file__).parents[1] / "docs" / "files.md").read_text(encoding="utf-8").split("\n## ")
EXAMPLES = {
    (section.split("\n")[0], name): text
    for section in SECTIONS
    for name, text in re.findall(r"`([\w.]+)`[^\n]*:\n\n```\w+\n(.*?)```", section, re.DOTALL)
}


def of(section):
    return {name: text for (title, name), text in EXAMPLES.items() if title == section}


@pytest.fixture
def write(tmp_path):
    def write(name, text):
        (tmp_path / "brat.txt").write_text("Ada smiled")
        (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path / name

    return write


@pytest.mark.parametrize("name", of("Tags and spans"))
def test_examples_of_tags_and_spans_are_read(write, name):
    is_upos = name.endswith(".conllu")
    column = "my:ner" if name.endswith(".conllup") else None
    path = write(name, of("Tags and spans")[name])
    sentences = read_tagged_sentences(path, scheme=None if is_upos else "BIO", tag_column=column)
    assert sentences.words[0][:2] == ("Ada", "smiled")
    assert sentences.tags[0][:2] == (("PROPN", "VERB") if is_upos else ("B-person", "O"))


@pytest.mark.parametrize("name", of("Relations"))
def test_examples_of_relations_are_read(write, name):
    examples = read_relations(write(name, of("Relations")[name]))
    ((start, end),), ((other_start, other_end),) = examples.first_spans, examples.second_spans
    assert (examples.texts[0][start:end], examples.texts[0][other_start:other_end]) == ("cat", "box")


@pytest.mark.parametrize("name", of("Triples"))
def test_examples_of_triples_are_read(write, name):
    assert read_triples(write(name, of("Triples")[name])).quoted() == [[("Ada", "won", "did")]]


@pytest.mark.parametrize("name", of("Questions"))
def test_examples_of_questions_are_read(write, name):
    (question,) = read_questions(write(name, of("Questions")[name]))
    (answer,) = question.answers
    assert (question.question, answer.text, answer.start) == ("Who sat?", "The cat", 0)


def test_every_format_has_its_example():
    assert [len(of(name)) for name in ("Tags and spans", "Relations", "Triples", "Questions")] == [13, 4, 4, 5]
