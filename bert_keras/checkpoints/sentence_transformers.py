"""What `sentence-transformers` keeps beside an encoder: how the vectors of a text's tokens become one vector."""

import json
import os
import pathlib
from collections.abc import Mapping

import numpy as np
import safetensors.numpy

from bert_keras.atomic_files import finish_write, write_files
from bert_keras.checkpoints.json_file import read_json
from bert_keras.checkpoints.pickles import PICKLES, pickle_advice
from bert_keras.checkpoints.safetensors_file import SafetensorsFile

DENSE = "sentence_head/dense"  # the canonical name of the dense layer
SIMILARITIES = ("cosine", "dot", "euclidean", "manhattan")
_PACKAGE = "sentence_transformers.models"  # the names that every version of it reads
_MODULES_FILE = "modules.json"
_PROMPTS_FILE = "config_sentence_transformers.json"
_LENGTH_FILE = "sentence_bert_config.json"
_WEIGHTS_FILE = "model.safetensors"
# By our names, those of `bert_keras.models.SentenceEncoder`.
_MODES = {"pooling_mode_mean_tokens": "mean", "pooling_mode_cls_token": "first", "pooling_mode_max_tokens": "max"}
_SHORT_MODES = {"mean": "mean", "cls": "first", "max": "max"}
_ACTIVATIONS = {
    "tanh": "torch.nn.modules.activation.Tanh",
    "linear": "torch.nn.modules.linear.Identity",
    "relu": "torch.nn.modules.activation.ReLU",
    "gelu": "torch.nn.modules.activation.GELU",
    "sigmoid": "torch.nn.modules.activation.Sigmoid",
}
_ORDER = ("Transformer", "WeightedLayerPooling", "Pooling", "Dense", "Normalize")
_NO_LENGTH = 10**6  # transformers writes 1e30 where a tokenizer has no longest row


def is_sentence_encoder(directory: str | os.PathLike) -> bool:
    """Tell whether modules of sentence-transformers stand in a preset.

    Args:
        directory: path of a preset.
    """
    return pathlib.Path(directory, _MODULES_FILE).is_file()


def read_modules(directory: str | os.PathLike) -> dict:
    """Read how a preset of sentence-transformers makes one vector of a text.

    Args:
        directory: path of a preset.

    Returns:
        dict of arguments of `bert_keras.models.SentenceEncoder`: `pooling`, `num_pooled_layers`, `dense_dim`,
        `dense_activation`, `dense_bias`, `normalize`, `output_dim`, `sequence_length`, `prompts`, `default_prompt` and
        `similarity`; {} where the directory is no preset of sentence-transformers.

    Raises:
        OSError: where a killed save has to be finished, and the directory cannot be written to.
        ValueError: where it pools in another way, or has further modules.
    """
    directory = pathlib.Path(directory)
    finish_write(directory)
    if not is_sentence_encoder(directory):
        return {}
    folders = _module_folders(directory)
    pooling_file = folders["Pooling"] / "config.json"
    if (pooling := _pooling(pooling_file)) is None:
        raise ValueError(
            f"{pooling_file}: expected one of mean, cls (the first token) and max of all tokens; found "
            f"{read_json(pooling_file)}."
        )
    noted = _prompts(directory / _PROMPTS_FILE)
    if noted["prompts"] and read_json(pooling_file).get("include_prompt") is False:
        raise ValueError(f"{pooling_file}: include_prompt is false; a prompt that is not pooled is not supported.")
    return {
        "pooling": pooling,
        "num_pooled_layers": _num_pooled_layers(folders.get("WeightedLayerPooling")),
        **_dense_settings(folders.get("Dense")),
        "normalize": "Normalize" in folders,
        "sequence_length": noted_length(directory),
        **noted,
    }


