"""Makes tests/golden/tiny_gpt2 with torch and transformers: a random GPT-2, its logits, and what it writes.

Made with transformers 5.23.0 and torch 2.13.0: python tests/golden/make_tiny_gpt2.py
"""

import json
import pathlib

import torch
from transformers import GPT2Config, GPT2LMHeadModel

FOLDER = pathlib.Path(__file__).parent / "tiny_gpt2"
NUMBERS = {"vocab_size": 13, "n_embd": 8, "n_layer": 2, "n_head": 2, "n_inner": 10, "n_positions": 24}
PROMPTS = [[3, 4, 5], [7, 9, 1, 2, 3], [5]]
WAYS = {  # ours, and what generate of transformers is given
    "greedy": ({}, {}),
    "runs": (
        {"no_repeat_ngram": 2, "min_new_tokens": 4, "stop_token_ids": [6]},
        {"no_repeat_ngram_size": 2, "min_new_tokens": 4, "eos_token_id": 6},
    ),
    "beams": ({"num_beams": 3, "num_results": 3, "stop_token_ids": [6]}, {"num_beams": 3, "eos_token_id": 6}),
    "short beams": (
        {"num_beams": 2, "num_results": 2, "stop_token_ids": [6, 2], "length_penalty": -0.5, "no_repeat_ngram": 3},
        {"num_beams": 2, "eos_token_id": [6, 2], "length_penalty": -0.5, "no_repeat_ngram_size": 3},
    ),
}

if __name__ == "__main__":
    torch.manual_seed(0)
    config = GPT2Config(**NUMBERS, initializer_range=0.5, bos_token_id=None, eos_token_id=None)
    model = GPT2LMHeadModel(config).eval()
    for parameter in model.parameters():  # biases and layer norms too
        parameter.data += 0.1 * torch.randn_like(parameter)
    model.save_pretrained(FOLDER)
    (FOLDER / "generation_config.json").unlink(missing_ok=True)
    texts = {}
    for name, (ours, theirs) in WAYS.items():
        num_results = ours.get("num_results", 1)
        texts[name] = []
        for prompt in PROMPTS:  # one by one: of unlike lengths it would repeat runs of padding, too
            found = model.generate(
                torch.tensor([prompt]), attention_mask=torch.ones(1, len(prompt)), max_new_tokens=10, do_sample=False,
                num_return_sequences=num_results, pad_token_id=0, **theirs,
            )  # fmt: skip
            new = found[:, len(prompt) :].tolist()
            stops = ours.get("stop_token_ids", [])
            ends = [next((i + 1 for i, token in enumerate(text) if token in stops), len(text)) for text in new]
            texts[name].append([text[:end] for text, end in zip(new, ends)])
    with torch.no_grad():
        logits = model(torch.tensor([PROMPTS[1]])).logits.numpy().tolist()
    golden = {"prompts": PROMPTS, "logits": logits, "ways": {name: ours for name, (ours, _) in WAYS.items()}}
    (FOLDER / "expected.json").write_text(json.dumps(golden | {"texts": texts}, indent=1) + "\n")
