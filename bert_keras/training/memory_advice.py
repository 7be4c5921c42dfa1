"""Says what to do when a training step does not fit into memory."""

import contextlib
from collections.abc import Iterator

_SIGNS = (
    "resource_exhausted",
    "resourceexhausted",
    "out of memory",
    "outofmemory",
    "oom when",
    "allocate memory",
    "unable to allocate",
)


@contextlib.contextmanager
def memory_advice(batch_size: int, sequence_length: int | None = None) -> Iterator[None]:
    """Turn any backend's error of memory in the block into one that names batch sizes and lengths to try.

    Args:
        batch_size: rows in a batch.
        sequence_length: tokens in a row, where there is one.

    Raises:
        MemoryError: in place of TensorFlow's `ResourceExhaustedError`, JAX' and torch's own errors and Python's
            `MemoryError`, with that error as its cause. Other errors pass.

    Example:
        >>> from bert_keras.training import memory_advice
        >>> with memory_advice(batch_size=64, sequence_length=512):  # doctest: +ELLIPSIS
        ...     raise RuntimeError("RESOURCE_EXHAUSTED: Out of memory while trying to allocate 4 GiB")
        Traceback (most recent call last):
        ...
        MemoryError: A step with batch_size=64 and sequence_length=512 does not fit into memory. Try callbacks...
    """
    try:
        yield
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        size = f"batch_size={batch_size}" + (f" and sequence_length={sequence_length}" if sequence_length else "")
        advice = []
        if batch_size > 1:
            advice.append("callbacks.MicroBatches(), which trains each batch in parts that fit, with the same steps")
            advice.append(f"batch_size={batch_size // 2}")
        if sequence_length and sequence_length >= 32:
            advice.append(f"sequence_length={sequence_length // 2}")
        advice = "; or ".join(advice) or "a smaller model"
        raise MemoryError(f"A step with {size} does not fit into memory. Try {advice}.") from error


def is_out_of_memory(error: BaseException) -> bool:
    """Tell whether an error, or what caused it, is one of memory, on any backend.

    Args:
        error: exception.
    """
    while error is not None:
        text = f"{type(error).__name__} {error}".lower()
        if isinstance(error, MemoryError) or any(sign in text for sign in _SIGNS):
            return True
        error = error.__cause__
    return False
