"""LoRA: an encoder learns small products of two matrices beside its own, which stay as they are."""

import keras

from bert_keras.keras_internals import layers_within, stored_kernel, take_out_adapter


def add_lora(encoder: keras.Model, rank: int) -> None:
    """Freeze an encoder and give each dense layer of its blocks a low-rank adapter to learn.

    Embeddings, kernels, biases and layer norms stay as they are; a pooler, and the head above, learn as ever. The first
    outputs are those without adapters. A block that several layers share has its adapters once, for all of them. Freeze
    blocks before this, compile after it, and call `merge_lora` before the model is saved.

    Args:
        encoder: `BertEncoder`, or what else has `embeddings` and `encoder_blocks`.
        rank: int, the narrow side of the two matrices, 0 for no adapters. Typical: 4 to 16.

    Raises:
        ValueError: for a negative rank, adapters that are there already, or a quantized encoder.

    Example:
        >>> from bert_keras.models import BertEncoder
        >>> from bert_keras.training import add_lora
        >>> encoder = BertEncoder.from_size("tiny", vocabulary_size=100)
        >>> before = encoder.count_params()
        >>> add_lora(encoder, 4)
        >>> encoder.count_params() - before == 2 * 4 * (4 * 128 + 2 * 128 + 2 * (128 + 512))
        True

    Reference:
        [Hu et al., 2022](https://arxiv.org/abs/2106.09685), section 4; `keras.layers.Dense.enable_lora`
    """
    if rank < 0:
        raise ValueError(f"Expected a rank of at least 0, received {rank}.")
    if not rank:
        return
    _refuse_quantized(encoder)
    for layer in (encoder.embeddings, *encoder.encoder_blocks):
        for variable in layer.weights:
            variable.trainable = False
    for dense in _dense_layers(encoder):
        dense.enable_lora(rank)


def merge_lora(encoder: keras.Model) -> None:
    """Add what the adapters have learned to the kernels, and take the adapters off.

    The outputs stay the same, and the model is one that never had adapters, all of it to be trained; compile it anew
    for that. Without any adapters nothing happens.

    Args:
        encoder: what `add_lora` was called with.

    Raises:
        ValueError: where the encoder was quantized in between.

    Example:
        >>> from bert_keras.models import BertEncoder
        >>> from bert_keras.training import add_lora, merge_lora
        >>> encoder = BertEncoder.from_size("tiny", vocabulary_size=100)
        >>> weights = encoder.count_params()
        >>> add_lora(encoder, 4)
        >>> merge_lora(encoder)
        >>> encoder.count_params() == weights
        True
    """
    adapted = [dense for dense in _dense_layers(encoder) if dense.lora_enabled]
    if adapted:
        _refuse_quantized(encoder)
    for dense in adapted:
        scale = dense.lora_alpha / dense.lora_rank
        product = keras.ops.matmul(dense.lora_kernel_a.value, dense.lora_kernel_b.value)
        stored_kernel(dense).assign_add(scale * product)
        # Functions that were compiled before still have the product in them.
        dense.lora_kernel_b.assign(keras.ops.zeros_like(dense.lora_kernel_b.value))
        take_out_adapter(dense)
    for layer in (encoder.embeddings, *encoder.encoder_blocks) if adapted else ():
        for variable in layer.weights:
            variable.trainable = layer.trainable


def _refuse_quantized(encoder):
    modes = {dense.quantization_mode for dense in _dense_layers(encoder)} - {None}
    if modes:
        raise ValueError(
            f"Kernels in {', '.join(modes)} cannot take up what adapters learn: quantize after merge_lora."
        )


def _dense_layers(encoder):
    layers = (layer for block in encoder.encoder_blocks for layer in layers_within(block))
    return [layer for layer in layers if isinstance(layer, keras.layers.Dense)]
