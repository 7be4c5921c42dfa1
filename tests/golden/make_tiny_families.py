"""Makes tests/golden/tiny_families with torch and transformers: tiny presets of BERT's family, and what they compute.

Made with transformers 5.23.0 and torch 2.13.0: python tests/golden/make_tiny_families.py
"""

import json
import pathlib

import numpy as np
import torch
import transformers

FOLDER = pathlib.Path(__file__).parent / "tiny_families"
CLASSES = [
    "RobertaForMaskedLM",
    "RobertaForSequenceClassification",
    "RobertaForMultipleChoice",
    "XLMRobertaForTokenClassification",
    "DistilBertForMaskedLM",
    "DistilBertForSequenceClassification",
    "DistilBertForQuestionAnswering",
]
BERTS = {"num_hidden_layers": 1, "hidden_size": 4, "num_attention_heads": 2, "intermediate_size": 6}
NUMBERS = {
    "roberta": BERTS | {"max_position_embeddings": 10, "type_vocab_size": 1, "layer_norm_eps": 1e-5},
    "distilbert": {"n_layers": 1, "dim": 4, "n_heads": 2, "hidden_dim": 6, "max_position_embeddings": 8},
}
NUMBERS["xlm-roberta"] = NUMBERS["roberta"]

golden = {}
for name in CLASSES:
    torch.manual_seed(0)
    architecture = getattr(transformers, name)
    model_type = architecture.config_class.model_type
    config = architecture.config_class(
        vocab_size=12, initializer_range=0.3, num_labels=2 if "Question" in name else 3, **NUMBERS[model_type]
    )
    model = architecture(config).eval()
    for parameter in model.parameters():  # biases and layer norms too
        parameter.data += 0.1 * torch.randn_like(parameter)
    model.save_pretrained(FOLDER / name)
    padding_mask = (np.arange(7) < np.array([[7], [4]])).astype(int)
    token_ids = np.where(padding_mask, np.random.default_rng(0).integers(2, 12, (2, 7)), config.pad_token_id)
    inputs = {"token_ids": token_ids, "padding_mask": padding_mask}
    if "MultipleChoice" in name:
        inputs = {key: value[None] for key, value in inputs.items()}
    with torch.no_grad():
        outputs = model(torch.tensor(inputs["token_ids"]), attention_mask=torch.tensor(inputs["padding_mask"]))
    golden[name] = {
        "inputs": {key: value.tolist() for key, value in inputs.items()},
        "outputs": {key: value.numpy().tolist() for key, value in outputs.items()},
    }
(FOLDER / "expected.json").write_text(json.dumps(golden) + "\n")
