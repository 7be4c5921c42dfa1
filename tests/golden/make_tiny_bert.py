"""Makes tests/golden/tiny_bert with torch and transformers: a random BertForPreTraining and what it computes.

Made with transformers 5.23.0 and torch 2.13.0: python tests/golden/make_tiny_bert.py
"""

import pathlib

import numpy as np
import torch
from transformers import BertConfig, BertForPreTraining

FOLDER = pathlib.Path(__file__).parent / "tiny_bert"

torch.manual_seed(0)
config = BertConfig(
    vocab_size=30,
    hidden_size=12,
    num_hidden_layers=2,
    num_attention_heads=3,
    intermediate_size=20,
    max_position_embeddings=16,
    type_vocab_size=2,
    initializer_range=0.3,  # so that every part moves the result
)
model = BertForPreTraining(config).eval()
for parameter in model.parameters():  # biases and layer norms too
    parameter.data += 0.1 * torch.randn_like(parameter)
model.save_pretrained(FOLDER)

rng = np.random.default_rng(0)
token_ids = rng.integers(0, 30, (3, 9)).astype("int32")
segment_ids = (np.arange(9) > 4).astype("int32") * np.ones((3, 1), "int32")
padding_mask = (np.arange(9) < np.array([[9], [7], [3]])).astype("int32")
with torch.no_grad():
    outputs = model(
        torch.tensor(token_ids).long(),
        attention_mask=torch.tensor(padding_mask),
        token_type_ids=torch.tensor(segment_ids).long(),
        output_hidden_states=True,
    )
    pooled_output = model.bert.pooler(outputs.hidden_states[-1])
np.savez(
    FOLDER / "expected.npz",
    token_ids=token_ids,
    segment_ids=segment_ids,
    padding_mask=padding_mask,
    mlm=outputs.prediction_logits.numpy(),
    nsp=outputs.seq_relationship_logits.numpy(),
    pooled_output=pooled_output.numpy(),
    hidden_states=np.stack([state.numpy() for state in outputs.hidden_states]),
)
