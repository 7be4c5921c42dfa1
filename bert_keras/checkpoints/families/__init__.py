"""Families of encoders, a table each: what the formats call their configurations, weights and models."""

from bert_keras.checkpoints.families.bert import BERT
from bert_keras.checkpoints.families.family import Family, Layer, rows

FAMILIES = {family.model_type: family for family in (BERT,)}

__all__ = ["BERT", "FAMILIES", "Family", "Layer", "rows"]
