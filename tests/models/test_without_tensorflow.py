"""Where TensorFlow is not installed, the model rooms work on JAX and torch."""

import importlib.util
import os
import subprocess
import sys

import pytest

PROGRAM = """
import sys

sys.modules["tensorflow"] = sys.modules["tensorflow_text"] = None  # as where it is not installed
import keras
import numpy as np
import bert_keras.ops, bert_keras.layers, bert_keras.models, bert_keras.checkpoints

encoder = bert_keras.models.BertEncoder(20, 1, 2, 8, 12, max_sequence_length=8)
pretrainer = bert_keras.models.BertPretrainer(encoder)
ids = np.array([[2, 7, 8, 3]] * 4, "int32")
x = {"token_ids": ids, "segment_ids": 0 * ids, "padding_mask": 0 * ids + 1, "mask_positions": ids[:, :2] * 0 + 1}
y = {"mlm": ids[:, :2], "nsp": ids[:, 0] * 0}
assert pretrainer(x)["mlm"].shape == (4, 2, 20)
loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
pretrainer.compile("adam", loss={"mlm": loss, "nsp": keras.losses.SparseCategoricalCrossentropy(from_logits=True)})
history = pretrainer.fit(x, y, verbose=0).history
assert np.isfinite(history["loss"][0])
pretrainer.save_to_preset(sys.argv[1])
bert_keras.models.BertPretrainer.from_preset(sys.argv[1])
assert sys.modules["tensorflow"] is None
print(keras.config.backend(), "works")
"""


@pytest.mark.slow_elsewhere
@pytest.mark.parametrize("backend", ["jax", pytest.param("torch", marks=pytest.mark.slow)])
def test_forward_fit_and_presets(backend, tmp_path):
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    # Compiling is most of it.
    environment = os.environ | {"KERAS_BACKEND": backend, "XLA_FLAGS": "--xla_backend_optimization_level=0"}
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path)], env=environment, capture_output=True, text=True, timeout=600
    )
    assert run.stdout.strip() == f"{backend} works", run.stderr[-2000:]
