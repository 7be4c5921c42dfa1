"""BERT's table: fields of its configuration, names of its weights, its published models.

Google's names are those of https://github.com/google-research/bert: `modeling.py`, `run_pretraining.py`,
`run_classifier.py` and `run_squad.py`. KerasHub's are those of the layers in `BertBackbone`, `BertMaskedLM` and
`BertTextClassifier`. The sizes tiny to medium are from [Turc et al., 2019](https://arxiv.org/abs/1908.08962), base and
large from [Devlin et al., 2019](https://arxiv.org/abs/1810.04805).
"""

from bert_keras.checkpoints.families.family import Family, Layer
from bert_keras.checkpoints.families.keras_hub_form import NUMBERS, KerasHubForm

BERT = Family(
    model_type="bert",
    name="BERT",
    sizes={
        "tiny": {"num_layers": 2, "num_heads": 2, "hidden_dim": 128, "intermediate_dim": 512},
        "mini": {"num_layers": 4, "num_heads": 4, "hidden_dim": 256, "intermediate_dim": 1024},
        "small": {"num_layers": 4, "num_heads": 8, "hidden_dim": 512, "intermediate_dim": 2048},
        "medium": {"num_layers": 8, "num_heads": 8, "hidden_dim": 512, "intermediate_dim": 2048},
        "base": {"num_layers": 12, "num_heads": 12, "hidden_dim": 768, "intermediate_dim": 3072},
        "large": {"num_layers": 24, "num_heads": 16, "hidden_dim": 1024, "intermediate_dim": 4096},
    },
    size_defaults={},
    always={},
    numbers={
        "vocab_size": ("vocabulary_size", int),
        "num_hidden_layers": ("num_layers", int),
        "num_attention_heads": ("num_heads", int),
        "hidden_size": ("hidden_dim", int),
        "intermediate_size": ("intermediate_dim", int),
        "max_position_embeddings": ("max_sequence_length", int),
        "type_vocab_size": ("num_segments", int),
        "hidden_dropout_prob": ("dropout", float),
        "attention_probs_dropout_prob": ("attention_dropout", float),
        "layer_norm_eps": ("layer_norm_epsilon", float),
    },
    activation_field="hidden_act",
    defaults={  # of BertConfig of transformers
        "max_position_embeddings": 512,
        "type_vocab_size": 2,
        "hidden_dropout_prob": 0.1,
        "attention_probs_dropout_prob": 0.1,
        "layer_norm_eps": 1e-12,
        "hidden_act": "gelu",
        "initializer_range": 0.02,
    },
    activations={
        "gelu": "gelu",
        "gelu_new": "gelu_tanh",
        "gelu_pytorch_tanh": "gelu_tanh",
        "gelu_fast": "gelu_tanh",
        "gelu_python": "gelu",
        "relu": "relu",
        "silu": "silu",
        "swish": "silu",
        "tanh": "tanh",
        "linear": "linear",
        "sigmoid": "sigmoid",
        "mish": "mish",
        "relu6": "relu6",
    },
    refused={
        "position_embedding_type": ("absolute", None),
        "is_decoder": (False, None),
        "add_cross_attention": (False, None),
        "pruned_heads": ({}, [], None),
        "quantization_config": (None,),
        "problem_type": ("regression", "single_label_classification", "multi_label_classification", None),
    },
    embeddings=(
        Layer("table", "embeddings/token_embedding", "embeddings.word_embeddings", "bert/embeddings/word_embeddings",
              "token_embedding"),
        Layer("table", "embeddings/position_embedding", "embeddings.position_embeddings",
              "bert/embeddings/position_embeddings", "position_embedding"),
        Layer("table", "embeddings/segment_embedding", "embeddings.token_type_embeddings",
              "bert/embeddings/token_type_embeddings", "segment_embedding"),
        Layer("layer_norm", "embeddings/layer_norm", "embeddings.LayerNorm", "bert/embeddings/LayerNorm",
              "embeddings_layer_norm"),
    ),
    block=Layer("block", "encoder_block_{}/", "encoder.layer.{}.", "bert/encoder/layer_{}/", "transformer_layer_{}/"),
    block_layers=(
        Layer("query_key_value", "attention/query_key_value", "attention.self.", "attention/self/",
              "self_attention_layer/"),
        Layer("attention_output", "attention/output", "attention.output.dense", "attention/output/dense",
              "self_attention_layer/attention_output"),
        Layer("layer_norm", "attention_layer_norm", "attention.output.LayerNorm", "attention/output/LayerNorm",
              "self_attention_layer_norm"),
        Layer("dense", "feed_forward/intermediate", "intermediate.dense", "intermediate/dense",
              "feedforward_intermediate_dense"),
        Layer("dense", "feed_forward/output", "output.dense", "output/dense", "feedforward_output_dense"),
        Layer("layer_norm", "feed_forward_layer_norm", "output.LayerNorm", "output/LayerNorm",
              "feedforward_layer_norm"),
    ),
    pooler=(Layer("dense", "pooler/dense", "pooler.dense", "bert/pooler/dense", "pooled_dense"),),
    heads={
        "masked_lm_head": (
            Layer("dense", "masked_lm_head/transform", "cls.predictions.transform.dense",
                  "cls/predictions/transform/dense", "mlm_head/intermediate_dense"),
            Layer("layer_norm", "masked_lm_head/layer_norm", "cls.predictions.transform.LayerNorm",
                  "cls/predictions/transform/LayerNorm", "mlm_head/intermediate_layer_norm"),
            Layer("bias", "masked_lm_head", "cls.predictions", "cls/predictions/", "mlm_head"),
        ),
        "sentence_pair_head": (
            Layer("logits", "sentence_pair_head/dense", "cls.seq_relationship", "cls/seq_relationship/"),
        ),
        "classification_head": (Layer("logits", "classification_head/dense", "classifier", "", "logits"),),
        # Three heads of transformers have one name; the class in `config.json` tells which it is.
        "token_classification_head": (Layer("logits", "token_classification_head/dense", "classifier"),),
        "multiple_choice_head": (Layer("logits", "multiple_choice_head/dense", "classifier"),),
        "span_head": (Layer("logits", "span_head/dense", "qa_outputs", "cls/squad/"),),
    },
    architectures={
        "encoder": ("BertModel", ()),
        "pretraining": ("BertForPreTraining", ("masked_lm_head", "sentence_pair_head")),
        "masked_lm": ("BertForMaskedLM", ("masked_lm_head",)),
        "next_sentence": ("BertForNextSentencePrediction", ("sentence_pair_head",)),
        "text_classification": ("BertForSequenceClassification", ("classification_head",)),
        "token_classification": ("BertForTokenClassification", ("token_classification_head",)),
        "question_answering": ("BertForQuestionAnswering", ("span_head",)),
        "multiple_choice": ("BertForMultipleChoice", ("multiple_choice_head",)),
    },
    without_pooler=("masked_lm", "token_classification", "question_answering"),
    prefix="bert.",
    decoder="cls.predictions.decoder.weight",
    anchor="embeddings.position_embeddings.weight",
    copies={
        "cls.predictions.decoder.weight": "embeddings.word_embeddings.weight",
        "cls.predictions.decoder.bias": "cls.predictions.bias",
    },
    constants=("embeddings.position_ids", "embeddings.token_type_ids"),  # 0, 1, 2, ... and 0
    head_dropouts={"": ("classifier_dropout", "hidden_dropout_prob")},
    token_ids={"pad_token_id": 0},
    keras_hub=KerasHubForm(
        "Bert",
        {"activation": "gelu_tanh", "layer_norm_epsilon": 1e-12},
        {"head_activation": "gelu", "head_layer_norm_epsilon": 1e-5},
        NUMBERS | {"num_segments": "num_segments"},
    ),
)  # fmt: skip
