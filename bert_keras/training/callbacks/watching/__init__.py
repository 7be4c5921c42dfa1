"""What a model makes of its validation part, for TensorBoard: a view each, of predictions that were made once."""

from bert_keras.training.callbacks.watching.predictions import ClassPredictions, Judgements, Predictions, Watched
from bert_keras.training.callbacks.watching.spans import Mark, SpanPredictions, compare_spans

__all__ = ["ClassPredictions", "Judgements", "Mark", "Predictions", "SpanPredictions", "Watched", "compare_spans"]
