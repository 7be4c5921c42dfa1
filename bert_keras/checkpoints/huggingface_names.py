"""Which tensors of a Hugging Face BERT make up which weight of ours: one row a weight.

torch keeps a dense kernel as (outputs, inputs), Keras as (inputs, outputs). Queries, keys and values are three tensors
there and one here.
"""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class Row:
    """One weight of ours, and the tensors that it is made of.

    Args:
        ours: canonical name.
        theirs: names in the file, without the prefix of the encoder; several are joined along their first axis.
        transposed: whether their axes lie the other way.
    """

    ours: str
    theirs: tuple
    transposed: bool = False

    def shape(self, shapes):
        """The shape of our weight from those of their tensors; None where they do not fit together."""
        first, *others = shapes
        if any(other[1:] != first[1:] for other in others) or not first:
            return None
        joined = (sum(shape[0] for shape in shapes), *first[1:])
        return joined[::-1] if self.transposed else joined

    def from_theirs(self, arrays):
        """Our weight from their tensors."""
        array = arrays[0] if len(arrays) == 1 else np.concatenate(arrays)
        return np.ascontiguousarray(array.T if self.transposed else array)

    def to_theirs(self, array):
        """Their tensors, {name: array}, from our weight."""
        array = array.T if self.transposed else array
        parts = np.split(array, len(self.theirs))
        return {name: np.ascontiguousarray(part) for name, part in zip(self.theirs, parts, strict=True)}


def _dense(ours, theirs):
    return [Row(f"{ours}/kernel", (f"{theirs}.weight",), transposed=True), Row(f"{ours}/bias", (f"{theirs}.bias",))]


def _layer_norm(ours, theirs):
    return [Row(f"{ours}/gamma", (f"{theirs}.weight",)), Row(f"{ours}/beta", (f"{theirs}.bias",))]


def _block(index):
    ours, theirs = f"encoder_block_{index}", f"encoder.layer.{index}"
    parts = [f"{theirs}.attention.self.{part}" for part in ("query", "key", "value")]
    return [
        Row(f"{ours}/attention/query_key_value/kernel", tuple(f"{part}.weight" for part in parts), transposed=True),
        Row(f"{ours}/attention/query_key_value/bias", tuple(f"{part}.bias" for part in parts)),
        *_dense(f"{ours}/attention/output", f"{theirs}.attention.output.dense"),
        *_layer_norm(f"{ours}/attention_layer_norm", f"{theirs}.attention.output.LayerNorm"),
        *_dense(f"{ours}/feed_forward/intermediate", f"{theirs}.intermediate.dense"),
        *_dense(f"{ours}/feed_forward/output", f"{theirs}.output.dense"),
        *_layer_norm(f"{ours}/feed_forward_layer_norm", f"{theirs}.output.LayerNorm"),
    ]


def encoder_rows(num_layers):
    """Rows of the encoder; in models with a head its tensors carry the prefix "bert."."""
    return [
        Row("embeddings/token_embedding/embeddings", ("embeddings.word_embeddings.weight",)),
        Row("embeddings/position_embedding/embeddings", ("embeddings.position_embeddings.weight",)),
        Row("embeddings/segment_embedding/embeddings", ("embeddings.token_type_embeddings.weight",)),
        *_layer_norm("embeddings/layer_norm", "embeddings.LayerNorm"),
        *(row for index in range(num_layers) for row in _block(index)),
        *_dense("pooler/dense", "pooler.dense"),
    ]


HEAD_ROWS = [
    *_dense("masked_lm_head/transform", "cls.predictions.transform.dense"),
    *_layer_norm("masked_lm_head/layer_norm", "cls.predictions.transform.LayerNorm"),
    Row("masked_lm_head/bias", ("cls.predictions.bias",)),
    *_dense("sentence_pair_head/dense", "cls.seq_relationship"),
    *_dense("classification_head/dense", "classifier"),
]

# Stored by some versions though they are the same as another tensor; they must be equal to it.
COPIES = {
    "cls.predictions.decoder.weight": "embeddings.word_embeddings.weight",
    "cls.predictions.decoder.bias": "cls.predictions.bias",
}

# Stored by some versions though it is always 0, 1, 2, ...
CONSTANTS = ("embeddings.position_ids",)


def common_name(name):
    """The name that this table knows a tensor by: without "bert.", and with today's names in layer norms."""
    name = name.removeprefix("bert.")
    if "LayerNorm." in name:
        name = name.replace("LayerNorm.gamma", "LayerNorm.weight").replace("LayerNorm.beta", "LayerNorm.bias")
    return name
