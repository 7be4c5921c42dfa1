"""Where a preset lies: a directory of this machine, or a name at Hugging Face or KerasHub, from where it is fetched.

Only files that are read are fetched, and none that can run code. What was fetched before is taken from the cache of
`huggingface_hub` or `kagglehub`, so a preset that was loaded once loads offline.
"""

import difflib
import os
import pathlib
import re

HUGGING_FACE = "hf://"
_AS_PATH = "hf:/"  # what pathlib.Path makes of it
_HUGGING_FACE_FILES = (
    "config.json", "model.safetensors", "model.safetensors.index.json", "model-*-of-*.safetensors", "vocab.txt",
    "tokenizer_config.json", "tokenizer.json", "special_tokens_map.json", "modules.json", "*_*/config.json",
    "*_Dense/model.safetensors", "sentence_bert_config.json", "config_sentence_transformers.json", "added_tokens.json",
    "vocab.json", "merges.txt", "spiece.model", "sentencepiece.bpe.model", "generation_config.json",
)  # fmt: skip
_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")
# By family and version at Kaggle, as KerasHub 0.32 pins them: the presets of the backbones that we read, but for one of
# BertBackbone with a tokenizer of SentencePiece.
# https://github.com/keras-team/keras-hub/blob/master/keras_hub/src/models/bert/bert_presets.py, and beside it
_KERAS_HUB_FAMILIES = {
    ("bert", 3): (
        "bert_tiny_en_uncased", "bert_small_en_uncased", "bert_medium_en_uncased", "bert_base_en_uncased",
        "bert_base_en", "bert_base_zh", "bert_base_multi", "bert_large_en_uncased", "bert_large_en",
    ),
    ("bert", 5): ("bert_tiny_en_uncased_sst2",),
    ("sentence-transformers", 1): (
        "all_minilm_l6_v2_en", "all_minilm_l6_v1_en", "all_minilm_l12_v2_en", "paraphrase_minilm_l3_v2_en",
        "paraphrase_minilm_l6_v2_en", "paraphrase_minilm_l12_v2_en", "multi_qa_minilm_l6_cos_v1_en",
        "multi_qa_minilm_l6_dot_v1_en", "msmarco_minilm_l6_cos_v5_en", "msmarco_minilm_l12_cos_v5_en",
    ),
    ("bge", 1): (
        "bge_small_en", "bge_base_en", "bge_large_en", "bge_small_v1.5_en", "bge_base_v1.5_en", "bge_large_v1.5_en",
        "bge_base_zh", "bge_large_zh", "bge_small_v1.5_zh", "bge_base_v1.5_zh", "bge_large_v1.5_zh",
        "bge_llm_embedder", "bge_m3",
    ),
    ("mxbai-embed", 1): ("mxbai_embed_large_v1_en", "mxbai_embed_2d_large_v1_en", "mxbai_embed_xsmall_v1_en"),
    ("multilingual-e5", 1): ("multilingual_e5_base", "multilingual_e5_large"),
    ("roberta", 3): ("roberta_base_en", "roberta_large_en"),
    ("xlm_roberta", 3): ("xlm_roberta_base_multi", "xlm_roberta_large_multi"),
    ("distil_bert", 3): ("distil_bert_base_en_uncased", "distil_bert_base_en", "distil_bert_base_multi"),
    ("albert", 5): ("albert_base_en_uncased",),
    ("albert", 3): ("albert_large_en_uncased", "albert_extra_large_en_uncased", "albert_extra_extra_large_en_uncased"),
    ("electra", 2): (
        "electra_small_discriminator_uncased_en", "electra_small_generator_uncased_en",
        "electra_base_discriminator_uncased_en", "electra_base_generator_uncased_en",
        "electra_large_discriminator_uncased_en", "electra_large_generator_uncased_en",
    ),
}  # fmt: skip
KERAS_HUB_PRESETS = {
    name: f"keras/{family}/keras/{name}/{version}"
    for (family, version), names in _KERAS_HUB_FAMILIES.items()
    for name in names
}


# What Hugging Face once had without an organisation, and half of all examples on the web still name so.
_OF_GOOGLE = re.compile(r"bert-(base|large)-[a-z-]+")
_FOUND_IN_PRESETS = ("config.json", "bert_config.json", "vocab.txt", "vocab.json", "tokenizer.json", "model.keras")


