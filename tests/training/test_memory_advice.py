import keras
import numpy as np
import pytest

from bert_keras.training.memory_advice import is_out_of_memory, memory_advice

pytestmark = pytest.mark.slow_elsewhere


@pytest.mark.parametrize(
    "error",
    [
        MemoryError("Unable to allocate 7 TiB"),
        RuntimeError("RESOURCE_EXHAUSTED: Out of memory allocating 17179869184 bytes."),
        RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB"),
        type("ResourceExhaustedError", (Exception,), {})("OOM when allocating tensor with shape[64,512]"),
    ],
)
def test_every_backends_error_gives_the_batch_and_length_to_try(error):
    with pytest.raises(
        MemoryError, match="Try callbacks.MicroBatches().*; or batch_size=32; or sequence_length=256"
    ) as told:
        with memory_advice(64, 512):
            raise error
    assert told.value.__cause__ is error


def test_other_errors_pass():
    with pytest.raises(ValueError, match="a shape"), memory_advice(8):
        raise ValueError("a shape")


def test_one_row_of_few_tokens_needs_a_smaller_model():
    with pytest.raises(MemoryError, match="batch_size=1 and sequence_length=16 .* Try a smaller model"):
        with memory_advice(1, 16):
            raise MemoryError


def test_a_real_error_of_memory_is_known():
    with pytest.raises(Exception) as error:  # noqa: B017, each backend has its own
        keras.ops.convert_to_numpy(keras.ops.ones((1 << 30, 1 << 20))).sum()
    assert is_out_of_memory(error.value), repr(error.value)
    assert not is_out_of_memory(np.linalg.LinAlgError("singular"))
