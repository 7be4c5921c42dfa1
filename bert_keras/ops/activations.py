"""Activations that published encoders were trained with and that Keras knows under no name of its own."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="bert_keras")
def gelu_tanh(x):
    """The tanh approximation of GELU, as in Google's original BERT code; Hugging Face calls it "gelu_new".

    "gelu", in Keras and at Hugging Face, is the exact one with the error function.

    Args:
        x: float tensor.
    """
    return ops.gelu(x, approximate=True)


def get_activation(identifier):
    """`keras.activations.get` that knows "gelu_tanh" too.

    Args:
        identifier: function, name, config, or None: linear.

    Returns:
        function.
    """
    return gelu_tanh if identifier == "gelu_tanh" else keras.activations.get(identifier)
