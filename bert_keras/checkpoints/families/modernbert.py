"""ModernBERT's table: no biases, rotary positions, windows, gated feed-forwards, and a layer of its own before heads.

Sizes and numbers are those of [Warner et al., 2024](https://arxiv.org/abs/2412.13663); names and defaults those of
`ModernBertConfig` and the models of https://github.com/huggingface/transformers. Version 5 says in `layer_types` which
blocks look at the whole row, and in `rope_parameters` the bases of their wavelengths; what was published before says it
in `global_attn_every_n_layers`, `global_rope_theta` and `local_rope_theta`. Both are read, the newer form is written.
The sizes tiny and mini, which nobody published, are as deep and wide as BERT's.
"""

from collections.abc import Mapping

from bert_keras.checkpoints.families.bert import BERT
from bert_keras.checkpoints.families.family import Family, HeadForm, Layer

_GLOBAL, _LOCAL = "full_attention", "sliding_attention"
_GLOBAL_EVERY = 3
_THETAS = {"global_rope_theta": 160000.0, "local_rope_theta": 10000.0}
_SPECIAL_TOKENS = {
    "bos_token_id": 50281, "cls_token_id": 50281, "eos_token_id": 50282, "sep_token_id": 50282, "pad_token_id": 50283,
}  # fmt: skip
_ALWAYS = {
    "num_segments": 0, "pooler": False, "normalize_first": True, "first_norm": False, "use_bias": False, "gated": True,
}  # fmt: skip


def _read(fields: Mapping) -> dict:
    """Return the arguments of the encoder that are no single field; a ValueError says what is not supported."""
    if (dropout := fields.get("embedding_dropout", 0.0)) != (expected := fields.get("mlp_dropout", 0.0)):
        raise ValueError(f"embedding_dropout is {dropout!r}; supported: {expected!r}, as mlp_dropout")
    thetas = dict(zip(("rotary_theta", "local_rotary_theta"), _thetas(fields)))
    return {"global_every": _global_every(fields), **thetas}


def _global_every(fields):
    given = fields.get("global_attn_every_n_layers", _GLOBAL_EVERY)
    if type(given) is not int or given < 1:
        raise ValueError(f"global_attn_every_n_layers is {given!r}; supported: whole numbers above 0")
    types = fields.get("layer_types")
    if types is None:
        return given
    if not isinstance(types, list) or len(types) != fields.get("num_hidden_layers"):
        raise ValueError(f"layer_types is {types!r}; supported: a list of one name for each of num_hidden_layers")
    derived = next((number for number, kind in enumerate(types) if number and kind == _GLOBAL), len(types))
    for every in (given, derived or 1):  # of a short encoder several are true
        if types == _layer_types(len(types), every):
            return every
    raise ValueError(f"layer_types is {types!r}; supported: {_GLOBAL} first and at each n-th layer, else {_LOCAL}")


def _layer_types(num_layers, every):
    return [_LOCAL if number % every else _GLOBAL for number in range(num_layers)]


def _thetas(fields):
    """Read the bases of global and local blocks."""
    if fields.get("rope_scaling") is not None:
        raise ValueError(f"rope_scaling is {fields['rope_scaling']!r}; supported: None")
    parameters = fields.get("rope_parameters") or {}
    is_known = isinstance(parameters, dict) and set(parameters) <= {_GLOBAL, _LOCAL}
    if not is_known or not all(isinstance(own, dict) for own in parameters.values()):
        raise ValueError(f"rope_parameters is {parameters!r}; supported: an object for each of {_GLOBAL} and {_LOCAL}")
    thetas = []
    for kind, (old, default) in zip((_GLOBAL, _LOCAL), _THETAS.items()):
        own = {"rope_type": "default", "rope_theta": fields.get(old, default)} | parameters.get(kind, {})
        theta = own.pop("rope_theta")
        if own != {"rope_type": "default"}:
            raise ValueError(f"rope_parameters of {kind} are {own!r}; supported: {{'rope_type': 'default'}}")
        if theta is None and thetas:  # of the first published configurations: the same as for the whole row
            theta = thetas[0]
        if type(theta) not in (int, float) or not 0 < theta < float("inf"):
            raise ValueError(f"rope_theta of {kind} in rope_parameters, or {old}, is {theta!r}; supported: above 0")
        thetas.append(float(theta))
    return thetas


def _write(arguments: Mapping) -> dict:
    """Return the fields of `config.json` that are no single argument."""
    theta, local_theta = arguments["rotary_theta"], arguments["local_rotary_theta"]
    thetas = {_GLOBAL: theta, _LOCAL: theta if local_theta is None else local_theta}
    return {
        "layer_types": _layer_types(arguments["num_layers"], arguments["global_every"]),
        "rope_parameters": {kind: {"rope_type": "default", "rope_theta": value} for kind, value in thetas.items()},
        "embedding_dropout": arguments["dropout"],
        **dict.fromkeys(("attention_bias", "classifier_bias", "mlp_bias", "norm_bias"), False),
        "decoder_bias": True,
        "classifier_activation": "gelu",
        # Of a vocabulary that has no such words transformers would refuse to make a table.
        **{name: number if number < arguments["vocabulary_size"] else None for name, number in _SPECIAL_TOKENS.items()},
    }


