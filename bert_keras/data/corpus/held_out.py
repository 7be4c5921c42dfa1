"""Whole documents in two parts: to learn from, and held out to evaluate by."""

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from bert_keras.data.corpus.documents import read_documents
from bert_keras.data.corpus.preparation import prepare_corpus
from bert_keras.data.corpus.report import CorpusReport
from bert_keras.data.tokenization.tokenizer import Tokenizer
from bert_keras.data.tokenization.tokenizer_training import train_tokenizer


def read_parts(
    patterns: str | os.PathLike | Iterable[str | os.PathLike],
    *,
    text_field: str | None = None,
    encoding: str | None = None,
) -> dict[str, list[str]]:
    """Read whole documents, each once, so that nothing is held out that is trained on as well, and hold out some.

    Args:
        patterns: Files, globs and folders. Of fewer than four documents, their blocks between blank lines count.
        text_field: Which field of JSON records holds the text, as for `read_documents`.
        encoding: Of the files, as for `read_documents`.

    Returns:
        {"train": documents, "test": documents}, as `hold_out` gives them.

    Raises:
        FileNotFoundError: If a pattern matches no file.
        ValueError: If there are fewer than four documents.

    Example:
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp(), "texts.txt")
        >>> _ = path.write_text((chr(10) * 2).join(f"The dog {number} ran." for number in range(8)))
        >>> {part: len(documents) for part, documents in read_parts(path).items()}
        {'train': 6, 'test': 2}
    """

    def whole_documents(**options) -> list[str]:
        options |= dict(in_pieces=False, text_field=text_field, encoding=encoding)
        return list(dict.fromkeys(read_documents(patterns, **options)))

    documents = whole_documents()
    return hold_out(documents if len(documents) >= 4 else whole_documents(documents="blank_line"))


def hold_out(documents: Sequence) -> dict[str, list]:
    """Part documents in those to learn from and those held out: the tenth, or more of few documents.

    Args:
        documents: Anything; which are held out goes by their number alone.

    Returns:
        {"train": documents, "test": documents}, in their order, two of each at least: so many make pairs of sentences.

    Raises:
        ValueError: If there are fewer than four.

    Example:
        >>> hold_out(range(30))["test"]
        [5, 15, 25]
    """
    if len(documents) < 4:
        raise ValueError(f"expected 4 documents or more (files, or blocks between blank lines), found {len(documents)}")
    every = max(2, min(10, len(documents) // 2))
    parts = {"train": [], "test": []}
    for number, document in enumerate(documents):
        parts["test" if number % every == every // 2 else "train"].append(document)
    return parts


def prepare_parts(
    parts: Mapping[str, Sequence[str]],
    output_dir: str | os.PathLike,
    *,
    vocabulary_size: int,
    passage_tokens: int,
    kind: str = "wordpiece",
) -> tuple[Tokenizer, dict[str, CorpusReport]]:
    """Train a vocabulary on the training part, write every part in its tokens, and print what is in each.

    Args:
        parts: {part: documents}, as `hold_out` gives them.
        output_dir: Folder of the parts' folders; a corpus that is there is replaced.
        vocabulary_size: Tokens wanted.
        passage_tokens: As for `prepare_corpus`.
        kind: Of tokenizer, as for `train_tokenizer`.

    Returns:
        The tokenizer, and {part: report}.

    Raises:
        ValueError: If a part has no text that may be used.

    Example:
        >>> import tempfile
        >>> parts = {"train": ["A cat sat. A cat sat."], "test": ["A cat. A cat."]}
        >>> sizes = dict(vocabulary_size=30, passage_tokens=13)
        >>> tokenizer, reports = prepare_parts(parts, tempfile.mkdtemp(), **sizes)  # doctest: +ELLIPSIS
        <BLANKLINE>
        train: ...
        >>> reports["test"].num_tokens
        6
    """
    tokenizer, reports = train_tokenizer(parts["train"], vocabulary_size, kind=kind), {}
    for part, documents in parts.items():
        options = dict(passage_tokens=passage_tokens, if_exists="overwrite")
        reports[part] = prepare_corpus(iter(documents), Path(output_dir, part), tokenizer, **options)
        print(f"\n{part}: {reports[part]}\n")
    return tokenizer, reports
