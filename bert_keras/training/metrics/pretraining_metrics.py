"""The metrics of pretraining, named so that logs read `mlm_accuracy`, and `nsp_`, `sop_` or `rtd_accuracy`."""

import keras

from bert_keras.training.metrics.classification_metrics import ClassAccuracy
from bert_keras.training.metrics.replaced_token_accuracy import ReplacedTokenAccuracy


def pretraining_metrics(
    *,
    next_sentence: bool | None = None,
    sentence_order: bool = False,
    replaced_tokens: bool = False,
    span_boundaries: bool = False,
) -> dict[str, list[keras.metrics.Metric]]:
    """Give `compile(weighted_metrics=...)` the accuracy of each output of a pretrainer, with replaced tokens or not.

    Of `rtd` precision and recall of "replaced" too: most tokens are real, and so to say of all of them is often right.

    Weighted metrics: unused prediction slots have weight 0 and do not count. Keras puts the output's name before the
    metric's where a model has several outputs; where it has one, the metric carries the full name itself.

    Args:
        next_sentence: whether the model has the `nsp` output. Default None: where it has neither `sop` nor `rtd`.
        sentence_order: whether the model has the `sop` output. Default False.
        replaced_tokens: whether the model has the `rtd` output. Default False.
        span_boundaries: whether the model has the `sbo` output. Default False.

    Returns:
        dict from output name to a list of `keras.metrics.Metric`; logs then have `mlm_accuracy` and `nsp_accuracy`
        or `sop_accuracy`, or `rtd_accuracy`, `rtd_precision` and `rtd_recall`, and `sbo_accuracy`, shares from 0 to 1.

    Example:
        >>> from bert_keras.training import pretraining_metrics
        >>> sorted(pretraining_metrics())
        ['mlm', 'nsp']
    """
    next_sentence = not (sentence_order or replaced_tokens) if next_sentence is None else next_sentence
    heads = {"nsp": next_sentence, "sop": sentence_order, "sbo": span_boundaries}
    tasks = [name for name, is_there in heads.items() if is_there]
    if not tasks and not replaced_tokens:
        return {"mlm": [ClassAccuracy(name="mlm_accuracy")]}
    metrics = {name: [ClassAccuracy(name="accuracy")] for name in ("mlm", *tasks)}
    return metrics | ({"rtd": _of_replaced_tokens()} if replaced_tokens else {})


def _of_replaced_tokens():
    of_logits = {"precision": keras.metrics.Precision, "recall": keras.metrics.Recall}
    return [
        ReplacedTokenAccuracy(name="accuracy"), *(kind(thresholds=0.0, name=name) for name, kind in of_logits.items()),
    ]  # fmt: skip
