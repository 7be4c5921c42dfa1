"""Makes tests/golden/older_encoder: encoders as 0.1.0 saved them, before their forward pass was one, and their outputs.

Made with the code of commit 6d754c8 and Keras 3.15, on TensorFlow: python tests/golden/make_older_encoder.py
"""

import pathlib
import zipfile

import keras
import numpy as np

from bert_keras.models import BertEncoder

FOLDER = pathlib.Path(__file__).parent / "older_encoder"
SIZES = {"vocabulary_size": 12, "num_layers": 2, "num_heads": 2, "hidden_dim": 4, "intermediate_dim": 6}
OPTIONS = {
    "plain": {},
    "varied": {"normalize_first": True, "embedding_dim": 2, "pooler": False, "num_segments": 0},
}
token_ids = np.array([[2, 7, 8, 3, 9, 3], [2, 11, 10, 3, 0, 0]], "int32")
batch = {
    "token_ids": token_ids,
    "segment_ids": np.array([[0, 0, 0, 0, 1, 1], [0, 0, 0, 0, 0, 0]], "int32"),
    "padding_mask": np.array([[1, 1, 1, 1, 2, 2], [1, 1, 1, 1, 0, 0]], "int32"),  # the first row is packed
}
positions = np.array([[0, 3], [0, 1]], "int32")

FOLDER.mkdir(exist_ok=True)
for name, options in OPTIONS.items():
    keras.utils.set_random_seed(0)
    initializer = keras.initializers.RandomNormal(stddev=0.5)  # so that every part moves the result
    encoder = BertEncoder(**SIZES, max_sequence_length=6, kernel_initializer=initializer, **options)
    path = FOLDER / f"{name}.keras"
    encoder.save(path)
    with zipfile.ZipFile(path) as file:
        contents = {member: file.read(member) for member in file.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:  # a fifth as large
        for member, content in contents.items():
            file.writestr(member, content)
    rows = {name: batch[name] for name in encoder.input}
    outputs = {
        f"few/{output}": value for output, value in encoder(rows | {"output_positions": positions}).items()
    } | encoder.inspector()(rows)
    outputs = {
        output: np.stack([keras.ops.convert_to_numpy(part) for part in value])
        if isinstance(value, list)
        else keras.ops.convert_to_numpy(value)
        for output, value in outputs.items()
    }
    weights = np.array([weight.path for weight in encoder.weights])
    np.savez_compressed(FOLDER / f"{name}.npz", **batch, positions=positions, weights=weights, **outputs)
