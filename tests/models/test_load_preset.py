import json

import numpy as np
import pytest

from bert_keras import models
from bert_keras.models import load_preset

pytestmark = pytest.mark.slow_elsewhere

HEADS = {
    "BertPretrainer": {},
    "TextClassifier": {"num_classes": 3},
    "TokenClassifier": {"num_tags": 3},
    "MultipleChoice": {},
    "QuestionAnswerer": {},
    "RelationClassifier": {"num_classes": 3},
    "SpanTagger": {"labels": ("a", "b"), "head_dim": 4},
    "TripleExtractor": {"relations": ("a", "b"), "head_dim": 4},
}


def test_a_field_that_no_head_has_is_left_alone(make_encoder, tmp_path):
    models.SpanTagger(make_encoder(pooler=False), ("a", "b"), head_dim=4).save_to_preset(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    config["bert_keras"]["dropout"] = 0.9
    (tmp_path / "config.json").write_text(json.dumps(config))
    assert load_preset(tmp_path).head_dim == 4


@pytest.mark.parametrize("name", ["BertEncoder", *HEADS])
def test_a_preset_becomes_the_model_that_it_was_saved_from(name, make_encoder, tmp_path):
    model = make_encoder(pooler=name in ("BertPretrainer", "TextClassifier", "MultipleChoice"))
    if name in HEADS:
        model = getattr(models, name)(model, **HEADS[name])
    model.save_to_preset(tmp_path)
    loaded = load_preset(tmp_path)
    assert type(loaded) is type(model)
    assert loaded.load_report.new == loaded.load_report.unused == ()
    for saved, found in zip(model.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_array_equal(saved, found)
