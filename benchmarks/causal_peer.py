"""How well does a model learn to write from text alone, beside KerasHub's GPT-2 of the same size?

Both are trained on the same packed rows of presidential addresses, in byte pairs, for equal processor minutes on one
thread, compiling included. Size, batch, dropout, the rise and fall of the learning rate and its peak are the same; each
has its own kernels and its own AdamW. Ours begin with co-occurrence vectors, as pretrain.py has them, and with random
ones. Addresses are held out whole, and what is written there costs:
* `perplexity`, of a token; an end of a text is one.
* `bits_per_byte`, of the text in UTF-8, of which nearly every character is one byte.

Run: python -m benchmarks.causal_peer --processor-minutes 4 --seeds 3
Every finished run is a JSON line in the results; those that are there already are not run again.
"""

import dataclasses
import gc
import math
import os
import statistics
import time
from pathlib import Path

import numpy as np

from benchmarks.finished_runs import add_run, finished_runs, mean_cell
from bert_keras import command_line, data, models, training
from bert_keras.ops.next_tokens import next_tokens
from bert_keras.pretraining import Pretraining

_MEASURES = ("perplexity", "bits_per_byte")


def main(
    *,
    processor_minutes: float = 4.0,  # of training
    seeds: int = 3,
    size: str = "tiny",
    sequence_length: int = 64,
    batch_size: int = 16,
    learning_rate: float = 2e-3,  # at its peak
    dtype: str = "mixed_bfloat16",
    vocabulary_size: int = 8192,
    only: tuple[str, ...] = ("bert_keras", "bert_keras, no warm start", "keras_hub"),
    results: Path = Path("runs/causal_peer.jsonl"),
    corpus: Path = Path("runs/causal_peer"),  # gets the corpus
):
    parts, _ = data.read_eras()
    tokenizer, _ = data.prepare_parts(parts, corpus, vocabulary_size=vocabulary_size, kind="byte_pair",
                                      passage_tokens=sequence_length - 3)  # fmt: skip
    options = dict(processor_minutes=processor_minutes, size=size, sequence_length=sequence_length,
                   batch_size=batch_size, learning_rate=learning_rate, dtype=dtype)  # fmt: skip
    for seed in range(seeds):
        for name in only:
            run = {"name": name, "seed": seed, **options, "vocabulary_size": vocabulary_size}
            if not finished_runs(results, **run):
                add_run(results, run | _scores(name, corpus, tokenizer, seed, **options))
                gc.collect()
    found = finished_runs(results, **options)
    print(table(found))
    return found


def _scores(name, corpus, tokenizer, seed, *, processor_minutes, size, sequence_length, batch_size, learning_rate,
            dtype):  # fmt: skip
    """Train one of them, and read what is held out."""
    begin = time.process_time()
    pretraining = Pretraining(
        objective="next_tokens", rows="packed", family="gpt2", size=size, sequence_length=sequence_length, dropout=0.0,
        batch_size=batch_size, learning_rate=learning_rate, seed=seed,
    )  # fmt: skip
    training.set_random_seed(seed)
    model, optimizer = _MODELS[name](pretraining, corpus, tokenizer, dtype)
    schedule = training.WarmupLinearDecay(learning_rate, 1000, warmup_steps=60)
    budget = training.callbacks.TimeBudget(processor_minutes, schedule, clock=time.process_time)
    train = pretraining.dataset(corpus / "train", tokenizer)
    test = pretraining.dataset(corpus / "test", tokenizer, training=False, batch_size=64).map(_labelled)
    test = test.shard(3, 0)  # every third batch is enough
    if name == "keras_hub":
        train, test = train.map(_labelled).map(_one_text), test.map(_one_text)
    model.fit(train, steps_per_epoch=100, epochs=100_000, callbacks=[budget], shuffle=False, verbose=0)
    vocabulary, nats, tokens, num_bytes = tokenizer.vocabulary, 0.0, 0, 0
    lengths = np.array([len(token) for token in vocabulary.tokens])
    lengths[list(vocabulary.special_ids)] = 0
    for x, labels, is_label in test:
        costs, is_label = _costs(model(x, training=False), labels), is_label.numpy() > 0
        nats, tokens = nats + float(costs[is_label].sum()), tokens + int(is_label.sum())
        num_bytes += int(lengths[labels.numpy()[is_label]].sum())
    return {
        "perplexity": math.exp(nats / tokens), "bits_per_byte": nats / math.log(2) / num_bytes, "test_tokens": tokens,
        "steps": int(optimizer.iterations), "tokens_seen": int(optimizer.iterations) * batch_size * sequence_length,
        "seconds": time.process_time() - begin,
    }  # fmt: skip


