"""How long does a pretraining step take beside KerasHub and transformers, on dense batches with AdamW?

Ours learns masked tokens and next sentences, the peers masked tokens alone. All have dropout 0.1, as published.
KerasHub's head looks at the masked positions, like ours; that of transformers scores every position.
Start-up (from the start of the process to the end of the first step) and peak memory are measured along the way.
One row multiplies large matrices with as many operations as our step's products have: our share of what the machine can
do is that row's time over ours.

Run: python -m benchmarks.pretraining_step
"""

import itertools

from benchmarks.interleave import Candidate, environment_of, has_half_precision, interleave
from bert_keras import command_line
from bert_keras.freed_memory import keep_freed_memory


def main(
    *,
    sizes: tuple[str, ...] = ("4x256", "4x512", "12x768"),  # layers x width
    batches: tuple[str, ...] = ("16x128", "64x128"),  # rows x length
    vocabulary_size: int = 30522,
    rounds: int = 5,  # of which the median counts
    steps: int = 1,  # a round
    dtypes: tuple[str, ...] = (),  # float32, mixed_bfloat16, bfloat16; none for what this processor multiplies fast
    backends: tuple[str, ...] = ("tensorflow", "jax", "torch"),
    only: tuple[str, ...] = (),  # parts of the names of those to measure; none for all
):
    results = []
    for size in sizes:
        for batch in batches:
            num_layers, hidden_dim = map(int, size.split("x"))
            batch_size, length = map(int, batch.split("x"))
            shape = {
                "num_layers": num_layers,
                "hidden_dim": hidden_dim,
                "batch_size": batch_size,
                "length": length,
                "vocabulary_size": vocabulary_size,
                "steps": steps,
            }
            candidates = candidates_for(shape, dtypes, backends)
            case = f"{num_layers} x {hidden_dim}, batch {batch_size} x {length}"
            results += interleave("pretraining step", case, candidates, unit="tokens", rounds=rounds, only=only)
    return results


def candidates_for(shape, dtypes=(), backends=("tensorflow", "jax", "torch")):
    """Ours and the peers in every setting that may be their best.

    Args:
        shape: dict of the sizes.
        dtypes: names of policies of Keras.
        backends: of Keras.

    Returns:
        list of `Candidate`.
    """
    are_all_wanted = bool(dtypes)
    dtypes = dtypes or (("float32", "mixed_bfloat16") if has_half_precision() else ("float32",))
    here, candidates = "benchmarks.pretraining_step:", []
    for backend, dtype in itertools.product(backends, dtypes):
        # On TensorFlow Keras compiles with XLA only where it sees an accelerator, unless told otherwise.
        for name, jit_compile in (("", "auto"), (", XLA", True))[: 2 if backend == "tensorflow" else 1]:
            if not are_all_wanted and dtype != "float32" and (backend == "jax" or jit_compile is True):
                continue  # XLA multiplies it no faster on a processor
            arguments = shape | {"dtype": dtype, "jit_compile": jit_compile}
            for library in ("bert_keras", "keras_hub"):
                needs = (backend,) if library == "bert_keras" else (library, backend)
                title = f"{library}, {backend}, {dtype}{name}"
                environment = environment_of(backend, one_dnn=not (library == "bert_keras" and name))
                candidates.append(Candidate(title, here + library, arguments, needs, environment))
    for dtype in dtypes:
        arguments = shape | {"dtype": dtype}
        candidates.append(Candidate(f"bert_keras's products alone, {dtype}", here + "products", arguments, ("torch",)))
        needs = ("transformers", "torch")
        candidates.append(Candidate(f"transformers, {dtype}", here + "transformers", arguments, needs))
    return candidates


