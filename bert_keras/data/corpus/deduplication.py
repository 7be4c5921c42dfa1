"""A stream of documents without the documents and paragraphs that were there before, exactly or nearly."""

from collections.abc import Iterator

import numpy as np

from bert_keras.data.corpus.dropped import Dropped
from bert_keras.data.corpus.duplicates import SeenTexts
from bert_keras.data.corpus.minhash import MinHash
from bert_keras.data.corpus.near_duplicates import NearTexts
from bert_keras.data.corpus.paragraphs import Paragraph, num_characters

_REPEATABLE = 64  # characters; shorter paragraphs ("Thank you.", "Chapter 1") may repeat
_BATCH_CHARACTERS = 1 << 16  # hashed together, which is faster for short documents

Block = tuple[int, list[Paragraph]]


def without_duplicates(
    blocks: Iterator[Block], dropped: Dropped, near_duplicates: float | None = None
) -> Iterator[Block]:
    """Hand on the documents and paragraphs that are new; the first of several stays.

    A document that is nearly an earlier one goes as a whole; otherwise each paragraph (of 64 characters or more) that
    was there goes. The shingles of a document are those of its paragraphs, so a document costs nothing beyond them.

    Args:
        blocks: Documents, by number.
        dropped: Gets what was there before.
        near_duplicates: The estimated Jaccard similarity from which on a text is nearly another; None for exact
            duplicates alone.

    Reference: for near-duplicates, Lee et al. 2022, "Deduplicating training data makes language models better".
    """
    seen_documents, seen_paragraphs = SeenTexts(), SeenTexts()
    near = None if near_duplicates is None else [_NearTexts(near_duplicates), _NearTexts(near_duplicates)]
    for document, paragraphs, minima in _with_minima(blocks) if near else ((*block, None) for block in blocks):
        texts = [text if isinstance(text, str) else "\n".join(text) for text in paragraphs]
        if not seen_documents.add("\n".join(texts)):
            dropped.text("duplicate documents", "", document, paragraphs)
            continue
        if near and (earlier := near[0].earlier(minima.min(axis=0), document)):
            dropped.text("near-duplicate documents", earlier, document, paragraphs)
            continue
        kept = []
        for number, (paragraph, text) in enumerate(zip(paragraphs, texts, strict=True)):
            if len(text) < _REPEATABLE:
                kept.append(paragraph)
            elif not seen_paragraphs.add(text):
                dropped.text("duplicate paragraphs", "", document, [paragraph])
            elif near and (earlier := near[1].earlier(minima[number], document)):
                dropped.text("near-duplicate paragraphs", earlier, document, [paragraph])
            else:
                kept.append(paragraph)
        if kept:
            yield document, kept


class _NearTexts:
    def __init__(self, threshold: float):
        self._texts = NearTexts(threshold)
        self._documents = np.zeros(self._texts.max_texts, np.int64)

    def earlier(self, minima: np.ndarray, document: int) -> str:
        """Say which document an earlier text is of and how near it is; remember a text that is near to none."""
        if minima[0] == np.iinfo(np.uint64).max:  # no words
            return ""
        signature = MinHash.compressed(minima)
        numbers, similarities = self._texts.near(signature)
        if len(numbers):
            return (
                f"similarity {similarities[0]:.2f} with document {self._documents[numbers[0] % len(self._documents)]}"
            )
        self._documents[self._texts.add(signature) % len(self._documents)] = document
        return ""


def _with_minima(blocks: Iterator[Block]) -> Iterator[tuple[int, list[Paragraph], np.ndarray]]:
    minhash = MinHash()
    for batch in _batches(blocks):
        texts = [text if isinstance(text, str) else "\n".join(text) for _, paragraphs in batch for text in paragraphs]
        minima = minhash.minima(minhash.shingles(texts))
        first = 0
        for document, paragraphs in batch:
            yield document, paragraphs, minima[first : first + len(paragraphs)]
            first += len(paragraphs)


def _batches(blocks: Iterator[Block]) -> Iterator[list[Block]]:
    batch, size = [], 0
    for block in blocks:
        batch.append(block)
        size += sum(map(num_characters, block[1]))
        if size >= _BATCH_CHARACTERS:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