def _labelled(x, *_):
    """Give a batch with its labels, and which of its tokens have one."""
    from keras import ops

    labels = next_tokens(x["token_ids"], x["padding_mask"])
    return x, ops.maximum(labels, 0), ops.cast(labels >= 0, "float32")


def _one_text(x, labels, is_label):
    """Give what KerasHub's model takes: to it a row is one text."""
    from keras import ops

    return {"token_ids": x["token_ids"], "padding_mask": ops.cast(x["padding_mask"] > 0, "int32")}, labels, is_label


def _costs(logits, labels):
    from keras import losses, ops

    return ops.convert_to_numpy(losses.sparse_categorical_crossentropy(labels, logits, from_logits=True))


def _bert_keras(pretraining, corpus, tokenizer, dtype):
    """Ours, as pretrain.py makes it."""
    encoder = pretraining.encoder(
        tokenizer, max_sequence_length=pretraining.sequence_length, dtype=dtype,
        kernel_initializer=models.narrow_initializer(pretraining.size),
    )  # fmt: skip
    model = pretraining.pretrainer(encoder)
    pretraining.prepare(model, tokenizer, corpus=corpus / "train")
    optimizer = training.AdamW(pretraining.learning_rate, beta_2=0.98)
    model.compile(optimizer, jit_compile=training.fastest_compilation(dtype))
    return model, optimizer


def _keras_hub(pretraining, corpus, tokenizer, dtype):
    """KerasHub's GPT-2."""
    import keras
    import keras_hub

    numbers = pretraining.encoder(tokenizer, max_sequence_length=pretraining.sequence_length)
    names = ("num_layers", "num_heads", "hidden_dim", "intermediate_dim", "max_sequence_length")
    backbone = keras_hub.models.GPT2Backbone(
        tokenizer.vocabulary_size, *(getattr(numbers, name) for name in names[:-1]), dropout=0.0,
        max_sequence_length=numbers.max_sequence_length, dtype=keras.DTypePolicy(dtype),
    )  # fmt: skip
    model = keras_hub.models.GPT2CausalLM(backbone, preprocessor=None)
    optimizer = keras.optimizers.AdamW(pretraining.learning_rate, weight_decay=0.01, beta_2=0.98, global_clipnorm=1.0)
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction="mean_with_sample_weight")
    model.compile(optimizer, loss)
    return model, optimizer


def _bert_keras_random(pretraining, *arguments):
    return _bert_keras(dataclasses.replace(pretraining, warm_start=False), *arguments)


_MODELS = {"bert_keras": _bert_keras, "bert_keras, no warm start": _bert_keras_random, "keras_hub": _keras_hub}


def table(found):
    """Return the runs as a table in Markdown: the mean of the seeds and, of several, the standard deviation.

    Args:
        found: list of dicts, the lines of the results.
    """
    lines = [
        f"| | seeds | steps | million tokens | {' | '.join(_MEASURES)} |",
        f"|---|{'---:|' * (3 + len(_MEASURES))}",
    ]
    for name in dict.fromkeys(run["name"] for run in found):
        runs = [run for run in found if run["name"] == name]
        steps, tokens = (statistics.mean(run[key] for run in runs) for key in ("steps", "tokens_seen"))
        cells = [mean_cell([run[measure] for run in runs]) for measure in _MEASURES]
        lines.append(f"| {name} | {len(runs)} | {steps:,.0f} | {tokens / 1e6:.2f} | {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    os.environ |= {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}
    command_line.run(main)