def batch_of(batch_size, length, vocabulary_size, *, mask_rate=0.15, segments=True):
    """Random rows without padding, and their labels.

    Args:
        batch_size: number of rows.
        length: tokens in a row.
        vocabulary_size: number of different tokens.
        mask_rate: share of the tokens to guess.
        segments: whether the second half of each row is in segment 1.

    Returns:
        (x, y, sample_weight) of `BertPretrainer`.
    """
    import numpy as np

    rng, predictions = np.random.default_rng(0), int(length * mask_rate)
    shape = (batch_size, length)
    x = {
        "token_ids": rng.integers(0, vocabulary_size, shape),
        "segment_ids": np.broadcast_to(np.arange(length) * 2 // length * segments, shape),
        "padding_mask": np.ones(shape),
        "mask_positions": np.sort(rng.permuted(np.tile(np.arange(length), (batch_size, 1)), axis=1)[:, :predictions]),
    }
    y = {"mlm": rng.integers(0, vocabulary_size, (batch_size, predictions)), "nsp": rng.integers(0, 2, batch_size)}
    x, y = ({name: values.astype("int32") for name, values in part.items()} for part in (x, y))
    return x, y, {name: np.ones(values.shape, "float32") for name, values in y.items()}


def bert_keras(*, num_layers, hidden_dim, batch_size, length, vocabulary_size, dtype, steps, jit_compile="auto"):
    """Ours, as a recipe compiles it."""
    from bert_keras.models import BertEncoder, BertPretrainer
    from bert_keras.training import AdamW, pretraining_losses

    keep_freed_memory()  # as recipes do
    encoder = BertEncoder(
        vocabulary_size, num_layers, hidden_dim // 64, hidden_dim, 4 * hidden_dim, dropout=0.1, dtype=dtype
    )
    pretrainer = BertPretrainer(encoder)
    pretrainer.compile(optimizer=AdamW(1e-4), loss=pretraining_losses(), jit_compile=jit_compile)
    x, y, sample_weight = batch_of(batch_size, length, vocabulary_size)

    def run():
        for _ in range(steps):
            pretrainer.train_on_batch(x, y, sample_weight)
        return steps * batch_size * length

    return run


def products(*, num_layers, hidden_dim, batch_size, length, vocabulary_size, dtype, steps):
    """As many multiplications as our step has in its matrix products, in large matrices: what the machine can do."""
    import torch

    tokens, guesses = batch_size * length, batch_size * int(length * 0.15)
    looked_at = guesses + batch_size  # the last feed-forward's rows: masks and [CLS]
    attention = tokens * num_layers * (4 * hidden_dim**2 + 2 * length * hidden_dim)
    feed_forward = (tokens * (num_layers - 1) + looked_at) * 8 * hidden_dim**2
    head = guesses * (hidden_dim**2 + hidden_dim * vocabulary_size)
    needed = 3 * (attention + feed_forward + head) * steps  # forward, and backward for inputs and for weights
    left, right = (torch.rand(1024, 1024, dtype=getattr(torch, dtype.removeprefix("mixed_"))) for _ in range(2))
    times = -(-needed // 1024**3)

    def run():
        for _ in range(times):
            left @ right
        return tokens * steps * times * 1024**3 / needed

    return run


def keras_hub(*, num_layers, hidden_dim, batch_size, length, vocabulary_size, dtype, steps, jit_compile="auto"):
    """KerasHub's masked-LM task, with Keras' own AdamW."""
    import keras
    import keras_hub

    keras.config.set_dtype_policy(dtype)
    backbone = keras_hub.models.BertBackbone(
        vocabulary_size, num_layers, hidden_dim // 64, hidden_dim, 4 * hidden_dim, max_sequence_length=512
    )
    model = keras_hub.models.BertMaskedLM(backbone=backbone, preprocessor=None)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer=keras.optimizers.AdamW(1e-4), loss=loss, weighted_metrics=[], jit_compile=jit_compile)
    x, y, _ = batch_of(batch_size, length, vocabulary_size)

    def run():
        for _ in range(steps):
            model.train_on_batch(x, y["mlm"])
        return steps * batch_size * length

    return run


def transformers(*, num_layers, hidden_dim, batch_size, length, vocabulary_size, dtype, steps):
    """BertForMaskedLM of transformers, with torch's fused AdamW; mixed is autocast, bfloat16 the weights too."""
    import contextlib

    import numpy as np
    import torch
    from transformers import BertConfig, BertForMaskedLM

    config = BertConfig(
        vocab_size=vocabulary_size,
        num_hidden_layers=num_layers,
        hidden_size=hidden_dim,
        num_attention_heads=hidden_dim // 64,
        intermediate_size=4 * hidden_dim,
    )
    model = BertForMaskedLM(config).train()
    if dtype == "bfloat16":
        model = model.bfloat16()
    optimizer = torch.optim.AdamW(model.parameters(), 1e-4, fused=True)
    x, y, _ = batch_of(batch_size, length, vocabulary_size)
    labels = np.full((batch_size, length), -100)
    np.put_along_axis(labels, x["mask_positions"], y["mlm"], axis=1)
    ids, labels, mask = (torch.tensor(v, dtype=torch.long) for v in (x["token_ids"], labels, x["padding_mask"]))

    def run():
        for _ in range(steps):
            autocast = torch.autocast("cpu", torch.bfloat16) if "mixed" in dtype else contextlib.nullcontext()
            with autocast:
                loss = model(input_ids=ids, attention_mask=mask, labels=labels).loss
            loss.backward()
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            loss.item()
        return steps * batch_size * length

    return run


if __name__ == "__main__":
    command_line.run(main)
