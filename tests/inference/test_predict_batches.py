import threading

import keras
import numpy as np
import pytest

from bert_keras.inference import predict_batches as module
from bert_keras.inference.predict_batches import predict_batches
from bert_keras.models import BertEncoder

two_at_a_time = pytest.mark.skipif(
    keras.config.backend() != "tensorflow" or module.compiles_each_length(), reason="one at a time here"
)


class Doubling:
    """A model that is asked for nothing but its predictions."""

    jit_compile = False

    def __init__(self, predict=lambda x: 2 * x):
        self.predict_on_batch = predict

    def make_predict_function(self):
        pass


@pytest.mark.parametrize("count", [0, 1, 2, 3, 7])
def test_outputs_come_with_their_names_in_order(count):
    batches = [(f"batch {i}", np.full((i + 1, 2), i)) for i in range(count)]
    results = list(predict_batches(Doubling(), iter(batches)))
    assert [name for name, _ in results] == [name for name, _ in batches]
    for (_, outputs), (_, inputs) in zip(results, batches, strict=True):
        np.testing.assert_array_equal(outputs, 2 * inputs)


@pytest.mark.slow_elsewhere
@two_at_a_time
def test_two_batches_are_in_the_model_at_once():
    both = threading.Barrier(2, timeout=60)

    def predict(x):
        both.wait()  # raises where no second one comes
        return x

    assert len(list(predict_batches(Doubling(predict), ((i, np.ones(1)) for i in range(4))))) == 4


@pytest.mark.slow_elsewhere
def test_batches_are_made_as_they_are_needed():
    made = []

    def batches():
        for i in range(100):
            made.append(i)
            yield i, np.ones(1)

    results = predict_batches(Doubling(), batches())
    next(results)
    assert len(made) <= 3


@pytest.mark.slow_elsewhere
def test_an_error_in_the_model_reaches_the_caller():
    def predict(x):
        raise ValueError("no such token")

    with pytest.raises(ValueError, match="no such token"):
        list(predict_batches(Doubling(predict), [(0, np.ones(1)), (1, np.ones(1)), (2, np.ones(1))]))


def test_outputs_are_those_of_predict_on_batch():
    encoder = BertEncoder(30, 2, 2, 8, 12, max_sequence_length=10, pooler=False)
    random = np.random.default_rng(0)
    shapes = [(2, 7), (3, 5), (1, 9), (4, 5), (2, 3)]
    batches = [random.integers(0, 30, shape) for shape in shapes]
    rows = [{"token_ids": ids, "segment_ids": 0 * ids, "padding_mask": 0 * ids + 1} for ids in batches]
    for i, outputs in predict_batches(encoder, enumerate(rows)):
        np.testing.assert_array_equal(outputs["sequence_output"], encoder.predict_on_batch(rows[i])["sequence_output"])


@pytest.mark.slow_elsewhere
@two_at_a_time
def test_rows_of_any_length_take_one_trace():
    encoder = BertEncoder(30, 1, 2, 8, 12, max_sequence_length=10, pooler=False)
    for length in (4, 7):
        ids = np.ones((length, length), "int32")
        list(predict_batches(encoder, [(0, {"token_ids": ids, "segment_ids": 0 * ids, "padding_mask": ids})]))
    assert encoder.predict_function.experimental_get_tracing_count() == 1


@pytest.mark.slow_elsewhere
@two_at_a_time
def test_a_model_compiled_with_xla_predicts_without_it():
    encoder = BertEncoder(30, 1, 2, 8, 12, max_sequence_length=10, pooler=False)
    ids = np.ones((1, 4), "int32")
    rows = {"token_ids": ids, "segment_ids": 0 * ids, "padding_mask": ids}
    expected = encoder.predict_on_batch(rows)["sequence_output"]
    encoder.compile(loss="mse", jit_compile=True)
    for _ in range(2):
        [(_, outputs)] = predict_batches(encoder, [("batch", rows)])
        np.testing.assert_allclose(outputs["sequence_output"], expected, atol=1e-6)
    assert encoder.predict_function is None and encoder.jit_compile
    assert module._without_xla[encoder].predict_function.experimental_get_tracing_count() == 1
