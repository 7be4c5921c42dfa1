"""Everything that changes while a model trains, as arrays: weights, optimizer, metrics and random states."""

import random
from typing import Any

import keras
import numpy as np

from bert_keras.keras_internals import batch_counter, global_generator
from bert_keras.types import Tensor


def read_model_state(model: keras.Model) -> dict[str, np.ndarray]:
    """Copy the state of a model and of the random generators.

    Args:
        model: compiled and built `keras.Model`.

    Returns:
        dict from name to numpy array; random states of layers are among the model's variables.
    """
    if keras.config.backend() == "jax":
        model.jax_state_sync()  # during an epoch the state lives outside the variables
    arrays = {}
    for group, variables in _groups(model).items():
        for index, variable in enumerate(variables):
            # Copied: the training goes on in the same memory.
            arrays[f"{group}/{index:05d}/{variable.path}"] = storable(np.array(read_variable(variable)))
    version, words, next_gaussian = random.getstate()
    arrays["random/python"] = np.array(words, "uint32")
    arrays["random/python_gaussian"] = np.array([] if next_gaussian is None else [next_gaussian], "float64")
    name, words, position, has_gaussian, gaussian = np.random.get_state()
    arrays["random/numpy"] = words
    arrays["random/numpy_position"] = np.array([position, has_gaussian], "int64")
    arrays["random/numpy_gaussian"] = np.array([gaussian], "float64")
    arrays["random/keras"] = np.array(keras.ops.convert_to_numpy(global_generator().state.value))
    if keras.config.backend() == "torch":
        import torch

        arrays["random/torch"] = torch.get_rng_state().numpy()
    return arrays


def restore_variables(model: keras.Model, arrays: dict[str, np.ndarray], *groups: str) -> None:
    """Put variables back.

    Args:
        model: compiled and built model, the same as was read.
        arrays: from `read_model_state`.
        *groups: which of "model", "optimizer" and "metrics".

    Raises:
        ValueError: if the variables are not the same in number and shapes; nothing is changed then.
    """
    if keras.config.backend() == "jax":
        model.jax_state_sync()  # or the state of the epoch under way would overwrite them later
    pairs = []
    for group, variables in _groups(model).items():
        if group not in groups:
            continue
        stored = {name: array for name, array in sorted(arrays.items()) if name.startswith(f"{group}/")}
        if len(stored) != len(variables):
            raise ValueError(
                f"The saved training state has {len(stored)} variables in its {group} part, this {group} has "
                f"{len(variables)}: it is of another model or optimizer."
            )
        for variable, (name, array) in zip(variables, stored.items(), strict=True):
            if tuple(variable.shape) != array.shape:
                raise ValueError(
                    f"The saved training state is of another model: {name} has the shape {array.shape}, here "
                    f"{variable.path} has {tuple(variable.shape)}."
                )
            pairs.append((variable, array))
    for variable, array in pairs:
        variable.assign(restored(array, variable.dtype))


def restore_trained(model: keras.Model, arrays: dict[str, np.ndarray]) -> None:
    """Put back weights and optimizer, but not the number of steps: schedule and curves go on.

    Args:
        model: compiled and built model, the same as was read.
        arrays: from `read_model_state`.
    """
    if keras.config.backend() == "jax":
        model.jax_state_sync()
    counter = batch_counter(model.optimizer)
    num_batches = int(read_variable(counter))
    restore_variables(model, arrays, "model", "optimizer")
    counter.assign(num_batches)


def read_variable(variable: Any) -> np.ndarray:
    """Read a variable, also one that each replica of a `tf.distribute` strategy has a copy of.

    Args:
        variable: `keras.Variable`, or a tensor.

    Returns:
        numpy array.
    """
    value = variable.value if isinstance(variable, keras.Variable) else variable
    return value.numpy() if hasattr(value, "distribute_strategy") else keras.ops.convert_to_numpy(value)


def begin_random_states() -> None:
    """Make Keras' global generator, which takes its seed from Python's, before the first step.

    Reading the state would make it otherwise, and then what Python draws would depend on when the first state is saved.
    """
    global_generator()


def restore_random_states(arrays: dict[str, np.ndarray]) -> None:
    """Put back the random generators of Python, numpy, torch and Keras' own global one.

    Args:
        arrays: from `read_model_state`.
    """
    gaussian = arrays["random/python_gaussian"].tolist()
    random.setstate((3, tuple(arrays["random/python"].tolist()), gaussian[0] if gaussian else None))
    position, has_gaussian = arrays["random/numpy_position"].tolist()
    gaussian = float(arrays["random/numpy_gaussian"][0])
    np.random.set_state(("MT19937", arrays["random/numpy"], position, has_gaussian, gaussian))
    global_generator().state.assign(arrays["random/keras"])
    if keras.config.backend() == "torch" and "random/torch" in arrays:
        import torch

        torch.set_rng_state(torch.from_numpy(arrays["random/torch"].copy()))


def torch_random_state() -> Tensor | None:
    """Read the generator that unseeded dropout draws from on torch.

    Returns:
        tensor, or None on the other backends.
    """
    if keras.config.backend() != "torch":
        return None
    import torch

    return torch.get_rng_state()


def restore_torch_random_state(state: Tensor | None) -> None:
    """Put that generator back.

    Args:
        state: from `torch_random_state`; None changes nothing.
    """
    if state is not None:
        import torch

        torch.set_rng_state(state)


def _groups(model):
    return {
        "model": model.variables,
        "optimizer": model.optimizer.variables,
        "metrics": model.metrics_variables,
    }


def storable(array: np.ndarray) -> np.ndarray:
    """Turn numbers that only Keras' backends know, such as bfloat16, into integers of the same bits.

    Args:
        array: numpy array.
    """
    is_known = array.dtype.kind in "fiub" and array.dtype.isbuiltin == 1
    return array if is_known else array.view(f"u{array.dtype.itemsize}")


def restored(array: np.ndarray, dtype: str) -> np.ndarray:
    """Turn them back.

    Args:
        array: from `storable`.
        dtype: str, what it was.
    """
    if array.dtype.kind == "u" and array.dtype != np.dtype("uint8") and keras.backend.is_float_dtype(dtype):
        import ml_dtypes

        return array.view(getattr(ml_dtypes, dtype))
    return array
