import numpy as np
import pytest
from keras import ops

from bert_keras.layers import TokenReplacement

TOKEN_IDS = np.array([[2, 7, 4, 9, 3], [2, 4, 8, 3, 0]], "int32")
POSITIONS = np.array([[2, 3], [1, 0]], "int32")  # of the second row one slot is not used
LOGITS = np.zeros((2, 2, 30), "float32")


@pytest.mark.parametrize("training", [False, True])
def test_only_tokens_at_the_positions_change(training):
    replaced, drawn = map(
        ops.convert_to_numpy, TokenReplacement(seed=1)(TOKEN_IDS, POSITIONS, LOGITS, training=training)
    )
    expected = TOKEN_IDS.copy()
    expected[0, [2, 3]], expected[1, 1] = drawn[0], drawn[1, 0]
    np.testing.assert_array_equal(replaced, expected)


def test_training_draws_other_tokens_each_time_and_evaluation_the_same():
    layer = TokenReplacement(seed=1)
    state = ops.convert_to_numpy(layer.seed_generator.state)

    def drawn(training):
        return ops.convert_to_numpy(layer(TOKEN_IDS, POSITIONS, LOGITS, training=training)[1])

    np.testing.assert_array_equal(drawn(False), drawn(False))
    np.testing.assert_array_equal(ops.convert_to_numpy(layer.seed_generator.state), state)
    assert (drawn(True) != drawn(True)).any()
    assert (ops.convert_to_numpy(layer.seed_generator.state) != state).any()


def test_it_comes_back_from_its_config():
    layer = TokenReplacement.from_config(TokenReplacement(seed=4, name="replacement").get_config())
    assert (layer.seed, layer.name) == (4, "replacement")
