"""Write denoising_loss.json: sentence-transformers' DenoisingAutoEncoderLoss of tiny_bert. Needs it and torch.

Made with sentence-transformers 6.2.0: python tests/golden/make_denoising_loss.py
"""

import json
import pathlib
import shutil
import tempfile

import numpy as np

TINY_BERT = pathlib.Path(__file__).with_name("tiny_bert")


def arrays() -> tuple[dict, list[dict]]:
    """Return the inputs, (3, 2, 8), and of each block's cross-attention what the vector goes through."""
    rng = np.random.default_rng(0)
    lengths = np.array([[3, 8], [4, 6], [5, 7]])[..., None]
    token_ids = rng.integers(5, 30, (3, 2, 8)).astype("int32")
    padding_mask = (np.arange(8) < lengths).astype("int32")
    x = {"token_ids": token_ids * padding_mask, "segment_ids": 0 * token_ids, "padding_mask": padding_mask}
    shapes = {"value/kernel": (12, 12), "value/bias": 12, "output/kernel": (12, 12), "output/bias": 12}
    shapes |= {"layer_norm/gamma": 12, "layer_norm/beta": 12}
    draws = [[rng.normal(0, 0.4, shape).astype("float32") for shape in shapes.values()] for _ in range(2)]
    return x, [dict(zip(shapes, draw, strict=True)) for draw in draws]


def expected() -> dict:
    """Return the loss, and the sum of the absolute gradients of the tied table of tokens."""
    import torch  # here, for the test takes the arrays without these
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer import losses, modules
    from transformers import BertTokenizerFast

    x, cross_attentions = arrays()
    with tempfile.TemporaryDirectory() as directory:
        shutil.copytree(TINY_BERT, directory, dirs_exist_ok=True)
        words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *map(str, range(25))]
        BertTokenizerFast(vocab={word: number for number, word in enumerate(words)}).save_pretrained(directory)
        model = SentenceTransformer(modules=[modules.Transformer(directory), modules.Pooling(12)], device="cpu")
        loss = losses.DenoisingAutoEncoderLoss(model, tie_encoder_decoder=True)
    for layer, given in zip(loss.decoder.bert.encoder.layer, cross_attentions):
        attention = layer.crossattention
        parts = {"value": attention.self.value, "output": attention.output.dense}
        for name, part in parts.items():
            part.weight.data = torch.tensor(given[f"{name}/kernel"].T.copy())
            part.bias.data = torch.tensor(given[f"{name}/bias"])
        attention.output.LayerNorm.weight.data = torch.tensor(given["layer_norm/gamma"])
        attention.output.LayerNorm.bias.data = torch.tensor(given["layer_norm/beta"])
    loss.eval()
    features = [
        {
            "input_ids": torch.tensor(x["token_ids"][:, place]).long(),
            "attention_mask": torch.tensor(x["padding_mask"][:, place]).long(),
        }
        for place in (0, 1)
    ]
    value = loss(features, None)
    value.backward()
    table = loss.decoder.bert.embeddings.word_embeddings.weight
    return {"loss": value.item(), "gradient": table.grad.abs().sum().item()}


if __name__ == "__main__":
    pathlib.Path(__file__).with_name("denoising_loss.json").write_text(json.dumps(expected(), indent=2) + "\n")
