"""No dataset of the package leaves a thread behind that the end of an epoch would wait for."""

import pytest
import tensorflow as tf

from bert_keras.data import (
    Examples,
    WordPieceTokenizer,
    classification_dataset,
    pretraining_dataset,
    without_autotuner,
)


@pytest.mark.parametrize("options", [{"training": True}, {"training": True, "repeat": True}, {"training": False}])
def test_fine_tuning_goes_without_the_autotuner(options, vocabulary):
    examples = Examples(("d1x1",) * 5, None, (0, 1, 0, 1, 0), ("a", "b"))
    dataset = classification_dataset(
        examples, WordPieceTokenizer(vocabulary), sequence_length=8, batch_size=2, **options
    )
    assert dataset.options().autotune.enabled is False


@pytest.mark.parametrize("training", [True, False])
def test_pretraining_goes_without_the_autotuner(training, corpus, vocabulary):
    dataset = pretraining_dataset(corpus, vocabulary, sequence_length=21, batch_size=2, training=training)
    assert dataset.options().autotune.enabled is False


def test_other_options_of_a_dataset_stay():
    options = tf.data.Options()
    options.deterministic = False
    dataset = without_autotuner(tf.data.Dataset.range(3).with_options(options))
    assert dataset.options().deterministic is False
    assert dataset.options().autotune.enabled is False
