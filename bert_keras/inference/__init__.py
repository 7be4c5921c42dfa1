"""Strings in, predictions out."""

from bert_keras.inference.fill_mask import FillMask

__all__ = ["FillMask"]
