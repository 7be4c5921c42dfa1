"""Whether a corpus is whole and fits what is to be trained on it, before the first step."""

import hashlib
import logging
from pathlib import Path

from bert_keras.data.corpus.report import CorpusReport, Shard
from bert_keras.data.tokenization.tokenizer import TokenIds

_logger = logging.getLogger(__name__)
_DOMINANT = 0.9  # of the passages: with as much in one document, half of its pairs find no other


def sound_shards(directory: Path, report: CorpusReport, *, errors: str = "raise", verify: bool = True) -> list[Shard]:
    """Return the shards of a corpus that are there as they were written; files that no report names do not count.

    Args:
        directory: The corpus.
        report: Its report.
        errors: `"raise"` at the first shard that is missing or damaged; `"skip"` leaves them out, and logs each one
            and how many passages are lost with them.
        verify: Whether to read every shard for its checksum; otherwise its size is all that is looked at.

    Raises:
        FileNotFoundError: If a shard is missing.
        ValueError: If a shard is damaged, or none is left.
    """
    if errors not in ("raise", "skip"):
        raise ValueError(f"errors must be 'raise' or 'skip', received {errors!r}")
    sound = []
    for shard in report.shards:
        try:
            _check_shard(directory, shard, verify)
            sound.append(shard)
        except (ValueError, OSError) as error:
            if errors == "raise":
                raise
            _logger.warning("left out: %s", error)
    if not sound:
        raise ValueError(f"no shard of the corpus {directory} is whole")
    if len(sound) < len(report.shards):
        _logger.warning(
            "%d of %d shards are left out, and %d of %d passages with them",
            len(report.shards) - len(sound), len(report.shards),
            report.num_passages - sum(shard.num_passages for shard in sound), report.num_passages,
        )  # fmt: skip
    return sound


def check_fit(
    directory: Path,
    report: CorpusReport,
    vocabulary: TokenIds,
    sequence_length: int | None,
    task: str | None,
    num_joined: int = 1,
) -> None:
    """Raise if vocabulary or task do not fit a corpus, and warn if the length of its passages does not.

    Args:
        directory: The corpus.
        report: Its report.
        vocabulary: That of the tokenizer.
        sequence_length: Length of a row; None where rows are filled whatever the passages hold.
        task: What is asked of the two texts of a row, `"nsp"` or `"sop"`; None for rows of one text.
        num_joined: How many passages are joined to a row.
    """
    if report.vocabulary_fingerprint != vocabulary.fingerprint:
        raise ValueError(
            f"the corpus {directory} was made with another vocabulary: {report.vocabulary_size} tokens, fingerprint "
            f"{report.vocabulary_fingerprint[:12]}; received one of {len(vocabulary)} tokens, fingerprint "
            f"{vocabulary.fingerprint[:12]}"
        )
    if task == "nsp" and report.num_documents < 2:
        raise ValueError(
            f"the corpus {directory} is one document, so that next sentence prediction has no second text from "
            "another; pass next_sentence=False, or prepare it with documents='blank_line' or, if it is the validation "
            "part of few documents, with a smaller validation_every"
        )
    if task == "nsp" and report.largest_document > _DOMINANT * report.num_passages:
        _logger.warning(
            "%d of the %d passages are of one document: most batches have no random second text for them, so that next "
            "sentence prediction learns little; prepare the corpus with documents='blank_line'",
            report.largest_document, report.num_passages,
        )  # fmt: skip
    if sequence_length is None:
        return
    room = sequence_length - vocabulary.row_layout.num_special_tokens(2 if task else 1)
    mean = num_joined * report.num_tokens / report.num_passages
    if mean < 0.6 * room:
        _logger.warning(
            "passages hold %.0f tokens on average, rows have room for %d: at least %.0f %% of them will be padding; "
            "prepare the corpus with passage_tokens=%d",
            mean, room, 100 * (1 - mean / room), room,
        )  # fmt: skip
    elif mean > 2 * room:
        _logger.warning(
            "passages hold %.0f tokens on average, rows have room for %d: an epoch sees about %.0f %% of the corpus",
            mean, room, 100 * room / mean,
        )  # fmt: skip


def _check_shard(directory: Path, shard: Shard, verify: bool):
    path = directory / shard.name
    if not path.is_file():
        raise FileNotFoundError(f"the corpus {directory} lacks its shard {shard.name}")
    if path.stat().st_size != shard.num_bytes:
        raise ValueError(f"{path} is damaged: {path.stat().st_size} bytes, expected {shard.num_bytes}")
    if verify:
        with open(path, "rb") as file:
            checksum = hashlib.file_digest(file, "sha256").hexdigest()
        if checksum != shard.sha256:
            raise ValueError(f"{path} is damaged: sha256 {checksum[:12]}, expected {shard.sha256[:12]}")
