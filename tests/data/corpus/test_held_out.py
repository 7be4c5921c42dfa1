"""Which documents are held out, and what counts as one."""

import pytest

from bert_keras.data import WordPieceTokenizer, hold_out, prepare_corpus, read_parts, train_vocabulary


def test_few_files_are_taken_by_their_blocks_and_too_few_documents_are_told(tmp_path):
    (tmp_path / "corpus.txt").write_text("One. Two.\n\nThree.\n\nFour.\n")
    with pytest.raises(ValueError, match="expected 4 documents or more .*, found 3"):
        read_parts(str(tmp_path / "*.txt"))
    (tmp_path / "more.txt").write_text("Five.")
    assert sum(map(len, read_parts(str(tmp_path / "*.txt")).values())) == 4


def test_each_document_is_read_as_it_is_given(tmp_path):
    documents = [[f"The dog {number} ran.", "it sat down", "Then. It slept.", "It woke."] for number in range(5)]
    (tmp_path / "sentences.txt").write_text("\n\n".join("\n".join(document) for document in documents))
    parts = read_parts([tmp_path / "sentences.txt"])
    read = parts["train"] + parts["test"]
    tokenizer = WordPieceTokenizer(train_vocabulary(read, 60))
    report = prepare_corpus(iter(read), tmp_path / "out", tokenizer)
    assert (report.num_documents, report.num_sentences) == (5, 20)
    article = '<doc id="{0}" url="u" title="Dog {0}">\nDog {0}\n\nIt ran.\n</doc>\n'
    (tmp_path / "articles").write_text("".join(article.format(number) for number in range(4)))
    assert read_parts([tmp_path / "articles"])["train"][0] == "Dog 0\n\nIt ran."
    (tmp_path / "records.jsonl").write_text(
        "".join(f'{{"body": "It {word}."}}\n' for word in "ran sat slept ran woke".split())
    )
    parts = read_parts([tmp_path / "records.jsonl"], text_field="body")
    assert parts == {"train": ["It ran.", "It slept."], "test": ["It sat.", "It woke."]}  # each once


@pytest.mark.parametrize(("num_documents", "held_out"), [(4, [1, 3]), (7, [1, 4]), (30, [5, 15, 25])])
def test_the_tenth_is_held_out_or_more_of_few_documents(num_documents, held_out):
    parts = hold_out(range(num_documents))
    assert parts["test"] == held_out and sorted(parts["train"] + held_out) == list(range(num_documents))
