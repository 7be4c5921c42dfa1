"""Corpus preparation: text in, TFRecord shards of passages and a report out, in bounded memory.

One process reads, drops duplicates and writes, in the order of the input; workers split sentences and tokenize. So the
shards are byte for byte the same for any number of workers.
"""

import contextlib
import hashlib
import itertools
import logging
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import rich.console
import rich.progress

from bert_keras.data.corpus.check import sound_shards
from bert_keras.data.corpus.deduplication import without_duplicates
from bert_keras.data.corpus.document_filters import DocumentFilters, without_faults
from bert_keras.data.corpus.documents import check_documents, read_paragraphs, text_paragraphs
from bert_keras.data.corpus.dropped import FAULTS, Dropped, left_out_file
from bert_keras.data.corpus.near_duplicates import check_threshold
from bert_keras.data.corpus.paragraphs import Paragraph, group_documents, num_characters
from bert_keras.data.corpus.progress import CorpusProgress
from bert_keras.data.corpus.report import FILE_NAME, CorpusReport
from bert_keras.data.corpus.shard_writer import ShardWriter
from bert_keras.data.corpus.tally import CorpusTally
from bert_keras.data.corpus.word_segmenter import Segmenter, load_word_segmenter, segmenter_settings
from bert_keras.data.corpus.workers import encode_chunks
from bert_keras.data.files.text_lines import find_files
from bert_keras.data.tokenization.corpus_tokenizer import plain_text_tokenizer, tokenizer_settings, word_tokenizer
from bert_keras.folder_lock import FolderLock

_logger = logging.getLogger(__name__)
_CHUNK_CHARACTERS = 1 << 20  # one task of a worker
_BYTES_PER_WORKER = 1 << 26  # a worker costs the import of TensorFlow: with less text than this it does not pay


