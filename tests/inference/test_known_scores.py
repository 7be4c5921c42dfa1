"""A part is scored again where the weights have changed, and not otherwise."""

import keras

from bert_keras.inference import KnownScores


def test_a_part_is_scored_once_for_the_same_weights():
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, kernel_initializer="ones")])
    asked = []
    score = KnownScores(model, lambda part: asked.append(part) or {"f1": len(asked)})
    assert score("validation") == score("validation") == {"f1": 1}
    assert score("test") == {"f1": 2}
    before = model.get_weights()
    model.set_weights([before[0] + 1e-6, before[1]])  # as little as a step with a small rate
    assert score("validation") == {"f1": 3}
    model.set_weights(before)  # the best epoch's
    assert score("validation") == {"f1": 1} and asked == ["validation", "test", "validation"]
