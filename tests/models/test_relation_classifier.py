import keras
import numpy as np
import pytest

from bert_keras.models import RelationClassifier


@pytest.fixture
def marked_rows(rows):
    return rows | {"entity_positions": np.array([[1, 4], [2, 1]], "int32")}


def test_gives_one_logit_a_relation_from_the_marked_positions(make_encoder, marked_rows, outputs_of):
    classifier = RelationClassifier(make_encoder(pooler=False), 3)
    logits = outputs_of(classifier, marked_rows)
    assert logits.shape == (2, 3) and logits.dtype == "float32"
    states = keras.ops.convert_to_numpy(classifier.encoder(marked_rows)["sequence_output"])
    chosen = np.stack([states[row, [0, *marked_rows["entity_positions"][row]]].reshape(-1) for row in range(2)])
    dense = classifier.get_layer("relation_head").dense
    kernel, bias = (keras.ops.convert_to_numpy(weight) for weight in (dense.kernel, dense.bias))
    np.testing.assert_allclose(logits, chosen @ kernel + bias, atol=1e-5)


@pytest.mark.slow_elsewhere
def test_keeps_itself_in_files_and_presets(make_encoder, marked_rows, outputs_of, tmp_path):
    labels = ("A(e1,e2)", "A(e2,e1)", "Other")
    classifier = RelationClassifier(make_encoder(), 3, labels=labels, markers=("[", "]"), dropout=0.2)
    classifier.save(tmp_path / "classifier.keras")
    classifier.save_to_preset(tmp_path)
    for loaded in (keras.saving.load_model(tmp_path / "classifier.keras"), RelationClassifier.from_preset(tmp_path)):
        assert (tuple(loaded.labels), loaded.markers, loaded.dropout) == (labels, ("[", "]"), 0.2)
        np.testing.assert_array_equal(outputs_of(loaded, marked_rows), outputs_of(classifier, marked_rows))
    assert loaded.load_report.new == ()
    with pytest.raises(ValueError, match="trained for the labels"):
        RelationClassifier.from_preset(tmp_path, labels=("a", "b", "c"))


@pytest.mark.slow
def test_learns_relations(make_encoder, marked_rows):
    classifier = RelationClassifier(make_encoder(pooler=False, dropout=0.0, kernel_initializer=None), 2, dropout=0.0)
    classifier.compile(
        optimizer=keras.optimizers.Adam(0.01),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=keras.config.backend() == "jax",
    )
    losses = classifier.fit(marked_rows, np.array([0, 1]), epochs=20, verbose=0).history["loss"]
    assert losses[-1] < 0.5 * losses[0]


def test_labels_that_do_not_fit_are_refused(make_encoder):
    with pytest.raises(ValueError, match="3 different labels"):
        RelationClassifier(make_encoder(), 3, labels=("a", "b"))
