"""Token vectors from counts: which tokens stand next to which, factorised.

A model that starts from them need not find out by gradient descent what counting tells in seconds.
"""

import itertools
import os
from pathlib import Path

import numpy as np
import tensorflow as tf

from bert_keras.data.corpus.check import sound_shards
from bert_keras.data.corpus.passages import parse_passages
from bert_keras.data.corpus.report import CorpusReport
from bert_keras.data.rows.autotuner import without_autotuner
from bert_keras.data.tokenization.tokenizer import TokenIds


def cooccurrence_vectors(
    directory: str | os.PathLike,
    vocabulary: TokenIds,
    embedding_dim: int,
    *,
    window: int = 4,
    num_contexts: int = 2048,
    max_passages: int = 200_000,
    seed: int = 0,
) -> np.ndarray:
    """Give each token a vector such that tokens used alike, with the same neighbours on the same side, lie close.

    Counts neighbours before and after each token apart, weights them with the inverse of their distance, takes the
    positive pointwise mutual information with the contexts' distribution raised to 0.75, and factorises that matrix
    with a randomised singular value decomposition. Memory is `vocabulary * 2 * num_contexts * 4` bytes, a few times.

    Args:
        directory: A corpus made by `prepare_corpus`.
        vocabulary: The vocabulary that the corpus was made with.
        embedding_dim: Width of the vectors.
        window: How far a neighbour may stand, in tokens.
        num_contexts: How many of the most frequent tokens count as neighbours.
        max_passages: How many passages are counted, from the first on.
        seed: Of the random projection.

    Returns:
        (vocabulary, embedding_dim) float32, each row of length 1; rows of tokens that do not occur, such as the
        special ones, are 0.

    Raises:
        FileNotFoundError: If the folder holds no complete corpus.
        ValueError: If the corpus was made with another vocabulary, a shard is damaged, or there are fewer contexts (on
            both sides together) than `embedding_dim`.

    Example:
        >>> import tempfile
        >>> from bert_keras.data import WordPieceTokenizer, prepare_corpus
        >>> tokenizer = WordPieceTokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "cat", "sat", "."])
        >>> directory = tempfile.mkdtemp()
        >>> _ = prepare_corpus(iter(["A cat sat. A cat sat."]), directory, tokenizer, progress=False)
        >>> vectors = cooccurrence_vectors(directory, tokenizer.vocabulary, embedding_dim=2)
        >>> vectors.shape, round(float((vectors[6] ** 2).sum()), 3)
        ((9, 2), 1.0)

    Reference:
        Levy and Goldberg, 2014, "Neural word embedding as implicit matrix factorization"; the exponent and the split
        of the singular values are those of Levy, Goldberg and Dagan, 2015; the decomposition is that of Halko,
        Martinsson and Tropp, 2011, https://arxiv.org/abs/0909.4061
    """
    report = CorpusReport.load(directory)
    if report.vocabulary_fingerprint != vocabulary.fingerprint:
        raise ValueError(f"the corpus {directory} was made with another vocabulary than the one received")
    shards = sound_shards(Path(directory), report, verify=False)
    files = [str(Path(directory, shard.name)) for shard in shards]
    batches = tf.data.TFRecordDataset(files).take(max_passages).batch(1024).map(parse_passages)
    # Between two passages a gap as wide as the window, so that nobody's neighbour is in another text.
    texts = [_with_gaps(batch, window) for batch in without_autotuner(batches).as_numpy_iterator()]
    frequency = sum(np.bincount(text[text >= 0], minlength=len(vocabulary)) for text in texts)
    contexts = np.argsort(-frequency, kind="stable")[: min(num_contexts, np.count_nonzero(frequency))]
    if min(len(vocabulary), 2 * len(contexts)) < embedding_dim:
        raise ValueError(
            f"{len(contexts)} different tokens, of a vocabulary of {len(vocabulary)}, are too few for vectors of width "
            f"{embedding_dim}; take more text, or begin without them (pretrain.py --no-warm-start)"
        )
    counts = _count_neighbours(texts, contexts, len(vocabulary), window)
    vectors = _left_factor(_positive_pointwise_mutual_information(counts), embedding_dim, seed)
    vectors[frequency == 0] = 0  # rounding leaves a little there
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)


def _with_gaps(passages, window: int) -> np.ndarray:
    gap = np.full(window, -1, np.int32)
    pieces = np.split(passages.token_ids, passages.starts[1:])
    return np.concatenate(list(itertools.chain.from_iterable((piece, gap) for piece in pieces)))


def _count_neighbours(texts: list[np.ndarray], contexts: np.ndarray, vocabulary_size: int, window: int) -> np.ndarray:
    """Weighted counts, (vocabulary, 2 * contexts): what stands before a token, then what stands after it."""
    column = np.full(vocabulary_size + 1, -1)  # one more for the gap, -1
    column[contexts] = np.arange(len(contexts))
    counts = np.zeros((vocabulary_size, 2 * len(contexts)), np.float32)
    for text, distance in itertools.product(texts, range(1, window + 1)):
        before, after = text[:-distance], text[distance:]
        for token, neighbour, side in ((after, before, 0), (before, after, len(contexts))):
            counted = (token >= 0) & (column[neighbour] >= 0)
            np.add.at(counts, (token[counted], column[neighbour[counted]] + side), np.float32(1 / distance))
    return counts


def _positive_pointwise_mutual_information(counts: np.ndarray) -> np.ndarray:
    """log(p(token, context) / p(token) p(context)), 0 where that is negative; works in place."""
    tokens = np.maximum(counts.sum(axis=1, keepdims=True), 1e-12)
    contexts = np.maximum(counts.sum(axis=0, keepdims=True), 1e-12) ** 0.75
    counts /= tokens
    counts /= contexts / contexts.sum()
    np.maximum(counts, 1, out=counts)
    return np.log(counts, out=counts)


def _left_factor(matrix: np.ndarray, rank: int, seed: int) -> np.ndarray:
    """U * sqrt(S) of the matrix's truncated singular value decomposition, (rows, rank)."""
    columns = min(rank + 8, min(matrix.shape))
    basis = np.random.default_rng(seed).standard_normal((matrix.shape[1], columns), np.float32)
    for _ in range(2):  # power iterations sharpen a slowly falling spectrum
        basis = np.linalg.qr(matrix.T @ np.linalg.qr(matrix @ basis)[0])[0]
    left, values, _ = np.linalg.svd(matrix @ basis, full_matrices=False)
    return left[:, :rank] * np.sqrt(values[:rank])
