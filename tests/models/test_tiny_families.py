"""Tiny presets that transformers wrote give what it computed; see tests/golden/make_tiny_families.py."""

import json
import pathlib

import keras
import numpy as np
import pytest
from keras import ops

from bert_keras.models import load_preset

FOLDER = pathlib.Path(__file__).parents[1] / "golden" / "tiny_families"
GOLDEN = json.loads((FOLDER / "expected.json").read_text())
NAMES = {"start": "start_logits", "end": "end_logits", "sop": "sop_logits"}


def one_of_each_family_elsewhere():
    """All names; of those of a family another backend than TensorFlow has the first alone."""
    families = set()
    for name in GOLDEN:
        family = name.partition("For")[0]
        yield pytest.param(name, marks=[pytest.mark.slow_elsewhere] * (family in families))
        families.add(family)


@pytest.mark.parametrize("name", list(one_of_each_family_elsewhere()))
def test_a_preset_of_transformers_computes_what_it_does_there(name):
    model = load_preset(FOLDER / name)
    assert model.load_report.new == model.load_report.unused == ()
    inputs = {key: np.array(value, "int32") for key, value in GOLDEN[name]["inputs"].items()}
    positions = np.broadcast_to(np.arange(7, dtype="int32"), (2, 7))
    # JAX would compile each operation by itself; this way it compiles the model at once.
    run = model.predict_on_batch if keras.config.backend() == "jax" else model
    outputs = run(inputs | {"mask_positions": positions})
    outputs = outputs if isinstance(outputs, dict) else {"logits": outputs}
    for key, found in outputs.items():
        theirs = GOLDEN[name]["outputs"]
        names = (NAMES.get(key, "logits"), "prediction_logits")  # the latter of a masked-LM head beside another
        expected = np.array(next(theirs[one] for one in names if one in theirs))
        assert abs(ops.convert_to_numpy(found) - expected).max() <= 1e-5 * abs(expected).max()
