"""The parts that encoders are built from: one public layer a file, in keras and keras.ops only."""

from bert_keras.layers.attention_mask import AttentionMask
from bert_keras.layers.classification_head import ClassificationHead
from bert_keras.layers.crf import CRF
from bert_keras.layers.dense import Dense
from bert_keras.layers.dropout import Dropout
from bert_keras.layers.embeddings import Embeddings
from bert_keras.layers.encoder_block import EncoderBlock
from bert_keras.layers.feed_forward import FeedForward
from bert_keras.layers.gated_feed_forward import GatedFeedForward
from bert_keras.layers.global_pointer import GlobalPointer
from bert_keras.layers.layer_normalization import LayerNormalization
from bert_keras.layers.local_attention_mask import LocalAttentionMask
from bert_keras.layers.masked_lm_head import MaskedLMHead
from bert_keras.layers.max_pooling import MaxPooling
from bert_keras.layers.mean_pooling import MeanPooling
from bert_keras.layers.merge_choices import MergeChoices, SplitChoices
from bert_keras.layers.multiple_choice_head import MultipleChoiceHead
from bert_keras.layers.pooler import Pooler
from bert_keras.layers.relation_head import RelationHead
from bert_keras.layers.replaced_token_head import ReplacedTokenHead
from bert_keras.layers.rotary_positions import RotaryPositions
from bert_keras.layers.self_attention import SelfAttention
from bert_keras.layers.sentence_head import SentenceHead
from bert_keras.layers.sentence_pair_head import SentencePairHead
from bert_keras.layers.span_boundary_head import SpanBoundaryHead
from bert_keras.layers.span_head import SpanHead
from bert_keras.layers.token_classification_head import TokenClassificationHead
from bert_keras.layers.token_replacement import TokenReplacement
from bert_keras.layers.vector_cross_attention import VectorCrossAttention

__all__ = [
    "CRF",
    "AttentionMask",
    "ClassificationHead",
    "Dense",
    "Dropout",
    "Embeddings",
    "EncoderBlock",
    "FeedForward",
    "GatedFeedForward",
    "GlobalPointer",
    "LayerNormalization",
    "LocalAttentionMask",
    "MaskedLMHead",
    "MaxPooling",
    "MeanPooling",
    "MergeChoices",
    "MultipleChoiceHead",
    "Pooler",
    "RelationHead",
    "ReplacedTokenHead",
    "RotaryPositions",
    "SelfAttention",
    "SentenceHead",
    "SentencePairHead",
    "SpanBoundaryHead",
    "SpanHead",
    "SplitChoices",
    "TokenClassificationHead",
    "TokenReplacement",
    "VectorCrossAttention",
]
