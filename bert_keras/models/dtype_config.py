"""The dtype of a model as its config keeps it, so that quantized layers come back quantized."""

import keras

from bert_keras.keras_internals import layers_within


def dtype_config(model: keras.Model) -> dict:
    """Serialize the model's dtype policy; where layers were quantized, a map with the policy of each.

    Args:
        model: `keras.Model` whose constructor passes its `dtype` on to the layers.

    Returns:
        the serialized policy.
    """
    quantized = {
        layer.path: layer.dtype_policy for layer in layers_within(model) if layer.quantization_mode is not None
    }
    policy = model.dtype_policy
    if quantized and not isinstance(policy, keras.dtype_policies.DTypePolicyMap):
        policy = keras.dtype_policies.DTypePolicyMap(policy.name, quantized)
    return keras.dtype_policies.serialize(policy)