def locate_preset(preset: str | os.PathLike) -> str:
    """Find the directory of a preset, and fetch it first where it is a name.

    Args:
        preset: path of a directory, of a TF1 checkpoint without its endings or of a file;
            "hf://organisation/name", "hf://organisation/name@revision" (a branch, a tag or a commit), or a
            name of KerasHub's, such as "bert_tiny_en_uncased".

    Returns:
        path of a directory; a path is given back as it is.

    Raises:
        ConnectionError: where a name is not in the cache and cannot be fetched; it says which files to bring, and how.
        FileNotFoundError: where there is no such path; it says what a preset may be, and what may be meant.
        ValueError: where the name is no name of a repository.

    Example:
        >>> import tempfile
        >>> directory = tempfile.mkdtemp()
        >>> locate_preset(directory) == directory
        True
    """
    preset = os.fspath(preset)
    for prefix in (HUGGING_FACE, _AS_PATH):
        if preset.startswith(prefix):
            return _from_hugging_face(preset.removeprefix(prefix))
    if preset in KERAS_HUB_PRESETS and not os.path.exists(preset):
        return _from_kaggle(preset)
    # The third is a checkpoint's path, given to who reads the vocabulary beside it.
    here = (preset, f"{preset}.index", os.path.join(os.path.dirname(preset), "bert_config.json"))
    if not any(map(os.path.exists, here)):
        raise FileNotFoundError(
            f"There is no directory {preset}. A preset is a directory of a model and its vocabulary, such as the "
            "folder preset of a run; hf://organisation/name, from Hugging Face; or a name of KerasHub's, such as "
            f"bert_base_en_uncased.{_suggestion(preset)}"
        )
    inner = os.path.join(preset, "preset")
    if os.path.isdir(inner) and not any(os.path.exists(os.path.join(preset, name)) for name in _FOUND_IN_PRESETS):
        raise FileNotFoundError(f"{preset} is a run's directory, and no preset. Did you mean {inner}?")
    return preset


def _suggestion(preset):
    """Return what was probably meant, as a question; "" where nothing is near."""
    path = pathlib.Path(preset)
    name = re.sub(r"^https?:/+huggingface[.]co/", "", preset.rstrip("/"))
    if _OF_GOOGLE.fullmatch(name):
        meant = [f"{HUGGING_FACE}google-bert/{name}"]
    elif os.path.exists(os.path.expanduser(preset)):
        meant = [os.path.expanduser(preset)]
    else:
        siblings = [entry.name for entry in path.parent.iterdir() if entry.is_dir()] if path.parent.is_dir() else []
        meant = [str(path.parent / near) for near in difflib.get_close_matches(path.name, siblings, n=1)]
        if name != preset.rstrip("/") or (_REPOSITORY.fullmatch(name) and not path.parent.is_dir()):
            meant.append(HUGGING_FACE + name)
        elif "/" not in name:
            meant += difflib.get_close_matches(name.lower().replace("-", "_"), KERAS_HUB_PRESETS, n=1, cutoff=0.75)
    return f" Did you mean {' or '.join(meant)}?" if meant else ""


def _from_hugging_face(name):
    repository, _, revision = name.partition("@")
    if not _REPOSITORY.fullmatch(repository):
        raise ValueError(f"Expected hf://organisation/name, with @revision behind it if wanted; received hf://{name}.")
    import huggingface_hub

    options = {"revision": revision or None, "allow_patterns": list(_HUGGING_FACE_FILES)}
    try:
        return huggingface_hub.snapshot_download(repository, **options)
    except Exception as error:  # of the many kinds of a failed connection the two packages have no common one
        tree = f"https://huggingface.co/{repository}/tree/{revision or 'main'}"
        raise ConnectionError(
            f"hf://{name} is not in the cache and could not be fetched ({_first_line(error)}). Download config.json, "
            f"model.safetensors and vocab.txt by hand from {tree} into one directory, and give its path instead."
        ) from error


def _from_kaggle(name):
    import kagglehub

    handle = KERAS_HUB_PRESETS[name]
    try:
        return kagglehub.model_download(handle)
    except Exception as error:  # see above
        raise ConnectionError(
            f"{name} is not in the cache and could not be fetched ({_first_line(error)}). Download config.json, "
            "tokenizer.json, model.weights.h5 and assets/tokenizer by hand from "
            f"https://www.kaggle.com/models/{handle} into one directory, and give its path instead."
        ) from error


def _first_line(error):
    return f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error).strip() else 'no message'}"
