"""A step is traced once on TensorFlow, with variables of optimizer and metrics that nobody has made before."""

import keras
import numpy as np
import pytest

from bert_keras.models import BertEncoder, TextClassifier
from bert_keras.training import AdamW, TracedOnce, add_adversarial_training, add_r_drop, classification_metrics

tf = pytest.importorskip("tensorflow")
pytestmark = pytest.mark.skipif(keras.config.backend() != "tensorflow", reason="Keras does it there itself")


class CountsTraces:
    traced = 0

    def train_step(self, *arguments):
        self.traced += 1
        return super().train_step(*arguments)

    def test_step(self, *arguments):
        self.traced += 1
        return super().test_step(*arguments)


class SmallModel(CountsTraces, TracedOnce, keras.Model):
    pass


class SmallClassifier(CountsTraces, TextClassifier):
    pass


def test_a_step_of_ones_own_may_find_the_labels_among_the_inputs():
    class OwnStep(TracedOnce, keras.Model):
        def train_step(self, rows):
            return super().train_step((rows["x"], rows["y"]))

    inputs = keras.Input((2,))
    model = OwnStep(inputs, keras.layers.Dense(1)(inputs))
    model.compile("adam", "mse")
    rows = tf.data.Dataset.from_tensors({"x": np.ones((4, 2), "float32"), "y": np.ones((4, 1), "float32")})
    assert len(model.fit(rows, verbose=0).history["loss"]) == 1


@pytest.fixture
def model():
    inputs = keras.Input((None, 2))
    model = SmallModel(inputs, keras.layers.Dense(1)(keras.layers.GlobalAveragePooling1D()(inputs)))
    model.compile("adam", "mse", metrics=["mae"])
    return model


def batch(length):
    return np.ones((2, length, 2), "float32"), np.ones((2, 1), "float32")


def dataset(lengths, read=None):
    def batches():
        for length in lengths:
            if read is not None:
                read.append(length)
            yield batch(length)

    signature = tf.TensorSpec((2, None, 2), "float32"), tf.TensorSpec((2, 1), "float32")
    dataset = tf.data.Dataset.from_generator(batches, output_signature=signature)
    return dataset.apply(tf.data.experimental.assert_cardinality(len(lengths)))


def test_a_step_of_rows_of_several_lengths_is_traced_once(model):
    model.fit(dataset([3, 4, 5]), epochs=2, verbose=0)
    assert model.traced == 1


def test_an_evaluation_is_traced_once(model):
    model.evaluate(dataset([3, 4]), verbose=0)
    assert model.traced == 1


def test_a_single_batch_is_traced_once(model):
    model.train_on_batch(*batch(3))
    assert model.traced == 1


def test_no_batch_is_taken_from_the_dataset_beforehand(model):
    read = []
    model.fit(dataset([3, 4], read=read), verbose=0)
    assert read == [3, 4]


def test_a_dataset_may_have_no_weights(model):
    model.fit(dataset([3, 4]).map(lambda x, y: (x, y, None)), verbose=0)
    assert model.traced == 1


@pytest.mark.parametrize("r_drop", [pytest.param(0.0, marks=pytest.mark.slow), 1.0])
def test_a_classifier_whose_loss_takes_several_passes_is_traced_once(r_drop):
    keras.utils.set_random_seed(0)
    model = SmallClassifier(BertEncoder(20, 1, 2, 8, 16, max_sequence_length=16, dropout=0.0, attention_dropout=0.0), 2)
    add_r_drop(model, r_drop)
    add_adversarial_training(model, 1.0)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(
        AdamW(1e-3), loss, weighted_metrics=classification_metrics("single_label_classification", num_classes=2)
    )
    ids = np.ones((4, 6), "int32")
    model.fit({"token_ids": ids, "segment_ids": 0 * ids, "padding_mask": ids}, np.arange(4) % 2, verbose=0)
    assert model.traced == 1


def test_a_model_of_ours_is_traced_for_its_step_and_not_for_the_shapes_of_its_outputs(monkeypatch):
    from bert_keras.layers import EncoderBlock

    seen, call = [], EncoderBlock.call

    def counted(self, *arguments, training=False, **options):
        seen.append(training)
        return call(self, *arguments, training=training, **options)

    classifier = TextClassifier(BertEncoder(13, 2, 2, 8, 16, max_sequence_length=8), 2)
    classifier.compile(AdamW(1e-3))
    monkeypatch.setattr(EncoderBlock, "call", counted)
    ids = np.ones((2, 4), "int32")
    classifier.fit({"token_ids": ids, "segment_ids": 0 * ids, "padding_mask": ids}, np.array([0, 1]), verbose=0)
    assert seen == [True, True]
