import numpy as np
import pytest

from bert_keras.models.probabilities import logit, sigmoid, softmax


def test_softmax_adds_up_to_1_and_keeps_ratios():
    probabilities = softmax(np.array([[0.0, np.log(3.0)], [1000.0, 1000.0]], "float32"))
    np.testing.assert_allclose(probabilities, [[0.25, 0.75], [0.5, 0.5]], rtol=1e-6)


def test_sigmoid_of_extreme_logits_does_not_overflow():
    with np.errstate(over="raise"):
        np.testing.assert_allclose(sigmoid(np.array([-1e4, 0.0, np.log(3.0), 1e4])), [0.0, 0.5, 0.75, 1.0])


def test_a_threshold_is_a_probability():
    assert logit(0.5) == 0.0 and sigmoid(logit(0.3)) == pytest.approx(0.3)
    with pytest.raises(ValueError, match="between 0 and 1, a probability; received 2.5"):
        logit(2.5)
