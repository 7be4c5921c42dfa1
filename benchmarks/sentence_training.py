"""How long does a step of training a sentence encoder take beside sentence-transformers, on pairs of one length?

An encoder of MiniLM's shape with random weights and dropout 0.1, multiple negatives ranking on pairs without padding,
AdamW, gradients clipped to norm 1: what `recipes/finetune_sentence_encoder.py` trains with, and what
sentence-transformers' trainer does. With `mini_batch_size` both cache gradients.

Run: python -m benchmarks.sentence_training
"""

from benchmarks.interleave import Candidate, environment_of, has_half_precision, interleave
from bert_keras import command_line
from bert_keras.freed_memory import keep_freed_memory

_HERE = "benchmarks.sentence_training:"


def main(
    *,
    size: str = "6x384",  # layers x width
    batches: tuple[str, ...] = ("16x64",),  # pairs x length of a text
    mini_batch_size: int = 0,  # texts encoded at once, with cached gradients; 0 for all of a batch
    vocabulary_size: int = 30522,
    rounds: int = 7,  # of which the median counts
    steps: int = 2,  # a round
    dtypes: tuple[str, ...] = (),  # float32, mixed_bfloat16; none for those that this processor multiplies by itself
    backends: tuple[str, ...] = ("tensorflow", "jax", "torch"),
    only: tuple[str, ...] = (),  # parts of the names of those to measure; none for all
):
    num_layers, hidden_dim = map(int, size.split("x"))
    dtypes = dtypes or (("float32", "mixed_bfloat16") if has_half_precision() else ("float32",))
    results = []
    for batch in batches:
        num_pairs, length = map(int, batch.split("x"))
        shape = {"num_layers": num_layers, "hidden_dim": hidden_dim, "num_pairs": num_pairs, "length": length}
        shape |= {"mini_batch_size": mini_batch_size, "vocabulary_size": vocabulary_size, "steps": steps}
        candidates = []
        for dtype in dtypes:
            arguments = shape | {"dtype": dtype}
            for backend in backends:
                name, program = f"bert_keras, {backend}, {dtype}", _HERE + "bert_keras"
                candidates.append(Candidate(name, program, arguments, (backend,), environment_of(backend)))
            needs = ("sentence_transformers", "torch")
            name, program = f"sentence-transformers, {dtype}", _HERE + "sentence_transformers"
            candidates.append(Candidate(name, program, arguments, needs))
        case = f"{num_layers} x {hidden_dim}, {num_pairs} pairs x {length}"
        case += f", {mini_batch_size} texts at once" if mini_batch_size else ""
        results += interleave("sentence training step", case, candidates, unit="pairs", rounds=rounds, only=only)
    return results


def _token_ids(num_pairs, length, vocabulary_size):
    import numpy as np

    return np.random.default_rng(0).integers(1000, vocabulary_size, (num_pairs, 2, length)).astype("int32")


def bert_keras(*, num_layers, hidden_dim, num_pairs, length, mini_batch_size, vocabulary_size, dtype, steps):
    """Ours, as the recipe compiles it."""
    import numpy as np

    from bert_keras.models import BertEncoder, SentenceEncoder
    from bert_keras.training import AdamW, MultipleNegativesRankingLoss

    keep_freed_memory()  # as recipes do
    encoder = BertEncoder(
        vocabulary_size, num_layers, 12, hidden_dim, 4 * hidden_dim, dropout=0.1, pooler=False, dtype=dtype
    )
    model = SentenceEncoder(encoder, mini_batch_size=mini_batch_size or None)
    model.compile(AdamW(2e-5), MultipleNegativesRankingLoss())
    ids = _token_ids(num_pairs, length, vocabulary_size)
    x = {"token_ids": ids, "segment_ids": 0 * ids, "padding_mask": 0 * ids + 1}
    y = np.arange(num_pairs, dtype="int32")

    def run():
        for _ in range(steps):
            model.train_on_batch(x, y)
        return steps * num_pairs

    return run


def sentence_transformers(*, num_layers, hidden_dim, num_pairs, length, mini_batch_size, vocabulary_size, dtype, steps):
    """Its loss around the same encoder, stepped as its trainer does; mixed is autocast."""
    import contextlib
    import tempfile

    import torch
    from sentence_transformers import SentenceTransformer, losses, models
    from transformers import BertConfig, BertModel, BertTokenizerFast

    config = BertConfig(
        vocab_size=vocabulary_size,
        num_hidden_layers=num_layers,
        hidden_size=hidden_dim,
        num_attention_heads=12,
        intermediate_size=4 * hidden_dim,
    )
    with tempfile.TemporaryDirectory() as directory:
        BertModel(config, add_pooling_layer=False).save_pretrained(directory)
        words = [f"word{number}" for number in range(100)]
        BertTokenizerFast(
            vocab={word: n for n, word in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words])}
        ).save_pretrained(directory)
        transformer = models.Transformer(directory, max_seq_length=length)
    model = SentenceTransformer(modules=[transformer, models.Pooling(hidden_dim)], device="cpu")
    if mini_batch_size:
        loss_of = losses.CachedMultipleNegativesRankingLoss(model, mini_batch_size=mini_batch_size // 2)
    else:
        loss_of = losses.MultipleNegativesRankingLoss(model)
    loss_of.train()
    optimizer = torch.optim.AdamW(model.parameters(), 2e-5, fused=True)
    ids = torch.tensor(_token_ids(num_pairs, length, vocabulary_size), dtype=torch.long)

    def run():
        for _ in range(steps):
            features = [
                {"input_ids": ids[:, place], "attention_mask": torch.ones_like(ids[:, place])} for place in (0, 1)
            ]
            with torch.autocast("cpu", torch.bfloat16) if "mixed" in dtype else contextlib.nullcontext():
                loss = loss_of(features, None)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            loss.item()
        return steps * num_pairs

    return run


if __name__ == "__main__":
    command_line.run(main)
