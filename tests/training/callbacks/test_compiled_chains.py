import keras
import numpy as np
import pytest

from bert_keras.ops import compiled_chain
from bert_keras.training.callbacks import CompiledChains

X, Y = np.ones((6, 2), "float32"), np.ones((6, 1), "float32")


@pytest.mark.parametrize(("min_steps", "compiles"), [(6, True), (7, False)])
def test_compiles_every_shape_in_a_training_that_is_long_enough(min_steps, compiles):
    seen = []
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    note = keras.callbacks.LambdaCallback(
        on_train_batch_begin=lambda *_, **__: seen.append(compiled_chain._compiles_every_shape)
    )
    model.fit(X, Y, batch_size=2, epochs=2, callbacks=[CompiledChains(min_steps), note], verbose=0)  # 6 steps
    assert set(seen) == {compiles} and not compiled_chain._compiles_every_shape
