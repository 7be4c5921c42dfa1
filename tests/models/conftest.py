"""A small encoder, and rows for it."""

import keras
import numpy as np
import pytest

from bert_keras.models import BertEncoder

SIZES = {
    "vocabulary_size": 30,
    "num_layers": 2,
    "num_heads": 2,
    "hidden_dim": 8,
    "intermediate_dim": 12,
    "max_sequence_length": 10,
}


@pytest.fixture
def sizes():
    """The numbers of the small encoder."""
    return dict(SIZES)


@pytest.fixture(scope="session")
def make_encoder():
    """Function that makes a small encoder, the same weights each time."""

    def make(**options):
        keras.utils.set_random_seed(0)
        # Weights large enough for every part to show in the outputs.
        options = {"kernel_initializer": keras.initializers.RandomNormal(stddev=0.5)} | options
        return BertEncoder(**SIZES | options)

    return make


@pytest.fixture
def untraced():
    """Arguments of `compile` where a few steps are run whose graph is not what is tested.

    TensorFlow takes seconds to trace a step that runs in milliseconds; JAX would compile operation by operation.
    """
    return {"run_eagerly": keras.config.backend() == "tensorflow"}


@pytest.fixture
def rows():
    """Two rows of six tokens, the second with two of padding."""
    token_ids = np.array([[2, 7, 8, 3, 9, 3], [2, 11, 12, 3, 0, 0]], "int32")
    return {
        "token_ids": token_ids,
        "segment_ids": np.array([[0, 0, 0, 0, 1, 1], [0, 0, 0, 0, 0, 0]], "int32"),
        "padding_mask": (token_ids != 0).astype("int32"),
    }


@pytest.fixture
def pretraining_rows(rows):
    """The same with three positions a row to be guessed."""
    return rows | {"mask_positions": np.array([[1, 2, 4], [1, 2, 0]], "int32")}


@pytest.fixture
def outputs_of():
    """Function from a model and a dict of arrays to its outputs as arrays."""

    def run(model, batch):
        return keras.tree.map_structure(keras.ops.convert_to_numpy, model(batch))

    return run
