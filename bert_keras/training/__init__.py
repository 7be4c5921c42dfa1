"""What `compile` and `fit` need to train an encoder: schedules, the optimizer, losses, metrics, callbacks."""

from keras.utils import set_random_seed

from bert_keras.training import callbacks
from bert_keras.training.classification import (
    PROBLEM_TYPES,
    classification_loss,
    classification_metrics,
    score_outputs,
)
from bert_keras.training.compilation import fastest_compilation
from bert_keras.training.finetuning.adversarial_training import add_adversarial_training
from bert_keras.training.finetuning.fresh_session import fresh_session
from bert_keras.training.finetuning.layerwise_decay import layerwise_decay
from bert_keras.training.finetuning.low_rank_adapters import add_lora, merge_lora
from bert_keras.training.finetuning.r_drop import add_r_drop
from bert_keras.training.finetuning.seed_series import seed_series
from bert_keras.training.losses.distillation_losses import DistillKLDivLoss, MarginMSELoss
from bert_keras.training.losses.loss_terms import LossTerms
from bert_keras.training.losses.masked_lm_loss import MaskedLMLoss
from bert_keras.training.losses.matryoshka_loss import MatryoshkaLoss
from bert_keras.training.losses.multiple_negatives_ranking_loss import MultipleNegativesRankingLoss
from bert_keras.training.losses.output_losses import pretraining_losses, question_answering_losses
from bert_keras.training.losses.pair_losses import ContrastiveLoss, CosineSimilarityLoss, TripletLoss
from bert_keras.training.losses.pair_ranking_losses import AnglELoss, CoSENTLoss
from bert_keras.training.losses.replaced_token_loss import ReplacedTokenLoss
from bert_keras.training.losses.sentence_loss import SentenceLoss
from bert_keras.training.losses.span_loss import SpanLoss
from bert_keras.training.matching import matching_loss
from bert_keras.training.memory_advice import memory_advice
from bert_keras.training.metrics.better_direction import better_direction
from bert_keras.training.metrics.classification_metrics import (
    AllLabelsAccuracy,
    ClassF1,
    MatthewsCorrelation,
    MultiLabelF1,
)
from bert_keras.training.metrics.correlations import PearsonCorrelation, SpearmanCorrelation
from bert_keras.training.metrics.duplicate_scores import duplicate_scores
from bert_keras.training.metrics.entity_f1 import EntityF1
from bert_keras.training.metrics.entity_scores import entity_scores, span_scores, tag_accuracy
from bert_keras.training.metrics.pretraining_metrics import pretraining_metrics
from bert_keras.training.metrics.relation_scores import relation_scores
from bert_keras.training.metrics.replaced_token_accuracy import ReplacedTokenAccuracy
from bert_keras.training.metrics.retrieval_scores import retrieval_scores
from bert_keras.training.metrics.score_table import score_table
from bert_keras.training.metrics.span_f1 import SpanF1
from bert_keras.training.metrics.triple_scores import triple_scores
from bert_keras.training.metrics.writing_scores import writing_scores, writing_signature
from bert_keras.training.optimizers import AdamW
from bert_keras.training.precision import fastest_dtype_policy
from bert_keras.training.schedules import WarmupCosineDecay, WarmupLinearDecay, WarmupPolynomialDecay
from bert_keras.training.token_statistics import TokenStatistics
from bert_keras.training.traced_once import TracedOnce

__all__ = [
    "PROBLEM_TYPES",
    "AdamW",
    "AllLabelsAccuracy",
    "AnglELoss",
    "ClassF1",
    "CoSENTLoss",
    "ContrastiveLoss",
    "CosineSimilarityLoss",
    "DistillKLDivLoss",
    "EntityF1",
    "LossTerms",
    "MarginMSELoss",
    "MaskedLMLoss",
    "MatryoshkaLoss",
    "MatthewsCorrelation",
    "MultiLabelF1",
    "MultipleNegativesRankingLoss",
    "PearsonCorrelation",
    "ReplacedTokenAccuracy",
    "ReplacedTokenLoss",
    "SentenceLoss",
    "SpanF1",
    "SpanLoss",
    "SpearmanCorrelation",
    "TokenStatistics",
    "TracedOnce",
    "TripletLoss",
    "WarmupCosineDecay",
    "WarmupLinearDecay",
    "WarmupPolynomialDecay",
    "add_adversarial_training",
    "add_lora",
    "add_r_drop",
    "better_direction",
    "callbacks",
    "classification_loss",
    "classification_metrics",
    "duplicate_scores",
    "entity_scores",
    "fastest_compilation",
    "fastest_dtype_policy",
    "fresh_session",
    "layerwise_decay",
    "matching_loss",
    "memory_advice",
    "merge_lora",
    "pretraining_losses",
    "pretraining_metrics",
    "question_answering_losses",
    "relation_scores",
    "retrieval_scores",
    "score_outputs",
    "score_table",
    "seed_series",
    "set_random_seed",
    "span_scores",
    "tag_accuracy",
    "triple_scores",
    "writing_scores",
    "writing_signature",
]
