"""The shapes that the weights of an encoder must have, from the arguments of its constructor."""

from collections.abc import Mapping


def encoder_shapes(arguments: Mapping) -> dict[str, tuple[int, ...]]:
    """Compute them without building anything, so that a checkpoint can be held against its own configuration.

    Args:
        arguments: arguments of the encoder's constructor, without parts of one's own.

    Returns:
        {canonical name: shape}.
    """
    width, inner = arguments["hidden_dim"], arguments["intermediate_dim"]
    biases = arguments.get("use_bias", True)
    shapes = {
        "embeddings/token_embedding/embeddings": (arguments["vocabulary_size"], width),
        **_layer_norm("embeddings/layer_norm", width, biases),
    }
    if arguments.get("rotary_theta") is None:
        num_positions = arguments.get("position_offset", 0) + arguments["max_sequence_length"]
        shapes["embeddings/position_embedding/embeddings"] = (num_positions, width)
    if arguments["num_segments"]:
        shapes["embeddings/segment_embedding/embeddings"] = (arguments["num_segments"], width)
    if arguments.get("pooler", True):
        shapes |= _dense("pooler/dense", width, width, biases)
    for index in range(arguments["num_layers"]):
        block = f"encoder_block_{index}"
        shapes |= _dense(f"{block}/attention/query_key_value", width, 3 * width, biases)
        shapes |= _dense(f"{block}/attention/output", width, width, biases)
        if index or arguments.get("first_norm", True):
            shapes |= _layer_norm(f"{block}/attention_layer_norm", width, biases)
        widened = 2 * inner if arguments.get("gated", False) else inner
        shapes |= _dense(f"{block}/feed_forward/intermediate", width, widened, biases)
        shapes |= _dense(f"{block}/feed_forward/output", inner, width, biases)
        shapes |= _layer_norm(f"{block}/feed_forward_layer_norm", width, biases)
    if arguments.get("normalize_first", False):
        shapes |= _layer_norm("final_layer_norm", width, biases)
    return shapes


def _dense(name, inputs, outputs, use_bias):
    return {f"{name}/kernel": (inputs, outputs)} | ({f"{name}/bias": (outputs,)} if use_bias else {})


def _layer_norm(name, width, use_bias):
    return {f"{name}/gamma": (width,)} | ({f"{name}/beta": (width,)} if use_bias else {})
