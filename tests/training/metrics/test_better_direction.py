"""Losses, perplexities and errors are better where they are low, under whatever name logs have them."""

import pytest

from bert_keras.training import better_direction


@pytest.mark.parametrize("name", ["loss", "val_mlm_loss", "val_perplexity", "test.mlm_perplexity", "validation.mae"])
def test_lower_is_better(name):
    assert better_direction(name) == "min"


@pytest.mark.parametrize("name", ["bleu", "val_rougeL-coco", "val_distinct-2", "test.accuracy", "val_losses_found"])
def test_higher_is_better(name):
    assert better_direction(name) == "max"
