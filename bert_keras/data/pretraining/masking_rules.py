"""The masking rules by their names, as options have them, and a rate that changes in training."""

from collections.abc import Callable
from typing import Literal, get_args

import tensorflow as tf

from bert_keras.data.pretraining.masked_tokens import SlotMasking
from bert_keras.data.pretraining.masking import TokenMasking
from bert_keras.data.pretraining.whole_word_masking import WholeWordMasking
from bert_keras.data.pretraining.word_run_masking import NgramMasking, SpanMasking
from bert_keras.data.tokenization.tokenizer import TokenIds

MaskingRule = Literal["tokens", "words", "ngrams", "spans"]
_RULES = {"tokens": TokenMasking, "words": WholeWordMasking, "ngrams": NgramMasking, "spans": SpanMasking}


def masking_rule(
    name: MaskingRule, vocabulary: TokenIds, num_predictions: int, mask_rate: float, **rates: float
) -> SlotMasking:
    """Return a masking rule with its published settings.

    Args:
        name: `"tokens"` (BERT), `"words"` (BERT with whole words), `"ngrams"` (ALBERT) or `"spans"` (SpanBERT).
        vocabulary: Whose tokens are masked.
        num_predictions: Slots for predictions in a row.
        mask_rate: Share of the tokens to predict.
        **rates: `mask_token_rate` and `random_token_rate`, as for `TokenMasking`; BERT's where they are left out.

    Raises:
        ValueError: If there is no such rule, or a number is out of range.

    Example:
        >>> from bert_keras.data import Vocabulary
        >>> vocabulary = Vocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "so", "good"])
        >>> type(masking_rule("spans", vocabulary, 20, 0.15)).__name__
        'SpanMasking'
    """
    if name not in get_args(MaskingRule):
        raise ValueError(f"masking must be one of {', '.join(_RULES)}, or a function, received {name!r}")
    return _RULES[name](vocabulary, num_predictions, mask_rate, **rates)


def mask_rate_at(step: tf.Tensor, first: float, final: float, num_steps: int) -> tf.Tensor:
    """Return the mask rate at a step, float32: it goes from the first to the final one linearly, and stays there.

    Args:
        step: int64, of any shape.
        first: Rate at step 0.
        final: Rate from step `num_steps` on.
        num_steps: When it gets there.

    Example:
        >>> mask_rate_at(tf.constant([0, 5, 20], tf.int64), 0.3, 0.1, num_steps=10).numpy().round(3).tolist()
        [0.30000001192092896, 0.20000000298023224, 0.10000000149011612]

    Reference: the falling rate of Ankner et al. 2024, https://arxiv.org/abs/2305.15096.
    """
    done = tf.minimum(tf.cast(step, tf.float64) / num_steps, 1.0)
    return tf.cast(first + (final - first) * done, tf.float32)


def check_rate_change(masking: MaskingRule | Callable, first: float, final: float, num_steps: int | None) -> None:
    """Raise `ValueError` where a rate cannot change so."""
    if callable(masking):
        raise ValueError(
            "final_mask_rate changes the rate of a rule by name, such as masking='tokens'; received a function, which "
            "has a rate of its own"
        )
    for name, rate in (("mask_rate", first), ("final_mask_rate", final)):
        if not 0 < rate < 1:
            raise ValueError(f"{name} must lie between 0 and 1, received {rate}")
    if num_steps is None or num_steps < 1:
        raise ValueError(
            f"final_mask_rate={final} needs num_steps, when it gets there, of at least 1; received {num_steps}"
        )
