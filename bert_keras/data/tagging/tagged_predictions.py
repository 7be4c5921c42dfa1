"""Predictions to files: as CoNLL columns that conlleval reads, as character spans of the raw texts, as triples."""

import json
import os
from collections.abc import Sequence

from bert_keras.atomic_files import write_file
from bert_keras.data.tagging.tagged_sentences import TaggedSentences
from bert_keras.data.tagging.triple_examples import Triple, TripleExamples
from bert_keras.tagging_schemes import Span


def write_conll(path: str | os.PathLike, sentences: TaggedSentences, predictions: Sequence[Sequence[str]]) -> None:
    r"""Write one word a line: the word, its tag where there is one, and the predicted tag, parted by tabs.

    Conlleval reads the last two columns; pass it `-d '\t'`.

    Args:
        path: The file; its folder is made if missing.
        sentences: What was predicted.
        predictions: A tag for each word of each sentence.

    Raises:
        ValueError: If a sentence has not as many predictions as words.

    Example:
        >>> import pathlib, tempfile
        >>> from bert_keras.data import sentences_of_texts
        >>> path = pathlib.Path(tempfile.mkdtemp(), "predictions.conll")
        >>> write_conll(path, sentences_of_texts(["Ada smiled"]), [["B-person", "O"]])
        >>> path.read_text()
        'Ada\tB-person\nsmiled\tO\n\n'
    """
    _check(sentences, predictions)
    columns = [sentences.words, *([sentences.tags] if sentences.tags is not None else []), predictions]
    lines = []
    for sentence in zip(*columns, strict=True):
        lines += ["\t".join((" ".join(row[0].split()), *row[1:])) for row in zip(*sentence, strict=True)] + [""]
    _write(path, "".join(f"{line}\n" for line in lines))


def write_spans(path: str | os.PathLike, sentences: TaggedSentences, predictions: Sequence[Sequence[Span]]) -> None:
    r"""Write JSONL that `read_tagged_sentences` reads: each text, and its predicted spans by characters.

    Args:
        path: The file; its folder is made if missing.
        sentences: What was predicted.
        predictions: (first word, the one behind the last, label) each, for each sentence.

    Raises:
        ValueError: If there are not as many predictions as sentences.

    Example:
        >>> import pathlib, tempfile
        >>> from bert_keras.data import sentences_of_texts
        >>> path = pathlib.Path(tempfile.mkdtemp(), "predictions.jsonl")
        >>> write_spans(path, sentences_of_texts(["So Ada smiled"]), [[(1, 2, "person")]])
        >>> path.read_text()
        '{"text": "So Ada smiled", "spans": [{"start": 3, "end": 6, "label": "person", "text": "Ada"}]}\n'
    """
    if len(predictions) != len(sentences):
        raise ValueError(f"expected predictions for {len(sentences)} sentences, received {len(predictions)}")
    lines = []
    for text, offsets, spans in zip(sentences.texts, sentences.offsets, predictions, strict=True):
        rows = []
        for first, end, label in spans:
            place = {"start": offsets[first][0], "end": offsets[end - 1][1]}
            rows.append({**place, "label": label, "text": text[place["start"] : place["end"]]})
        lines.append(json.dumps({"text": text, "spans": rows}, ensure_ascii=False))
    _write(path, "".join(f"{line}\n" for line in lines))


def write_triples(path: str | os.PathLike, examples: TripleExamples, predictions: Sequence[Sequence[Triple]]) -> None:
    r"""Write JSONL that `read_triples` reads: each text, and its predicted triples, each once wherever it was found.

    Args:
        path: The file; its folder is made if missing.
        examples: What was predicted.
        predictions: (subject, object, relation) each, as in `TripleExamples`, for each text.

    Raises:
        ValueError: If there are not as many predictions as texts.

    Example:
        >>> import pathlib, tempfile
        >>> from bert_keras.data import TripleExamples
        >>> examples = TripleExamples((("Ada", "won"),), ("Ada won",), (((0, 3), (4, 7)),), ((),), ("did",))
        >>> path = pathlib.Path(tempfile.mkdtemp(), "predictions.jsonl")
        >>> write_triples(path, examples, [[((0, 1), (1, 2), "did")]])
        >>> path.read_text()
        '{"text": "Ada won", "spo_list": [["Ada", "did", "won"]]}\n'
    """
    if len(predictions) != len(examples):
        raise ValueError(f"expected predictions for {len(examples)} texts, received {len(predictions)}")
    lines = []
    for text, quoted in zip(examples.texts, examples.quoted(predictions), strict=True):
        stated = [[subject, relation, target] for subject, target, relation in quoted]
        lines.append(json.dumps({"text": text, "spo_list": stated}, ensure_ascii=False))
    _write(path, "".join(f"{line}\n" for line in lines))


def _check(sentences: TaggedSentences, predictions: Sequence[Sequence[str]]):
    expected, received = [len(words) for words in sentences.words], [len(tags) for tags in predictions]
    if expected != received:
        raise ValueError(f"expected tags for sentences of {str(expected)[:80]} words, received {str(received)[:80]}")


def _write(path: str | os.PathLike, text: str):
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    write_file(path, text.encode("utf-8", errors="replace"))
