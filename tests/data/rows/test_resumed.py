import pytest
import tensorflow as tf

from bert_keras.data import resumed


def read(dataset, num_batches=-1):
    return list(dataset.take(num_batches).as_numpy_iterator())


def test_an_endless_dataset_goes_on_at_the_step():
    dataset = tf.data.Dataset.range(5).shuffle(5, seed=1).repeat()
    expected = read(dataset, 20)
    dataset = tf.data.Dataset.range(5).shuffle(5, seed=1).repeat()
    assert read(resumed(dataset, 7), 13) == expected[7:]


def test_epochs_of_a_finite_dataset_are_kept_apart():
    dataset = resumed(tf.data.Dataset.range(4), 6)
    assert dataset.cardinality() == 4
    assert read(dataset, 2) == [2, 3]
    assert read(dataset) == [0, 1, 2, 3]


def test_nothing_is_left_out_at_step_0():
    dataset = resumed(tf.data.Dataset.range(3), 0)
    assert read(dataset) == read(dataset) == [0, 1, 2]


def test_a_dataset_of_unknown_length_is_an_error():
    with pytest.raises(ValueError, match="assert_cardinality"):
        resumed(tf.data.Dataset.range(4).filter(lambda x: x > 1), 2)
