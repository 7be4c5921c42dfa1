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
    num_positions = arguments.get("position_offset", 0) + arguments["max_sequence_length"]
    shapes = {
        "embeddings/token_embedding/embeddings": (arguments["vocabulary_size"], width),
        "embeddings/position_embedding/embeddings": (num_positions, width),
        **_layer_norm("embeddings/layer_norm", width),
    }
    if arguments["num_segments"]:
        shapes["embeddings/segment_embedding/embeddings"] = (arguments["num_segments"], width)
    if arguments.get("pooler", True):
        shapes |= _dense("pooler/dense", width, width)
    for index in range(arguments["num_layers"]):
        block = f"encoder_block_{index}"
        shapes |= _dense(f"{block}/attention/query_key_value", width, 3 * width)
        shapes |= _dense(f"{block}/attention/output", width, width)
        shapes |= _layer_norm(f"{block}/attention_layer_norm", width)
        shapes |= _dense(f"{block}/feed_forward/intermediate", width, inner)
        shapes |= _dense(f"{block}/feed_forward/output", inner, width)
        shapes |= _layer_norm(f"{block}/feed_forward_layer_norm", width)
    return shapes


def _dense(name, inputs, outputs):
    return {f"{name}/kernel": (inputs, outputs), f"{name}/bias": (outputs,)}


def _layer_norm(name, width):
    return {f"{name}/gamma": (width,), f"{name}/beta": (width,)}