def read_dense(directory: str | os.PathLike, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, np.ndarray]:
    """Read the weights of the dense layer behind the pooling.

    Args:
        directory: path of a preset of sentence-transformers.
        shapes: {canonical name: shape} of the weights that a model wants.

    Returns:
        {canonical name: float32 array} of the same weights; {} where the preset has no dense layer.

    Raises:
        FileNotFoundError: where there is no file of them that can be read; a pickle is never opened.
        ValueError: where one is missing or has another shape.
    """
    folder = _module_folders(pathlib.Path(directory)).get("Dense")
    if folder is None:
        return {}
    path = folder / _WEIGHTS_FILE
    if not path.is_file():
        found = sorted(file.name for file in folder.iterdir())
        pickles = [name for name in found if name.endswith(PICKLES)]
        advice = f" {pickle_advice(folder, pickles, _WEIGHTS_FILE)}" if pickles else ""
        raise FileNotFoundError(f"{folder} has no {_WEIGHTS_FILE}; it holds {', '.join(found)}.{advice}")
    file, arrays = SafetensorsFile(path), {}
    for name, stored in ((f"{DENSE}/kernel", "linear.weight"), (f"{DENSE}/bias", "linear.bias")):
        if name in shapes:
            info = file.tensors.get(stored)
            shape = None if info is None else info.shape[::-1]
            if shape != tuple(shapes[name]):
                raise ValueError(
                    f"{path}: {stored} must have the shape {tuple(shapes[name])[::-1]}, found "
                    f"{'no such tensor' if info is None else info.shape}."
                )
            arrays[name] = np.ascontiguousarray(file.read(stored).T.astype("float32"))
    return arrays


def sentence_pooling(directory: str | os.PathLike) -> str | None:
    """Tell what a sentence encoder was trained to make its vectors of.

    Args:
        directory: path of a preset.

    Returns:
        "mean" of all tokens' vectors, the "first" token's, or None: in another way, or it is no sentence encoder.

    Raises:
        ValueError: where the file that says it is damaged.
    """
    path = pathlib.Path(directory, "1_Pooling", "config.json")
    pooling = _pooling(path) if path.is_file() else None
    return pooling if pooling in ("mean", "first") else None


def write_modules(
    directory: str | os.PathLike,
    hidden_dim: int,
    num_layers: int,
    *,
    pooling: str,
    sequence_length: int,
    num_pooled_layers: int = 1,
    dense: tuple[np.ndarray, np.ndarray | None] | None = None,
    dense_activation: str = "tanh",
    normalize: bool = False,
    output_dim: int | None = None,
    prompts: Mapping[str, str] | None = None,
    default_prompt: str | None = None,
    similarity: str = "cosine",
    leaves_out_pooler: bool = False,
) -> None:
    """Write beside an encoder what makes it one of sentence-transformers.

    Args:
        directory: path of a preset.
        hidden_dim: width of the encoder.
        num_layers: number of its layers.
        pooling: "mean", "first" or "max".
        sequence_length: longest row, special tokens included.
        num_pooled_layers: how many of the last layers are averaged before the pooling.
        dense: (hidden_dim, dim) kernel of the dense layer and its (dim,) bias or None; None without one.
        dense_activation: name of its activation function.
        normalize: whether vectors are scaled to length 1.
        output_dim: how many of a vector's first numbers are kept, None for all.
        prompts: {name: what stands before a text}.
        default_prompt: name of the one that is taken where none is asked for.
        similarity: "cosine", "dot", "euclidean" or "manhattan".
        leaves_out_pooler: whether transformers is to make no pooler, which it would by itself, with random weights.

    Raises:
        ValueError: where sentence-transformers has no such activation function.
    """
    directory, width = pathlib.Path(directory), hidden_dim
    modules, contents = [("Transformer", "")], {}

    def add(kind, config, **files):
        folder = f"{len(modules)}_{kind}"
        modules.append((kind, folder))
        contents[folder] = {"config.json": _json(config)} | files

    if num_pooled_layers > 1:
        start = num_layers + 1 - num_pooled_layers
        config = {"word_embedding_dimension": hidden_dim, "layer_start": start, "num_hidden_layers": num_layers}
        weights = safetensors.numpy.save({"layer_weights": np.ones(num_pooled_layers, "float32")})
        add("WeightedLayerPooling", config, **{_WEIGHTS_FILE: weights})
    modes = {mode: name == pooling for mode, name in _MODES.items()}
    add("Pooling", {"word_embedding_dimension": hidden_dim} | modes | {"pooling_mode_mean_sqrt_len_tokens": False})
    if dense is not None:
        if dense_activation not in _ACTIVATIONS:
            raise ValueError(
                f"Presets of sentence-transformers have no dense_activation {dense_activation!r}; known: "
                f'{", ".join(_ACTIVATIONS)}. Save the model with format="keras".'
            )
        kernel, bias = dense
        width = kernel.shape[1]
        config = {"in_features": kernel.shape[0], "out_features": width, "bias": bias is not None}
        tensors = {"linear.weight": np.ascontiguousarray(kernel.T)} | ({} if bias is None else {"linear.bias": bias})
        weights = safetensors.numpy.save(tensors, metadata={"format": "pt"})
        add("Dense", config | {"activation_function": _ACTIVATIONS[dense_activation]}, **{_WEIGHTS_FILE: weights})
    if normalize:
        add("Normalize", {})
    listed = [
        {"idx": index, "name": str(index), "path": path, "type": f"{_PACKAGE}.{kind}"}
        for index, (kind, path) in enumerate(modules)
    ]
    length = {"max_seq_length": sequence_length, "do_lower_case": False}  # the tokenizer does that
    if num_pooled_layers > 1:
        length["config_args"] = {"output_hidden_states": True}
    if leaves_out_pooler:
        length["model_args"] = {"add_pooling_layer": False}
    noted = {"prompts": dict(prompts or {}), "default_prompt_name": default_prompt, "similarity_fn_name": similarity}
    noted |= {} if output_dim is None or output_dim >= width else {"truncate_dim": output_dim}
    for folder, files in contents.items():
        write_files(directory / folder, files)
    files = {_LENGTH_FILE: length, _MODULES_FILE: listed, _PROMPTS_FILE: noted}
    write_files(directory, {name: _json(content) for name, content in files.items()})


