"""What `compile` and `fit` need to train an encoder: schedules, the optimizer, losses, metrics, callbacks."""

from bert_keras.training import callbacks
from bert_keras.training.losses import MaskedLMLoss, pretraining_losses
from bert_keras.training.metrics import pretraining_metrics
from bert_keras.training.optimizers import AdamW
from bert_keras.training.precision import fastest_dtype_policy
from bert_keras.training.schedules import WarmupCosineDecay, WarmupLinearDecay, WarmupPolynomialDecay
from bert_keras.training.token_statistics import TokenStatistics

__all__ = [
    "AdamW",
    "MaskedLMLoss",
    "TokenStatistics",
    "WarmupCosineDecay",
    "WarmupLinearDecay",
    "WarmupPolynomialDecay",
    "callbacks",
    "fastest_dtype_policy",
    "pretraining_losses",
    "pretraining_metrics",
]
