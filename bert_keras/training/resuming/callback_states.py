"""What callbacks remember, as JSON and arrays, so that a run that goes on has early stopping count where it was.

A callback takes part by two methods: `get_state()` gives a dict of what JSON can hold, `set_state(state)` puts it
back: after `on_train_begin`, or where an epoch is under way after a first `on_train_batch_end`, which it undoes.
Those of Keras that remember something are known here. One whose attribute `only_shows` is true touches nothing in the
training: a run may go on without it, or with it where it was not.
"""

import collections
import copy
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from bert_keras.training.resuming.model_state import restored, storable

_ATTRIBUTES = {
    keras.callbacks.EarlyStopping: ("wait", "stopped_epoch", "best", "best_epoch", "best_weights"),
    keras.callbacks.ReduceLROnPlateau: ("wait", "best", "cooldown_counter"),
    keras.callbacks.SwapEMAWeights: ("_ema_weights_in_model",),
    keras.callbacks.ModelCheckpoint: ("best", "_batches_seen_since_last_saving", "_last_batch_seen"),
}


def read_callback_states(
    callbacks: Sequence[keras.callbacks.Callback],
) -> tuple[list[dict[str, Any]], dict[str, np.ndarray]]:
    """Ask callbacks for what they remember.

    Args:
        callbacks: list of `keras.callbacks.Callback`.

    Returns:
        list for JSON, an entry a callback, and dict from name to numpy array.
    """
    states, arrays = [], {}
    for index, callback in enumerate(callbacks):
        state = {}
        for name, value in _get(callback).items():
            if isinstance(value, list) and value and isinstance(value[0], np.ndarray):
                for position, array in enumerate(value):
                    arrays[f"callbacks/{index:03d}/{name}/{position:05d}"] = storable(array.copy())
                value = {"arrays": [array.dtype.name for array in value]}
            # Copied: the callback keeps using its lists while another thread writes the state.
            state[name] = value.item() if isinstance(value, np.generic) else copy.deepcopy(value)
        states.append({"callback": type(callback).__name__, "only_shows": _only_shows(callback), "state": state})
    return states, arrays


def restore_callback_states(
    callbacks: Sequence[keras.callbacks.Callback], states: list[dict[str, Any]], arrays: dict[str, np.ndarray]
) -> None:
    """Give callbacks back what they remembered; of those that only show, to those that were there.

    Args:
        callbacks: list of callbacks in the same order.
        states: from `read_callback_states`.
        arrays: from `read_callback_states`; others may be among them.

    Raises:
        ValueError: if the callbacks that do more than show are not of the same classes.
    """
    for callback, index, entry in _paired(callbacks, states):
        state = {}
        for name, value in entry["state"].items():
            if isinstance(value, dict) and list(value) == ["arrays"]:
                names = (f"callbacks/{index:03d}/{name}/{i:05d}" for i in range(len(value["arrays"])))
                value = [restored(arrays[name], dtype) for name, dtype in zip(names, value["arrays"], strict=True)]
            state[name] = value
        _set(callback, state)


def end_swaps(callbacks: Sequence[keras.callbacks.Callback], states: list[dict[str, Any]]) -> None:
    """Exchange weights and their averages again that were saved exchanged, as they are behind the end of an epoch.

    Args:
        callbacks: list of callbacks.
        states: from `read_callback_states`, of the same moment as the weights.
    """
    for callback, _, entry in _paired(callbacks, states):
        if isinstance(callback, keras.callbacks.SwapEMAWeights) and entry["state"]["_ema_weights_in_model"]:
            callback._ema_weights_in_model = True
            callback.on_epoch_begin(None)


def _paired(callbacks, states):
    """Give each callback with the number and the entry of its state; one that only shows may have none."""
    entries = collections.defaultdict(collections.deque)
    for index, entry in enumerate(states):
        entries[entry["callback"] if entry.get("only_shows") else None].append((index, entry))
    names = [type(callback).__name__ for callback in callbacks if not _only_shows(callback)]
    saved = [entry["callback"] for _, entry in entries[None]]
    if saved != names:
        raise ValueError(
            f"The run was saved with the callbacks {', '.join(saved)}; it resumes with the same ones in the same "
            f"order only, received: {', '.join(names)}."
        )
    for callback in callbacks:
        own = entries[type(callback).__name__ if _only_shows(callback) else None]
        if own:
            yield callback, *own.popleft()


def _only_shows(callback):
    return getattr(callback, "only_shows", False)


def _get(callback):
    if hasattr(callback, "get_state"):
        return callback.get_state()
    return {name: getattr(callback, name) for name in _attributes(callback)}


def _set(callback, state):
    if hasattr(callback, "set_state"):
        callback.set_state(state)
        return
    for name in _attributes(callback):
        setattr(callback, name, state[name])


def _attributes(callback):
    return next((names for kind, names in _ATTRIBUTES.items() if isinstance(callback, kind)), ())
