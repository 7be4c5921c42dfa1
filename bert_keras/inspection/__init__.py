"""Why a model answers as it does, and what its layers and heads have learned."""

from bert_keras.inspection.answers import Answer, answer_of
from bert_keras.inspection.attribution import Attribution, Word
from bert_keras.inspection.faithfulness import Faithfulness, faithfulness
from bert_keras.inspection.methods import METHODS, attribute

__all__ = [
    "METHODS",
    "Answer",
    "Attribution",
    "Faithfulness",
    "Word",
    "answer_of",
    "attribute",
    "faithfulness",
]
