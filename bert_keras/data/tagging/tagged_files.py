"""Reads tagged sentences out of files of any format that is known; every fault with its place."""

import logging
import os
from collections.abc import Sequence

from bert_keras.data.files.faults import Faults
from bert_keras.data.tagging.sentence_in_file import SentenceInFile
from bert_keras.data.tagging.tagged_formats import sentences_in_file
from bert_keras.data.tagging.tagged_sentences import TaggedSentences, names_of_tags
from bert_keras.tagging_schemes import (
    check_scheme,
    convert_tags,
    first_fault,
    is_tag,
    plain_spelling,
    spans_to_tags,
    tags_to_spans,
)

_logger = logging.getLogger(__name__)


def read_tagged_sentences(
    source: str | os.PathLike | Sequence[str | os.PathLike],
    *,
    scheme: str | None = "BIO",
    word_column: int | str | None = None,
    tag_column: int | str | None = None,
    labels: Sequence[str] | None = None,
    file_format: str | None = None,
    encoding: str | None = None,
    tag_faults: str = "refuse",
    errors: str | Faults = "raise",
) -> TaggedSentences:
    r"""Read words with tags, or texts with spans.

    The format is told by the content of a file:

    * CoNLL columns: one word a line, columns parted by tabs or by spaces; an empty line ends the sentence, and so does
      a line that begins with `-DOCSTART-`. The raw text is the words with spaces between, of a
      Chinese file of characters these side by side; the Penn Treebank's `-LRB-`, ` `` `, `\/` are there what they stand
      for. Lines that begin with `#` are
      comments where they have no word and tag: `# O` and `#nice O` are words.
    * CoNLL-U and CoNLL-U Plus: also ranges of words and empty nodes; the raw text is what `SpaceAfter=No` makes of the
      words.
    * JSON or JSON Lines of texts with spans: `{"text": ..., "spans": [{"start": 0, "end": 4, "label": "person"}]}`,
      start and end in characters; so do prodigy, doccano, Label Studio, CLUENER and spaCy's training pairs with keys of
      their own. Words are those of `split_words`, and a span begins and ends with words.
    * JSON or JSON Lines of words: `{"tokens": [...], "ner_tags": [...]}` of the `datasets` library, tags as strings;
      SpERT's spans by words; spaCy's JSON of version 2.
    * brat: a text and its `.ann` file, or a folder of such.

    Files are plain or `.gz`. The same with examples: docs/files.md.

    Args:
        source: One file, or several of one format.
        scheme: How tags spell spans, one of `bert_keras.tagging_schemes.SCHEMES`: "BIO", "BIOES", "BILOU", "BMES",
            "IOB1", "IOE2"; for JSONL, how to spell them. None for tags that spell no spans, such as parts of speech;
            for JSONL, None keeps nested spans, without tags. A file of plain B, I and O is read as spans of one label,
            the only one of `labels`, or "entity"; tags that end in their prefix, `person-B`, are turned.
        word_column: Column of the words from 0; None for the first, in CoNLL-U the second (FORM). In JSON a key.
        tag_column: Column of the tags, from 0, or from the end if negative; None for the last, in CoNLL-U `"upos"`. In
            CoNLL-U also another name, `"xpos"`; in JSON of words a key, `"pos_tags"`.
        labels: The labels (without a scheme: tags) that may occur, `sentences.labels` or `sentences.tag_names` of the
            training data: then another one is a fault. None takes those found, sorted.
        file_format: "conll", "conllu", "conllup", "json" or "brat"; None goes by the content.
        encoding: As for `bert_keras.data.read_examples`: `"gbk"`, `"cp1252"`; None for UTF-8, or UTF-16 with its mark.
        tag_faults: What to do with tags that break the rules of the scheme, such as an I- without its B-: "refuse", a
            fault; or "repair": read the spans as CoNLL's scorer and seqeval do, spell them in the scheme, and log how
            many sentences that were and where the first is.
        errors: "raise" at the first fault; or "skip" the sentence, and log how many there were and where the first is.
            An `AllFaults` keeps all of them instead.

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
    faults = Faults.of(errors)
    if tag_faults not in ("refuse", "repair"):
        raise ValueError(f"tag_faults must be 'refuse' or 'repair', received {tag_faults!r}")
    if scheme is not None:
        scheme = check_scheme(scheme)
    sentences, repaired = [], []
    for path in [source] if isinstance(source, (str, os.PathLike)) else source:
        found = list(sentences_in_file(os.fspath(path), word_column, tag_column, file_format, encoding))
        if scheme is not None:
            _spell_plainly(found, path, labels)
        for sentence in found:
            respelled = None if sentence.fault else _check(sentence, scheme, labels, tag_faults)
            for kind, place in sentence.doubts:
                faults.doubt(kind, place)
            if sentence.fault is None:
                sentences.append(sentence)
                repaired += [respelled] * (respelled is not None)
            else:
                faults.add(sentence.fault)
    if len({sentence.spans is None for sentence in sentences}) > 1:
        raise ValueError(f"some files of {source!r} have tags and others spans: give a scheme to read both")
    faults.report(len(sentences), source)
    if repaired:
        _logger.warning(
            "read the spans of %d sentences as CoNLL's scorer does, for their tags are not those of scheme %s, the "
            "first: %s", len(repaired), scheme, repaired[0],
        )  # fmt: skip
    if escaped := [sentence for sentence in sentences if sentence.num_escaped]:
        _logger.warning(
            "%d words of %s are spelled as in the Penn Treebank, -LRB- for a bracket: the raw text has what they "
            "stand for, the words stay as they are; the first sentence of such: %s",
            sum(sentence.num_escaped for sentence in escaped), source, escaped[0].place,
        )  # fmt: skip
    has_tags = all(len(sentence.tags) == len(sentence.words) for sentence in sentences)
    num_words, found = sum(map(len, (s.tags for s in sentences))), {tag for s in sentences for tag in s.tags}
    if has_tags and len(found) == 1:
        _logger.warning("all words of %s have the tag %r: is that the column of the tags?", source, *found)
    elif has_tags and len(found) > num_words / 2 > 2:
        _logger.warning("%d words of %s have %d different tags: are they tags?", num_words, source, len(found))
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
        num_skipped=faults.count,
        places=tuple(sentence.place for sentence in sentences),
    )


def _spell_plainly(sentences: Sequence[SentenceInFile], path, labels: Sequence[str] | None):
    """Give the tags of a file that are B and I alone a label, and put the prefixes of others in front."""
    label = labels[0] if labels and len(labels) == 1 else "entity"
    if spelling := plain_spelling((tag for sentence in sentences for tag in sentence.tags), label):
        shown = ", ".join(f"{tag} as {plain}" for tag, plain in list(spelling.items())[:4])
        hint = "" if all("-" in tag for tag in spelling) else "; labels=['name'] gives them another label"
        _logger.warning("%s: read the tags %s%s", path, shown, hint)
        for sentence in sentences:
            sentence.tags = [spelling.get(tag, tag) for tag in sentence.tags]


def _check(sentence: SentenceInFile, scheme: str | None, labels: Sequence[str] | None, tag_faults: str) -> str | None:
    """Find unknown and forbidden tags, and read the spans out of the others; say what was repaired."""
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
