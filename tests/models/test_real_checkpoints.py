"""Published checkpoints give what transformers computes with them; see tests/golden/make_real_checkpoints.py.

$BERT_KERAS_CHECKPOINTS names the folder that holds them; without it there is nothing to compare.
"""

import json
import os
import pathlib

import numpy as np
import pytest
from keras import ops

from bert_keras.models import BertPretrainer, load_preset

GOLDEN = json.loads((pathlib.Path(__file__).parents[1] / "golden" / "real_checkpoints.json").read_text())
WITHOUT = (("sapiens-roberta", "google"),)  # Google published BERT alone


@pytest.mark.skipif("BERT_KERAS_CHECKPOINTS" not in os.environ, reason="BERT_KERAS_CHECKPOINTS is not set")
@pytest.mark.parametrize(
    ("name", "form"),
    [(name, form) for name in GOLDEN for form in ("huggingface", "google") if (name, form) not in WITHOUT],
)
def test_a_published_checkpoint_computes_what_it_does_in_transformers(name, form, tmp_path):
    golden = GOLDEN[name]
    batch = {key: np.array(value, "int32") for key, value in golden["inputs"].items()}
    model = load_preset(pathlib.Path(os.environ["BERT_KERAS_CHECKPOINTS"], name))
    assert model.load_report.new == model.load_report.unused == ()
    if form == "google":
        model.save_to_preset(tmp_path, format="google")
        model = load_preset(tmp_path)
    outputs = dict(getattr(model, "encoder", model)(batch))
    if isinstance(model, BertPretrainer):
        positions = np.broadcast_to(np.arange(16, dtype="int32"), (3, 16))
        outputs |= model(batch | {"mask_positions": positions})
    assert set(golden["slices"]) == set(outputs)
    for key, expected in golden["slices"].items():
        found = ops.convert_to_numpy(outputs[key])
        found = found if found.ndim == 3 else found[:, None]
        assert abs(found[:, ::8, :5] - np.array(expected)).max() <= 1e-5 * golden["largest"][key]
        assert abs(float(abs(found).max()) - golden["largest"][key]) <= 1e-5 * golden["largest"][key]
