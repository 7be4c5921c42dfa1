"""How many processor seconds, and how much memory, from the start of a process to its first answer or first epoch?

Each round starts a new process of each candidate, in turns; medians count. `Embedder` and sentence-transformers answer
one text and then, for the peak, 96; fine-tuning is that of `benchmarks.finetuning_epoch`, two epochs.

Run: python -m benchmarks.start --preset all-MiniLM-L6-v2 --train SST-2/train.tsv
"""

import itertools
import statistics

from benchmarks.interleave import Candidate, Worker, environment_of, wanted
from bert_keras import command_line
from bert_keras.freed_memory import keep_freed_memory

_TEXTS = ["a happy child plays in the garden and goes on playing until it is dark and " * 2] * 96


def main(
    *,
    preset: str,  # directory of a pretrained encoder with its tokenizer, as sentence-transformers saves it
    train: str = "",  # TSV with a header: label, text; none to leave fine-tuning out
    num_examples: int = 480,  # of an epoch of fine-tuning; 32 are one step
    rounds: int = 3,  # processes of each candidate
    dtype: str = "bfloat16",  # or float32
    only: tuple[str, ...] = (),  # parts of the names of those to measure; none for all
):
    shape = {"preset": preset, "dtype": dtype}
    tensorflow = environment_of("tensorflow")
    candidates = [
        Candidate("bert_keras, first answer", "benchmarks.start:bert_keras", shape, (), tensorflow),
        Candidate(
            "bert_keras, openvino, first answer", "benchmarks.start:bert_keras", shape | {"runtime": "openvino"},
            ("openvino",), tensorflow,
        ),
        Candidate(
            "sentence-transformers, first answer", "benchmarks.start:sentence_transformers", shape,
            ("sentence_transformers",),
        ),
    ]  # fmt: skip
    if train:
        arguments = {"preset": preset, "train": train, "validation": "", "num_examples": num_examples, "size": None}
        arguments |= {"learning_rate": 3e-5, "seed": 0, "vocabulary": f"{preset}/vocab.txt"}
        arguments["dtype"] = "float32" if dtype == "float32" else f"mixed_{dtype}"
        for name, environment in (("bert_keras", tensorflow), ("transformers", {})):
            program = f"benchmarks.finetuning_epoch:{name}"
            needs = () if name == "bert_keras" else ("transformers", "torch")
            candidates.append(Candidate(f"{name}, first epoch", program, arguments, needs, environment))
    found = {}
    for _ in range(rounds):
        for candidate in wanted(candidates, only):
            worker = Worker(candidate)
            worker.run()
            worker.stop()
            numbers = worker.first["processor_seconds_since_start"], worker.startup_s, worker.rounds[-1]["peak_mib"]
            found.setdefault(candidate.name, []).append(numbers)
    width = max(map(len, found))
    print(f"\n{'':{width}} {'core s':>7} {'start s':>8} {'peak MiB':>9}")
    for name, rows in found.items():
        core, clock, peak = (statistics.median(numbers) for numbers in zip(*rows))
        print(f"{name:{width}} {core:7.2f} {clock:8.2f} {peak:9,.0f}", flush=True)
    return found


def bert_keras(*, preset, dtype, runtime="keras"):
    """Ours, as the documents import it."""
    from bert_keras import inference

    keep_freed_memory()
    embed = inference.Embedder.from_preset(preset, dtype=dtype, runtime=runtime)
    return _one_and_then_many(embed)


def sentence_transformers(*, preset, dtype):
    """Its `encode`, in the same dtype."""
    import torch
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(preset, device="cpu").to(getattr(torch, dtype))
    return _one_and_then_many(lambda texts: model.encode(texts, show_progress_bar=False))


def _one_and_then_many(embed):
    texts = itertools.chain([_TEXTS[:1]], itertools.repeat(_TEXTS))

    def run():
        some = next(texts)
        embed(some)
        return len(some)

    return run


if __name__ == "__main__":
    command_line.run(main)
