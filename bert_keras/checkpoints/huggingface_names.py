"""How transformers spells the names in a family's table, and what else may stand in its files.

torch keeps a dense kernel as (outputs, inputs), Keras as (inputs, outputs). Queries, keys and values are three tensors
there and one here.
"""

import itertools
from collections.abc import Collection, Iterable

from bert_keras.checkpoints.families import BERT, FAMILIES, Family, rows
from bert_keras.checkpoints.weight_table import Row

_DENSE = {"kernel": (".weight", {"transposed": True}), "bias": (".bias", {})}
SPELLING = {
    "table": {"embeddings": (".weight", {})},
    "layer_norm": {"gamma": (".weight", {}), "beta": (".bias", {})},
    **dict.fromkeys(("dense", "logits", "query_key_value", "attention_output"), _DENSE),
    "bias": {"bias": (".bias", {})},
    "conv1d": {"kernel": (".weight", {}), "bias": (".bias", {})},
    "scale": {"gamma": (".weight", {})},
    "kernel": {"kernel": (".weight", {"transposed": True})},
}
# Heads that no class of transformers has: their tensors stand beside those that it reads, by our names. Scores that a
# CRF makes a sequence of tags from are among them: the best tag of each token by itself is another answer.
OWN_HEADS = (
    "crf", "entity_pointer", "head_pointer", "tail_pointer", "relation_head", "first_classification_head",
    "mean_classification_head", "pooled_classification_head", "token_classification_head", "sentence_order_head",
    "replaced_token_head",
)  # fmt: skip
_TASKS = ("text_classification", "token_classification", "question_answering", "multiple_choice")


def stoppers(family: Family) -> list[str]:
    """Give the names of empty tensors that stand beside a head of ours, of a wrong shape for each of transformers'.

    transformers makes a random head where it finds none, and its pipelines answer with it. One of a wrong shape it
    refuses; its encoder loads.

    Args:
        family: table of the family.
    """
    heads = dict.fromkeys(head for kind in _TASKS for head in family.architectures.get(kind, ("", ()))[1])
    names = dict.fromkeys(family.heads[head][-1].huggingface for head in heads)
    return [f"{name}.{weight}" for name in names for weight in ("weight", "bias")]


def head_rows(family: Family, architecture: str | None, names: Collection[str] | None = None) -> list[Row]:
    """Give the rows of the heads that a directory of that class may hold.

    Args:
        family: table of the family.
        architecture: class of transformers; for None, or one that the family has not, the heads are a classifier's.
        names: names of the tensors, None for the rows of all that the directory might hold. A head is there where its
            last layer is: what stands before that has the same name in all heads of ModernBERT.
    """
    known = dict(family.architectures.values()).get(architecture, ())
    chosen = {}
    for head, layers in family.heads.items():  # several may have one name
        if names is not None and not any(name.startswith(f"{layers[-1].huggingface}.") for name in names):
            continue
        if head in known or layers[-1].huggingface not in chosen:
            chosen[layers[-1].huggingface] = layers
    return rows(itertools.chain(*chosen.values()), "huggingface", SPELLING)


def own_rows(names: Iterable[str], heads: Collection[str] = OWN_HEADS) -> list[Row]:
    """Give the rows of the heads that transformers does not have.

    Args:
        names: names of weights, ours or as stored.
        heads: names of the heads.
    """
    ours = [name.replace(".", "/") for name in names]
    return [Row(name, (name.replace("/", "."),)) for name in ours if name.split("/")[0] in heads]


_WRAPPERS = ("module", "_orig_mod", "model")  # DataParallel, torch.compile, Lightning
_SPELLINGS = {
    "LayerNorm.gamma": "LayerNorm.weight",
    "LayerNorm.beta": "LayerNorm.bias",
    ".dense_act.": ".dense.",  # NVIDIA's scripts
}


def common_names(family: Family, source: str, names: Collection[str]) -> dict[str, str]:
    """Give the names of the table: without what the encoder stands in, and as tensors are spelled today.

    An encoder may be called by its family, "bert.", or stand in whatever saved it: "module.bert.", "bert.bert.",
    "model.". What stands beside it in the same wrappers are its heads; beside an encoder of another name it is
    somebody's own head, and stays unknown.

    Args:
        family: table of the family.
        source: what was read, for the message.
        names: names as stored.

    Returns:
        {name as stored: name in the table}.

    Raises:
        ValueError: where there are several encoders, and none is called by its family or nothing; or where the names
            are those of another family.
    """
    _expect_own_names(family, source, names)
    prefixes = sorted({name.removesuffix(family.anchor) for name in names if name.endswith(family.anchor)}, key=len)
    if len(prefixes) > 1 and prefixes[0] not in ("", family.prefix):
        found = ", ".join(prefix.rstrip(".") for prefix in prefixes)
        raise ValueError(f"{source} holds several encoders: {found}. Save the one that is meant by itself.")
    prefix = prefixes[0] if prefixes else ""
    parts = prefix.split(".")[:-1]
    own = family.prefix.removesuffix(".")
    is_known = not parts or (parts[-1] == own and set(parts) <= {own, *_WRAPPERS})
    beside = "".join(f"{part}." for part in parts[:-1]) if is_known else None
    return {name: _common_name(name, prefix, beside, family.prefix) for name in names}


def _common_name(name, prefix, beside, own_prefix):
    if prefix and name.startswith(prefix):
        name = name.removeprefix(prefix)
    elif beside is None:  # somebody's own
        return f"/{name}"
    else:
        name = name.removeprefix(beside)
    name = name.removeprefix(own_prefix)
    for old, new in _SPELLINGS.items():
        name = name.replace(old, new)
    return name


def _expect_own_names(family, source, names):
    """Refuse an encoder that has the names of another family, by what its first block has and what it stands in."""
    found = {}
    for other in FAMILIES.values():
        first = other.block_layers[0].inside(other.block, 0, 0, 0).parts("huggingface")[0] + ".weight"
        for name in names:
            if name.endswith(first):
                found[other.model_type] = name.removesuffix(first).split(".")
    prefixes = {other.model_type: other.prefix.removesuffix(".") for other in FAMILIES.values()}
    named = [name for name, outer in found.items() if prefixes[name] in outer]
    if found and (family.model_type not in found or (named and family.model_type not in named)):
        alike = " or ".join(named or found)
        silent = ", or says nothing, as that of the first BERTs" if family is BERT else ""
        raise ValueError(
            f"{source}: the tensors look like those of model_type {alike!r}, but config.json says that they are of "
            f"{family.model_type!r}{silent}. Take the config.json that belongs to them."
        )
