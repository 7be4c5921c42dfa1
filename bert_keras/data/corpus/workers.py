"""The work of corpus preparation: sentences, token ids and records of a chunk of documents, in several processes."""

import collections
import concurrent.futures
import concurrent.futures.process
import contextlib
import functools
import multiprocessing
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from bert_keras.data.corpus.paragraphs import Paragraph
from bert_keras.data.corpus.passages import encode_passage, gather_passages
from bert_keras.data.corpus.sentences import split_sentences
from bert_keras.data.corpus.word_segmenter import Segmenter, words_of_tokens

Chunk = list[tuple[int, list[Paragraph]]]  # (document number, paragraphs)


class EncodedChunk(NamedTuple):
    """The records of a chunk and what the report needs to know of them.

    Attributes:
        records: Serialised passages.
        lengths: (passages,) int, tokens of each.
        documents: The documents that gave at least one passage, one of several pieces as often as it has pieces.
        document_passages: How many passages each of them gave.
        num_sentences: Sentences that hold a token.
        token_counts: (vocabulary,) int64, how often each id occurs.
    """

    records: list[bytes]
    lengths: np.ndarray
    documents: list[int]
    document_passages: list[int]
    num_sentences: int
    token_counts: np.ndarray


def encode_chunks(
    chunks: Iterable[Chunk],
    tokenizer: Callable,
    passage_tokens: int,
    num_workers: int,
    word_segmenter: str | Segmenter | None = None,
) -> Iterator[EncodedChunk]:
    """Encode chunks in order; with more than one worker in spawned processes, with a bounded number under way."""
    if num_workers == 1:
        for chunk in chunks:
            yield encode_chunk(chunk, tokenizer, passage_tokens, word_segmenter)
        return
    pool = concurrent.futures.ProcessPoolExecutor(
        num_workers,
        # Forking a process in which TensorFlow's threads run deadlocks sooner or later.
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_start_worker,
        initargs=_parts(tokenizer),
    )
    try:
        under_way = collections.deque()
        for chunk in chunks:
            under_way.append(pool.submit(_encode_in_worker, chunk, passage_tokens, word_segmenter))
            if len(under_way) > 2 * num_workers:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()
    except concurrent.futures.process.BrokenProcessPool:
        raise RuntimeError(
            "a worker of corpus preparation died: out of memory, or the script lacks `if __name__ == '__main__':`; "
            "num_workers=1 needs no processes"
        ) from None
    finally:
        pool.shutdown(cancel_futures=True)


def encode_chunk(
    chunk: Chunk, tokenizer: Callable, passage_tokens: int, word_segmenter: str | Segmenter | None = None
) -> EncodedChunk:
    """Split, tokenize and serialise the documents of a chunk.

    Raises:
        ValueError: If the tokenizer makes special tokens other than `[UNK]` out of text.
    """
    sentences, num_sentences = [], []
    for _, paragraphs in chunk:
        before = len(sentences)
        for paragraph in paragraphs:
            sentences += split_sentences(paragraph) if isinstance(paragraph, str) else paragraph
        num_sentences.append(len(sentences) - before)
    ragged = tokenizer(sentences)
    token_ids, lengths = ragged.flat_values.numpy(), ragged.row_lengths().numpy()
    vocabulary = tokenizer.vocabulary
    token_counts = np.bincount(token_ids, minlength=len(vocabulary))
    _check_no_special_tokens(token_counts, vocabulary)

    begins_word = None if word_segmenter is None else words_of_tokens(sentences, tokenizer, word_segmenter)
    records, passage_lengths, documents, document_passages = [], [], [], []
    sentence, token = 0, 0
    for (document, paragraphs), count in zip(chunk, num_sentences, strict=True):
        # Of sentences that somebody has cut, none is left alone, for a pair of texts is cut out of a passage.
        passages = gather_passages(
            lengths[sentence : sentence + count].tolist(), passage_tokens, in_company=isinstance(paragraphs[0], tuple)
        )
        sentence += count
        for sentence_lengths in passages:
            num_tokens = sum(sentence_lengths)
            tokens = slice(token, token + num_tokens)
            words = None if begins_word is None else begins_word[tokens]
            records.append(encode_passage(token_ids[tokens], sentence_lengths, document, words))
            passage_lengths.append(num_tokens)
            token += num_tokens
        if passages:
            documents.append(document)
            document_passages.append(len(passages))
    num_sentences = int((lengths > 0).sum())
    return EncodedChunk(
        records, np.array(passage_lengths, int), documents, document_passages, num_sentences, token_counts
    )


def _check_no_special_tokens(token_counts: np.ndarray, vocabulary):
    for token_id in set(vocabulary.special_ids) - {vocabulary.unk_id}:
        if token_counts[token_id]:
            raise ValueError(
                f"the tokenizer made {token_counts[token_id]} {vocabulary.tokens[token_id]} out of corpus text; "
                "build it with split_special_tokens=True"
            )


# A tokenizer holds TensorFlow resources, which cannot be sent to another process; what it was built from can. It is
# sent in parts, as building one while they are unpickled would set up TensorFlow before its threads are chosen.
def _parts(tokenizer: Callable) -> tuple[Callable, dict | None]:
    return (type(tokenizer), tokenizer.get_config()) if hasattr(tokenizer, "get_config") else (tokenizer, None)


def _start_worker(tokenizer: Callable, config: dict | None):
    global _worker_tokenizer
    for choose, value in (
        (functools.partial(tf.config.set_visible_devices, device_type="GPU"), []),
        (tf.config.threading.set_intra_op_parallelism_threads, 1),
        (tf.config.threading.set_inter_op_parallelism_threads, 1),
    ):
        # A script that makes tensors where it is imported has set up TensorFlow in this process, too.
        with contextlib.suppress(RuntimeError):
            choose(value)
    _worker_tokenizer = tokenizer if config is None else tokenizer.from_config(config)


def _encode_in_worker(chunk: Chunk, passage_tokens: int, word_segmenter: str | Segmenter | None = None) -> EncodedChunk:
    return encode_chunk(chunk, _worker_tokenizer, passage_tokens, word_segmenter)
