"""Training a head on vectors that are made once."""

import keras
import numpy as np
import pytest

from bert_keras.models import BertEncoder, TextClassifier, VectorBatches, head_only


def batch(num_rows, filler=0):
    ids = np.random.default_rng(num_rows).integers(5, 50, (num_rows, 8)).astype("int32")
    x = {"token_ids": ids, "segment_ids": 0 * ids, "padding_mask": 0 * ids + 1}
    weights = np.ones(num_rows, "float32")
    weights[num_rows - filler :] = 0
    return x, (ids[:, 1] % 2).astype("int32"), weights


@pytest.fixture(scope="module", params=["pooled", pytest.param("mean", marks=pytest.mark.slow_elsewhere)])
def classifier(request):
    encoder = BertEncoder(50, num_layers=1, num_heads=2, hidden_dim=8, intermediate_dim=16, max_sequence_length=8)
    return TextClassifier(encoder, num_classes=2, pooling=request.param)


def test_the_head_on_vectors_says_what_the_classifier_says(classifier):
    x, y, w = batch(6)
    head, vectors = head_only(classifier, {"test": [(x, y, w)]})
    np.testing.assert_allclose(
        head.predict(vectors["test"], verbose=0), classifier.predict_on_batch(x), rtol=1e-5, atol=1e-6
    )


def test_without_weights_every_row_counts(classifier):
    x, y, _ = batch(6)
    _, vectors = head_only(classifier, {"test": [(x, y)]})
    np.testing.assert_array_equal(vectors["test"].arrays[2], np.ones(6))


def test_rows_that_fill_a_batch_are_left_out(classifier):
    _, vectors = head_only(classifier, {"test": [batch(6), batch(4, filler=3)]})
    inputs, y, w = vectors["test"].arrays
    assert inputs.shape in ((7, 8), (7, 1, 8)) and len(y) == len(w) == 7 and w.all()


def test_training_the_head_trains_the_classifier_and_leaves_its_blocks(classifier):
    before = [v.numpy() for v in classifier.weights]
    head, vectors = head_only(classifier, {"train": [batch(6), batch(4)]}, batch_size=4)
    head.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    head.fit(vectors["train"], epochs=2, verbose=0)
    changed = {v.path for v, old in zip(classifier.weights, before, strict=True) if not np.array_equal(v.numpy(), old)}
    learning = [classifier.head_layer]
    learning += [classifier.encoder.get_layer("pooler")] if classifier.pooling == "pooled" else []
    assert changed == {v.path for layer in learning for v in layer.weights}


def test_each_epoch_of_training_has_an_order_of_its_own_and_the_same_in_every_run():
    arrays = np.arange(20), np.arange(20), np.ones(20)

    def epochs():
        batches = VectorBatches(*arrays, batch_size=8, seed=3)
        for _ in range(2):
            yield np.concatenate([batches[i][0] for i in range(len(batches))]).tolist()
            batches.on_epoch_begin()

    first, second = epochs()
    assert first != second and sorted(first) == sorted(second) == list(range(20))
    assert [first, second] == list(epochs())
