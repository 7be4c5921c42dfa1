"""Encoders and task models: each task model is an encoder with its heads."""

from bert_keras.models.causal_lm import CausalLM
from bert_keras.models.changed_tables import change_positions, change_vocabulary
from bert_keras.models.denoising_autoencoder import DenoisingAutoencoder
from bert_keras.models.encoder import BertEncoder
from bert_keras.models.head_only import VectorBatches, head_only
from bert_keras.models.load_preset import load_preset, model_class_of
from bert_keras.models.multiple_choice import MultipleChoice
from bert_keras.models.narrower_encoder import narrower_encoder
from bert_keras.models.prefix_lm import PrefixLM
from bert_keras.models.pretrainer import BertPretrainer
from bert_keras.models.question_answerer import QuestionAnswerer
from bert_keras.models.relation_classifier import RelationClassifier
from bert_keras.models.replaced_token_detector import ReplacedTokenDetector
from bert_keras.models.replaced_token_pretrainer import ReplacedTokenPretrainer
from bert_keras.models.saved_model import open_preset
from bert_keras.models.sentence_encoder import SentenceEncoder
from bert_keras.models.sentence_pair_classifier import SentencePairClassifier
from bert_keras.models.sizes import SIZES
from bert_keras.models.span_tagger import SpanTagger
from bert_keras.models.starting_weights import narrow_initializer, warm_start
from bert_keras.models.task_model import TaskModel
from bert_keras.models.text_classifier import TextClassifier
from bert_keras.models.token_classifier import TokenClassifier
from bert_keras.models.triple_extractor import TripleExtractor

__all__ = [
    "SIZES",
    "BertEncoder",
    "BertPretrainer",
    "CausalLM",
    "DenoisingAutoencoder",
    "MultipleChoice",
    "PrefixLM",
    "QuestionAnswerer",
    "RelationClassifier",
    "ReplacedTokenDetector",
    "ReplacedTokenPretrainer",
    "SentenceEncoder",
    "SentencePairClassifier",
    "SpanTagger",
    "TaskModel",
    "TextClassifier",
    "TokenClassifier",
    "TripleExtractor",
    "VectorBatches",
    "change_positions",
    "change_vocabulary",
    "head_only",
    "load_preset",
    "model_class_of",
    "narrow_initializer",
    "narrower_encoder",
    "open_preset",
    "warm_start",
]
