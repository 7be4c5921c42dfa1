"""Which variables of Google's TF1 release make up which weight of ours: one row a weight.

Names are those of https://github.com/google-research/bert: `modeling.py`, `run_pretraining.py`, `run_classifier.py` and
`run_squad.py`. Kernels lie as in Keras, but what those scripts call `output_weights` is (outputs, inputs).
"""

from bert_keras.checkpoints.weight_table import Row


def _dense(ours, theirs):
    return [Row(f"{ours}/kernel", (f"{theirs}/kernel",)), Row(f"{ours}/bias", (f"{theirs}/bias",))]


def _layer_norm(ours, theirs):
    return [Row(f"{ours}/gamma", (f"{theirs}/gamma",)), Row(f"{ours}/beta", (f"{theirs}/beta",))]


def _output(ours, theirs):
    return [
        Row(f"{ours}/kernel", (f"{theirs}output_weights",), transposed=True),
        Row(f"{ours}/bias", (f"{theirs}output_bias",)),
    ]


def _block(index):
    ours, theirs = f"encoder_block_{index}", f"bert/encoder/layer_{index}"
    parts = [f"{theirs}/attention/self/{part}" for part in ("query", "key", "value")]
    return [
        Row(f"{ours}/attention/query_key_value/kernel", tuple(f"{part}/kernel" for part in parts)),
        Row(f"{ours}/attention/query_key_value/bias", tuple(f"{part}/bias" for part in parts)),
        *_dense(f"{ours}/attention/output", f"{theirs}/attention/output/dense"),
        *_layer_norm(f"{ours}/attention_layer_norm", f"{theirs}/attention/output/LayerNorm"),
        *_dense(f"{ours}/feed_forward/intermediate", f"{theirs}/intermediate/dense"),
        *_dense(f"{ours}/feed_forward/output", f"{theirs}/output/dense"),
        *_layer_norm(f"{ours}/feed_forward_layer_norm", f"{theirs}/output/LayerNorm"),
    ]


def google_rows(num_layers):
    """Rows of the encoder and of the heads that Google's scripts train."""
    return [
        Row("embeddings/token_embedding/embeddings", ("bert/embeddings/word_embeddings",)),
        Row("embeddings/position_embedding/embeddings", ("bert/embeddings/position_embeddings",)),
        Row("embeddings/segment_embedding/embeddings", ("bert/embeddings/token_type_embeddings",)),
        *_layer_norm("embeddings/layer_norm", "bert/embeddings/LayerNorm"),
        *(row for index in range(num_layers) for row in _block(index)),
        *_dense("pooler/dense", "bert/pooler/dense"),
        *_dense("masked_lm_head/transform", "cls/predictions/transform/dense"),
        *_layer_norm("masked_lm_head/layer_norm", "cls/predictions/transform/LayerNorm"),
        Row("masked_lm_head/bias", ("cls/predictions/output_bias",)),
        *_output("sentence_pair_head/dense", "cls/seq_relationship/"),
        *_output("classification_head/dense", ""),
        *_output("span_head/dense", "cls/squad/"),
    ]


# What a checkpoint taken in the middle of training has besides: the optimizer's state.
SLOTS = ("adam_m", "adam_v", "Adam", "Adam_1", "lamb_m", "lamb_v")


def is_slot(name):
    """Whether a variable belongs to the optimizer."""
    return name.rpartition("/")[2] in SLOTS or name == "global_step" or name.endswith(("beta1_power", "beta2_power"))
