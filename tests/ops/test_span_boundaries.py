import hypothesis
from hypothesis import strategies
from keras import ops

from bert_keras.ops import span_boundaries

LENGTH, SLOTS = 12, 8


@hypothesis.given(strategies.lists(strategies.integers(0, LENGTH - 1), max_size=SLOTS, unique=True))
def test_of_each_token_the_nearest_unmasked_ones_of_the_row(masked):
    masked = sorted(masked)
    positions = ops.convert_to_tensor([[*masked, *[0] * (SLOTS - len(masked))]], "int32")
    before, behind, numbers = (ops.convert_to_numpy(some)[0] for some in span_boundaries(positions, LENGTH))
    for slot, position in enumerate(masked):
        first = last = position
        while first - 1 in masked:
            first -= 1
        while last + 1 in masked:
            last += 1
        expected = max(first - 1, 0), min(last + 1, LENGTH - 1), position - first
        assert (before[slot], behind[slot], numbers[slot]) == expected
    assert min(before) >= 0 and max(behind) < LENGTH  # of unused slots too