_HEADS = {
    "text": "classification_head", "token": "token_classification_head", "span": "span_head",
    "choice": "multiple_choice_head",
}  # fmt: skip
_ATTENTION_NORM = Layer("scale", "attention_layer_norm", "attn_norm")
_BLOCK = (
    Layer("kernel", "attention/query_key_value", ("attn.Wqkv",)),
    Layer("kernel", "attention/output", "attn.Wo"),
    Layer("kernel", "feed_forward/intermediate", "mlp.Wi"),
    Layer("kernel", "feed_forward/output", "mlp.Wo"),
    Layer("scale", "feed_forward_layer_norm", "mlp_norm"),
)

MODERNBERT = Family(
    model_type="modernbert",
    name="ModernBERT",
    sizes={
        "tiny": {"num_layers": 2, "num_heads": 2, "hidden_dim": 128, "intermediate_dim": 192},
        "mini": {"num_layers": 4, "num_heads": 4, "hidden_dim": 256, "intermediate_dim": 384},
        "base": {"num_layers": 22, "num_heads": 12, "hidden_dim": 768, "intermediate_dim": 1152},
        "large": {"num_layers": 28, "num_heads": 16, "hidden_dim": 1024, "intermediate_dim": 2624},
    },
    size_defaults={
        **_ALWAYS, "max_sequence_length": 8192, "dropout": 0.0, "layer_norm_epsilon": 1e-5, "local_attention": 128,
        "global_every": _GLOBAL_EVERY, "rotary_theta": _THETAS["global_rope_theta"],
        "local_rotary_theta": _THETAS["local_rope_theta"],
    },
    always=_ALWAYS,
    numbers={
        "vocab_size": ("vocabulary_size", int),
        "num_hidden_layers": ("num_layers", int),
        "num_attention_heads": ("num_heads", int),
        "hidden_size": ("hidden_dim", int),
        "intermediate_size": ("intermediate_dim", int),
        "max_position_embeddings": ("max_sequence_length", int),
        "local_attention": ("local_attention", int),
        "mlp_dropout": ("dropout", float),
        "attention_dropout": ("attention_dropout", float),
        "norm_eps": ("layer_norm_epsilon", float),
    },
    activation_field="hidden_activation",
    defaults={  # of ModernBertConfig of transformers
        "max_position_embeddings": 8192,
        "local_attention": 128,
        "mlp_dropout": 0.0,
        "attention_dropout": 0.0,
        "norm_eps": 1e-5,
        "hidden_activation": "gelu",
        "initializer_range": 0.02,
        "classifier_dropout": 0.0,
    },
    activations=BERT.activations,
    refused={
        **dict.fromkeys(("norm_bias", "attention_bias", "mlp_bias", "classifier_bias"), (False, None)),
        "decoder_bias": (True, None),
        "head_dim": (None,),
        "classifier_activation": ("gelu", None),
        "classifier_pooling": ("cls", "mean", None),
        **{name: BERT.refused[name] for name in ("pruned_heads", "quantization_config", "problem_type")},
    },
    embeddings=(
        Layer("table", "embeddings/token_embedding", "embeddings.tok_embeddings"),
        Layer("scale", "embeddings/layer_norm", "embeddings.norm"),
    ),
    block=Layer("block", "encoder_block_{}/", "layers.{}."),
    block_layers=(_BLOCK[0], _ATTENTION_NORM, *_BLOCK[1:]),
    first_block_layers=_BLOCK,
    behind_blocks=(Layer("scale", "final_layer_norm", "final_norm"),),
    pooler=(),
    heads={
        "masked_lm_head": (
            Layer("kernel", "masked_lm_head/transform", "head.dense"),
            Layer("scale", "masked_lm_head/layer_norm", "head.norm"),
            Layer("bias", "masked_lm_head", "decoder"),
        ),
        **{
            head: (
                Layer("kernel", f"{head}/hidden", "head.dense"),
                Layer("scale", f"{head}/hidden_norm", "head.norm"),
                Layer("logits", f"{head}/dense", "classifier"),
            )
            for head in _HEADS.values()
        },
    },
    architectures={
        "encoder": ("ModernBertModel", ()),
        "masked_lm": ("ModernBertForMaskedLM", ("masked_lm_head",)),
        "text_classification": ("ModernBertForSequenceClassification", (_HEADS["text"],)),
        "token_classification": ("ModernBertForTokenClassification", (_HEADS["token"],)),
        "question_answering": ("ModernBertForQuestionAnswering", (_HEADS["span"],)),
        "multiple_choice": ("ModernBertForMultipleChoice", (_HEADS["choice"],)),
    },
    without_pooler=(),
    tokenizer="byte_pair",
    prefix="model.",
    decoder="decoder.weight",
    anchor="embeddings.tok_embeddings.weight",
    copies={"decoder.weight": "embeddings.tok_embeddings.weight"},
    constants=(),
    head_dropouts={"": ("classifier_dropout",)},
    token_ids={},
    masked_lm_activation="gelu",
    head_forms=dict.fromkeys(_HEADS.values(), HeadForm("first", "gelu", hidden_norm=True)),
    poolings=("classifier_pooling", {"cls": "first", "mean": "mean"}),
    read=_read,
    write=_write,
)  # fmt: skip
