"""A network in OpenVINO, which computes faster on processors than a training framework does.

Its rounding is that of the network's dtype: float32 stays float32, although OpenVINO would take bfloat16 where the
processor has it, and a network in bfloat16 or mixed_bfloat16 is computed in bfloat16.
"""

import importlib.metadata
import importlib.util
import logging
import sys
import threading
from typing import Any

import keras
import numpy as np

from bert_keras.data.rows.accelerators import compiles_each_length
from bert_keras.inference.runtimes.openvino_graph import rewrite_graph
from bert_keras.keras_internals import layers_within
from bert_keras.layers.initializers import values_follow
from bert_keras.models import BertEncoder

_COMMAND = "pip install openvino"
_PRECISIONS = {"float32": "f32", "bfloat16": "bf16"}


class OpenVinoRuntime:
    """Runs networks in OpenVINO on the processor; see `bert_keras.inference.runtimes.Runtime`."""

    @property
    def version(self) -> str:
        return importlib.metadata.version("openvino")

    def obstacle(self) -> str | None:
        """Tell why no network runs here, None where they do."""
        if importlib.util.find_spec("openvino") is None:
            return f"it is not installed: {_COMMAND}"
        if keras.config.backend() != "tensorflow":
            return f"it reads networks of TensorFlow, and Keras computes with {keras.config.backend()}"
        if compiles_each_length():
            return "the network is on an accelerator"
        return None

    def prepare(self, network: keras.Model) -> "OpenVinoNetwork":
        """Take over a network with its weights.

        Args:
            network: Functional model from a dict.

        Raises:
            ValueError: If it computes in a dtype, or with an operation, that OpenVINO does not have.
        """
        return OpenVinoNetwork(network)


class OpenVinoNetwork:
    """A network as it was when it was taken over, for any number and length of rows.

    OpenVINO does not raise what the network's own checks do. So ids and lengths are looked at here, and what the
    network would refuse goes to the network, as do rows that hold several sequences.

    Args:
        network: Functional model from a dict.
    """

    jit_compile = False

    def __init__(self, network: keras.Model):
        self.input = network.input
        self._network = network
        self._limits = list(_limits(network))
        self._compiled = _compiled(network)
        self._structure = keras.tree.map_structure(lambda _: 0, network.output)
        self._of_thread = threading.local()

    def make_predict_function(self) -> None:
        """Do nothing: it was compiled when it was taken over."""

    def predict_on_batch(self, inputs: dict[str, np.ndarray]) -> Any:
        """Run a batch.

        Args:
            inputs: Dict of int32 arrays, those of the network.

        Returns:
            Float32 arrays, structured as the network's outputs.
        """
        inputs = {name: np.ascontiguousarray(inputs[name], "int32") for name in self.input}
        is_packed = "padding_mask" in inputs and inputs["padding_mask"].max(initial=0) > 1
        if is_packed or any(_is_beyond(inputs, *limits) for limits in self._limits):
            return self._network.predict_on_batch(inputs)
        if not hasattr(self._of_thread, "request"):
            self._of_thread.request = self._compiled.create_infer_request()
        found = self._of_thread.request.infer(list(inputs.values()), share_inputs=True)
        outputs = [np.array(found[number]) for number in range(len(found))]
        return keras.tree.pack_sequence_as(self._structure, outputs)


def _compiled(network):
    openvino, precision = _openvino(), _precision(network)
    if precision == "bf16":
        network = _float32_twin(network)  # OpenVINO reads no bfloat16 of TensorFlow; it rounds to it by itself
    model = _as_openvino(network, openvino)
    rewrite_graph(model, rounds=precision == "bf16")
    options = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": precision}
    return openvino.Core().compile_model(model, "CPU", options)


def _openvino():
    """Import OpenVINO without its telemetry: it would tell Intel of each import and each conversion."""
    if "openvino" not in sys.modules:
        name = "openvino_telemetry"
        before = sys.modules.get(name)
        sys.modules[name] = None  # as if it were not installed, which OpenVINO provides for
        try:
            import openvino
        finally:
            del sys.modules[name]
            if before is not None:
                sys.modules[name] = before
    import openvino

    return openvino


def _precision(network):
    dtypes = {layer.compute_dtype for layer in layers_within(network) if layer.weights}
    if others := dtypes - set(_PRECISIONS):
        raise ValueError(
            f"OpenVINO computes in {' and '.join(_PRECISIONS)} here, and the network in {', '.join(others)}"
        )
    return _PRECISIONS["bfloat16" if "bfloat16" in dtypes else "float32"]  # a head may stay in float32


def _float32_twin(network):
    config = _in_float32(keras.saving.serialize_keras_object(network))
    config.pop("compile_config", None)
    with values_follow():
        twin = keras.saving.deserialize_keras_object(config)
    for ours, theirs in zip(twin.weights, network.weights, strict=True):  # one by one, for less memory
        ours.assign(keras.ops.cast(theirs.value, "float32"))
    return twin


def _in_float32(config):
    """Return a config of Keras with float32 in place of each policy and dtype of half precision."""
    if isinstance(config, dict):
        return {name: _in_float32(value) for name, value in config.items()}
    if isinstance(config, (list, tuple)):
        return type(config)(_in_float32(value) for value in config)
    return "float32" if config in ("bfloat16", "mixed_bfloat16") else config


def _as_openvino(network, openvino):
    import tensorflow as tf

    signature = {name: tf.TensorSpec(entry.shape, "int32", name=name) for name, entry in network.input.items()}
    # A list: of a dict it would call the outputs by its keys, in another order.
    call = tf.function(lambda inputs: keras.tree.flatten(network(inputs, training=False)), autograph=False)
    function = call.get_concrete_function(signature)
    logger = logging.getLogger()
    before = logger.level, list(logger.filters), list(logger.handlers)
    try:
        # Its weights copied: it would read the network's where they lie, also when they have gone from there.
        model = openvino.convert_model(function, share_weights=False)  # which shuts up the process but for errors
    except Exception as error:  # what it raises differs by the operation
        lines = [line for line in str(error).splitlines() if line.startswith("--")] or str(error).splitlines()
        raise ValueError(f"OpenVINO cannot read it: {' '.join(lines[:3])}") from error
    finally:
        level, logger.filters, logger.handlers = before
        logger.setLevel(level)
    # By name, for it also gives out what nothing else uses, such as the checks' operands.
    outputs = {name: port for port in model.outputs for name in port.get_names()}
    parameters = {parameter.get_friendly_name().split(":")[0]: parameter for parameter in model.get_parameters()}
    results = []
    for tensor in function.outputs:
        result = outputs[tensor.name].get_node().input_value(0)
        results.append(result if tensor.dtype == tf.float32 else openvino.opset8.convert(result, "f32").output(0))
    return openvino.Model(results, [parameters[name] for name in network.input])


def _limits(network):
    """Say for each input with a table how many rows that has, and how long a row may be."""
    for encoder in layers_within(network):
        if isinstance(encoder, BertEncoder):
            rows = {"token_ids": encoder.vocabulary_size, "segment_ids": encoder.num_segments}
            for name in encoder.input:
                yield name, rows.get(name), encoder.max_sequence_length


def _is_beyond(inputs, name, num_rows, longest):
    ids = inputs.get(name)
    if ids is None or not ids.size:
        return False
    return ids.shape[-1] > longest or (num_rows is not None and (ids.max() >= num_rows or ids.min() < 0))
