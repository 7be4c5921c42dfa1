"""Masks runs of neighbouring words: ALBERT's n-grams and SpanBERT's spans, of random lengths."""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from bert_keras.data.pretraining.whole_word_masking import WholeWordMasking, Words
from bert_keras.data.tokenization.tokenizer import TokenIds


class WordRunMasking(WholeWordMasking):
    """Masks runs of words whose lengths are drawn.

    The words of each row are cut into runs of random lengths, anew each time, and runs are drawn as `WholeWordMasking`
    draws words. The last run gives as many of its words as the rate asks for. No run goes beyond a special token.

    Args:
        vocabulary: As for `WholeWordMasking`.
        num_predictions: Slots for predictions in a row.
        mask_rate: Share of the candidates to select.
        length_weights: How likely a run of 1, 2, ... words is; only their proportions count.
        **rates: `mask_token_rate` and `random_token_rate`, as for `WholeWordMasking`.

    Call arguments and output: as for `WholeWordMasking`.

    Raises:
        ValueError: If a number is out of range.
    """

    def __init__(
        self,
        vocabulary: TokenIds,
        num_predictions: int,
        mask_rate: float = 0.15,
        *,
        length_weights: Sequence[float],
        **rates: float,
    ):
        super().__init__(vocabulary, num_predictions, mask_rate, **rates)
        weights = np.asarray(length_weights, float)
        if weights.ndim != 1 or not weights.size or (weights < 0).any() or not 0 < weights.sum() < np.inf:
            raise ValueError(f"length_weights must be numbers from 0 on, not all 0, received {length_weights!r}")
        self.length_weights = tuple(weights.tolist())
        self._limits = (np.cumsum(weights) / weights.sum())[:-1].astype(np.float32)

    def _more_noise(self, length: int) -> list[int]:
        return [length]

    def _groups(self, words: Words, noise: tf.Tensor) -> tf.Tensor:
        lengths = 1 + tf.searchsorted(self._limits, tf.reshape(noise, [-1]), side="right")
        ends = tf.cumsum(tf.reshape(lengths, tf.shape(noise)), axis=1)  # of the runs, in words
        runs = tf.searchsorted(ends, words.numbers, side="right")
        goes_on = (runs == _before(runs, -1)) & _before(words.is_candidate, False)
        begins = words.begins & ~goes_on
        return tf.maximum(tf.cumsum(tf.cast(begins, tf.int32), axis=1) - 1, 0)


class NgramMasking(WordRunMasking):
    """Masks n-grams of whole words, as ALBERT does: of 1 to 3 words, one of n as likely as 1 / n says.

    What is shown is decided for each token.

    Args:
        vocabulary: As for `WholeWordMasking`.
        num_predictions: Slots for predictions in a row.
        mask_rate: Share of the candidates to select.
        max_words: The longest n-gram.
        **rates: `mask_token_rate` and `random_token_rate`, as for `WholeWordMasking`.

    Call arguments and output: as for `WholeWordMasking`.

    Raises:
        ValueError: If a number is out of range.

    Example:
        >>> from bert_keras.data import Vocabulary
        >>> vocabulary = Vocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "so", "good"])
        >>> masked = NgramMasking(vocabulary, 3)(tf.constant([[2, 5, 6, 5, 6, 3]]), seed=tf.constant([0, 1]))
        >>> masked.weights.numpy().tolist()
        [[1.0, 0.0, 0.0]]

    Reference: Lan et al. 2020, https://arxiv.org/abs/1909.11942, section 3.1.
    """

    def __init__(
        self, vocabulary: TokenIds, num_predictions: int, mask_rate: float = 0.15, *, max_words: int = 3, **rates: float
    ):
        if max_words < 1:
            raise ValueError(f"max_words must be at least 1, received {max_words}")
        self.max_words = max_words
        weights = [1 / n for n in range(1, max_words + 1)]
        super().__init__(vocabulary, num_predictions, mask_rate, length_weights=weights, **rates)


class SpanMasking(WordRunMasking):
    """Masks spans of whole words, as SpanBERT does: of geometric lengths, and shown alike from end to end.

    One of n words is as likely as `stop_rate * (1 - stop_rate) ** (n - 1)`, up to `max_words`: 3.8 on average. All
    tokens of a span become `[MASK]`, or all become random tokens, or all stay.

    Args:
        vocabulary: As for `WholeWordMasking`.
        num_predictions: Slots for predictions in a row.
        mask_rate: Share of the candidates to select.
        stop_rate: How likely a span ends behind each of its words.
        max_words: The longest span.
        **rates: `mask_token_rate` and `random_token_rate`, as for `WholeWordMasking`.

    Call arguments and output: as for `WholeWordMasking`.

    Raises:
        ValueError: If a number is out of range.

    Example:
        >>> from bert_keras.data import Vocabulary
        >>> vocabulary = Vocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "so", "good"])
        >>> masking = SpanMasking(vocabulary, 4, mask_rate=0.5)
        >>> masking(tf.constant([[2, 5, 6, 5, 6, 3]]), seed=tf.constant([0, 1])).weights.numpy().tolist()
        [[1.0, 1.0, 0.0, 0.0]]

    Reference: Joshi et al. 2020, https://arxiv.org/abs/1907.10529, section 3.1.
    """

    def __init__(
        self,
        vocabulary: TokenIds,
        num_predictions: int,
        mask_rate: float = 0.15,
        *,
        stop_rate: float = 0.2,
        max_words: int = 10,
        **rates: float,
    ):
        if not 0 < stop_rate < 1 or max_words < 1:
            raise ValueError(
                f"stop_rate must lie between 0 and 1 and max_words be at least 1, received {stop_rate} and {max_words}"
            )
        self.stop_rate, self.max_words = stop_rate, max_words
        weights = [(1 - stop_rate) ** n for n in range(max_words)]
        super().__init__(vocabulary, num_predictions, mask_rate, length_weights=weights, **rates)

    def _more_noise(self, length: int) -> list[int]:
        return [length, length]

    def _groups(self, words: Words, noise: tf.Tensor, of_group: tf.Tensor) -> tf.Tensor:
        return super()._groups(words, noise)

    def _actions(
        self, action: tf.Tensor, groups: tf.Tensor, positions: tf.Tensor, noise: tf.Tensor, of_group: tf.Tensor
    ) -> tf.Tensor:
        return tf.gather(of_group, tf.gather(groups, positions, batch_dims=1), batch_dims=1)


def _before(values: tf.Tensor, first: int | bool) -> tf.Tensor:
    """Move the columns of (batch, length) one to the right."""
    return tf.pad(values[:, :-1], [[0, 0], [1, 0]], constant_values=first)
