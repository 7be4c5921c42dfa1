"""Families of encoders, a table each: what the formats call their configurations, weights and models."""

from bert_keras.checkpoints.families.albert import ALBERT
from bert_keras.checkpoints.families.bert import BERT
from bert_keras.checkpoints.families.distilbert import DISTILBERT
from bert_keras.checkpoints.families.electra import ELECTRA
from bert_keras.checkpoints.families.family import Family, HeadForm, Layer, rows, spelled_out
from bert_keras.checkpoints.families.gpt2 import GPT2
from bert_keras.checkpoints.families.keras_hub_form import KerasHubForm
from bert_keras.checkpoints.families.modernbert import MODERNBERT
from bert_keras.checkpoints.families.roberta import ROBERTA, XLM_ROBERTA

_ALL = (BERT, ROBERTA, XLM_ROBERTA, ALBERT, ELECTRA, DISTILBERT, MODERNBERT, GPT2)
FAMILIES = {family.model_type: family for family in _ALL}


def family_named(name: str) -> Family:
    """Return the table of a family.

    Args:
        name: what `config.json` calls it as `model_type`, such as "roberta".

    Raises:
        ValueError: where there is none of that name; it lists those that there are.

    Example:
        >>> from bert_keras.checkpoints.families import family_named
        >>> family_named("xlm-roberta").name
        'XLM-RoBERTa'
    """
    if name not in FAMILIES:
        raise ValueError(f"Expected family to be one of {', '.join(FAMILIES)}; received {name!r}.")
    return FAMILIES[name]


__all__ = [
    "BERT", "ELECTRA", "FAMILIES", "Family", "HeadForm", "KerasHubForm", "Layer", "family_named", "rows", "spelled_out",
]  # fmt: skip
