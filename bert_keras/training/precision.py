"""Whether this machine trains faster in bfloat16, found out by measuring."""

import functools
import time

import keras
from keras import ops


@functools.lru_cache
def fastest_dtype_policy(hidden_dim: int = 256, num_tokens: int = 1024, *, least_gain: float = 1.5) -> str:
    """Measure a feed-forward's matrix products in float32 and bfloat16, choose the faster, and say so in a line.

    Processors with AMX or native bfloat16 gain several times, others lose, and XLA on a CPU uses neither: so the
    answer depends on the backend too. Takes a few tenths of a second; later calls with the same arguments return
    what was found.

    Args:
        hidden_dim: width of the model.
        num_tokens: tokens in a batch.
        least_gain: how many times faster bfloat16 must be, for its casts cost time as well. Default 1.5.

    Returns:
        "mixed_bfloat16" or "float32", for the `dtype` of a model.

    Example:
        >>> from bert_keras.training import fastest_dtype_policy
        >>> policy = fastest_dtype_policy(hidden_dim=64, num_tokens=256)  # doctest: +ELLIPSIS
        Matrix products on ...
        >>> policy in ("float32", "mixed_bfloat16")
        True
    """
    seconds = _feed_forward_seconds(hidden_dim, num_tokens)
    operations = 2 * 2 * num_tokens * hidden_dim * 4 * hidden_dim  # up to the inner width and down, multiply and add
    gflops = {dtype: operations / s / 1e9 for dtype, s in seconds.items()}
    policy = "mixed_bfloat16" if seconds["float32"] / seconds["bfloat16"] >= least_gain else "float32"
    print(
        f"Matrix products on {keras.config.backend()}: float32 {gflops['float32']:.0f} GFLOP/s, "
        f"bfloat16 {gflops['bfloat16']:.0f} GFLOP/s; training in {policy}.",
        flush=True,
    )
    return policy


def _feed_forward_seconds(hidden_dim, num_tokens, least_seconds=0.2):
    """Seconds of the fastest run in each dtype, in turn: a busy machine only ever slows one down, and slows both."""
    runs = {dtype: _feed_forward(hidden_dim, num_tokens, dtype) for dtype in ("float32", "bfloat16")}
    times = {dtype: [] for dtype in runs}
    deadline = time.perf_counter() + least_seconds
    while len(times["float32"]) < 5 or time.perf_counter() < deadline:
        for dtype, run in runs.items():
            start = time.perf_counter()
            run()
            times[dtype].append(time.perf_counter() - start)
        if min(times["bfloat16"]) > 10 * min(times["float32"]):
            break  # emulated: more runs would take seconds and change nothing
    return {dtype: min(seconds) for dtype, seconds in times.items()}


def _feed_forward(hidden_dim, num_tokens, dtype):
    """Return the two products as a function."""
    inputs = ops.ones((num_tokens, hidden_dim), dtype=dtype)
    kernel_in = ops.ones((hidden_dim, 4 * hidden_dim), dtype=dtype)
    kernel_out = ops.ones((4 * hidden_dim, hidden_dim), dtype=dtype)

    def run():
        outputs = ops.matmul(ops.matmul(inputs, kernel_in), kernel_out)
        float(ops.cast(outputs[0, 0], "float32"))  # waits for the device

    return run
