"""Which tensors of a Hugging Face BERT make up which weight of ours: one row a weight.

torch keeps a dense kernel as (outputs, inputs), Keras as (inputs, outputs). Queries, keys and values are three tensors
there and one here.
"""

from bert_keras.checkpoints.weight_table import Row


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


# Three heads of transformers have one name; the class in `config.json` tells which it is.
HEAD_ROWS = {
    "masked_lm_head": [
        *_dense("masked_lm_head/transform", "cls.predictions.transform.dense"),
        *_layer_norm("masked_lm_head/layer_norm", "cls.predictions.transform.LayerNorm"),
        Row("masked_lm_head/bias", ("cls.predictions.bias",)),
    ],
    "sentence_pair_head": _dense("sentence_pair_head/dense", "cls.seq_relationship"),
    "classification_head": _dense("classification_head/dense", "classifier"),
    "token_classification_head": _dense("token_classification_head/dense", "classifier"),
    "multiple_choice_head": _dense("multiple_choice_head/dense", "classifier"),
    "span_head": _dense("span_head/dense", "qa_outputs"),
}

# What transformers calls each kind of model, and the heads that it has.
ARCHITECTURES = {
    "encoder": ("BertModel", ()),
    "pretraining": ("BertForPreTraining", ("masked_lm_head", "sentence_pair_head")),
    "masked_lm": ("BertForMaskedLM", ("masked_lm_head",)),
    "next_sentence": ("BertForNextSentencePrediction", ("sentence_pair_head",)),
    "text_classification": ("BertForSequenceClassification", ("classification_head",)),
    "token_classification": ("BertForTokenClassification", ("token_classification_head",)),
    "question_answering": ("BertForQuestionAnswering", ("span_head",)),
    "multiple_choice": ("BertForMultipleChoice", ("multiple_choice_head",)),
}
# Heads that no class of transformers has: their tensors stand beside those that it reads, by our names. Scores that a
# CRF makes a sequence of tags from are among them: the best tag of each token by itself is another answer.
OWN_HEADS = (
    "crf", "entity_pointer", "head_pointer", "tail_pointer", "relation_head", "first_classification_head",
    "mean_classification_head", "token_classification_head",
)  # fmt: skip
# transformers makes a random head where it finds none, and its pipelines answer with it. Beside a head of ours it finds
# these, which are empty: of a wrong shape for each of its heads, which it therefore refuses; its encoder loads.
STOPPERS = ("classifier.weight", "classifier.bias", "qa_outputs.weight", "qa_outputs.bias")
WITHOUT_POOLER = ("masked_lm", "token_classification", "question_answering")  # kinds


def head_rows(architecture):
    """Rows of the heads that a directory of that class may hold; for a class that is not BERT's, of a classifier.

    Args:
        architecture: class of transformers, or None where the configuration names none.
    """
    known = dict(ARCHITECTURES.values()).get(architecture, ())
    (classifier,) = [head for head in known if head.endswith(("classification_head", "choice_head"))] or [
        "classification_head"
    ]
    heads = ("masked_lm_head", "sentence_pair_head", classifier, "span_head")
    return [row for head in heads for row in HEAD_ROWS[head]]


def own_rows(names, heads=OWN_HEADS):
    """Rows of the heads that transformers does not have.

    Args:
        names: names of weights, ours or as stored.
        heads: names of the heads.
    """
    ours = [name.replace(".", "/") for name in names]
    return [Row(name, (name.replace("/", "."),)) for name in ours if name.split("/")[0] in heads]


# Stored by some versions though they are the same as another tensor; they must be equal to it.
COPIES = {
    "cls.predictions.decoder.weight": "embeddings.word_embeddings.weight",
    "cls.predictions.decoder.bias": "cls.predictions.bias",
}

# Stored by some versions though they are always 0, 1, 2, ... and 0.
CONSTANTS = ("embeddings.position_ids", "embeddings.token_type_ids")

_ANCHOR = "embeddings.position_embeddings.weight"  # every BERT has it, and no head
_WRAPPERS = ("module", "_orig_mod", "model", "bert")  # DataParallel, torch.compile, Lightning
_SPELLINGS = {
    "LayerNorm.gamma": "LayerNorm.weight",
    "LayerNorm.beta": "LayerNorm.bias",
    ".dense_act.": ".dense.",  # NVIDIA's scripts
}


def common_names(source, names):
    """The names that this table knows tensors by: without what the encoder stands in, and as they are spelled today.

    An encoder may be called "bert.", or stand in whatever saved it: "module.bert.", "bert.bert.", "model.". What stands
    beside it in the same wrappers are its heads; beside an encoder of another name it is somebody's own head, and stays
    unknown.

    Args:
        source: what was read, for the message.
        names: names as stored.

    Returns:
        {name as stored: name in the table}.

    Raises:
        ValueError: where there are several encoders, and none is called "bert." or nothing.
    """
    prefixes = sorted({name.removesuffix(_ANCHOR) for name in names if name.endswith(_ANCHOR)}, key=len)
    if len(prefixes) > 1 and prefixes[0] not in ("", "bert."):
        found = ", ".join(prefix.rstrip(".") for prefix in prefixes)
        raise ValueError(f"{source} holds several encoders: {found}. Save the one that is meant by itself.")
    prefix = prefixes[0] if prefixes else ""
    parts = prefix.split(".")[:-1]
    is_known = not parts or (parts[-1] == "bert" and set(parts) <= set(_WRAPPERS))
    beside = "".join(f"{part}." for part in parts[:-1]) if is_known else None
    return {name: _common_name(name, prefix, beside) for name in names}


def _common_name(name, prefix, beside):
    if prefix and name.startswith(prefix):
        name = name.removeprefix(prefix)
    elif beside is None:  # somebody's own
        return f"/{name}"
    else:
        name = name.removeprefix(beside)
    name = name.removeprefix("bert.")
    for old, new in _SPELLINGS.items():
        name = name.replace(old, new)
    return name
