"""Which answer of a model is explained, for every task."""

from bert_keras.inspection.answers.answer import Answer, At
from bert_keras.inspection.answers.answer_of import answer_of

__all__ = ["Answer", "At", "answer_of"]
