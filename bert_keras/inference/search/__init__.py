"""Which of many texts answers a query: by their vectors, by their words, or by both."""

from bert_keras.inference.search.bm25 import Bm25
from bert_keras.inference.search.document_run import document_run
from bert_keras.inference.search.index import Index
from bert_keras.inference.search.index_texts import read_index_texts
from bert_keras.inference.search.nearest_texts import NearestTexts
from bert_keras.inference.search.open_answer_scores import open_answer_scores
from bert_keras.inference.search.open_question_answerer import OpenAnswers, OpenQuestionAnswerer
from bert_keras.inference.search.passage_questions import passage_questions
from bert_keras.inference.search.passages import cut_passages, passages_of

__all__ = [
    "Bm25",
    "Index",
    "NearestTexts",
    "OpenAnswers",
    "OpenQuestionAnswerer",
    "cut_passages",
    "document_run",
    "open_answer_scores",
    "passage_questions",
    "passages_of",
    "read_index_texts",
]
