"""How long does a written token take, beside transformers' `generate` with its cache and KerasHub's GPT-2?

A GPT-2 of one size with random weights, the most probable token each time, no end before the last token; prompts of one
length. The unit is tokens of all prompts together. Twice the tokens should take about twice the time: --new-tokens says
which numbers are measured.

Run: python -m benchmarks.decoding
"""

from benchmarks.interleave import Candidate, environment_of, has_half_precision, interleave
from bert_keras import command_line

_HERE = "benchmarks.decoding:"


def main(
    *,
    size: str = "6x384",  # layers x width
    batches: tuple[int, ...] = (1, 16),  # prompts at once
    prompt_tokens: int = 16,
    new_tokens: tuple[int, ...] = (32, 128),
    vocabulary_size: int = 8192,
    rounds: int = 7,  # of which the median counts
    dtypes: tuple[str, ...] = (),  # float32, bfloat16; none for those that this processor multiplies by itself
    backends: tuple[str, ...] = ("tensorflow", "jax", "torch"),
    only: tuple[str, ...] = (),  # parts of the names of those to measure; none for all
):
    num_layers, hidden_dim = map(int, size.split("x"))
    dtypes = dtypes or (("float32", "bfloat16") if has_half_precision() else ("float32",))
    results = []
    for batch in batches:
        for number in new_tokens:
            arguments = dict(num_layers=num_layers, hidden_dim=hidden_dim, batch=batch, prompt_tokens=prompt_tokens,
                             new_tokens=number, vocabulary_size=vocabulary_size)  # fmt: skip
            candidates = []
            for dtype in dtypes:
                given = arguments | {"dtype": dtype}
                for backend in backends:
                    name, program = f"bert_keras, {backend}, {dtype}", _HERE + "bert_keras"
                    candidates.append(Candidate(name, program, given, (backend,), environment_of(backend)))
                name, needs = f"transformers, {dtype}", ("transformers", "torch")
                candidates.append(Candidate(name, _HERE + "transformers", given, needs))
                name, needs = f"keras_hub, tensorflow, {dtype}", ("keras_hub", "tensorflow")
                candidates.append(Candidate(name, _HERE + "keras_hub", given, needs, environment_of("tensorflow")))
            case = f"{num_layers} x {hidden_dim}, {batch} prompts of {prompt_tokens}, {number} new"
            results += interleave("decoding", case, candidates, unit="tokens", rounds=rounds, only=only)
    return results


def _prompts(batch, prompt_tokens, vocabulary_size):
    import numpy as np

    return np.random.default_rng(0).integers(1, vocabulary_size, (batch, prompt_tokens)).astype("int32")


def bert_keras(*, num_layers, hidden_dim, batch, prompt_tokens, new_tokens, vocabulary_size, dtype):
    """Ours: one compiled loop with a cache."""
    from bert_keras.freed_memory import keep_freed_memory
    from bert_keras.models import BertEncoder, CausalLM

    keep_freed_memory()  # as recipes do
    encoder = BertEncoder(
        vocabulary_size, num_layers, hidden_dim // 64, hidden_dim, 4 * hidden_dim, family="gpt2", dtype=dtype,
        max_sequence_length=1024, attention_pattern="causal", pooler=False,
    )  # fmt: skip
    model, prompts = CausalLM(encoder), _prompts(batch, prompt_tokens, vocabulary_size)

    def run():
        texts = model.generate(prompts, max_new_tokens=new_tokens)
        return sum(len(text) for text in texts)

    return run


def transformers(*, num_layers, hidden_dim, batch, prompt_tokens, new_tokens, vocabulary_size, dtype):
    """Its GPT-2 and `generate`."""
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel

    config = GPT2Config(vocab_size=vocabulary_size, n_layer=num_layers, n_embd=hidden_dim, n_head=hidden_dim // 64)
    model = GPT2LMHeadModel(config).eval().to(getattr(torch, dtype))
    prompts = torch.tensor(_prompts(batch, prompt_tokens, vocabulary_size), dtype=torch.long)
    options = dict(max_new_tokens=new_tokens, do_sample=False, eos_token_id=None, pad_token_id=0)

    def run():
        with torch.inference_mode():
            rows = model.generate(prompts, attention_mask=torch.ones_like(prompts), **options)
        return (rows.shape[1] - prompt_tokens) * batch

    return run


def keras_hub(*, num_layers, hidden_dim, batch, prompt_tokens, new_tokens, vocabulary_size, dtype):
    """Its GPT-2 and `generate` on token ids, which stops at no token."""
    import keras
    import keras_hub
    import numpy as np

    backbone = keras_hub.models.GPT2Backbone(
        vocabulary_size, num_layers, hidden_dim // 64, hidden_dim, 4 * hidden_dim, max_sequence_length=1024,
        dtype=keras.DTypePolicy(dtype),
    )  # fmt: skip
    model = keras_hub.models.GPT2CausalLM(backbone, preprocessor=None)
    model.compile(sampler="greedy")
    length = prompt_tokens + new_tokens
    prompts = _prompts(batch, prompt_tokens, vocabulary_size)
    rows = np.pad(prompts, ((0, 0), (0, new_tokens)))
    is_prompt = np.arange(length) < prompt_tokens
    inputs = {"token_ids": rows, "padding_mask": np.broadcast_to(is_prompt, rows.shape).astype("int32")}

    def run():
        model.generate(inputs, stop_token_ids=None)
        return new_tokens * batch

    return run


if __name__ == "__main__":
    command_line.run(main)
