import hypothesis.strategies as st
import numpy as np
from hypothesis import given

from bert_keras.inference.search.top_scores import top_scores


@given(st.lists(st.integers(-3, 3), max_size=12), st.integers(1, 15))
def test_the_best_are_those_of_a_stable_sort(scores, top_k):
    scores = np.array([scores], "float32")
    numbers, best = top_scores(scores, top_k, least=0.0)
    right = [i for i in np.argsort(-scores[0], kind="stable") if scores[0, i] > 0][:top_k]
    assert numbers[0].tolist() == right + [-1] * (top_k - len(right))
    np.testing.assert_array_equal(best[0], [*scores[0, right], *[0] * (top_k - len(right))])
