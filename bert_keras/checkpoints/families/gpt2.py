"""GPT-2's table: tokens that see the past alone, norms before the parts, no segments, and words scored by the table.

Sizes and numbers are those of [Radford et al.,
2019](https://cdn.openai.com/better-language-models/language_models_are_unsupervised_multitask_learners.pdf), table 2;
names and defaults those of `GPT2Config` and the models of https://github.com/huggingface/transformers, which keeps
dense kernels as (inputs, outputs) here, and queries, keys and values in one. The sizes tiny and mini, which nobody
published, are BERT's.
"""

from collections.abc import Mapping

from bert_keras.checkpoints.families.bert import BERT
from bert_keras.checkpoints.families.family import Family, Layer

_END_OF_TEXT = 50256
_ALWAYS = {
    "num_segments": 0, "pooler": False, "normalize_first": True, "embedding_norm": False, "attention_pattern": "causal",
}  # fmt: skip


def _read(fields: Mapping) -> dict:
    """Return the arguments of the encoder that are no single field; a ValueError says what is not supported."""
    if (dropout := fields.get("embd_pdrop", 0.1)) != (expected := fields.get("resid_pdrop", 0.1)):
        raise ValueError(f"embd_pdrop is {dropout!r}; supported: {expected!r}, as resid_pdrop")
    width, inner = fields.get("n_embd"), fields.get("n_inner")
    if inner is None and type(width) is int:
        inner = 4 * width
    if type(inner) is not int or inner < 1:
        raise ValueError(f"n_inner is {inner!r}; supported: whole numbers above 0, or null for 4 times n_embd")
    return {"intermediate_dim": inner}


def _write(arguments: Mapping) -> dict:
    """Return the fields of `config.json` that are no single argument."""
    has_end = arguments["vocabulary_size"] > _END_OF_TEXT
    return {
        "n_inner": arguments["intermediate_dim"],
        "embd_pdrop": arguments["dropout"],
        # Of a vocabulary that has no such word transformers would refuse to write.
        **dict.fromkeys(("bos_token_id", "eos_token_id"), _END_OF_TEXT if has_end else None),
    }


GPT2 = Family(
    model_type="gpt2",
    name="GPT-2",
    sizes={
        **{size: BERT.sizes[size] for size in ("tiny", "mini")},
        "small": {"num_layers": 12, "num_heads": 12, "hidden_dim": 768, "intermediate_dim": 3072},
        "medium": {"num_layers": 24, "num_heads": 16, "hidden_dim": 1024, "intermediate_dim": 4096},
        "large": {"num_layers": 36, "num_heads": 20, "hidden_dim": 1280, "intermediate_dim": 5120},
        "xl": {"num_layers": 48, "num_heads": 25, "hidden_dim": 1600, "intermediate_dim": 6400},
    },
    size_defaults={
        **_ALWAYS,
        "max_sequence_length": 1024,
        "dropout": 0.1,
        "layer_norm_epsilon": 1e-5,
        "activation": "gelu_tanh",
    },
    always=_ALWAYS,
    numbers={
        "vocab_size": ("vocabulary_size", int),
        "n_layer": ("num_layers", int),
        "n_head": ("num_heads", int),
        "n_embd": ("hidden_dim", int),
        "n_positions": ("max_sequence_length", int),
        "resid_pdrop": ("dropout", float),
        "attn_pdrop": ("attention_dropout", float),
        "layer_norm_epsilon": ("layer_norm_epsilon", float),
    },
    activation_field="activation_function",
    defaults={  # of GPT2Config of transformers
        "n_positions": 1024,
        "resid_pdrop": 0.1,
        "attn_pdrop": 0.1,
        "layer_norm_epsilon": 1e-5,
        "activation_function": "gelu_new",
        "initializer_range": 0.02,
    },
    activations=BERT.activations,
    refused={
        "scale_attn_weights": (True, None),
        "scale_attn_by_inverse_layer_idx": (False, None),
        "add_cross_attention": (False, None),
        "tie_word_embeddings": (True, None),
        **{name: BERT.refused[name] for name in ("pruned_heads", "quantization_config", "problem_type")},
    },
    embeddings=(
        Layer("table", "embeddings/token_embedding", "wte"),
        Layer("table", "embeddings/position_embedding", "wpe"),
    ),
    block=Layer("block", "encoder_block_{}/", "h.{}."),
    block_layers=(
        Layer("layer_norm", "attention_layer_norm", "ln_1"),
        Layer("conv1d", "attention/query_key_value", ("attn.c_attn",)),
        Layer("conv1d", "attention/output", "attn.c_proj"),
        Layer("layer_norm", "feed_forward_layer_norm", "ln_2"),
        Layer("conv1d", "feed_forward/intermediate", "mlp.c_fc"),
        Layer("conv1d", "feed_forward/output", "mlp.c_proj"),
    ),
    behind_blocks=(Layer("layer_norm", "final_layer_norm", "ln_f"),),
    pooler=(),
    heads={},
    architectures={"encoder": ("GPT2Model", ()), "causal_lm": ("GPT2LMHeadModel", ())},
    without_pooler=(),
    prefix="transformer.",
    decoder="lm_head.weight",
    anchor="wpe.weight",
    copies={"lm_head.weight": "wte.weight"},
    constants=("h.{}.attn.bias", "h.{}.attn.masked_bias"),  # which tokens are behind, and what hides them
    head_dropouts={"": ("resid_pdrop",)},
    token_ids={},
    plain_vocabulary_head=True,
    tokenizer="byte_pair",
    read=_read,
    write=_write,
)
