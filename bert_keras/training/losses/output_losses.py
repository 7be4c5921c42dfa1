"""A loss for each output of a model that has several."""

import keras

from bert_keras.training.losses.class_losses import ClassLoss
from bert_keras.training.losses.masked_lm_loss import MaskedLMLoss
from bert_keras.training.losses.replaced_token_loss import ReplacedTokenLoss


def pretraining_losses(
    *,
    masked_lm: bool = True,
    next_sentence: bool | None = None,
    sentence_order: bool = False,
    replaced_tokens: bool = False,
    span_boundaries: bool = False,
) -> dict[str, keras.losses.Loss]:
    """Give `compile(loss=...)` one loss for each output of `BertPretrainer` or `ReplacedTokenPretrainer`.

    Keras logs `loss`, their sum, and `mlm_loss` and `nsp_loss` (or `sop_loss`, `rtd_loss`, `sbo_loss`) apart; with one
    output, `loss` alone. In the sum `rtd_loss` has the weight that its model gives it, in its own curve it has none.

    Args:
        masked_lm: whether the model has the `mlm` output. Default True.
        next_sentence: whether the model has the `nsp` output. Default None: where it has neither `sop` nor `rtd`.
        sentence_order: whether the model has the `sop` output. Default False.
        replaced_tokens: whether the model has the `rtd` output. Default False.
        span_boundaries: whether the model has the `sbo` output. Default False.

    Returns:
        dict from output name to `keras.losses.Loss`.

    Example:
        >>> from bert_keras.training import pretraining_losses
        >>> sorted(pretraining_losses())
        ['mlm', 'nsp']
    """
    losses = {name: MaskedLMLoss(name=name) for name, has in (("mlm", masked_lm), ("sbo", span_boundaries)) if has}
    next_sentence = not (sentence_order or replaced_tokens) if next_sentence is None else next_sentence
    losses |= {name: ClassLoss(name=name) for name, has in (("nsp", next_sentence), ("sop", sentence_order)) if has}
    return losses | ({"rtd": ReplacedTokenLoss(name="rtd")} if replaced_tokens else {})


def question_answering_losses() -> dict[str, keras.losses.Loss]:
    """Give `compile(loss=...)` the cross-entropy of each of `QuestionAnswerer`'s outputs over the tokens of a row.

    Averaged over the rows that count: rows that fill up a batch have weight 0 and change nothing.
    An answer beyond its row is refused.

    Returns:
        dict from output name to `keras.losses.Loss`; logs then have `start_loss` and `end_loss` beside their sum.

    Example:
        >>> from bert_keras.training import question_answering_losses
        >>> sorted(question_answering_losses())
        ['end', 'start']
    """
    return {name: ClassLoss(name=name) for name in ("start", "end")}
