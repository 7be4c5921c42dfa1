"""Strings in, predictions out."""

from bert_keras.inference.fill_mask import FillMask
from bert_keras.inference.relation_extractor import RelationExtractor
from bert_keras.inference.tagger import Tagger

__all__ = [
    "FillMask",
    "RelationExtractor",
    "Tagger",
]
