"""DistilBERT's table: BERT's blocks under other names, without segments and without a pooler.

The size base is that of [Sanh et al., 2019](https://arxiv.org/abs/1910.01108), half of BERT's blocks; tiny to medium,
which nobody published, have BERT's numbers. Names and defaults are those of `DistilBertConfig` and the models of
https://github.com/huggingface/transformers.
"""

import dataclasses

from bert_keras.checkpoints.families.bert import BERT
from bert_keras.checkpoints.families.family import HeadForm, Layer
from bert_keras.checkpoints.families.keras_hub_form import KerasHubForm

_ALWAYS = {"num_segments": 0, "pooler": False, "layer_norm_epsilon": 1e-12}
_HEAD = HeadForm("first", "relu")


_TABLES = "token_and_position_embedding"


DISTILBERT = dataclasses.replace(
    BERT,
    model_type="distilbert",
    name="DistilBERT",
    sizes={size: BERT.sizes[size] for size in ("tiny", "mini", "small", "medium")}
    | {"base": BERT.sizes["base"] | {"num_layers": 6}},
    size_defaults=_ALWAYS,
    always=_ALWAYS,
    numbers={
        "vocab_size": ("vocabulary_size", int),
        "n_layers": ("num_layers", int),
        "n_heads": ("num_heads", int),
        "dim": ("hidden_dim", int),
        "hidden_dim": ("intermediate_dim", int),
        "max_position_embeddings": ("max_sequence_length", int),
        "dropout": ("dropout", float),
        "attention_dropout": ("attention_dropout", float),
    },
    activation_field="activation",
    defaults={  # of DistilBertConfig of transformers
        "max_position_embeddings": 512,
        "dropout": 0.1,
        "attention_dropout": 0.1,
        "activation": "gelu",
        "initializer_range": 0.02,
        "qa_dropout": 0.1,
        "seq_classif_dropout": 0.2,
    },
    embeddings=(
        Layer("table", "embeddings/token_embedding", "embeddings.word_embeddings", None, f"{_TABLES}/token_embedding"),
        Layer("table", "embeddings/position_embedding", "embeddings.position_embeddings", None,
              f"{_TABLES}/position_embedding"),
        Layer("layer_norm", "embeddings/layer_norm", "embeddings.LayerNorm", None, "embeddings_layer_norm"),
    ),
    block=Layer("block", "encoder_block_{}/", "transformer.layer.{}.", None, "transformer_layer_{}/"),
    block_layers=(
        Layer("query_key_value", "attention/query_key_value",
              ("attention.q_lin", "attention.k_lin", "attention.v_lin"), None, "self_attention_layer/"),
        Layer("attention_output", "attention/output", "attention.out_lin", None,
              "self_attention_layer/attention_output"),
        Layer("layer_norm", "attention_layer_norm", "sa_layer_norm", None, "self_attention_layer_norm"),
        Layer("dense", "feed_forward/intermediate", "ffn.lin1", None, "feedforward_intermediate_dense"),
        Layer("dense", "feed_forward/output", "ffn.lin2", None, "feedforward_output_dense"),
        Layer("layer_norm", "feed_forward_layer_norm", "output_layer_norm", None, "feedforward_layer_norm"),
    ),
    pooler=(),
    heads={
        "masked_lm_head": (
            Layer("dense", "masked_lm_head/transform", "vocab_transform", None, "mlm_head/intermediate_dense"),
            Layer("layer_norm", "masked_lm_head/layer_norm", "vocab_layer_norm", None,
                  "mlm_head/intermediate_layer_norm"),
            Layer("bias", "masked_lm_head", "vocab_projector", None, "mlm_head"),
        ),
        "classification_head": (
            Layer("dense", "classification_head/hidden", "pre_classifier", None, "pooled_dense"),
            Layer("logits", "classification_head/dense", "classifier", None, "logits"),
        ),
        "token_classification_head": (Layer("logits", "token_classification_head/dense", "classifier"),),
        "multiple_choice_head": (
            Layer("dense", "multiple_choice_head/hidden", "pre_classifier"),
            Layer("logits", "multiple_choice_head/dense", "classifier"),
        ),
        "span_head": (Layer("logits", "span_head/dense", "qa_outputs"),),
    },
    architectures={
        "encoder": ("DistilBertModel", ()),
        "masked_lm": ("DistilBertForMaskedLM", ("masked_lm_head",)),
        "text_classification": ("DistilBertForSequenceClassification", ("classification_head",)),
        "token_classification": ("DistilBertForTokenClassification", ("token_classification_head",)),
        "question_answering": ("DistilBertForQuestionAnswering", ("span_head",)),
        "multiple_choice": ("DistilBertForMultipleChoice", ("multiple_choice_head",)),
    },
    without_pooler=(),
    prefix="distilbert.",
    decoder="vocab_projector.weight",
    copies={"vocab_projector.weight": "embeddings.word_embeddings.weight"},
    head_dropouts={"": ("seq_classif_dropout",), "token_classification": ("dropout",),
                   "question_answering": ("qa_dropout",)},
    head_forms={"classification_head": _HEAD, "multiple_choice_head": _HEAD},
    keras_hub=KerasHubForm(
        "DistilBert",
        {"activation": "gelu", "layer_norm_epsilon": 1e-12},
        {"head_activation": "gelu", "head_layer_norm_epsilon": 1e-5},
    ),
)  # fmt: skip
