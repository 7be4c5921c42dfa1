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
    biases = arguments.get("use_bias", True)
    shapes = {
        "embeddings/token_embedding/embeddings": (arguments["vocabulary_size"], embedded),
    }
    if arguments.get("embedding_norm", True):
        shapes |= _layer_norm("embeddings/layer_norm", embedded, biases)
    if arguments.get("rotary_theta") is None:
        num_positions = arguments.get("position_offset", 0) + arguments["max_sequence_length"]
        shapes["embeddings/position_embedding/embeddings"] = (num_positions, embedded)
    if arguments["num_segments"]:
        shapes["embeddings/segment_embedding/embeddings"] = (arguments["num_segments"], embedded)
    if arguments.get("embedding_dim") is not None:
        shapes |= _dense("embeddings/projection", embedded, width, biases)
    if arguments.get("pooler", True):
        shapes |= _dense("pooler/dense", width, width, biases)
    for index in range(numbers["num_layer_groups"] * numbers["layers_per_group"]):
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
