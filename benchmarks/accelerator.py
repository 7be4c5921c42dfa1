"""How fast does BERT pretrain on a GPU, and which share of what the device can multiply is that?

On JAX with synthetic batches, in mixed bfloat16, with dropout 0.1, 15 % masks, and AdamW: needs neither TensorFlow nor
any peer. The share counts the floating-point operations of the matrix products of a step (twice the forward ones for
the backward) against the device's published dense bfloat16 rate, and against the rate of one large product here.

Run: KERAS_BACKEND=jax python -m benchmarks.accelerator
"""

import datetime
import json
import os
import statistics
import time
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "jax")

import keras

from benchmarks.interleave import hardware, versions
from benchmarks.pretraining_step import batch_of
from bert_keras import command_line
from bert_keras.models import BertEncoder, BertPretrainer
from bert_keras.training import AdamW, pretraining_losses

# Dense bfloat16, TFLOP/s, from NVIDIA's data sheets.
_PUBLISHED = {"H200": 989, "H100": 989, "A100": 312, "L40S": 362, "L4": 121, "RTX 4090": 165}


def main(
    *,
    size: str = "12x768",  # layers x width
    batches: tuple[str, ...] = ("256x128", "64x512"),  # rows x length
    vocabulary_size: int = 30528,  # a multiple of 64, for the product with the token table
    dtype: str = "mixed_bfloat16",
    steps: int = 20,  # a round, the first round apart
    rounds: int = 3,  # of which the median counts
):
    num_layers, hidden_dim = map(int, size.split("x"))
    device, measured = _device_name(), _product_rate(4096 if _device_name() != "cpu" else 512)
    published = next((rate * 1e12 for name, rate in _PUBLISHED.items() if name in device), None)
    print(f"{device}: {measured / 1e12:.1f} TFLOP/s in one bfloat16 product", flush=True)
    results = []
    for batch in batches:
        batch_size, length = map(int, batch.split("x"))
        encoder = BertEncoder(
            vocabulary_size, num_layers, max(1, hidden_dim // 64), hidden_dim, 4 * hidden_dim, dtype=dtype
        )
        pretrainer = BertPretrainer(encoder)
        pretrainer.compile(optimizer=AdamW(1e-4), loss=pretraining_losses())
        x, y, sample_weight = batch_of(steps * batch_size, length, vocabulary_size)
        seconds = []
        for _ in range(rounds + 1):  # the first compiles
            start = time.perf_counter()
            pretrainer.fit(x, y, sample_weight=sample_weight, batch_size=batch_size, shuffle=False, verbose=0)
            seconds.append((time.perf_counter() - start) / steps)
        step = statistics.median(seconds[1:])
        operations = step_operations(num_layers, hidden_dim, batch_size, length, vocabulary_size)
        result = {
            "question": "pretraining on an accelerator",
            "case": f"{num_layers} x {hidden_dim}, batch {batch_size} x {length}, {dtype}",
            "candidate": "bert_keras, " + keras.config.backend(),
            "seconds": step,
            "per_second": batch_size * length / step,
            "unit": "tokens",
            "startup_s": seconds[0] * steps,
            "teraflops": operations / step / 1e12,
            "share_of_published_peak": published and operations / step / published,
            "share_of_measured_product": operations / step / measured,
            "hardware": f"{device}; {hardware()}",
            "versions": versions(),
            "date": datetime.date.today().isoformat(),
        }
        results.append(result)
        share = "" if published is None else f", {result['share_of_published_peak']:.0%} of the published peak"
        print(
            f"{result['case']}: {step * 1e3:.1f} ms a step, {result['per_second']:,.0f} tokens/s, "
            f"{result['teraflops']:.1f} TFLOP/s{share}, {result['share_of_measured_product']:.0%} of one product",
            flush=True,
        )
    path = Path("runs/benchmarks.jsonl")
    path.parent.mkdir(exist_ok=True)
    with path.open("a") as file:
        file.writelines(json.dumps(result) + "\n" for result in results)
    return results


def step_operations(num_layers, hidden_dim, batch_size, length, vocabulary_size, mask_rate=0.15):
    """Count the operations of a training step's matrix products, a multiplication and an addition being two.

    Args:
        num_layers: of the encoder.
        hidden_dim: its width.
        batch_size: rows.
        length: tokens in a row.
        vocabulary_size: rows of the token table, multiplied with at the masked positions alone.
        mask_rate: share of the tokens that are guessed.

    Returns:
        int.
    """
    tokens, guessed = batch_size * length, batch_size * int(length * mask_rate)
    blocks = num_layers * (2 * tokens * 12 * hidden_dim**2 + 2 * 2 * tokens * length * hidden_dim)
    head = 2 * guessed * hidden_dim * (vocabulary_size + hidden_dim)
    return 3 * (blocks + head)


def _device_name():
    if keras.config.backend() != "jax":
        return keras.config.backend()
    import jax

    return jax.devices()[0].device_kind


def _product_rate(size, repeats=10):
    """Operations a second of one square matrix product."""
    from keras import ops

    x = ops.ones((size, size), "bfloat16")
    multiply = ops.matmul
    if keras.config.backend() == "jax":
        import jax

        multiply = jax.jit(ops.matmul)
    seconds = []
    for _ in range(4):
        start = time.perf_counter()
        y = x
        for _ in range(repeats):
            y = multiply(x, y)
        float(ops.cast(y[0, 0], "float32"))  # waits for the device
        seconds.append((time.perf_counter() - start) / repeats)
    return 2 * size**3 / min(seconds)


if __name__ == "__main__":
    command_line.run(main)
