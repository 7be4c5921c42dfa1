"""Reads tagged sentences out of CoNLL columns, CoNLL-U and JSONL with spans; every fault with its place."""

import logging
import os
from collections.abc import Iterator, Sequence

from bert_keras.data.tagging.conll_files import conll_sentences, conllu_sentences
from bert_keras.data.tagging.sentence_in_file import SentenceInFile
from bert_keras.data.tagging.span_files import span_sentences
from bert_keras.data.tagging.tagged_sentences import TaggedSentences, names_of_tags
from bert_keras.tagging_schemes import check_scheme, convert_tags, first_fault, is_tag, spans_to_tags, tags_to_spans

_logger = logging.getLogger(__name__)
_FORMATS = {".conllu": "conllu", ".jsonl": "jsonl", ".ndjson": "jsonl"}
_CONLLU_COLUMNS = {"form": 1, "lemma": 2, "upos": 3, "xpos": 4, "feats": 5, "deprel": 7, "misc": 9}


def read_tagged_sentences(
    source: str | os.PathLike | Sequence[str | os.PathLike],
    *,
    scheme: str | None = "BIO",
    word_column: int | None = None,
    tag_column: int | str | None = None,
    labels: Sequence[str] | None = None,
    file_format: str | None = None,
    tag_faults: str = "refuse",
    errors: str = "raise",
) -> TaggedSentences:
    r"""Reads words with tags, or texts with spans.

    * CoNLL columns: one word a line, columns parted by tabs, or by spaces where a line has no tab; an empty line ends
      the sentence, and so does a line that begins with `-DOCSTART-`. The raw text is the words with spaces between.
    * CoNLL-U: also comments, ranges of words and empty nodes; the raw text is what `SpaceAfter=No` makes of the words.
    * JSONL: `{"text": ..., "spans": [{"start": 0, "end": 4, "label": "person"}]}`, start and end in characters;
      `"entities"` is read like `"spans"`, and a span may be a list `[start, end, label]`. Words are those of
      `split_words`, and a span begins and ends with words.

    Files are UTF-8, plain or `.gz`.

    Args:
        source: One file, or several of one format.
        scheme: How tags spell spans, one of `bert_keras.tagging_schemes.SCHEMES`: "BIO", "BIOES", "BILOU", "BMES",
            "IOB1", "IOE2"; for JSONL, how to spell them. None for tags that spell no spans, such as parts of speech;
            for JSONL, None keeps spans that lie in each other, without tags.
        word_column: Column of the words from 0; None for the first, in CoNLL-U the second (FORM).
        tag_column: Column of the tags, from 0, or from the end if negative; None for the last, in CoNLL-U `"upos"`. In
            CoNLL-U also `"xpos"`, `"feats"`, `"deprel"`, `"misc"`.
        labels: The labels (without a scheme: tags) that may occur, `sentences.labels` or `sentences.tag_names` of the
            training data: then another one is a fault. None takes those found, sorted.
        file_format: "conll", "conllu" or "jsonl"; None goes by the file's suffix, and means CoNLL columns where that is
            none of `.conllu`, `.jsonl` and `.ndjson`.
        tag_faults: What to do with tags that break the rules of the scheme, such as an I- without its B-: "refuse", a
            fault; or "repair": read the spans as CoNLL's scorer and seqeval do, spell them in the scheme, and log how
            many sentences that were and where the first is.
        errors: "raise" at the first fault; or "skip" the sentence, and log how many there were and where the first is.

    Raises:
        FileNotFoundError: If a file is missing.
        ValueError: With file and line: a column is missing, a tag is unknown or breaks the rules of the scheme (an I-
            without its B-), a sentence is empty, a span cuts a word or overlaps another, a line is not UTF-8 or not
            JSON; or nothing at all was read.

    Example:
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp(), "train.conll")
        >>> _ = path.write_text("Ada B-person\nLovelace I-person\nsmiled O\n\n")
        >>> sentences = read_tagged_sentences(path)
        >>> sentences.spans, sentences.tag_names
        ((((0, 2, 'person'),),), ('O', 'B-person', 'I-person'))
    """
    if errors not in ("raise", "skip"):
        raise ValueError(f"errors must be 'raise' or 'skip', received {errors!r}")
    if tag_faults not in ("refuse", "repair"):
        raise ValueError(f"tag_faults must be 'refuse' or 'repair', received {tag_faults!r}")
    if scheme is not None:
        scheme = check_scheme(scheme)
    sentences, num_skipped, first, repaired = [], 0, "", []
    for path in [source] if isinstance(source, (str, os.PathLike)) else source:
        for sentence in _read_file(os.fspath(path), scheme, word_column, tag_column, file_format):
            respelled = None if sentence.fault else _check(sentence, scheme, labels, tag_faults)
            if sentence.fault is None:
                sentences.append(sentence)
                repaired += [respelled] * (respelled is not None)
            elif errors == "raise":
                raise ValueError(sentence.fault)
            else:
                num_skipped, first = num_skipped + 1, first or sentence.fault
    if num_skipped:
        total = num_skipped + len(sentences)
        _logger.warning("skipped %d of %d sentences, the first: %s", num_skipped, total, first)
    if repaired:
        _logger.warning(
            "read the spans of %d sentences as CoNLL's scorer does, for their tags are not those of scheme %s, the "
            "first: %s", len(repaired), scheme, repaired[0],
        )  # fmt: skip
    if not sentences:
        raise ValueError(f"no sentences in {source!r}{f'; skipped {num_skipped}: {first}' if num_skipped else ''}")
    has_tags = all(len(sentence.tags) == len(sentence.words) for sentence in sentences)
    has_spans = sentences[0].spans is not None
    if labels is None:
        values = (span[2] for sentence in sentences for span in sentence.spans) if has_spans else (
            tag for sentence in sentences for tag in sentence.tags
        )  # fmt: skip
        labels = sorted(set(values))
    return TaggedSentences(
        words=tuple(tuple(sentence.words) for sentence in sentences),
        texts=tuple(sentence.text for sentence in sentences),
        offsets=tuple(tuple(sentence.offsets) for sentence in sentences),
        tags=tuple(tuple(sentence.tags) for sentence in sentences) if has_tags else None,
        spans=tuple(tuple(sentence.spans) for sentence in sentences) if has_spans else None,
        tag_names=names_of_tags(labels, scheme) if has_tags else None,
        labels=tuple(labels) if has_spans else None,
        scheme=scheme,
        num_skipped=num_skipped,
    )


