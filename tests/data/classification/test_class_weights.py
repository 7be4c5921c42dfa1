import numpy as np
import pytest

from bert_keras.data.classification.class_weights import weight_classes
from bert_keras.data.classification.examples import Examples

EXAMPLES = Examples(tuple("abcd"), labels=(0, 0, 0, 2), label_names=("x", "y", "z"))


def test_balanced_classes_weigh_alike_and_one_on_average():
    weights = np.array(weight_classes(EXAMPLES).weights)
    assert weights[:3].sum() == pytest.approx(weights[3]) and weights.mean() == pytest.approx(1)


def test_weights_may_be_given_by_name():
    assert weight_classes(EXAMPLES, {"z": 3.0}).weights == (1.0, 1.0, 1.0, 3.0)
    with pytest.raises(ValueError, match="no class is called 'w'; there are 'x', 'y', 'z'"):
        weight_classes(EXAMPLES, {"w": 3.0})


@pytest.mark.parametrize("labels", [None, (0.5, 0.1), ((0,), (0, 1))])
def test_only_texts_of_one_class_each_have_class_weights(labels):
    names = ("x", "y") if labels and isinstance(labels[0], tuple) else None
    with pytest.raises(ValueError, match="one class each"):
        weight_classes(Examples(("a", "b"), labels=labels, label_names=names))
