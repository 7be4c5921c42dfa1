"""Strings in, predictions out."""

from bert_keras.inference.fill_mask import FillMask
from bert_keras.inference.tagger import Tagger

__all__ = ["FillMask", "Tagger"]
