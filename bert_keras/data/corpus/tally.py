"""Adds up what the chunks of a corpus hold, for the report."""

from typing import Any

import numpy as np

from bert_keras.data.corpus.dropped import Dropped
from bert_keras.data.corpus.report import CorpusReport, Shard
from bert_keras.data.corpus.workers import EncodedChunk
from bert_keras.data.tokenization.tokenizer import TokenIds

_HISTOGRAM_STEP = 16  # tokens
_NUMBERS = ("num_passages", "num_sentences", "num_documents", "largest_document", "_last_document", "_last_passages")


class CorpusTally:
    """Counts documents, sentences, passages and tokens.

    Args:
        vocabulary: The vocabulary of the ids.
    """

    def __init__(self, vocabulary: TokenIds):
        self.vocabulary = vocabulary
        self.num_passages = self.num_sentences = self.num_documents = self.largest_document = 0
        self.token_counts = np.zeros(len(vocabulary), np.int64)
        self.length_counts = np.zeros(0, np.int64)
        self._last_document, self._last_passages = -1, 0

    def get_state(self) -> dict[str, Any]:
        """Return what was counted so far, for JSON."""
        return {name: getattr(self, name) for name in _NUMBERS} | {
            "token_counts": self.token_counts.tolist(),
            "length_counts": self.length_counts.tolist(),
        }

    def set_state(self, state: dict[str, Any]) -> None:
        """Go on from what was counted before.

        Raises:
            ValueError: If the state is not one of `get_state`.
        """
        try:
            numbers = {name: int(state[name]) for name in _NUMBERS}
            token_counts, length_counts = (np.array(state[x], np.int64) for x in ("token_counts", "length_counts"))
        except (KeyError, TypeError) as error:
            raise ValueError(f"not the state of a tally: {error!r}") from None
        if token_counts.shape != self.token_counts.shape:
            raise ValueError(f"counts of {token_counts.shape} tokens, expected {self.token_counts.shape}")
        vars(self).update(numbers)
        self.token_counts, self.length_counts = token_counts, length_counts

    def add(self, encoded: EncodedChunk) -> None:
        """Count a chunk."""
        self.num_passages += len(encoded.records)
        self.num_sentences += encoded.num_sentences
        for document, num_passages in zip(encoded.documents, encoded.document_passages, strict=True):
            if document != self._last_document:  # else another piece of it
                self.num_documents += 1
                self._last_document, self._last_passages = document, 0
            self._last_passages += num_passages
            self.largest_document = max(self.largest_document, self._last_passages)
        self.token_counts += encoded.token_counts
        counts = np.bincount(-(-encoded.lengths // _HISTOGRAM_STEP), minlength=len(self.length_counts))
        counts[: len(self.length_counts)] += self.length_counts
        self.length_counts = counts

    def report(self, dropped: Dropped, passage_tokens: int, fingerprints: dict, shards: list[Shard]) -> CorpusReport:
        """Return the report of the corpus."""
        counts = self.token_counts.copy()
        num_tokens = int(counts.sum())
        unknown = int(counts[self.vocabulary.unk_id])
        counts[self.vocabulary.unk_id] = 0
        most_frequent = int(counts.argmax())
        return CorpusReport(
            num_documents=self.num_documents,
            num_sentences=self.num_sentences,
            num_passages=self.num_passages,
            num_tokens=num_tokens,
            largest_document=self.largest_document,
            passage_tokens=passage_tokens,
            length_histogram=[
                [bound * _HISTOGRAM_STEP, int(count)] for bound, count in enumerate(self.length_counts) if count
            ],
            unknown_share=unknown / num_tokens,
            most_frequent_id=most_frequent,
            most_frequent_token=self.vocabulary.tokens[most_frequent],
            most_frequent_share=int(counts[most_frequent]) / num_tokens,
            dropped=dropped.counts,
            first_dropped=dropped.first,
            read_as=dropped.read_as,
            vocabulary_size=len(self.vocabulary),
            shards=shards,
            **fingerprints,
        )
