"""A start for small encoders on small budgets: what is known before training is put into the weights.

From random weights BERT guesses the most frequent token for a long while, until its attention has found the
neighbours of a mask. With vectors that counting gave, and a first block that looks at neighbours from the start, it
leaves that plateau within a few hundred steps. The shape stays plain BERT: only the first values differ.
"""

import keras
import numpy as np

from bert_keras.models.encoder import BertEncoder
from bert_keras.models.named_weights import padded
from bert_keras.models.sizes import SIZES


def narrow_initializer(size: str) -> keras.initializers.Initializer:
    """Return an initializer for the kernels of an encoder narrower than BERT's 768, as the quickstart begins.

    BERT's 0.02 is for that width; with so little in a narrow encoder the signal through the blocks nearly vanishes. The
    values have a deviation of 0.05, and a mean that grows as the encoder narrows.

    Args:
        size: A key of `SIZES`.

    Example:
        >>> from bert_keras.models import narrow_initializer
        >>> round(narrow_initializer("tiny").mean, 3)
        0.049
    """
    # Meant as the deviation once, and measured as the mean: with it the quickstart learns faster (docs/lab-notes.md).
    return keras.initializers.TruncatedNormal(mean=0.02 * (768 / SIZES[size]["hidden_dim"]) ** 0.5, stddev=0.05)


def warm_start(encoder: BertEncoder, token_vectors: np.ndarray, *, sharpness: float = 2.0) -> None:
    """Set the tables and the first block's attention of a new encoder; all of it stays trainable.

    The position table gets sinusoids, in as many columns as a head is wide; the other columns belong to the tokens
    and segments, which are 0 in those: the token table gets the first columns of `token_vectors` there. The queries
    and keys of the first block get, on top of their values, rotations of the sinusoids, so that head 0 looks one token
    back, head 1 one ahead, heads 2 and 3 two back and ahead, and so on: a sum of sinusoids turned by `offset` is
    largest at the position that is `offset` away. Columns in use keep the mean square that the table had.

    Args:
        encoder: `BertEncoder` with `SelfAttention`, no `embedding_dim`, and a first block that no other layer shares.
        token_vectors: (vocabulary_size, hidden_dim) array, such as `bert_keras.data.cooccurrence_vectors` gives, the
            columns that matter most first. A row of zeros, such as that of [MASK], lets the neighbours speak.
        sharpness: how strongly the heads look at their neighbour.

    Raises:
        ValueError: where the vectors' shape is not that of the token table, or the encoder has no such attention, or
            no first block of its own.

    Example:
        >>> import numpy as np
        >>> from bert_keras.models import BertEncoder, warm_start
        >>> encoder = BertEncoder.from_size("tiny", vocabulary_size=50)
        >>> warm_start(encoder, np.random.default_rng(0).normal(size=(50, 128)))

    Reference:
        Sinusoids: [Vaswani et al., 2017](https://arxiv.org/abs/1706.03762), section 3.5. Queries and keys that start
        with a structure: [Trockman and Kolter, 2023](https://arxiv.org/abs/2305.09828).
    """
    embeddings, attention = encoder.embeddings, encoder.encoder_blocks[0].attention
    table = embeddings.token_embedding.embeddings
    shape = (encoder.vocabulary_size, table.shape[1])
    if shape != np.shape(token_vectors):
        raise ValueError(f"Expected token vectors of shape {shape}, received {np.shape(token_vectors)}.")
    token_vectors = padded(np.asarray(token_vectors), table.shape)
    has_tables = embeddings.projection is None and embeddings.position_embedding is not None
    if not hasattr(attention, "query_key_value") or not has_tables:
        raise ValueError(
            "warm_start needs BERT's own SelfAttention on embeddings as wide as the encoder and a table of positions; "
            "with rotary positions or parts of your own begin without it (pretrain.py --no-warm-start)."
        )
    if encoder.num_layer_groups not in (None, encoder.num_layers):
        raise ValueError(
            f"warm_start lets the first layer look at neighbours, and with num_layer_groups={encoder.num_layer_groups} "
            "others would do as it does; begin without it (pretrain.py --no-warm-start)."
        )
    width, head_dim = encoder.hidden_dim, encoder.hidden_dim // encoder.num_heads
    # Sinusoids as in the Transformer, of the upper half of its frequencies: those tell neighbours apart.
    frequencies = 10000.0 ** -np.linspace(0, 0.5, head_dim // 2)
    positions = np.arange(-encoder.position_offset, encoder.max_sequence_length)
    angles = positions[:, None] * frequencies  # (length, head_dim / 2)
    sinusoids = np.concatenate([np.sin(angles), np.cos(angles)], axis=1)
    of_tokens = width - 2 * len(frequencies)  # columns
    if of_tokens < 1:
        raise ValueError("warm_start needs at least two heads: the positions take the columns of one.")
    _fill(table, token_vectors[:, :of_tokens], slice(None, of_tokens))
    _fill(embeddings.position_embedding.embeddings, sinusoids, slice(of_tokens, None))
    if embeddings.segment_embedding is not None:
        segments = keras.ops.convert_to_numpy(embeddings.segment_embedding.embeddings)
        _fill(embeddings.segment_embedding.embeddings, segments[:, :of_tokens], slice(None, of_tokens))

    kernel = attention.query_key_value.kernel
    offsets = [(head // 2 + 1) * (1 if head % 2 else -1) for head in range(encoder.num_heads)]
    turns = np.stack([_queries_and_keys(offset * frequencies, head_dim) for offset in offsets], axis=2)
    start = np.zeros((width, 3, encoder.num_heads, head_dim))
    start[of_tokens:, :2] = turns
    kernel.assign(keras.ops.convert_to_numpy(kernel) + sharpness * start.reshape(width, -1).astype("float32"))


def _fill(table, values, columns):
    """Put values, scaled to the mean square of the table, into some of its columns, and 0 into the others."""
    old = keras.ops.convert_to_numpy(table)
    new = np.zeros_like(old)
    new[:, columns] = values * np.sqrt(np.mean(np.square(old)) / np.mean(np.square(values)))
    table.assign(new)


def _queries_and_keys(turn, head_dim):
    """Kernels (sinusoids, 2, head_dim) that leave the keys' sinusoids as they are and turn the queries'."""
    sine = np.arange(len(turn))
    cosine = sine + len(turn)
    kernels = np.zeros((2 * len(turn), 2, head_dim))
    kernels[sine, 1, sine] = kernels[cosine, 1, cosine] = 1
    # sin(p + offset) = sin p cos offset + cos p sin offset, and so for the cosine
    kernels[sine, 0, sine] = kernels[cosine, 0, cosine] = np.cos(turn)
    kernels[cosine, 0, sine], kernels[sine, 0, cosine] = np.sin(turn), -np.sin(turn)
    return kernels