def _check(sentence: SentenceInFile, scheme: str | None, labels: Sequence[str] | None, tag_faults: str) -> str | None:
    """Finds unknown and forbidden tags, and reads the spans out of the others; says what was repaired."""
    repaired = None
    if sentence.spans is None and scheme is not None:
        if fault := first_fault(sentence.tags, scheme):
            place, message = sentence.places[fault[0]], fault[1]
            strange = [i for i, tag in enumerate(sentence.tags) if not is_tag(tag)]
            if strange and tag_faults == "repair":
                i = strange[0]
                return sentence.add_fault(sentence.places[i], f"tag {sentence.tags[i]!r} is of no scheme")
            if tag_faults == "refuse":
                hint = "tag_faults='repair' (--tag-faults repair) reads it as CoNLL's scorer and seqeval do"
                return sentence.add_fault(place, message if strange else f"{message}; {hint}")
            sentence.tags, repaired = convert_tags(sentence.tags, scheme), f"{place}: {message}"
        sentence.spans = tags_to_spans(sentence.tags, scheme)
    elif sentence.spans is not None and scheme is not None:
        try:
            sentence.tags = spans_to_tags(sentence.spans, len(sentence.words), scheme)
        except ValueError as error:
            return sentence.add_fault(sentence.place, str(error))
    if labels is not None:
        found = (
            zip(sentence.places, sentence.tags, strict=True)
            if sentence.spans is None
            else ((sentence.places[start], label) for start, _, label in sentence.spans)
        )
        for place, label in found:
            if label not in labels:
                sentence.add_fault(place, f"{label!r} is not among the known ones: {', '.join(map(repr, labels))}")
    return repaired


def _read_file(path: str, scheme, word_column, tag_column, file_format) -> Iterator[SentenceInFile]:
    suffix = os.path.splitext(path.removesuffix(".gz"))[1].lower()
    if suffix == ".conllup" and file_format is None:
        raise ValueError(
            f"{path}: CoNLL-U Plus has columns of its own; pass file_format='conllu' if they are CoNLL-U's"
        )
    file_format = file_format or _FORMATS.get(suffix, "conll")
    if file_format == "jsonl":
        return span_sentences(path)
    if file_format == "conllu":
        tag_column = "upos" if tag_column is None else tag_column
        if isinstance(tag_column, str):
            if tag_column not in _CONLLU_COLUMNS:
                raise ValueError(f"expected a column out of {', '.join(_CONLLU_COLUMNS)}, received {tag_column!r}")
            tag_column = _CONLLU_COLUMNS[tag_column]
        return conllu_sentences(path, 1 if word_column is None else word_column, tag_column)
    if file_format != "conll":
        raise ValueError(f"file_format must be 'conll', 'conllu' or 'jsonl', received {file_format!r}")
    if isinstance(tag_column, str):
        raise ValueError(f"columns of {path} have no names; expected a number, received {tag_column!r}")
    return conll_sentences(path, word_column or 0, -1 if tag_column is None else tag_column)
