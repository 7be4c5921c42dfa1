"""A model of ours beside the library that its preset is for: the same rows through both."""

import itertools
import os
from collections.abc import Iterable, Sequence

import keras
import numpy as np

from bert_keras.checkpoints.keras_hub import KerasHubCheckpoint
from bert_keras.data import Tokenizer
from bert_keras.models import BertEncoder, MultipleChoice, open_preset
from bert_keras.models.named_weights import named_weights
from bert_keras.preset_location import locate_preset

_POSITIONS, _SEGMENTS = (f"embeddings/{name}_embedding/embeddings" for name in ("position", "segment"))


def largest_differences(
    model: keras.Model, preset: str | os.PathLike, batches: Iterable[dict[str, np.ndarray]]
) -> dict[str, float]:
    """Compare every hidden state and every output at tokens with those of transformers or KerasHub.

    Args:
        model: model of ours, loaded from the preset or saved to it.
        preset: what the library loads: a path or a name.
        batches: list of dicts of (batch, length) int32 arrays, the encoder's inputs.

    Returns:
        {name of a tensor: largest difference relative to the tensor's largest value}, over all batches.

    Raises:
        ImportError: where the library is not installed, or there is none that reads the format, as for Google's.
    """
    run = _peer(model, preset)
    largest = {}
    for batch in batches:
        theirs = run(model, batch)
        for name, ours in _our_outputs(model, batch).items():
            if name in theirs:
                first, second = (_at_tokens(array, batch["padding_mask"]) for array in (ours, theirs[name]))
                difference = float(np.abs(first - second).max() / np.abs(second).max())
                largest[name] = max(difference, largest.get(name, 0.0))
    return largest


def print_differences(model: keras.Model, presets: Sequence[str], batches: Iterable[dict[str, np.ndarray]]) -> float:
    """Print every tensor's largest difference for each preset, or why the preset was not compared.

    Args:
        model: As for `largest_differences`.
        presets: Sequence of what the libraries load, such as what was converted and what it became.
        batches: As for `largest_differences`.

    Returns:
        The largest of all differences, 0 if nothing was compared.
    """
    largest = 0.0
    for preset in presets:
        try:
            differences = largest_differences(model, preset, batches)
        except ImportError as error:
            print(f"{preset}: not compared. {error}")
            continue
        for name, difference in differences.items():
            print(f"{preset}  {name:<16} {difference:.1e}")
        largest = max(largest, *differences.values())
    return largest


def _at_tokens(array, padding_mask):
    """Without what stands at padding: nobody reads it, and float32 itself may be far off there."""
    return array[padding_mask != 0] if array.shape[:2] == padding_mask.shape else array


def random_rows(encoder: BertEncoder, *, batch_size: int = 4, seed: int = 0) -> list[dict[str, np.ndarray]]:
    """Rows of random tokens as long as the encoder takes, 128 at most: whole and padded ones, in all segments.

    Args:
        encoder: `BertEncoder`.
        batch_size: number of rows in each of the two batches.
        seed: seed of the tokens.

    Returns:
        two dicts of the encoder's inputs, the first without padding, the second with.
    """
    rng = np.random.default_rng(seed)
    shape = (batch_size, min(encoder.max_sequence_length, 128))
    pad_id = encoder.position_offset - 1  # by which others tell padding where positions begin behind it
    batches = []
    for lengths in (np.full((batch_size, 1), shape[1]), rng.integers(1, shape[1] + 1, (batch_size, 1))):
        whole = {
            "token_ids": rng.integers(0, encoder.vocabulary_size, shape).astype("int32"),
            "segment_ids": np.sort(rng.integers(0, max(encoder.num_segments, 1), shape), axis=1).astype("int32"),
            "padding_mask": (np.arange(shape[1]) < lengths).astype("int32"),
        }
        if pad_id >= 0:
            ids = np.where(whole["token_ids"] == pad_id, (pad_id + 1) % encoder.vocabulary_size, whole["token_ids"])
            whole["token_ids"] = np.where(whole["padding_mask"], ids, pad_id).astype("int32")
        batches.append(whole)
    return batches


def text_rows(texts: Iterable[str], tokenizer: Tokenizer, encoder: BertEncoder) -> dict[str, np.ndarray]:
    """Rows of real texts: each text with the next one, cut to what the encoder takes, 128 tokens at most.

    Args:
        texts: list of str.
        tokenizer: `bert_keras.data.Tokenizer`.
        encoder: `BertEncoder`.

    Returns:
        dict of the encoder's inputs, one row for two texts.
    """
    layout, length = tokenizer.vocabulary.row_layout, min(encoder.max_sequence_length, 128)
    room = (length - layout.num_special_tokens(2)) // 2
    ids = [text_ids[:room] for text_ids in tokenizer(list(texts)).to_list()]
    rows = []
    if not ids:
        raise ValueError("Expected at least one text to compare outputs on, received none.")
    for first, second in itertools.zip_longest(ids[::2], ids[1::2], fillvalue=[]):
        rows.append((layout.row(first, second), len(layout.begin) + len(first) + len(layout.between)))
    width = max(len(row) for row, _ in rows)
    column, starts = np.arange(width), np.array([[start] for _, start in rows])
    padding_mask = (column < np.array([[len(row)] for row, _ in rows])).astype("int32")
    has_segments = layout.has_segments and encoder.num_segments > 1
    return {
        "token_ids": np.array([row + [layout.pad_id] * (width - len(row)) for row, _ in rows], "int32"),
        "segment_ids": (column >= starts).astype("int32") * padding_mask * has_segments,
        "padding_mask": padding_mask,
    }


