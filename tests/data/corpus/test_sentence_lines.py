import random
import textwrap

import pytest

from bert_keras.data.corpus.documents import SentenceLines, read_documents
from bert_keras.data.corpus.sentence_lines import LineEvidence

random_numbers = random.Random(0)
WORDS = "river stone bread window market garden winter letter bridge story silver quiet morning".split()


def sentence(stop="."):
    return " ".join(random_numbers.choices(WORDS, k=random_numbers.randint(3, 14))).capitalize() + stop


DOCUMENTS = [[sentence() for _ in range(6)] for _ in range(10)]
LOWER = [[text.lower().rstrip(".") for text in document] for document in DOCUMENTS]
ALIKE = [[f"sentence {i} of document {d} here" for i in range(6)] for d in range(10)]
CHINESE = [["今天下雨了。", "我们没有出去；大家在家里看书。", "晚上天晴了！"] for _ in range(10)]
THAI = [["เมื่อวานฉันไปตลาด", "ที่นั่นคนเยอะมาก", "ฉันซื้อปลา ผัก และผลไม้กลับบ้าน"] for _ in range(10)]
PARAGRAPHS = [[" ".join(document[:2]), " ".join(document[2:4])] for document in DOCUMENTS]
VERSE = [["The river ran, and", "the stone it fell", "to morning; bread", "was cold. So tell"] for _ in range(10)]
HEADED = [["Chapter", *document] for document in DOCUMENTS]


def wrapped(documents, width=60):
    return [textwrap.wrap(" ".join(document), width) for document in documents]


def file_of(documents):
    return "\n\n".join("\n".join(document) for document in documents) + "\n"


@pytest.mark.parametrize("documents", [DOCUMENTS, LOWER, ALIKE, CHINESE, THAI, HEADED])
def test_a_sentence_a_line_is_recognised(tmp_path, caplog, documents):
    (tmp_path / "a.txt").write_text(file_of(documents))
    read = list(read_documents(tmp_path / "a.txt"))
    assert [text.split("\n") for text in read] == documents
    assert all(isinstance(text, SentenceLines) for text in read)
    assert "a.txt is read as a sentence a line, blank lines between documents" in caplog.text


@pytest.mark.parametrize(
    "documents", [wrapped(DOCUMENTS), wrapped(LOWER), wrapped(DOCUMENTS, 30), PARAGRAPHS, VERSE, [["Too.", "Little."]]]
)
def test_other_lines_are_joined_as_before(tmp_path, caplog, documents):
    (tmp_path / "a.txt").write_text(file_of(documents))
    assert list(read_documents(tmp_path / "a.txt")) == [" ".join(document) for document in documents]
    assert "a.txt is read as blank lines between documents" in caplog.text


def test_sentence_lines_are_kept_where_it_is_asked_for(tmp_path):
    (tmp_path / "a.txt").write_text(f"One\ntwo. Three\n{'word ' * 60}end.\n\n- 17 -\nFour.\n")
    assert list(read_documents(tmp_path / "a.txt", documents="sentence_lines")) == [
        f"One\ntwo. Three\n{'word ' * 60}end.", "Four."
    ]  # fmt: skip


def test_of_several_files_each_is_told_by_its_own_lines(tmp_path):
    (tmp_path / "a.txt").write_text(file_of(DOCUMENTS))
    (tmp_path / "b.txt").write_text(file_of(wrapped(DOCUMENTS)))
    read = list(read_documents(tmp_path))
    assert [type(text) for text in read] == [SentenceLines] * 10 + [str]


def test_files_too_short_to_tell_are_told_together(tmp_path):
    for number, document in enumerate(DOCUMENTS):
        (tmp_path / f"{number}.txt").write_text("\n".join(document[:4]))
    assert [text.split("\n") for text in read_documents(tmp_path)] == [document[:4] for document in DOCUMENTS]


def test_paragraphs_between_blank_lines_with_a_few_lists_are_not(tmp_path):
    paragraphs = [[" ".join(document[:2])] for document in DOCUMENTS * 3]
    (tmp_path / "a.txt").write_text(file_of([*paragraphs, *DOCUMENTS[:2]]))
    assert not any(isinstance(text, SentenceLines) for text in read_documents(tmp_path / "a.txt"))


def test_evidence_adds_up():
    first, second, both = LineEvidence(), LineEvidence(), LineEvidence()
    first.add(DOCUMENTS[0])
    second.add(DOCUMENTS[1])
    assert not first.is_enough and (first + second).is_enough
    both.add([*DOCUMENTS[0], "", *DOCUMENTS[1]])
    assert (first + second).num_stops == both.num_stops and (first + second).num_pairs == both.num_pairs
    assert "100% of the lines end in a stop, 100% hold one sentence" in str(both)
