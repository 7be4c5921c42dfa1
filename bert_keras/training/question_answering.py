"""The losses of extractive question answering: one for the first token of the answer, one for the last."""

from bert_keras.training.losses import ClassLoss


def question_answering_losses():
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
