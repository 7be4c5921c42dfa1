"""ELECTRA's table: BERT's blocks without a pooler, a generator that guesses tokens, a discriminator that tells them.

Sizes are those of [Clark et al., 2020](https://arxiv.org/abs/2003.10555), table 6, and of the published models: a
generator has a third of its discriminator's width in base and a quarter in large; that of small, a quarter in the
paper, was published as wide as its discriminator (https://github.com/google-research/electra/issues/39). Both have
embeddings of one width, so that they can share them. Tiny and mini are BERT's, for small machines. Names and defaults
are those of `ElectraConfig` and the models of https://github.com/huggingface/transformers. KerasHub's backbone has a
pooler, which nothing was trained with.
"""

import dataclasses

from bert_keras.checkpoints.families.bert import BERT
from bert_keras.checkpoints.families.family import HeadForm, Layer
from bert_keras.checkpoints.families.keras_hub_form import NUMBERS, KerasHubForm

_ALWAYS = {"pooler": False}
_GENERATOR = {"num_heads": 4, "hidden_dim": 256, "intermediate_dim": 1024}
_SMALL = {"num_layers": 12, **_GENERATOR, "embedding_dim": 128}


def _without_google(layers):
    """Layers that have BERT's names in transformers and KerasHub, and none in Google's release."""
    return tuple(layer._replace(google=None) for layer in layers)


ELECTRA = dataclasses.replace(
    BERT,
    model_type="electra",
    name="ELECTRA",
    sizes={
        "tiny": BERT.sizes["tiny"],
        "mini": BERT.sizes["mini"],
        "small": _SMALL,
        "base": BERT.sizes["base"],
        "large": BERT.sizes["large"],
        "small-generator": _SMALL,
        "base-generator": {"num_layers": 12, **_GENERATOR, "embedding_dim": 768},
        "large-generator": {"num_layers": 24, **_GENERATOR, "embedding_dim": 1024},
    },
    size_defaults=_ALWAYS,
    always=_ALWAYS,
    numbers=BERT.numbers | {"embedding_size": ("embedding_dim", int)},
    defaults=BERT.defaults | {"embedding_size": 128, "summary_last_dropout": 0.1},
    refused=BERT.refused | {  # of the head for multiple choice
        "summary_type": ("first",),
        "summary_use_proj": (True,),
        "summary_activation": ("gelu",),
    },
    embeddings=(
        *_without_google(BERT.embeddings),
        Layer("dense", "embeddings/projection", "embeddings_project", None, "embeddings_projection"),
    ),
    block=BERT.block._replace(google=None),
    block_layers=_without_google(BERT.block_layers),
    pooler=(),
    heads={
        "masked_lm_head": (
            Layer("dense", "masked_lm_head/transform", "generator_predictions.dense"),
            Layer("layer_norm", "masked_lm_head/layer_norm", "generator_predictions.LayerNorm"),
            Layer("bias", "masked_lm_head", "generator_lm_head"),
        ),
        "replaced_token_head": (
            Layer("dense", "replaced_token_head/hidden", "discriminator_predictions.dense"),
            Layer("logits", "replaced_token_head/dense", "discriminator_predictions.dense_prediction"),
        ),
        "classification_head": (
            Layer("dense", "classification_head/hidden", "classifier.dense"),
            Layer("logits", "classification_head/dense", "classifier.out_proj"),
        ),
        "token_classification_head": (Layer("logits", "token_classification_head/dense", "classifier"),),
        "multiple_choice_head": (
            Layer("dense", "multiple_choice_head/hidden", "sequence_summary.summary"),
            Layer("logits", "multiple_choice_head/dense", "classifier"),
        ),
        "span_head": (Layer("logits", "span_head/dense", "qa_outputs"),),
    },
    architectures={
        "encoder": ("ElectraModel", ()),
        "masked_lm": ("ElectraForMaskedLM", ("masked_lm_head",)),
        "replaced_token": ("ElectraForPreTraining", ("replaced_token_head",)),
        "text_classification": ("ElectraForSequenceClassification", ("classification_head",)),
        "token_classification": ("ElectraForTokenClassification", ("token_classification_head",)),
        "question_answering": ("ElectraForQuestionAnswering", ("span_head",)),
        "multiple_choice": ("ElectraForMultipleChoice", ("multiple_choice_head",)),
    },
    without_pooler=(),
    prefix="electra.",
    decoder="generator_lm_head.weight",
    copies={"generator_lm_head.weight": "embeddings.word_embeddings.weight"},
    head_dropouts=BERT.head_dropouts | {"multiple_choice": ("summary_last_dropout",)},
    masked_lm_activation="gelu",
    head_forms={
        "classification_head": HeadForm("first", "gelu", hidden_dropout=True),
        "multiple_choice_head": HeadForm("first", "gelu"),
    },
    keras_hub=KerasHubForm(
        "Electra",
        {"activation": "gelu_tanh", "layer_norm_epsilon": 1e-12},
        None,
        {theirs: ours for theirs, ours in NUMBERS.items() if ours != "vocabulary_size"}
        | {"vocab_size": "vocabulary_size", "num_segments": "num_segments", "embedding_dim": "embedding_dim"},
    ),
)  # fmt: skip
