import numpy as np
import pytest
import tensorflow as tf

from bert_keras.data.pretraining.baselines import unigram_accuracy


def dataset(labels, weights):
    arrays = np.array(labels, np.int32), np.array(weights, np.float32)
    return tf.data.Dataset.from_tensor_slices(arrays).map(lambda y, w: ({}, {"mlm": y}, {"mlm": w})).batch(2)


def test_counts_weighted_slots_only():
    batches = dataset([[7, 7], [7, 3], [5, 7]], [[1, 0], [1, 1], [1, 1]])
    assert unigram_accuracy(batches, 7) == pytest.approx(3 / 5)
    assert unigram_accuracy(batches, 7, num_batches=1) == pytest.approx(2 / 3)


def test_nothing_masked_raises():
    with pytest.raises(ValueError, match="no masked token"):
        unigram_accuracy(dataset([[7]], [[0]]), 7)
