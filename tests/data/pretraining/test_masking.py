import numpy as np
import pytest
import tensorflow as tf
import tensorflow_text
from hypothesis import given
from hypothesis import strategies as st

from bert_keras.data.pretraining.masked_tokens import default_num_predictions
from bert_keras.data.pretraining.masking import TextSelectorMasking, TokenMasking
from bert_keras.data.tokenization.vocabulary import Vocabulary

# Special tokens that are not the first ids, as in Google's vocabularies.
VOCABULARY = Vocabulary(["a", "[PAD]", "b", "c", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *(f"w{x}" for x in range(92))])
SPECIAL = list(VOCABULARY.special_ids)
ORDINARY = sorted(set(range(100)) - set(SPECIAL))


def dense(**options):
    return TokenMasking(VOCABULARY, **options)


def ragged(num_predictions, mask_rate=0.15, **rates):
    selector = tensorflow_text.RandomItemSelector(num_predictions, mask_rate, unselectable_ids=SPECIAL)
    chooser = tensorflow_text.MaskValuesChooser(len(VOCABULARY), VOCABULARY.mask_id, **rates)
    return TextSelectorMasking(VOCABULARY, num_predictions, selector, chooser)


def rows(batch, length, seed=0):
    """Random rows as the pipeline has them: [CLS] tokens [SEP] tokens [SEP] padding."""
    generator = np.random.default_rng(seed)
    ids = generator.choice(ORDINARY, (batch, length)).astype(np.int32)
    used = generator.integers(3, length + 1, batch)
    ids[np.arange(length) >= used[:, None]] = VOCABULARY.pad_id
    ids[:, 0], ids[np.arange(batch), used - 1] = VOCABULARY.cls_id, VOCABULARY.sep_id
    ids[np.arange(batch), used // 2] = VOCABULARY.sep_id
    return ids


def check_masked(original, masked, num_predictions):
    """Everything that must hold whatever was drawn."""
    ids, positions, labels, weights = (tensor.numpy() for tensor in masked)
    assert positions.shape == labels.shape == weights.shape == (len(original), num_predictions)
    assert (ids.dtype, positions.dtype, labels.dtype, weights.dtype) == (np.int32, np.int32, np.int32, np.float32)
    selected = np.zeros_like(original, bool)
    for row in range(len(original)):
        used = weights[row] == 1
        assert set(weights[row]) <= {0, 1}
        assert used[: used.sum()].all()  # used slots come first
        assert (np.diff(positions[row][used]) > 0).all()
        assert not positions[row][~used].any() and not labels[row][~used].any()
        assert (labels[row][used] == original[row][positions[row][used]]).all()
        selected[row, positions[row][used]] = True
    assert not np.isin(original[selected], SPECIAL).any()
    assert (ids[~selected] == original[~selected]).all()
    assert not np.isin(ids[selected], sorted(set(SPECIAL) - {VOCABULARY.mask_id})).any()
    return selected


@given(st.integers(1, 12), st.integers(3, 40), st.integers(1, 12), st.floats(0.01, 0.99), st.integers(0, 2**31))
def test_masks_ordinary_tokens_only_and_keeps_the_rest(batch, length, num_predictions, mask_rate, seed):
    original = rows(batch, length, seed)
    masked = dense(num_predictions=num_predictions, mask_rate=mask_rate)(tf.constant(original), tf.constant([seed, 1]))
    selected = check_masked(original, masked, num_predictions)
    candidates = (~np.isin(original, SPECIAL)).sum(axis=1)
    expected = np.maximum(np.round(np.float32(mask_rate) * candidates.astype(np.float32)), np.minimum(candidates, 1))
    assert selected.sum(axis=1).tolist() == np.minimum(expected, num_predictions).tolist()


@pytest.mark.parametrize("make", [dense, ragged])
def test_selected_share_and_what_is_shown_instead(make):
    original = rows(400, 128)
    masked = make(num_predictions=40)(tf.constant(original), tf.constant([3, 4]))
    selected = check_masked(original, masked, 40)
    is_ordinary = ~np.isin(original, SPECIAL)
    assert abs(selected.sum() / is_ordinary.sum() - 0.15) < 0.015
    shown = masked.token_ids.numpy()[selected]
    is_mask = shown == VOCABULARY.mask_id
    is_kept = shown == original[selected]
    assert abs(is_mask.mean() - 0.8) < 0.03
    assert abs(is_kept.mean() - 0.1) < 0.03
    random = shown[~is_mask & ~is_kept]
    assert len(set(random)) > 0.8 * len(ORDINARY)  # from all over the vocabulary


@pytest.mark.parametrize("make", [dense, ragged])
def test_random_tokens_are_never_special(make):
    original = rows(300, 60)
    masked = make(num_predictions=60, mask_rate=0.9, mask_token_rate=0.0, random_token_rate=1.0)(
        tf.constant(original), tf.constant([0, 0])
    )
    selected = check_masked(original, masked, 60)
    shown = masked.token_ids.numpy()[selected]
    counts = np.bincount(shown, minlength=100)
    # tensorflow-text's chooser draws [MASK] as often as any other; it cannot be told from one that is meant.
    assert not counts[[token for token in SPECIAL if make is dense or token != VOCABULARY.mask_id]].any()
    assert (counts[ORDINARY] > 0.5 * len(shown) / len(ORDINARY)).all()


def test_all_candidates_are_equally_likely():
    original = np.full((4000, 12), ORDINARY[0], np.int32)
    masked = dense(num_predictions=3, mask_rate=0.25)(tf.constant(original), tf.constant([1, 2]))
    counts = np.bincount(masked.mask_positions.numpy().ravel(), minlength=12)
    assert (abs(counts / 4000 - 0.25) < 0.03).all()


def test_keeps_tokens_if_told_to():
    original = rows(20, 30)
    masked = dense(num_predictions=5, mask_token_rate=0.0, random_token_rate=0.0)(
        tf.constant(original), tf.constant([0, 1])
    )
    assert (masked.token_ids.numpy() == original).all()
    assert masked.weights.numpy().sum() > 0


@pytest.mark.parametrize("make", [dense, ragged])
def test_rows_without_candidates_have_no_weight(make):
    original = np.array([[VOCABULARY.cls_id, VOCABULARY.sep_id, VOCABULARY.pad_id, VOCABULARY.unk_id]] * 2, np.int32)
    masked = make(num_predictions=2)(tf.constant(original), tf.constant([0, 0]))
    assert not masked.weights.numpy().any()
    assert (masked.token_ids.numpy() == original).all()


def test_equal_seeds_give_equal_masks_eagerly_and_in_a_graph():
    original, masking = tf.constant(rows(8, 40)), dense(num_predictions=6)
    eager = masking(original, tf.constant([5, 6]))
    graph = tf.function(masking)(original, tf.constant([5, 6]))
    other = masking(original, tf.constant([5, 7]))
    for one, two in zip(eager, graph, strict=True):
        assert (one.numpy() == two.numpy()).all()
    assert (eager.mask_positions.numpy() != other.mask_positions.numpy()).any()


def test_more_slots_than_tokens():
    original = rows(4, 6)
    check_masked(original, dense(num_predictions=9)(tf.constant(original), tf.constant([0, 0])), 9)


def test_a_selector_that_picks_special_tokens_is_put_right():
    selector = tensorflow_text.FirstNItemSelector(4)  # takes [CLS] first
    chooser = tensorflow_text.MaskValuesChooser(len(VOCABULARY), VOCABULARY.mask_id, 1.0, 0.0)
    original = rows(6, 20)
    masked = TextSelectorMasking(VOCABULARY, 2, selector, chooser)(tf.constant(original), tf.constant([0, 0]))
    check_masked(original, masked, 2)


@pytest.mark.parametrize(
    "options",
    [
        {"num_predictions": 0},
        {"num_predictions": 3, "mask_rate": 0.0},
        {"num_predictions": 3, "mask_rate": 1.0},
        {"num_predictions": 3, "mask_token_rate": 0.9, "random_token_rate": 0.2},
        {"num_predictions": 3, "mask_token_rate": -0.1},
    ],
)
def test_impossible_rates_raise(options):
    with pytest.raises(ValueError, match="received"):
        dense(**options)


def test_a_vocabulary_without_mask_raises_at_once():
    with pytest.raises(ValueError, match=r"no \[MASK\]"):
        TokenMasking(Vocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a"]), 3)


@pytest.mark.parametrize(
    ("length", "rate", "expected"), [(64, 0.15, 10), (128, 0.15, 20), (512, 0.15, 77), (8, 0.15, 2)]
)
def test_default_slots(length, rate, expected):
    assert default_num_predictions(length, rate) == expected


def test_masks_are_those_that_every_version_drew_for_the_same_seed():
    row = [VOCABULARY.cls_id, *range(8, 20), VOCABULARY.sep_id, *[VOCABULARY.pad_id] * 2]
    masked = dense(num_predictions=4, mask_rate=0.3)(tf.constant([row] * 2), tf.constant([3, 4]))
    assert masked.mask_positions.numpy().tolist() == [[1, 5, 6, 9], [3, 4, 7, 11]]
    assert masked.token_ids.numpy().tolist() == [
        [5, 7, 9, 10, 11, 7, 7, 14, 15, 7, 17, 18, 19, 6, 1, 1],
        [5, 8, 9, 7, 7, 12, 13, 55, 15, 16, 17, 7, 19, 6, 1, 1],
    ]
