"""ALBERT's table: layers share their weights, and the tables of tokens, positions and segments are narrow.

Sizes and numbers are those of the second release of https://github.com/google-research/albert, described by
[Lan et al., 2020](https://arxiv.org/abs/1909.11942); names and defaults those of `AlbertConfig` and the models of
https://github.com/huggingface/transformers. Its configurations have fields more that nothing there or in Google's code
reads, such as `net_structure_type` and `gap_size`: they are left alone. Its sizes tiny and mini are BERT's, for small
machines.
"""

import dataclasses

from bert_keras.checkpoints.families.bert import BERT
from bert_keras.checkpoints.families.family import Layer
from bert_keras.checkpoints.families.keras_hub_form import NUMBERS, KerasHubForm

_GROUPS = {"num_layer_groups": 1, "layers_per_group": 1}

ALBERT = dataclasses.replace(
    BERT,
    model_type="albert",
    name="ALBERT",
    sizes={size: BERT.sizes[size] for size in ("tiny", "mini")}
    | {
        "base": {"num_layers": 12, "num_heads": 12, "hidden_dim": 768, "intermediate_dim": 3072},
        "large": {"num_layers": 24, "num_heads": 16, "hidden_dim": 1024, "intermediate_dim": 4096},
        "xlarge": {"num_layers": 24, "num_heads": 16, "hidden_dim": 2048, "intermediate_dim": 8192},
        "xxlarge": {"num_layers": 12, "num_heads": 64, "hidden_dim": 4096, "intermediate_dim": 16384},
    },
    size_defaults=_GROUPS | {"embedding_dim": 128, "dropout": 0.0, "activation": "gelu_tanh"},
    numbers=BERT.numbers | {
        "embedding_size": ("embedding_dim", int),
        "num_hidden_groups": ("num_layer_groups", int),
        "inner_group_num": ("layers_per_group", int),
    },
    defaults={  # of AlbertConfig of transformers
        "embedding_size": 128,
        "num_hidden_groups": 1,
        "inner_group_num": 1,
        "max_position_embeddings": 512,
        "type_vocab_size": 2,
        "hidden_dropout_prob": 0.0,
        "attention_probs_dropout_prob": 0.0,
        "classifier_dropout_prob": 0.1,
        "layer_norm_eps": 1e-12,
        "hidden_act": "gelu_new",
        "initializer_range": 0.02,
    },
    embeddings=(
        *(layer._replace(google=None) for layer in BERT.embeddings),
        Layer("dense", "embeddings/projection", "encoder.embedding_hidden_mapping_in", None, "embedding_projection"),
    ),
    block=Layer("block", "encoder_block_{0}/", "encoder.albert_layer_groups.{1}.albert_layers.{2}.", None,
                "group_{1}_inner_layer_{2}/"),
    block_layers=(
        Layer("query_key_value", "attention/query_key_value", "attention.", None, "self_attention_layer/"),
        Layer("attention_output", "attention/output", "attention.dense", None,
              "self_attention_layer/attention_output"),
        Layer("layer_norm", "attention_layer_norm", "attention.LayerNorm", None, "self_attention_layer_norm"),
        Layer("dense", "feed_forward/intermediate", "ffn", None, "feedforward_intermediate_dense"),
        Layer("dense", "feed_forward/output", "ffn_output", None, "feedforward_output_dense"),
        Layer("layer_norm", "feed_forward_layer_norm", "full_layer_layer_norm", None, "feedforward_layer_norm"),
    ),
    pooler=(Layer("dense", "pooler/dense", "pooler", None, "pooled_dense"),),
    heads={
        "masked_lm_head": (
            Layer("dense", "masked_lm_head/transform", "predictions.dense", None, "mlm_head/intermediate_dense"),
            Layer("layer_norm", "masked_lm_head/layer_norm", "predictions.LayerNorm", None,
                  "mlm_head/intermediate_layer_norm"),
            Layer("bias", "masked_lm_head", "predictions", None, "mlm_head"),
        ),
        "sentence_order_head": (Layer("logits", "sentence_order_head/dense", "sop_classifier.classifier"),),
        "classification_head": (Layer("logits", "classification_head/dense", "classifier", None, "logits"),),
        "token_classification_head": (Layer("logits", "token_classification_head/dense", "classifier"),),
        "multiple_choice_head": (Layer("logits", "multiple_choice_head/dense", "classifier"),),
        "span_head": (Layer("logits", "span_head/dense", "qa_outputs"),),
    },
    architectures={
        "encoder": ("AlbertModel", ()),
        "sentence_order_pretraining": ("AlbertForPreTraining", ("masked_lm_head", "sentence_order_head")),
        "masked_lm": ("AlbertForMaskedLM", ("masked_lm_head",)),
        "text_classification": ("AlbertForSequenceClassification", ("classification_head",)),
        "token_classification": ("AlbertForTokenClassification", ("token_classification_head",)),
        "question_answering": ("AlbertForQuestionAnswering", ("span_head",)),
        "multiple_choice": ("AlbertForMultipleChoice", ("multiple_choice_head",)),
    },
    tokenizer="unigram",
    prefix="albert.",
    decoder="predictions.decoder.weight",
    copies={
        "predictions.decoder.weight": "embeddings.word_embeddings.weight",
        "predictions.decoder.bias": "predictions.bias",
    },
    head_dropouts={"": ("classifier_dropout_prob",)},
    token_ids={"pad_token_id": 0, "bos_token_id": 2, "eos_token_id": 3},
    always_projects=True,
    keras_hub=KerasHubForm(
        "Albert",
        {"activation": "gelu_tanh", "layer_norm_epsilon": 1e-12},
        {"head_activation": "gelu_tanh", "head_layer_norm_epsilon": 1e-5},
        NUMBERS | {
            "num_segments": "num_segments", "embedding_dim": "embedding_dim", "num_groups": "num_layer_groups",
            "num_inner_repetitions": "layers_per_group",
        },
    ),
)  # fmt: skip
