"""Which of many texts answers a query: by their vectors, by their words, or by both."""

from bert_keras.inference.search.bm25 import Bm25

__all__ = ["Bm25"]
