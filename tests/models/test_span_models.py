import json

import keras
import numpy as np
import pytest

from bert_keras.models import SpanTagger, TripleExtractor
from bert_keras.training import SpanF1, SpanLoss


def make(kind, encoder, **options):
    return kind(encoder, ("a", "b"), head_dim=4, **options)


def assert_same(one, other):
    for expected, found in zip(keras.tree.flatten(one), keras.tree.flatten(other), strict=True):
        np.testing.assert_array_equal(found, expected)


@pytest.mark.slow_elsewhere
@pytest.mark.parametrize("efficient", [True, False])
@pytest.mark.parametrize("kind", [SpanTagger, TripleExtractor])
def test_keeps_itself_in_files_and_presets(make_encoder, rows, outputs_of, tmp_path, kind, efficient):
    model = make(kind, make_encoder(), dropout=0.2, efficient=efficient)
    outputs = outputs_of(model, rows)
    model.save(tmp_path / "model.keras")
    model.save_to_preset(tmp_path)
    for loaded in (keras.saving.load_model(tmp_path / "model.keras"), kind.from_preset(tmp_path)):
        assert loaded.get_config()["head_dim"] == 4 and loaded.dropout == 0.2 and loaded.efficient == efficient
        assert_same(outputs, outputs_of(loaded, rows))
    assert loaded.load_report.new == ()
    other = kind.from_preset(tmp_path, ("a", "c"))
    assert other.load_report.new and all("_pointer/" in name for name in other.load_report.new)


@pytest.mark.slow_elsewhere
def test_a_span_tagger_of_older_versions_keeps_its_head_and_learned_words_of_its_file(make_encoder, tmp_path, caplog):
    make(SpanTagger, make_encoder()).save_to_preset(tmp_path)
    assert SpanTagger.from_preset(tmp_path).words == "basic"
    fields = json.loads((tmp_path / "config.json").read_text())
    del fields["bert_keras"]["words"]
    (tmp_path / "config.json").write_text(json.dumps(fields))
    loaded = SpanTagger.from_preset(tmp_path)
    assert loaded.load_report.new == () and loaded.words == "file"
    assert "does not say which words it was trained on" in caplog.text
    assert SpanTagger.from_preset(tmp_path, ("c", "d")).words == "basic"
    config = loaded.get_config()
    del config["words"]
    assert SpanTagger.from_config(config).words == "file"


def test_outputs_have_the_shapes_that_the_losses_want(make_encoder, rows, outputs_of):
    assert outputs_of(make(SpanTagger, make_encoder(pooler=False)), rows).shape == (2, 2, 6, 6)
    outputs = outputs_of(make(TripleExtractor, make_encoder(pooler=False)), rows)
    assert {name: value.shape for name, value in outputs.items()} == {
        name: (2, 2, 6, 6) for name in ("entities", "heads", "tails")
    }


@pytest.mark.slow
def test_triples_are_learned_by_fit(make_encoder, rows):
    model = make(TripleExtractor, make_encoder(pooler=False, dropout=0.0, kernel_initializer=None), dropout=0.0)
    names = ("entities", "heads", "tails")
    model.compile(
        optimizer=keras.optimizers.Adam(0.01),
        loss={name: SpanLoss() for name in names},
        weighted_metrics={name: [SpanF1(name="f1")] for name in names},
        jit_compile=keras.config.backend() == "jax",
    )
    y = {
        "entities": np.array([[[0, 1, 2], [1, 4, 4]], [[0, 2, 2], [-1, 0, 0]]]),
        "heads": np.array([[[1, 1, 4]], [[-1, 0, 0]]]),
        "tails": np.array([[[1, 2, 4]], [[-1, 0, 0]]]),
    }
    weights = {name: np.ones(2, "float32") for name in names}
    logs = model.fit(rows, y, sample_weight=weights, epochs=20, verbose=0).history
    assert logs["loss"][-1] < 0.5 * logs["loss"][0] and "heads_f1" in logs


@pytest.mark.slow_elsewhere
def test_names_that_do_not_fit_are_refused(make_encoder, tmp_path):
    encoder = make_encoder()
    with pytest.raises(ValueError, match="Expected different labels"):
        SpanTagger(encoder, ("a", "a"))
    with pytest.raises(ValueError, match="Expected different relations"):
        TripleExtractor(encoder, ())
    encoder.save_to_preset(tmp_path)
    with pytest.raises(ValueError, match="no head for spans: labels are needed"):
        SpanTagger.from_preset(tmp_path)
    with pytest.raises(ValueError, match="no head for triples: relations are needed"):
        TripleExtractor.from_preset(tmp_path)
