"""Why a model answers as it does, and what its layers and heads have learned."""

from bert_keras.inspection.answers import Answer, answer_of
from bert_keras.inspection.attention import Attention, attention_of
from bert_keras.inspection.attribution import Attribution, Word
from bert_keras.inspection.explain import explain
from bert_keras.inspection.explanation import Explanation, write_explanations
from bert_keras.inspection.faithfulness import Faithfulness, faithfulness
from bert_keras.inspection.head_importance import HeadImportance, head_importance, silent_head
from bert_keras.inspection.head_patterns import HeadPatterns, RelationHits, SyntaxHeads, head_patterns, syntax_heads
from bert_keras.inspection.methods import METHODS, attribute
from bert_keras.inspection.probes import LayerProbes, probe_layers

__all__ = [
    "METHODS",
    "Answer",
    "Attention",
    "Attribution",
    "Explanation",
    "Faithfulness",
    "HeadImportance",
    "HeadPatterns",
    "LayerProbes",
    "RelationHits",
    "SyntaxHeads",
    "Word",
    "answer_of",
    "attention_of",
    "attribute",
    "explain",
    "faithfulness",
    "head_importance",
    "head_patterns",
    "probe_layers",
    "silent_head",
    "syntax_heads",
    "write_explanations",
]
