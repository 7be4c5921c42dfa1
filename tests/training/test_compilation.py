import keras
import numpy as np

from bert_keras.training import fastest_compilation


def test_a_processor_compiles_float32_with_xla_on_tensorflow_alone():
    assert fastest_compilation("float32") == (True if keras.config.backend() == "tensorflow" else "auto")
    assert fastest_compilation("mixed_bfloat16") == "auto"
    assert fastest_compilation(keras.dtype_policies.DTypePolicyMap("mixed_float16")) == "auto"


def test_compile_takes_it():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse", jit_compile=fastest_compilation(model.dtype_policy))
    assert model.jit_compile == (keras.config.backend() != "torch")
    assert np.isfinite(model.train_on_batch(np.ones((4, 2)), np.ones((4, 1))))