def noted_length(directory: str | os.PathLike) -> int | None:
    """Read how long the rows of a preset of sentence-transformers are, be it a `SentenceTransformer` or `CrossEncoder`.

    Args:
        directory: path of a preset.

    Returns:
        number of tokens, special ones included; None where none is noted.

    Raises:
        ValueError: where it is no whole number above 0, or a file is damaged.
    """
    path = pathlib.Path(directory, _LENGTH_FILE)
    length = read_json(path).get("max_seq_length") if path.is_file() else None
    if length is not None and (type(length) is not int or length < 1):
        raise ValueError(f"{path}: max_seq_length must be a whole number of tokens or null, received {length!r}.")
    of_tokenizer = path.with_name("tokenizer_config.json")
    if length is None and of_tokenizer.is_file():  # where version 6 leaves it
        length = read_json(of_tokenizer).get("model_max_length")
        length = length if type(length) is int and 0 < length < _NO_LENGTH else None
    return length


def noted_prompt(directory: str | os.PathLike) -> str:
    """Read what stands before each text of a preset of sentence-transformers where nothing is asked for.

    Args:
        directory: path of a preset, be it of a `SentenceTransformer` or `CrossEncoder`.

    Returns:
        the default prompt, "" where there is none.

    Raises:
        ValueError: where there are no such prompts, or the file is damaged.
    """
    noted = _prompts(pathlib.Path(directory, _PROMPTS_FILE))
    return (noted["prompts"] or {}).get(noted["default_prompt"], "")


def squeezes_one_number(config_path: str | os.PathLike, fields: Mapping) -> bool:
    """Tell whether a preset is a `CrossEncoder` whose one logit becomes a probability, by a sigmoid.

    Args:
        config_path: path of its `config.json`.
        fields: what that holds.
    """
    names = fields.get("id2label")
    if not (isinstance(names, dict) and len(names) == 1) and fields.get("num_labels") != 1:
        return False
    own, beside = fields.get("sentence_transformers"), pathlib.Path(config_path).with_name(_PROMPTS_FILE)
    activation = own.get("activation_fn") if isinstance(own, dict) else None
    activation = activation or fields.get("sbert_ce_default_activation_function")  # before version 4
    if activation is None and beside.is_file():  # from version 5 on
        activation = read_json(beside).get("activation_fn")
    return activation == _ACTIVATIONS["sigmoid"]


