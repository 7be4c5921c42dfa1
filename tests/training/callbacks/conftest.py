"""A classifier so small that eager training takes a moment, and a batch for it."""

import keras
import numpy as np
import pytest

from bert_keras.models import BertEncoder, TextClassifier
from bert_keras.training import AdamW

TOKENS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "cat", "##s", "体")


@pytest.fixture
def small_classifier():
    """Function that makes a compiled classifier, the same weights each time."""

    def make(**compile_arguments):
        keras.utils.set_random_seed(0)
        encoder = BertEncoder(
            len(TOKENS), num_layers=2, num_heads=2, hidden_dim=4, intermediate_dim=8, max_sequence_length=6
        )
        classifier = TextClassifier(encoder, num_classes=2)
        classifier.compile(AdamW(1e-2), **{"run_eagerly": True} | compile_arguments)
        return classifier

    return make


@pytest.fixture(scope="session")
def text_batch():
    """(x, y, sample_weight) of four texts, the longest of five tokens, in rows of six."""
    ids = np.array([[2, 4, 5, 3, 0, 0], [2, 4, 5, 6, 3, 0], [2, 5, 3, 0, 0, 0], [2, 7, 4, 5, 3, 0]], "int32")
    x = {"token_ids": ids, "segment_ids": 0 * ids, "padding_mask": (ids != 0).astype("int32")}
    return x, np.array([0, 1, 0, 1], "int32"), np.ones(4, "float32")


@pytest.fixture(scope="session")
def logged_values():
    """Function that gives the tensors of a tag below a folder: {step: array}."""

    def read(directory, tag):
        from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
        from tensorboard.util.tensor_util import make_ndarray

        events = (event for path in sorted(directory.rglob("events.*")) for event in EventFileLoader(str(path)).Load())
        values = [(event.step, value) for event in events for value in event.summary.value if value.tag == tag]
        assert len({step for step, _ in values}) == len(values), "a step twice"
        return {step: make_ndarray(value.tensor) for step, value in values}

    return read
