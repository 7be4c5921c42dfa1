"""What a prepared corpus holds: `corpus.json`, written last, read against a closed schema."""

import dataclasses
import hashlib
import json
import os
import typing
from pathlib import Path

from bert_keras.atomic_files import write_file
from bert_keras.json_text import parse_json

FILE_NAME = "corpus.json"
_FORMAT = "bert_keras corpus 1"


@dataclasses.dataclass(frozen=True)
class Shard:
    """One TFRecord file of a corpus.

    Attributes:
        name: File name in the corpus folder.
        num_passages: Records in it.
        num_tokens: Tokens in all of them.
        num_bytes: Size of the file.
        sha256: Checksum of the file.
        num_documents: Documents that these passages are of; 0 in a report of before they were counted.
    """

    name: str
    num_passages: int
    num_tokens: int
    num_bytes: int
    sha256: str
    num_documents: int = 0


@dataclasses.dataclass(frozen=True)
class CorpusReport:
    """What `prepare_corpus` made, and out of what.

    Attributes:
        num_documents: Documents with text in them, duplicates not counted.
        num_sentences: Sentences that hold a token.
        num_passages: Records in all shards.
        num_tokens: Tokens in all passages, without special tokens.
        passage_tokens: Tokens that close a passage.
        length_histogram: `[upper bound, passages]` pairs: passages of up to that many tokens and more than the bound
            before it.
        unknown_share: Share of `[UNK]` among the tokens.
        most_frequent_id: The id of the most frequent token: what a unigram model answers always.
        most_frequent_token: That token.
        most_frequent_share: Its share of the tokens.
        dropped: Why something was left out (or cut), and how often.
        first_dropped: The first place for each of these reasons.
        vocabulary_fingerprint: sha256 of the vocabulary that the ids belong to.
        vocabulary_size: Tokens in it.
        settings: The options the corpus was made with.
        sources: Checksum over names, sizes and times of the files read; empty for documents from memory.
        shards: The files.
        largest_document: Passages of the document that has most of them; 0 in a report of before it was counted.
        read_as: What the files were read as, and how many of them: a value of `documents`, or a format.
    """

    num_documents: int
    num_sentences: int
    num_passages: int
    num_tokens: int
    passage_tokens: int
    length_histogram: list[list[int]]
    unknown_share: float
    most_frequent_id: int
    most_frequent_token: str
    most_frequent_share: float
    dropped: dict[str, int]
    first_dropped: dict[str, str]
    vocabulary_fingerprint: str
    vocabulary_size: int
    settings: dict[str, typing.Any]
    sources: str
    shards: list[Shard]
    largest_document: int = 0
    read_as: dict[str, int] = dataclasses.field(default_factory=dict)

    @classmethod
    def load(cls, directory: str | os.PathLike) -> "CorpusReport":
        """Read the report of a prepared corpus.

        Raises:
            FileNotFoundError: If the folder holds no complete corpus.
            ValueError: If `corpus.json` is not what `prepare_corpus` writes.
        """
        path = Path(directory, FILE_NAME)
        if not path.is_file():
            raise FileNotFoundError(
                f"{os.fspath(directory)!r} holds no complete corpus: no {FILE_NAME} in it; make one with prepare_corpus"
            )
        try:
            content = parse_json(path.read_text("utf-8"))
            if content.pop("format") != _FORMAT:
                raise ValueError(f"expected format {_FORMAT!r}")
            shards = [Shard(**_checked(Shard, shard)) for shard in content["shards"]]
            return cls(**{**_checked(cls, content), "shards": shards})
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise ValueError(f"{path} is not the report of a prepared corpus: {error!r}") from None

    def save(self, directory: str | os.PathLike) -> None:
        """Write `corpus.json`, complete or not at all."""
        content = {"format": _FORMAT, **dataclasses.asdict(self)}
        text = json.dumps(content, indent=1, ensure_ascii=False)
        # Half a surrogate pair, as in the name of a file that is not UTF-8, becomes its JSON escape.
        write_file(Path(directory, FILE_NAME), text.encode("utf-8", "backslashreplace"))

    @property
    def checksum(self) -> str:
        """sha256 over the checksums of the shards and the vocabulary: the same for a corpus of the same bytes."""
        parts = [self.vocabulary_fingerprint, *(shard.sha256 for shard in self.shards)]
        return hashlib.sha256("".join(parts).encode()).hexdigest()

    def __str__(self):
        mean = self.num_tokens / self.num_passages
        lines = [
            f"{self.num_documents:,} documents, {self.num_sentences:,} sentences, {self.num_tokens:,} tokens",
            f"{self.num_passages:,} passages of {mean:.1f} tokens on average "
            f"(closed at {self.passage_tokens}), in {len(self.shards)} shards",
            f"unknown tokens {self.unknown_share:.3%}, most frequent token {self.most_frequent_token!r} "
            f"{self.most_frequent_share:.2%}",
            "passages by length:",
        ]
        if self.read_as:
            kinds = ", ".join(f"{count:,} of {kind}" for kind, count in self.read_as.items())
            lines.insert(1, f"files: {kinds}")
        most = max(count for _, count in self.length_histogram)
        for bound, count in self.length_histogram:
            lines.append(f"  up to {bound:5d}  {count:9,}  {'#' * round(40 * count / most)}")
        if self.dropped and self.settings.get("validation_every"):
            lines.append("left out of all parts together:")
        lines += [f"{count:,} {reason} (first: {self.first_dropped[reason]})" for reason, count in self.dropped.items()]
        return "\n".join(lines)


def _checked(schema: type, content: dict) -> dict:
    """Raise if a field is missing, unknown or of another type than the dataclass says."""
    types = typing.get_type_hints(schema)
    missing = dataclasses.MISSING
    optional = {f.name for f in dataclasses.fields(schema) if (f.default, f.default_factory) != (missing, missing)}
    if wrong := set(content) - set(types) | set(types) - set(content) - optional:
        raise ValueError(f"fields missing or unknown: {sorted(wrong)}")
    for name, value in content.items():
        expected = typing.get_origin(types[name]) or types[name]
        if not isinstance(value, (int, float) if expected is float else expected) or isinstance(value, bool):
            raise ValueError(f"{name}: expected {expected.__name__}, received {value!r}")
    return content