def _module_folders(directory):
    """Return {kind of a module: its folder}, in an order that ours have."""
    path = directory / _MODULES_FILE
    content = read_json(path, list)
    try:
        modules = [(module["type"].rpartition(".")[2], module["path"]) for module in content]
        folders = {kind: directory / folder for kind, folder in modules}
        is_inside = bool(modules) and not modules[0][1] and not any("/" in p or ".." in p for _, p in modules)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path}: expected a list of modules with type and path.") from error
    kinds = [kind for kind, _ in modules]
    if kinds != [kind for kind in _ORDER if kind in kinds] or not {"Transformer", "Pooling"} <= set(kinds):
        raise ValueError(
            f"{path}: expected Transformer, Pooling and maybe WeightedLayerPooling before it, Dense and Normalize "
            f"behind it; found {kinds}. BertEncoder.from_preset loads the encoder alone."
        )
    if not is_inside:
        raise ValueError(f"{path}: expected the Transformer at the top, and folders of this preset; found {modules}.")
    return folders


def _pooling(path):
    pooling = read_json(path)
    modes = [name for name, value in pooling.items() if name.startswith("pooling_mode_") and value]
    if len(modes) == 1:
        return _MODES.get(modes[0])
    mode = pooling.get("pooling_mode")
    return _SHORT_MODES.get(mode) if isinstance(mode, str) else None


def _num_pooled_layers(folder):
    if folder is None:
        return 1
    path = folder / "config.json"
    config = read_json(path)
    start, layers = config.get("layer_start"), config.get("num_hidden_layers")
    if type(start) is not int or type(layers) is not int or not 0 < start <= layers:
        raise ValueError(f"{path}: expected layer_start and num_hidden_layers, numbers of layers; found {config}.")
    weights = folder / _WEIGHTS_FILE
    if weights.is_file() and np.ptp(SafetensorsFile(weights).read("layer_weights")) > 0:
        raise ValueError(f"{weights}: layers of different weights are not supported, but their mean.")
    return layers + 1 - start


def _dense_settings(folder):
    if folder is None:
        return {}
    path = folder / "config.json"
    config = read_json(path)
    names = {theirs: ours for ours, theirs in _ACTIVATIONS.items()}
    activation = config.get("activation_function", _ACTIVATIONS["tanh"])
    if not isinstance(activation, str) or activation not in names:
        raise ValueError(f"{path}: activation_function is {activation!r}; supported: {', '.join(names)}.")
    if config.get("use_residual"):
        raise ValueError(f"{path}: use_residual is true; a dense layer with a residual is not supported.")
    width = config.get("out_features")
    if type(width) is not int or width < 1:
        raise ValueError(f"{path}: out_features must be a whole number above 0, found {width!r}.")
    return {"dense_dim": width, "dense_activation": names[activation], "dense_bias": config.get("bias", True) is True}


def _prompts(path):
    """Return prompts, and what else stands in their file."""
    settings = read_json(path) if path.is_file() else {}
    prompts, name = settings.get("prompts") or {}, settings.get("default_prompt_name")
    if not isinstance(prompts, dict) or not all(text is None or isinstance(text, str) for text in prompts.values()):
        raise ValueError(f"{path}: prompts must map names to texts, found {prompts!r}.")
    prompts = {prompt: text for prompt, text in prompts.items() if text}
    if name is not None and name not in (settings.get("prompts") or {}):
        raise ValueError(f"{path}: default_prompt_name is {name!r}, but prompts has no such text.")
    similarity = settings.get("similarity_fn_name") or "cosine"
    if similarity not in SIMILARITIES:
        raise ValueError(f"{path}: similarity_fn_name is {similarity!r}; supported: {', '.join(SIMILARITIES)}.")
    width = settings.get("truncate_dim")
    if width is not None and (type(width) is not int or width < 1):
        raise ValueError(f"{path}: truncate_dim must be a whole number above 0 or null, found {width!r}.")
    name = name if name in prompts else None
    return {"prompts": prompts or None, "default_prompt": name, "similarity": similarity, "output_dim": width}


def _json(content):
    return (json.dumps(content, indent=2) + "\n").encode("utf-8")
