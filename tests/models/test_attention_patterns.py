"""An encoder whose tokens look back alone: what comes later changes nothing, nor does a cache."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops

from bert_keras.layers import AttentionMask
from bert_keras.models import BertEncoder

SOURCE, LENGTH = 4, 9
FORMS = {
    "bert": {},
    "gpt2": {"normalize_first": True, "embedding_norm": False, "num_segments": 0},
    "modern": {
        "rotary_theta": 100.0, "local_attention": 4, "global_every": 2, "normalize_first": True, "gated": True,
        "use_bias": False,
    },
    "offset": {"position_offset": 2, "num_segments": 1},
    "shared": {"num_layer_groups": 1, "embedding_dim": 6},
}  # fmt: skip


def make(pattern, form="bert"):
    keras.utils.set_random_seed(0)
    initializer = keras.initializers.RandomNormal(stddev=0.5)
    sizes = {"max_sequence_length": 16, "pooler": False, "kernel_initializer": initializer}
    return BertEncoder(30, 2, 2, 8, 12, attention_pattern=pattern, **sizes | FORMS[form])


def outputs_of(encoder, token_ids, segment_ids, padding_mask=None):
    padding_mask = np.ones_like(token_ids) if padding_mask is None else padding_mask
    row = {"token_ids": token_ids, "segment_ids": segment_ids, "padding_mask": padding_mask}
    return ops.convert_to_numpy(encoder(row)["sequence_output"])


def rows(seed=0, batch=1):
    token_ids = np.random.default_rng(seed).integers(1, 30, (batch, LENGTH)).astype("int32")
    return token_ids, np.repeat([np.arange(LENGTH) >= SOURCE], batch, 0).astype("int32")


@pytest.fixture(scope="module", params=["causal", "prefix"])
def writing_encoder(request):
    return make(request.param)


@settings(max_examples=3)
@given(tokens=st.lists(st.integers(0, 29), min_size=LENGTH, max_size=LENGTH))
def test_a_later_token_changes_no_earlier_output(writing_encoder, tokens):
    token_ids, segment_ids = rows(batch=LENGTH + 1)
    token_ids[:] = token_ids[:1]
    places = np.arange(LENGTH)
    token_ids[places, places] = tokens  # row i has another token at place i, and the last row the old ones
    *changed, before = outputs_of(writing_encoder, token_ids, segment_ids)
    for place, after in enumerate(changed):
        # The source sees all of itself.
        seen_from = 0 if writing_encoder.attention_pattern == "prefix" and place < SOURCE else place
        np.testing.assert_allclose(before[:seen_from], after[:seen_from], atol=1e-6)
        is_same = token_ids[place, place] == token_ids[-1, place]
        assert (abs(before[seen_from:] - after[seen_from:]).max(axis=1) > 1e-5).all() != is_same


def test_a_packed_sequence_gives_what_it_gives_alone(writing_encoder):
    token_ids, segment_ids = rows()
    numbers = np.array([[1, 1, 1, 1, 1, 2, 2, 2, 2]], "int32")
    segment_ids = np.array([[0, 0, 1, 1, 1, 0, 0, 0, 1]], "int32")
    packed = outputs_of(writing_encoder, token_ids, segment_ids, numbers)[0]
    for number in 1, 2:
        of_it = numbers == number
        alone = outputs_of(writing_encoder, token_ids[of_it][None], segment_ids[of_it][None])[0]
        np.testing.assert_allclose(packed[of_it[0]], alone, atol=1e-5)


@pytest.mark.parametrize("pattern", ["causal", "prefix"])
@pytest.mark.parametrize(
    "form", ["bert", *(pytest.param(form, marks=pytest.mark.slow_elsewhere) for form in list(FORMS)[1:])]
)
def test_reading_on_with_a_cache_gives_what_the_whole_row_gives(pattern, form):
    encoder = make(pattern, form)
    token_ids, segment_ids = rows(batch=2)
    row = {"padding_mask": np.ones_like(token_ids), "segment_ids": segment_ids}
    cache, found = encoder.new_cache(2, LENGTH), []
    for start, end in ((0, SOURCE), (SOURCE, SOURCE + 1), (SOURCE + 1, LENGTH)):
        outputs, cache = encoder.call_with_cache(row | {"token_ids": token_ids[:, start:end]}, cache)
        found.append(ops.convert_to_numpy(outputs))
    whole = outputs_of(encoder, token_ids, segment_ids)
    np.testing.assert_allclose(np.concatenate(found, axis=1), whole, atol=1e-5)


def test_padding_before_a_row_moves_no_position():
    encoder = make("causal")
    token_ids, segment_ids = rows()
    padding_mask = np.pad(np.ones_like(token_ids), ((0, 0), (3, 0)))
    row = {"padding_mask": padding_mask, "segment_ids": np.pad(segment_ids, ((0, 0), (3, 0)))}
    row["token_ids"] = np.pad(token_ids, ((0, 0), (3, 0)))
    found, _ = encoder.call_with_cache(row, encoder.new_cache(1, LENGTH + 3))
    expected = outputs_of(encoder, token_ids, segment_ids)
    np.testing.assert_allclose(ops.convert_to_numpy(found)[:, 3:], expected, atol=1e-5)


@pytest.mark.slow_elsewhere
def test_what_cannot_be_read_on_is_refused():
    row = dict.fromkeys(("token_ids", "segment_ids", "padding_mask"), np.ones((1, 3), "int32"))
    both_ways = make("bidirectional")
    with pytest.raises(ValueError, match='Build or load it with attention_pattern="causal" or "prefix"'):
        both_ways.call_with_cache(row, both_ways.new_cache(1, 3))

    encoder = BertEncoder(30, 1, 2, 8, 12, attention_pattern="causal", attention=keras.layers.Identity())
    with pytest.raises(ValueError, match="Identity cannot work with a cache.*no argument `cache`"):
        encoder.call_with_cache(row, encoder.new_cache(1, 3))


@pytest.mark.slow_elsewhere
def test_the_config_keeps_the_pattern():
    encoder = make("prefix", "gpt2")
    again = BertEncoder.from_config(encoder.get_config())
    assert (again.attention_pattern, again.embedding_norm) == ("prefix", False)
    assert sorted(again.input) == ["padding_mask", "segment_ids", "token_ids"]


@pytest.mark.slow_elsewhere
def test_a_pattern_beside_a_mask_of_ones_own_is_refused():
    with pytest.raises(ValueError, match="attention_pattern='causal' is a rule of AttentionMask"):
        BertEncoder(30, 1, 2, 8, 12, attention_pattern="causal", attention_mask=AttentionMask())
