"""A sequence that is packed with others gives what it gives alone, in every family."""

import numpy as np
import pytest

from bert_keras.checkpoints.families import FAMILIES
from bert_keras.models import BertPretrainer

LENGTHS, LENGTH = (7, 3, 12), 24


@pytest.mark.slow_elsewhere
@pytest.mark.parametrize(
    "family", [name if name == "bert" else pytest.param(name, marks=pytest.mark.slow) for name in FAMILIES]
)
def test_the_logits_of_a_packed_sequence_are_those_of_the_sequence_alone(make_encoder, outputs_of, family):
    sizes = FAMILIES[family].size_defaults | {"pooler": False, "max_sequence_length": LENGTH}
    encoder = make_encoder(family=family, **sizes)
    pretrainer = BertPretrainer(encoder, next_sentence=False)

    def logits(token_ids, padding_mask):
        batch = {"token_ids": token_ids, "segment_ids": 0 * token_ids, "padding_mask": padding_mask}
        batch["mask_positions"] = np.arange(token_ids.size, dtype="int32")[None]
        return outputs_of(pretrainer, {name: batch[name] for name in pretrainer.input})["mlm"][0]

    numbers = np.repeat([1, 2, 3, 0], [*LENGTHS, LENGTH - sum(LENGTHS)]).astype("int32")[None]
    token_ids = np.where(numbers, np.random.default_rng(0).integers(5, 20, (1, LENGTH)), 0).astype("int32")
    packed = logits(token_ids, numbers)
    for number in 1, 2, 3:
        sequence = token_ids[numbers == number][None]
        alone = logits(sequence, np.ones_like(sequence))
        np.testing.assert_allclose(packed[numbers[0] == number], alone, rtol=1e-4, atol=1e-4)
    assert abs(packed - logits(token_ids, np.minimum(numbers, 1))).max() > 0.1  # packed, they would see each other
