"""A model with the inputs and outputs of a pretrainer, small enough to be compiled in a test."""

import keras
import numpy as np
import pytest

from bert_keras.training import AdamW, TokenStatistics, pretraining_losses, pretraining_metrics

VOCABULARY_SIZE = 11
LENGTH = 6
PREDICTIONS = 2


@keras.saving.register_keras_serializable(package="tests")
class SmallPretrainer(TokenStatistics, keras.Model):
    """The contract of a pretrainer, and next to nothing inside."""

    def __init__(self, hidden_dim=4, next_sentence=True, **kwargs):
        inputs = {
            name: keras.Input((None,), dtype="int32", name=name)
            for name in ("token_ids", "segment_ids", "padding_mask", "mask_positions")
        }
        x = keras.layers.Embedding(VOCABULARY_SIZE, hidden_dim, name="tokens")(inputs["token_ids"])
        x = keras.layers.LayerNormalization(name="layer_norm")(x + keras.ops.mean(x, axis=1, keepdims=True))
        picked = keras.ops.take_along_axis(x, keras.ops.expand_dims(inputs["mask_positions"], -1), axis=1)
        outputs = {"mlm": keras.layers.Dense(VOCABULARY_SIZE, name="mlm")(picked)}
        if next_sentence:
            outputs["nsp"] = keras.layers.Dense(2, name="nsp")(x[:, 0])
        super().__init__(inputs=inputs, outputs=outputs, **kwargs)
        self.hidden_dim = hidden_dim
        self.next_sentence = next_sentence

    def get_config(self):
        return {"hidden_dim": self.hidden_dim, "next_sentence": self.next_sentence, "name": self.name}

    @classmethod
    def from_config(cls, config):
        return cls(**config)


@pytest.fixture
def small_pretrainer():
    """Function that makes a compiled model, the same weights each time."""

    def make(optimizer=None, next_sentence=True, **compile_arguments):
        keras.utils.set_random_seed(0)
        model = SmallPretrainer(next_sentence=next_sentence)
        arguments = {
            "optimizer": optimizer or AdamW(1e-2),
            "loss": pretraining_losses(next_sentence=next_sentence),
            "weighted_metrics": pretraining_metrics(next_sentence=next_sentence),
            "run_eagerly": True,  # most of a test would be compiling
        }
        model.compile(**arguments | compile_arguments)
        return model

    return make


@pytest.fixture
def pretraining_batch():
    """Function that makes (x, y, sample_weight) of some rows; a quarter of the positions is padding."""

    def make(rows=8, seed=0):
        rng = np.random.default_rng(seed)
        padding_mask = np.ones((rows, LENGTH), "int32")
        padding_mask[::2, LENGTH // 2 :] = 0
        x = {
            "token_ids": rng.integers(1, VOCABULARY_SIZE, (rows, LENGTH)).astype("int32") * padding_mask,
            "segment_ids": np.zeros((rows, LENGTH), "int32"),
            "padding_mask": padding_mask,
            "mask_positions": np.tile(np.arange(PREDICTIONS, dtype="int32"), (rows, 1)),
        }
        y = {"mlm": x["token_ids"][:, :PREDICTIONS], "nsp": rng.integers(0, 2, rows).astype("int32")}
        sample_weight = {"mlm": np.ones((rows, PREDICTIONS), "float32"), "nsp": np.ones(rows, "float32")}
        sample_weight["mlm"][::4, 1:] = 0.0
        return x, y, sample_weight

    return make