def prepare_corpus(
    source: str | os.PathLike | Iterable[str | os.PathLike] | Iterator[str | Sequence[str]],
    output_dir: str | os.PathLike,
    tokenizer: Callable,
    *,
    passage_tokens: int = 125,
    documents: str = "auto",
    validation_every: int = 0,
    part: str = "train",
    errors: str = "skip",
    min_letter_share: float = 0.3,
    deduplicate: bool = True,
    near_duplicates: float | None = None,
    scripts: Sequence[str] = (),
    languages: Sequence[str] = (),
    quality: Sequence[str] = (),
    left_out: str | os.PathLike | None = None,
    records_per_shard: int = 16384,
    num_workers: int | None = None,
    if_exists: str = "error",
    progress: bool = True,
    file_format: str = "auto",
    text_field: str | None = None,
    encoding: str | None = None,
    word_segmenter: str | Segmenter | None = None,
) -> CorpusReport:
    """Turn raw text into TFRecord shards of passages, with `corpus.json` written last.

    A passage is what one training row is made of: consecutive sentences of a document, see
    `bert_keras.data.corpus.passages`. Nothing is masked or paired here; that happens anew in every epoch.

    Killed in the middle and called again with the same files and options, it resumes after the last complete shard,
    and the corpus is byte for byte the same. Documents from an iterator cannot be known again: that starts anew.

    Args:
        source: Files, globs and folders as for `read_documents`, or an iterator (not a list) of documents: texts, or
            lists of their sentences.
        output_dir: Folder for the shards; made if missing.
        tokenizer: Turns a list of strings into a RaggedTensor of ids, e.g. a `WordPieceTokenizer`. A special token
            spelled out in the text ("[SEP]") is taken as ordinary text.
        passage_tokens: Tokens that close a passage; `sequence_length - 3` fits a training row with two texts.
        documents: What a document is: `"file"`, `"blank_line"`, `"sentence_lines"`, `"line"` or `"auto"`, as for
            `read_documents`. Of an iterator `"auto"` takes each text for a document. Sentences that somebody has cut
            are never joined or cut again, but for those longer than a passage.
        validation_every: With 20, each twentieth document is of the part `"validation"` and not of `"train"`; with 0
            all are of `"train"`. What is there twice is of the part where it comes first.
        part: Which part to prepare, `"train"` or `"validation"`.
        errors: `"skip"` counts lines with NUL bytes or not in the encoding, records without a text and files that are
            no prose, `"raise"` stops at the first.
        min_letter_share: Lines with a smaller share of letters are left out and counted.
        deduplicate: Leave out documents and paragraphs (of 64 characters or more) that were there before.
        near_duplicates: Leave out also what is nearly there before: documents, and paragraphs of 64 characters or more,
            whose shingles of 5 words have this Jaccard similarity or a higher one with those of an earlier text, in
            (0, 1]. It is estimated, to 0.035 at 0.8. The last million documents and the last million paragraphs that
            were kept are compared with, in 300 MB each at most; 0.8 is usual. None compares nothing.
        scripts: Leave out documents with fewer than half of their letters in these scripts, e.g. `["latin"]`.
        languages: Leave out documents in other languages than these, e.g. `["en", "de"]`; needs the package py3langid.
        quality: Leave out documents that break rules, by their names in `bert_keras.data.corpus.quality_rules`;
            `"gopher"` and `"c4"` stand for all of theirs.
        left_out: File for the documents and paragraphs that are left out by these options and by `deduplicate`, with
            the reason, a JSON object a line. It is complete when the corpus is.
        records_per_shard: Passages in a shard. Training shuffles a few whole shards in memory.
        num_workers: Processes that split and tokenize; 1 starts none; None takes one more for each 64 MiB of files,
            up to the number of processors. A script that starts workers needs `if __name__ == "__main__":`.
        if_exists: What to do if `output_dir` holds a corpus: `"error"`, `"overwrite"`, or `"reuse"` it if it was made
            from the same files with the same options.
        progress: Show a progress bar, if standard error is a terminal.
        file_format: What the files are, as for `read_documents`.
        text_field: Which field of JSON records holds the text, as for `read_documents`.
        encoding: Of the files, as for `read_documents`.
        word_segmenter: `"jieba"` (a package to be installed), or a function from a text to its words: the shards then
            say where words begin, and the masking of whole words, n-grams and spans goes by them.

    Returns:
        The `CorpusReport` that is also in `corpus.json`; `print` shows it well.

    Raises:
        FileNotFoundError: If a pattern matches no file.
        ImportError: If `languages` are given and py3langid is not installed.
        FileExistsError: If there is a corpus in `output_dir` that may not be replaced or reused.
        OSError: If `output_dir` cannot be written to, or another process prepares a corpus there.
        ValueError: If nothing is left of the corpus, `output_dir` lies among the files that are read, or an argument
            is out of range.

    Example:
        >>> import tempfile
        >>> from bert_keras.data import WordPieceTokenizer
        >>> tokenizer = WordPieceTokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "cat", "sat", "."])
        >>> texts = iter(["A cat sat. A cat sat.", "A cat. A cat."])
        >>> report = prepare_corpus(texts, tempfile.mkdtemp(), tokenizer, passage_tokens=13, progress=False)
        >>> report.num_documents, report.num_passages, report.num_tokens
        (2, 2, 14)

    Reference: `create_pretraining_data.py` of google-research/bert, from which the passages are taken.
    """
    if passage_tokens < 1 or records_per_shard < 1:
        raise ValueError(
            f"passage_tokens and records_per_shard must be at least 1, received {passage_tokens}, {records_per_shard}"
        )
    least = 0 if part == "train" else 1
    if part not in ("train", "validation") or validation_every < least:
        raise ValueError(
            "part must be 'train', or 'validation' with validation_every of 1 or more, "
            f"received part={part!r}, validation_every={validation_every}"
        )
    if if_exists not in ("error", "reuse", "overwrite"):
        raise ValueError(f"if_exists must be 'error', 'reuse' or 'overwrite', received {if_exists!r}")
    check_documents(documents, file_format)
    filters = DocumentFilters(scripts, languages, quality)
    if near_duplicates is not None:
        check_threshold(near_duplicates)
        if not deduplicate:
            raise ValueError("near_duplicates leaves out exact ones, too: it needs deduplicate=True")
    files = None if isinstance(source, Iterator) else find_files(source)
    directory = Path(output_dir)
    if files is not None:
        for output in (directory, left_out):
            if output is not None:
                _refuse_among_sources(Path(output), source, files)
    settings = {
        "passage_tokens": passage_tokens,
        "documents": documents,
        "validation_every": validation_every,
        "part": part,
        "min_letter_share": min_letter_share,
        "deduplicate": deduplicate,
        "records_per_shard": records_per_shard,
        **tokenizer_settings(tokenizer),
        **segmenter_settings(word_segmenter),
        **filters.settings,
    }
    if near_duplicates is not None:
        settings["near_duplicates"] = near_duplicates
    if word_segmenter is not None:
        load_word_segmenter(word_segmenter)  # which is refused now, not in a worker
    reading = {"file_format": file_format, "text_field": text_field, "encoding": encoding}
    settings |= {name: value for name, value in reading.items() if value not in ("auto", None)}
    fingerprints = {
        "settings": settings,
        "sources": _fingerprint(files) if files else "",
        "vocabulary_fingerprint": tokenizer.vocabulary.fingerprint,
    }
    if (directory / FILE_NAME).exists() and (reused := _existing(directory, if_exists, fingerprints, errors)):
        if left_out is None or Path(left_out).exists():
            return reused
    num_bytes = sum(file.stat().st_size for file in files) if files else None
    if num_workers is None:
        num_workers = min(os.cpu_count() or 1, 1 + (num_bytes or 0) // _BYTES_PER_WORKER)
    if num_workers < 1:
        raise ValueError(f"num_workers must be at least 1, received {num_workers}")

    tally = CorpusTally(tokenizer.vocabulary)
    with (
        contextlib.closing(FolderLock(directory, "a corpus")),
        _progress_bar(num_bytes, shown=progress) as on_read,
        ShardWriter(directory, records_per_shard) as shards,
        left_out_file(left_out) as left_out_texts,
    ):
        dropped = Dropped(errors, left_out_texts)
        done = _go_on(directory, fingerprints, shards, tally, is_known=files is not None)
        if files is None:
            paragraphs = text_paragraphs(source, dropped, documents=documents, min_letter_share=min_letter_share)
        else:
            paragraphs = read_paragraphs(
                files, dropped, documents=documents, min_letter_share=min_letter_share, on_read=on_read, **reading
            )
        blocks = group_documents(paragraphs)
        if filters.settings:
            blocks = without_faults(blocks, filters, dropped)
        if deduplicate:  # over all parts: nothing that is trained on may be held out as well
            blocks = without_duplicates(blocks, dropped, near_duplicates)
        if validation_every:
            is_held_out, last = part == "validation", validation_every - 1
            blocks = (block for block in blocks if (block[0] % validation_every == last) == is_held_out)
        # What is in complete shards already is read again, for the duplicates, but not tokenized, which takes longer.
        chunks = itertools.islice(_chunks(blocks), done.num_chunks, None)
        # Sentences stand inside a text, though each is tokenized by itself.
        sentence_tokenizer = word_tokenizer(plain_text_tokenizer(tokenizer))
        encoded_chunks = encode_chunks(chunks, sentence_tokenizer, passage_tokens, num_workers, word_segmenter)
        for chunk, encoded in enumerate(encoded_chunks, done.num_chunks):
            first = done.num_records if chunk == done.num_chunks else 0
            if not first:
                tally.add(encoded)
            document_of = np.repeat(encoded.documents, encoded.document_passages).tolist()
            for number in range(first, len(encoded.records)):
                length = int(encoded.lengths[number])
                if shards.write(encoded.records[number], length, document_of[number]) and files:
                    CorpusProgress(fingerprints, shards.complete, chunk, number + 1, tally.get_state()).save(directory)
        if not tally.num_passages:
            share = f" for the {part} part (validation_every={validation_every})" if validation_every else ""
            hint = "; fewer documents than that want a smaller validation_every, or 0" if part == "validation" else ""
            raise ValueError(f"the corpus is empty: no text in {source!r}{share}; left out: {dropped}{hint}")
        (directory / FILE_NAME).unlink(missing_ok=True)  # from here until the new report is there, no corpus
        report = tally.report(dropped, passage_tokens, fingerprints, shards.finish())
        report.save(directory)
        CorpusProgress.remove(directory)
    _warn_of_lone_sentences(report)
    return report


def _warn_of_lone_sentences(report: CorpusReport):
    by_blank_line = report.read_as.keys() & {"blank_line", "sentence_lines"}
    if by_blank_line and report.num_documents >= 10 and report.num_sentences < 1.5 * report.num_documents:
        _logger.warning(
            "%d documents hold %d sentences: is there a blank line behind each sentence? It ends a document, and next "
            "sentence prediction needs sentences that follow each other",
            report.num_documents, report.num_sentences,
        )  # fmt: skip


def _go_on(
    directory: Path, fingerprints: dict, shards: ShardWriter, tally: CorpusTally, *, is_known: bool
) -> CorpusProgress:
    """Take over what a killed run has done, if it worked on the same sources, which must be known for that."""
    done = CorpusProgress.load(directory, fingerprints) if is_known else CorpusProgress(fingerprints)
    shards.keep_complete = is_known
    try:
        is_sound = not done.shards or shards.go_on_from(done.shards)
        if is_sound and done.tally is not None:
            tally.set_state(done.tally)
    except (ValueError, TypeError, AttributeError):
        is_sound = False
    if not is_sound:
        _logger.warning("the shards that a killed run left in %s are damaged; they are made anew", directory)
        done, shards.complete = CorpusProgress(fingerprints), []
    elif done.shards:
        _logger.warning("going on after %d complete shards in %s", len(done.shards), directory)
    shards.remove_temporary(len(shards.complete))
    return done


def _refuse_among_sources(directory: Path, source, files: list[Path]):
    """Raise if the shards would be found among the files that are read, now or when the next part is prepared."""
    output = directory.expanduser().resolve()
    patterns = [source] if isinstance(source, (str, os.PathLike)) else source
    folders = [Path(pattern).expanduser() for pattern in patterns]
    for folder in (folder.resolve() for folder in folders if folder.is_dir()):
        if output.is_relative_to(folder) and not any(p.startswith(".") for p in output.relative_to(folder).parts):
            raise ValueError(f"{directory} lies in {folder}, where shards would be read as text: take another folder")
    for file in files:
        if file.resolve().is_relative_to(output):
            raise ValueError(f"{directory} holds {file}, which is to be read: take another folder for the corpus")


def _existing(directory: Path, if_exists: str, fingerprints: dict, errors: str) -> CorpusReport | None:
    if if_exists == "overwrite":
        return None
    if if_exists == "error":
        raise FileExistsError(
            f"{directory} holds a corpus already; if_exists='reuse' takes it, 'overwrite' replaces it"
        )
    report = CorpusReport.load(directory)
    if not fingerprints["sources"]:
        raise FileExistsError(f"{directory} holds a corpus, and only one made from files can be reused")
    for name, value in fingerprints.items():
        if getattr(report, name) != value:
            raise FileExistsError(
                f"{directory} holds a corpus with other {name.replace('_', ' ')}: {getattr(report, name)}, "
                f"asked for {value}; if_exists='overwrite' replaces it"
            )
    if errors == "raise" and report.dropped.keys() & FAULTS:
        return None  # it was made with "skip": reading tells where the first fault is
    try:
        sound_shards(directory, report, verify=False)
    except (OSError, ValueError) as error:
        _logger.warning("%s; the corpus is made anew", error)
        return None
    return report


def _fingerprint(files: list[Path]) -> str:
    stats = [(str(file), file.stat()) for file in files]
    content = repr([(name, stat.st_size, stat.st_mtime_ns) for name, stat in stats])
    return hashlib.sha256(content.encode("utf-8", "surrogateescape")).hexdigest()


def _chunks(blocks: Iterator[tuple[int, list[Paragraph]]]) -> Iterator[list[tuple[int, list[str]]]]:
    chunk, size = [], 0
    for document, paragraphs in blocks:
        chunk.append((document, paragraphs))
        size += sum(map(num_characters, paragraphs))
        if size >= _CHUNK_CHARACTERS:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


@contextlib.contextmanager
def _progress_bar(num_bytes: int | None, *, shown: bool) -> Iterator[Callable[[int], None]]:
    console = rich.console.Console(stderr=True)
    if not (shown and console.is_terminal):
        yield lambda count: None
        return
    columns = (
        rich.progress.TextColumn("preparing the corpus"),
        rich.progress.BarColumn(),
        rich.progress.DownloadColumn(),
        rich.progress.TimeRemainingColumn(),
    )
    with rich.progress.Progress(*columns, console=console) as bar:
        task = bar.add_task("", total=num_bytes)
        yield lambda count: bar.update(task, advance=count)
