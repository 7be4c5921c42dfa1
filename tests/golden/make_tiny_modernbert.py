"""Makes tests/golden/tiny_modernbert with torch and transformers: random heads on an encoder, and what they compute.

Made with transformers 5.23.0 and torch 2.13.0: python tests/golden/make_tiny_modernbert.py
"""

import pathlib

import numpy as np
import torch
from transformers import ModernBertConfig, ModernBertForMaskedLM

FOLDER = pathlib.Path(__file__).parent / "tiny_modernbert"

torch.manual_seed(0)
config = ModernBertConfig(
    vocab_size=30,
    hidden_size=12,
    num_hidden_layers=3,
    num_attention_heads=3,
    intermediate_size=10,
    max_position_embeddings=64,
    local_attention=6,
    initializer_range=0.3,  # so that every part moves the result
    attn_implementation="eager",
    **dict.fromkeys(("pad_token_id", "bos_token_id", "cls_token_id", "eos_token_id", "sep_token_id"), 0),
)
model = ModernBertForMaskedLM(config).eval()
for parameter in model.parameters():  # layer norms too
    parameter.data += 0.1 * torch.randn_like(parameter)
model.save_pretrained(FOLDER)

rng = np.random.default_rng(0)
token_ids = rng.integers(0, 30, (3, 40)).astype("int32")  # longer than two windows
padding_mask = (np.arange(40) < np.array([[40], [23], [3]])).astype("int32")
with torch.no_grad():
    outputs = model(
        torch.tensor(token_ids).long(), attention_mask=torch.tensor(padding_mask), output_hidden_states=True
    )
np.savez(
    FOLDER / "expected.npz",
    token_ids=token_ids,
    padding_mask=padding_mask,
    mlm=outputs.logits.numpy(),
    hidden_states=np.stack([state.numpy() for state in outputs.hidden_states]),
)
