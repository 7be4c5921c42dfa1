"""Which variables of KerasHub's BERT make up which weight of ours: one row a weight.

Names are those of the layers in `keras_hub.models.BertBackbone`, `BertMaskedLM` and `BertTextClassifier`. Its attention
keeps the heads on an axis of their own.
"""

from bert_keras.checkpoints.weight_table import Row


def _dense(ours, theirs):
    return [Row(f"{ours}/kernel", (f"{theirs}/kernel",)), Row(f"{ours}/bias", (f"{theirs}/bias",))]


def _layer_norm(ours, theirs):
    return [Row(f"{ours}/gamma", (f"{theirs}/gamma",)), Row(f"{ours}/beta", (f"{theirs}/beta",))]


def _block(index, num_heads):
    ours, theirs = f"encoder_block_{index}", f"transformer_layer_{index}"
    parts = [f"{theirs}/self_attention_layer/{part}" for part in ("query", "key", "value")]
    joined, output = f"{ours}/attention/query_key_value", f"{theirs}/self_attention_layer/attention_output"
    return [
        Row(f"{joined}/kernel", tuple(f"{part}/kernel" for part in parts), heads_axis=1, num_heads=num_heads),
        Row(f"{joined}/bias", tuple(f"{part}/bias" for part in parts), heads_axis=0, num_heads=num_heads),
        Row(f"{ours}/attention/output/kernel", (f"{output}/kernel",), heads_axis=0, num_heads=num_heads),
        Row(f"{ours}/attention/output/bias", (f"{output}/bias",)),
        *_layer_norm(f"{ours}/attention_layer_norm", f"{theirs}/self_attention_layer_norm"),
        *_dense(f"{ours}/feed_forward/intermediate", f"{theirs}/feedforward_intermediate_dense"),
        *_dense(f"{ours}/feed_forward/output", f"{theirs}/feedforward_output_dense"),
        *_layer_norm(f"{ours}/feed_forward_layer_norm", f"{theirs}/feedforward_layer_norm"),
    ]


def keras_hub_rows(num_layers, num_heads):
    """Rows of the backbone and of the heads of its two tasks."""
    return [
        Row("embeddings/token_embedding/embeddings", ("token_embedding/embeddings",)),
        Row("embeddings/position_embedding/embeddings", ("position_embedding/embeddings",)),
        Row("embeddings/segment_embedding/embeddings", ("segment_embedding/embeddings",)),
        *_layer_norm("embeddings/layer_norm", "embeddings_layer_norm"),
        *(row for index in range(num_layers) for row in _block(index, num_heads)),
        *_dense("pooler/dense", "pooled_dense"),
        *_dense("masked_lm_head/transform", "mlm_head/intermediate_dense"),
        *_layer_norm("masked_lm_head/layer_norm", "mlm_head/intermediate_layer_norm"),
        Row("masked_lm_head/bias", ("mlm_head/output_bias",)),
        *_dense("classification_head/dense", "logits"),
    ]