def changed_weights(model: keras.Model, other: keras.Model) -> tuple[list[str], list[str]]:
    """Compare two models' weights bit by bit, but for rows of the position table before that of the first position.

    Where every token has the one segment, its row counts with the positions: not every format has one.

    Args:
        model: model of ours.
        other: the same after a conversion.

    Returns:
        names of the weights that differ, and of those that the other lacks.
    """
    weights, others = _that_count(model), _that_count(other)
    both = [name for name in weights if name in others]
    equal = {name: np.array_equal(weights[name], others[name]) for name in both}
    return [name for name in both if not equal[name]], [name for name in weights if name not in others]


def _that_count(model):
    """Return the weights by name, positions as tokens see them."""
    encoder = getattr(model, "encoder", model)
    weights = {name: keras.ops.convert_to_numpy(weight) for name, weight in named_weights(model).items()}
    if encoder.position_offset:
        weights[_POSITIONS] = weights[_POSITIONS][encoder.position_offset :]
        if encoder.num_segments == 1:
            weights[_POSITIONS] = weights[_POSITIONS] + weights.pop(_SEGMENTS)
    return weights


def _our_outputs(model, batch):
    encoder = getattr(model, "encoder", model)
    seen = _run(encoder.inspector(attention_scores=False), batch)
    outputs = {f"hidden_state_{index}": state for index, state in enumerate(seen["hidden_states"])}
    if encoder.normalize_first:  # transformers norms the last of them
        outputs[f"hidden_state_{encoder.num_layers}"] = seen["sequence_output"]
    outputs |= {name: seen[name] for name in ("pooled_output",) if name in seen}
    if model is not encoder:
        positions = {"mask_positions": _all_positions(batch)}
        positions["entity_positions"] = np.zeros((len(batch["token_ids"]), 2), "int32")
        head = _run(model, _with_choices(model, batch) | positions)
        outputs |= head if isinstance(head, dict) else {"logits": head}
    return {name: keras.ops.convert_to_numpy(value) for name, value in outputs.items()}


def _run(model, batch):
    """Call a model; on JAX compiled as a whole, for an eager call would compile each operation by itself."""
    return model.predict_on_batch(batch) if keras.config.backend() == "jax" else model(batch)


def _all_positions(batch):
    return np.broadcast_to(np.arange(batch["token_ids"].shape[1], dtype="int32"), batch["token_ids"].shape)


def _with_choices(model, batch):
    """Return the rows as the choices of one example, where the model wants choices."""
    return {name: value[None] for name, value in batch.items()} if isinstance(model, MultipleChoice) else batch


def _peer(model, preset):
    """Return a function from a model of ours and a batch to what the library computes; names are ours."""
    checkpoint = open_preset(preset)
    if isinstance(checkpoint, KerasHubCheckpoint):
        return lambda model, batch: _keras_hub_outputs(checkpoint.model, batch)
    if not hasattr(checkpoint.config, "architecture") or not checkpoint.source.endswith((".safetensors", ".json")):
        raise ImportError(f"No library at hand reads {checkpoint.source}.")
    import torch
    import transformers

    architectures = checkpoint.family.architectures
    kinds = {name: kind for kind, (name, _) in architectures.items()}
    kind = kinds.get(checkpoint.config.architecture, model.kind)  # not every configuration tells
    architecture = getattr(transformers, architectures[kind][0])
    peer = architecture.from_pretrained(locate_preset(preset), attn_implementation="eager").eval()

    def run(model, batch):
        inputs = {name: value for name, value in batch.items() if name in model.input}
        with torch.no_grad():
            return _transformers_outputs(peer, kind, _with_choices(model, inputs), torch)

    return run


def _transformers_outputs(peer, kind, batch, torch):
    tensors = {name: torch.tensor(np.asarray(value)).long() for name, value in batch.items()}
    segments = {"token_type_ids": tensors["segment_ids"]} if "segment_ids" in tensors else {}
    outputs = peer(tensors["token_ids"], attention_mask=tensors["padding_mask"], output_hidden_states=True, **segments)
    found = {f"hidden_state_{index}": state for index, state in enumerate(outputs.hidden_states)}
    if (pooler := getattr(peer.base_model, "pooler", None)) is not None:
        last, is_dense = outputs.hidden_states[-1], isinstance(pooler, torch.nn.Linear)  # ALBERT's has its tanh beside
        found["pooled_output"] = peer.base_model.pooler_activation(pooler(last[:, 0])) if is_dense else pooler(last)
    logits = {"masked_lm": "mlm", "next_sentence": "nsp"}.get(kind, "logits")
    names = {"prediction_logits": "mlm", "seq_relationship_logits": "nsp", "sop_logits": "sop",
             "start_logits": "start", "end_logits": "end", "logits": logits}  # fmt: skip
    found |= {ours: outputs[theirs] for theirs, ours in names.items() if theirs in outputs}
    return {name: value.numpy() for name, value in found.items()}


def _keras_hub_outputs(peer, batch):
    backbone = getattr(peer, "backbone", peer)
    found = backbone({name: batch[name] for name in backbone.input})
    found = dict(found) if isinstance(found, dict) else {"sequence_output": found}  # some have nothing else
    found[f"hidden_state_{backbone.num_layers}"] = found.pop("sequence_output")
    if peer is not backbone:
        name = "mlm" if type(peer).__name__.endswith("MaskedLM") else "logits"
        inputs = batch | {"mask_positions": _all_positions(batch)}
        found[name] = peer({key: inputs[key] for key in peer.input})
    return {name: keras.ops.convert_to_numpy(value) for name, value in found.items()}
