import pytest

from bert_keras.data.tagging.tagged_files import read_tagged_sentences
from bert_keras.data.tagging.tagged_predictions import write_conll, write_spans
from bert_keras.data.tagging.tagged_sentences import sentences_of_texts


def test_written_spans_are_read_again(tmp_path):
    sentences = sentences_of_texts(["Ada, of 北京, smiled.", "No one."])
    spans = [[(0, 1, "person"), (3, 5, "place")], []]
    write_spans(tmp_path / "a" / "spans.jsonl", sentences, spans)
    read = read_tagged_sentences(tmp_path / "a" / "spans.jsonl")
    assert [list(some) for some in read.spans] == spans and read.texts == sentences.texts
    assert '"text": "北京"' in (tmp_path / "a" / "spans.jsonl").read_text(encoding="utf-8")


def test_written_columns_are_read_again_with_the_predictions_last(tmp_path):
    (tmp_path / "in.conll").write_text("Ada B-person\nsmiled O\n\nNo O\n")
    sentences = read_tagged_sentences(tmp_path / "in.conll")
    write_conll(tmp_path / "out.conll", sentences, [["O", "B-person"], ["O"]])
    assert (tmp_path / "out.conll").read_text() == "Ada\tB-person\tO\nsmiled\tO\tB-person\n\nNo\tO\tO\n\n"
    assert read_tagged_sentences(tmp_path / "out.conll").tags == (("O", "B-person"), ("O",))
    assert read_tagged_sentences(tmp_path / "out.conll", tag_column=1).tags == sentences.tags


def test_predictions_that_do_not_fit_the_sentences_are_refused(tmp_path):
    sentences = sentences_of_texts(["Ada smiled", "No"])
    with pytest.raises(ValueError, match=r"sentences of \[2, 1\] words, received \[1, 1\]"):
        write_conll(tmp_path / "out.conll", sentences, [["O"], ["O"]])
    with pytest.raises(ValueError, match="2 sentences, received 1"):
        write_spans(tmp_path / "out.jsonl", sentences, [[]])
    assert not list(tmp_path.iterdir())
