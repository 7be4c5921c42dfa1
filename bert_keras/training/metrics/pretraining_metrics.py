"""The metrics of pretraining, named so that logs read `mlm_accuracy` and `nsp_accuracy` or `sop_accuracy`."""

import keras

from bert_keras.training.metrics.classification_metrics import ClassAccuracy


def pretraining_metrics(
    *, next_sentence: bool | None = None, sentence_order: bool = False
) -> dict[str, list[keras.metrics.Metric]]:
    """Give `compile(weighted_metrics=...)` the accuracy of each output of `BertPretrainer`.

    Weighted metrics: unused prediction slots have weight 0 and do not count. Keras puts the output's name before the
    metric's where a model has several outputs; where it has one, the metric carries the full name itself.

    Args:
        next_sentence: whether the model has the `nsp` output. Default None: where it has no `sop`.
        sentence_order: whether the model has the `sop` output. Default False.

    Returns:
        dict from output name to a list of `keras.metrics.Metric`; logs then have `mlm_accuracy` and `nsp_accuracy`
        or `sop_accuracy`, shares from 0 to 1.

    Example:
        >>> from bert_keras.training import pretraining_metrics
        >>> sorted(pretraining_metrics())
        ['mlm', 'nsp']
    """
    next_sentence = not sentence_order if next_sentence is None else next_sentence
    tasks = [name for name, has in (("nsp", next_sentence), ("sop", sentence_order)) if has]
    if not tasks:
        return {"mlm": [ClassAccuracy(name="mlm_accuracy")]}
    return {name: [ClassAccuracy(name="accuracy")] for name in ("mlm", *tasks)}
