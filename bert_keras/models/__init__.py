"""Encoders and what is trained on them: each model is an encoder and its heads."""

from bert_keras.models.encoder import BertEncoder
from bert_keras.models.head_only import VectorBatches, head_only
from bert_keras.models.multiple_choice import MultipleChoice
from bert_keras.models.pretrainer import BertPretrainer
from bert_keras.models.question_answerer import QuestionAnswerer
from bert_keras.models.relation_classifier import RelationClassifier
from bert_keras.models.sizes import SIZES
from bert_keras.models.starting_weights import warm_start
from bert_keras.models.text_classifier import TextClassifier
from bert_keras.models.token_classifier import TokenClassifier

__all__ = [
    "SIZES",
    "BertEncoder",
    "BertPretrainer",
    "MultipleChoice",
    "QuestionAnswerer",
    "RelationClassifier",
    "TextClassifier",
    "TokenClassifier",
    "VectorBatches",
    "head_only",
    "warm_start",
]
