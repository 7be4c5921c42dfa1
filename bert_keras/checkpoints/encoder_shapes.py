"""The shapes that the weights of an encoder must have, from the arguments of its constructor."""

from collections.abc import Mapping

from bert_keras.checkpoints.families import spelled_out


def encoder_shapes(arguments: Mapping) -> dict[str, tuple[int, ...]]:
    """Compute them without building anything, so that a checkpoint can be held against its own configuration.

    Args:
        arguments: arguments of the encoder's constructor, without parts of one's own.

    Returns:
        {canonical name: shape}.
    """
    numbers = spelled_out(arguments)
    width, inner, embedded = numbers["hidden_dim"], numbers["intermediate_dim"], numbers["embedding_dim"]
    num_positions = arguments.get("position_offset", 0) + arguments["max_sequence_length"]
    shapes = {
        "embeddings/token_embedding/embeddings": (arguments["vocabulary_size"], embedded),
        "embeddings/position_embedding/embeddings": (num_positions, embedded),
        **_layer_norm("embeddings/layer_norm", embedded),
    }
    if arguments["num_segments"]:
        shapes["embeddings/segment_embedding/embeddings"] = (arguments["num_segments"], embedded)
    if arguments.get("embedding_dim") is not None:
        shapes |= _dense("embeddings/projection", embedded, width)
    if arguments.get("pooler", True):
        shapes |= _dense("pooler/dense", width, width)
    for index in range(numbers["num_layer_groups"] * numbers["layers_per_group"]):
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
