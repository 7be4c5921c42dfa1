"""Keras takes the batches through `fit`, `evaluate` and `predict` on every backend, each in a process of its own."""

import importlib.util
import os
import subprocess
import sys

import pytest

PROGRAM = """
import sys
import keras
import numpy as np
from bert_keras.data import Examples, Vocabulary, WordPieceTokenizer, classification_dataset, pretraining_dataset

directory, vocabulary = sys.argv[1], Vocabulary.load(sys.argv[2])

class AtPositions(keras.layers.Layer):
    def call(self, hidden, positions):
        return keras.ops.take_along_axis(hidden, positions[:, :, None], axis=1)

    def compute_output_shape(self, hidden_shape, positions_shape):
        return (*positions_shape, hidden_shape[-1])

def model(num_outputs, lengths):
    inputs = {name: keras.Input([length], name=name, dtype="int32") for name, length in lengths.items()}
    hidden = keras.layers.Embedding(len(vocabulary), 4)(inputs["token_ids"])
    if "mask_positions" not in lengths:
        outputs = keras.layers.Dense(num_outputs)(keras.layers.GlobalAveragePooling1D()(hidden))
        return keras.Model(inputs, outputs)
    hidden = keras.layers.Dense(num_outputs)(hidden)
    nsp = keras.layers.Dense(2, name="nsp")(keras.layers.GlobalAveragePooling1D()(hidden))
    return keras.Model(inputs, {"mlm": AtPositions()(hidden, inputs["mask_positions"]), "nsp": nsp})

def loss():
    return keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction="mean_with_sample_weight")

names = ["token_ids", "segment_ids", "padding_mask"]
options = dict(sequence_length=21, batch_size=5, seed=1)
pretrainer = model(len(vocabulary), {**dict.fromkeys(names, 21), "mask_positions": 4})
pretrainer.compile("adam", {"mlm": loss(), "nsp": loss()}, weighted_metrics={"mlm": ["accuracy"], "nsp": ["accuracy"]})
history = pretrainer.fit(
    pretraining_dataset(directory, vocabulary, **options), steps_per_epoch=4, epochs=2, verbose=0,
    validation_data=pretraining_dataset(directory, vocabulary, training=False, **options),
).history
assert np.isfinite(history["mlm_loss"] + history["val_nsp_loss"]).all() and len(history["loss"]) == 2

texts = tuple(" ".join(["d1x1"] * length) for length in (1, 20, 3, 40, 5, 30, 7, 8, 9, 10, 11))
examples = Examples(texts, None, tuple(number % 3 for number in range(len(texts))), ("a", "b", "c"))
options = dict(sequence_length=32, batch_size=4, buckets=(16, 32))
tokenizer = WordPieceTokenizer(vocabulary)
train, valid = (classification_dataset(examples, tokenizer, training=training, **options) for training in (True, False))
classifier = model(3, dict.fromkeys(names))
classifier.compile("adam", loss(), weighted_metrics=["accuracy"])

class Steps(keras.callbacks.Callback):
    seen = 0
    def on_train_batch_end(self, batch, logs=None):
        self.seen += 1

steps = Steps()
classifier.fit(train, epochs=3, validation_data=valid, verbose=0, callbacks=[steps])
assert steps.seen == 3 * len(train), (steps.seen, len(train))
classifier.evaluate(valid, verbose=0)
predictions = classifier.predict(valid, verbose=0)
assert predictions.shape == (12, 3), predictions.shape
alone = classification_dataset(Examples(texts[3:4]), tokenizer, training=False, **{**options, "batch_size": 1})
np.testing.assert_allclose(classifier.predict(alone, verbose=0)[0], predictions[3], rtol=1e-5)
print("fitted on", keras.backend.backend())
"""


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["tensorflow", "jax", "torch"])
def test_fits_evaluates_and_predicts(backend, corpus, vocabulary, tmp_path):
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    vocabulary.save(tmp_path / "vocab.txt")
    run = subprocess.run(
        [sys.executable, "-W", "error:Your input ran out of data", "-c", PROGRAM, corpus, tmp_path / "vocab.txt"],
        env={**os.environ, "KERAS_BACKEND": backend},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr[-3000:]
    assert f"fitted on {backend}" in run.stdout
