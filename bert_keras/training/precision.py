"""Whether this machine trains faster in bfloat16, found out by measuring."""

import functools
import time

import keras
from keras import ops


@functools.lru_cache
def fastest_dtype_policy(hidden_dim=256, num_tokens=2048, *, least_gain=1.25):
    """Measure a feed-forward's matrix products in float32 and bfloat16, choose the faster, and say so in a line.

    Processors with AMX or native bfloat16 gain several times, others lose, and XLA on a CPU uses neither: so the
    answer depends on the backend too. Takes a few tenths of a second once; later calls with the same arguments return
    what was found.

    Args:
        hidden_dim: width of the model.
        num_tokens: tokens in a batch.
        least_gain: how many times faster bfloat16 must be, for its casts cost time as well. Default 1.25.

    Returns:
        "mixed_bfloat16" or "float32", for the `dtype` of a model.

    Example:
        >>> from bert_keras.training import fastest_dtype_policy
        >>> policy = fastest_dtype_policy(hidden_dim=64, num_tokens=256)  # doctest: +ELLIPSIS
        Matrix products on ...
        >>> policy in ("float32", "mixed_bfloat16")
        True
    """
    seconds = {dtype: _feed_forward_seconds(hidden_dim, num_tokens, dtype) for dtype in ("float32", "bfloat16")}
    operations = 2 * 2 * num_tokens * hidden_dim * 4 * hidden_dim  # up to the inner width and down, multiply and add
    gflops = {dtype: operations / s / 1e9 for dtype, s in seconds.items()}
    gain = seconds["float32"] / seconds["bfloat16"]
    policy = "mixed_bfloat16" if gain >= least_gain else "float32"
    print(
        f"Matrix products on {keras.config.backend()}: float32 {gflops['float32']:.0f} GFLOP/s, "
        f"bfloat16 {gflops['bfloat16']:.0f} GFLOP/s; training in {policy}.",
        flush=True,
    )
    return policy


def _feed_forward_seconds(hidden_dim, num_tokens, dtype, least_seconds=0.08):
    """Seconds of the fastest run: a busy machine only ever slows one down."""
    inputs = ops.ones((num_tokens, hidden_dim), dtype=dtype)
    kernel_in = ops.ones((hidden_dim, 4 * hidden_dim), dtype=dtype)
    kernel_out = ops.ones((4 * hidden_dim, hidden_dim), dtype=dtype)

    def run():
        start = time.perf_counter()
        outputs = ops.matmul(ops.matmul(inputs, kernel_in), kernel_out)
        float(ops.cast(outputs[0, 0], "float32"))  # waits for the device
        return time.perf_counter() - start

    run()  # allocates, and compiles where the backend does
    times, deadline = [], time.perf_counter() + least_seconds
    while len(times) < 3 or time.perf_counter() < deadline:
        times.append(run())
    return min(times)
