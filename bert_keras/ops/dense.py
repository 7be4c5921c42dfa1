"""What a dense layer computes: rows times a matrix, plus a bias.

TensorFlow's graph optimizer makes one operation of product and bias. In bfloat16, on a processor with AMX, that one
takes up to three times as long as the product alone: 12.4 ms of a core instead of 4.1 for 2048 x 256 x 1024, 39 instead
of 14 for 4096 x 384 x 1536. In float32 it is no slower.

The bias' gradient in bfloat16 is a product with ones: TensorFlow's `BiasAddGrad` takes 1.7 to 3.1 times as long, 0.42
ms of a core instead of 0.19 for 416 x 1536, 2.05 instead of 0.84 for 2048 x 1536.
"""

import keras
from keras import ops

from bert_keras.ops.compiled_chain import is_traced_for_a_processor
from bert_keras.ops.sums import column_sums
from bert_keras.processor import processor_flags
from bert_keras.types import Tensor

# Chosen once, by what was measured: on processors that multiply bfloat16 without AMX the one operation wins.
_KEEPS_PRODUCTS_ALONE = keras.config.backend() == "tensorflow" and "amx_bf16" in processor_flags()


def dense(inputs: Tensor, kernel: Tensor, bias: Tensor | None) -> Tensor:
    """Multiply rows with a matrix and add a bias.

    Args:
        inputs: (..., width) float tensor.
        kernel: (width, units) tensor.
        bias: (units,) tensor, or None.

    Returns:
        (..., units) tensor.

    Example:
        >>> import keras
        >>> x = keras.ops.ones((2, 3))
        >>> keras.ops.convert_to_numpy(dense(x, keras.ops.ones((3, 1)), keras.ops.ones(1))).tolist()
        [[4.0], [4.0]]
    """
    if bias is None:
        return ops.matmul(inputs, kernel)
    if keras.backend.standardize_dtype(inputs.dtype) != "bfloat16" or not is_traced_for_a_processor(inputs):
        return reference_dense(inputs, kernel, bias)
    return _product_alone(inputs, kernel, bias) if _KEEPS_PRODUCTS_ALONE else _add(ops.matmul(inputs, kernel), bias)


def reference_dense(inputs: Tensor, kernel: Tensor, bias: Tensor) -> Tensor:
    """`dense` as Keras computes it, the truth that the other is compared with."""
    return ops.add(ops.matmul(inputs, kernel), bias)


def _product_alone(inputs, kernel, bias):
    import tensorflow as tf

    rows = tf.reshape(inputs, (-1, inputs.shape[-1]))
    products = tf.reshape(tf.matmul(rows, kernel), (1, -1, kernel.shape[-1]))  # a shape between them keeps them apart
    return tf.reshape(_add(products, bias), (*tf.unstack(tf.shape(inputs))[:-1], bias.shape[0]))


def _add(products, bias):
    """Add a bias, whose gradient TensorFlow would sum up more slowly."""
    import tensorflow as tf

    @tf.custom_gradient
    def add(products, bias):
        def gradient(upstream):
            return upstream, column_sums(tf.reshape(upstream, (-1, bias.shape[0])))

        return products + bias, gradient

    return add(products, tf.convert_to_tensor(bias))
