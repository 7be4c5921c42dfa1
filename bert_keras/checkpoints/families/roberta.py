"""RoBERTa's and XLM-RoBERTa's tables: where they differ from BERT's.

Positions begin behind the id of padding, no text has a segment of its own, and the classification head has a layer of
its own instead of the pooler. XLM-RoBERTa is the same with classes of other names.

Sizes and numbers are those of [Liu et al., 2019](https://arxiv.org/abs/1907.11692) and
[Conneau et al., 2020](https://arxiv.org/abs/1911.02116); names and defaults those of `RobertaConfig` and the models of
https://github.com/huggingface/transformers. The sizes tiny to medium, which nobody published, have BERT's numbers.
KerasHub has no row of a segment, which every token has, and none before the first position's: its positions are sums.
"""

import dataclasses

from bert_keras.checkpoints.families.bert import BERT
from bert_keras.checkpoints.families.family import HeadForm, Layer
from bert_keras.checkpoints.families.keras_hub_form import KerasHubForm

_CLASSES = {
    "encoder": ("Model", ()),
    "masked_lm": ("ForMaskedLM", ("masked_lm_head",)),
    "text_classification": ("ForSequenceClassification", ("classification_head",)),
    "token_classification": ("ForTokenClassification", ("token_classification_head",)),
    "question_answering": ("ForQuestionAnswering", ("span_head",)),
    "multiple_choice": ("ForMultipleChoice", ("multiple_choice_head",)),
}


def _architectures(prefix):
    return {kind: (f"{prefix}{name}", heads) for kind, (name, heads) in _CLASSES.items()}


def _without_google(layers):
    """Layers that have BERT's names in transformers and KerasHub, and none in Google's release."""
    return tuple(layer._replace(google=None) for layer in layers)


_TOKENS, _POSITIONS, _SEGMENTS, _NORM = _without_google(BERT.embeddings)
_KERAS_HUB = KerasHubForm(
    "Roberta",
    {"activation": "gelu", "layer_norm_epsilon": 1e-5},
    {"head_activation": "gelu", "head_layer_norm_epsilon": 1e-5},
)


ROBERTA = dataclasses.replace(
    BERT,
    model_type="roberta",
    name="RoBERTa",
    size_defaults={"position_offset": 2, "num_segments": 1, "layer_norm_epsilon": 1e-5},
    defaults=BERT.defaults | {"pad_token_id": 1},
    embeddings=(
        _TOKENS._replace(keras_hub="embeddings/token_embedding"),
        _POSITIONS._replace(keras_hub="embeddings/position_embedding"),
        _SEGMENTS._replace(keras_hub=None),
        _NORM,
    ),
    block=BERT.block._replace(google=None),
    block_layers=_without_google(BERT.block_layers),
    pooler=(Layer(*BERT.pooler[0][:3]),),
    heads={
        "masked_lm_head": (
            Layer("dense", "masked_lm_head/transform", "lm_head.dense", None, "mlm_head/intermediate_dense"),
            Layer("layer_norm", "masked_lm_head/layer_norm", "lm_head.layer_norm", None,
                  "mlm_head/intermediate_layer_norm"),
            Layer("bias", "masked_lm_head", "lm_head", None, "mlm_head"),
        ),
        "classification_head": (
            Layer("dense", "classification_head/hidden", "classifier.dense", None, "pooled_dense"),
            Layer("logits", "classification_head/dense", "classifier.out_proj", None, "logits"),
        ),
        "token_classification_head": (Layer("logits", "token_classification_head/dense", "classifier"),),
        "multiple_choice_head": (Layer("logits", "multiple_choice_head/dense", "classifier"),),
        "span_head": (Layer("logits", "span_head/dense", "qa_outputs"),),
    },
    architectures=_architectures("Roberta"),
    without_pooler=("masked_lm", "text_classification", "token_classification", "question_answering"),
    tokenizer="byte_pair",
    prefix="roberta.",
    decoder="lm_head.decoder.weight",
    copies={
        "lm_head.decoder.weight": "embeddings.word_embeddings.weight",
        "lm_head.decoder.bias": "lm_head.bias",
    },
    head_dropouts=BERT.head_dropouts | {"multiple_choice": ("hidden_dropout_prob",)},
    token_ids={"bos_token_id": 0, "pad_token_id": 1, "eos_token_id": 2},
    positions_behind="pad_token_id",
    masked_lm_activation="gelu",
    head_forms={"classification_head": HeadForm("first", "tanh", hidden_dropout=True)},
    keras_hub=_KERAS_HUB,
)  # fmt: skip

XLM_ROBERTA = dataclasses.replace(
    ROBERTA,
    model_type="xlm-roberta",
    name="XLM-RoBERTa",
    tokenizer="unigram_xlm_roberta",
    architectures=_architectures("XLMRoberta"),
    keras_hub=_KERAS_HUB._replace(prefix="XLMRoberta"),
)
