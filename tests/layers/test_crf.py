import itertools

import keras
import numpy as np
import pytest

from bert_keras.layers.crf import CRF
from bert_keras.tagging_schemes import tag_names, transition_table

TAGS = 3


def make(tags=TAGS, **options):
    crf = CRF(tags, **options)
    crf.build((None, None, tags))
    generator = np.random.default_rng(7)
    for weight in crf.weights:
        weight.assign(generator.normal(size=weight.shape) / crf.scale)
    return crf


def rows(tags=TAGS, seed=0, masks=((1, 1, 1, 1), (0, 1, 0, 1), (0, 0, 1, 0), (0, 0, 0, 0))):
    generator = np.random.default_rng(seed)
    mask = np.array(masks, bool)
    scores = generator.normal(size=(*mask.shape, tags)).astype("float32") * 2
    return scores, generator.integers(0, tags, mask.shape).astype("int32"), mask


def score_of(crf, scores, sequence):
    """The score of one sequence of tags, by the definition."""
    start, steps, end = (
        keras.ops.convert_to_numpy(weight) * crf.scale
        for weight in (crf.start_transitions, crf.transitions, crf.end_transitions)
    )
    total = start[sequence[0]] + end[sequence[-1]] + sum(scores[i, tag] for i, tag in enumerate(sequence))
    return total + sum(steps[one, two] for one, two in itertools.pairwise(sequence))


def all_scores(crf, scores):
    sequences = list(itertools.product(range(scores.shape[1]), repeat=len(scores)))
    return sequences, np.array([score_of(crf, scores, sequence) for sequence in sequences], "float64")


def test_likelihood_is_that_of_all_sequences_counted_one_by_one():
    crf, (scores, tags, mask) = make(), rows()
    found = keras.ops.convert_to_numpy(crf.log_likelihood(scores, tags, mask))
    assert found.shape == (4,) and found[3] == 0
    for row in range(3):
        own = score_of(crf, scores[row, mask[row]], tags[row, mask[row]])
        _, every = all_scores(crf, scores[row, mask[row]])
        np.testing.assert_allclose(found[row], own - np.logaddexp.reduce(every), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("scheme", [None, "BIO", "IOB1", "BIOES", "BMES", "IOE2"])
def test_decoding_finds_the_best_of_all_allowed_sequences(scheme):
    table = None if scheme is None else transition_table(tag_names(["a"], scheme), scheme)
    crf = make(tags := len(table) - 1 if table else TAGS, allowed_transitions=table)
    for seed in range(3):
        scores, _, mask = rows(tags, seed)
        found = keras.ops.convert_to_numpy(crf.decode(scores, mask))
        assert found.dtype == "int32" and not found[~mask].any()
        for row in range(3):
            sequences, every = all_scores(crf, scores[row, mask[row]])
            for i, sequence in enumerate(sequences):
                path = [tags, *sequence, tags]
                if table and not all(table[one][two] for one, two in itertools.pairwise(path)):
                    every[i] = -np.inf
            assert tuple(found[row, mask[row]]) == sequences[every.argmax()]


def test_positions_that_do_not_count_may_hold_anything():
    crf, (scores, tags, mask) = make(), rows()
    other = np.where(mask[..., None], scores, 99.0).astype("float32"), np.where(mask, tags, 2), mask
    for one, two in ((crf.log_likelihood(scores, tags, mask), crf.log_likelihood(*other)),
                     (crf.decode(scores, mask), crf.decode(other[0], mask))):  # fmt: skip
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(one), keras.ops.convert_to_numpy(two))


def test_rows_may_be_one_position_long():
    crf, (scores, tags, mask) = make(), rows(masks=((1,), (0,)))
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(crf.log_likelihood(scores, tags, mask))[0],
        score_of(crf, scores[0], tags[0]) - np.logaddexp.reduce(all_scores(crf, scores[0])[1]),
        rtol=1e-4,
    )
    assert keras.ops.convert_to_numpy(crf.decode(scores, mask)).shape == (2, 1)


class Tagger(keras.Model):
    """Learns the steps alone."""

    def __init__(self):
        super().__init__()
        self.crf = CRF(2)

    def call(self, x):
        return self.crf(x)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        return -keras.ops.mean(self.crf.log_likelihood(y_pred, y, sample_weight > 0))


@pytest.mark.slow
def test_steps_are_learned_by_fit_from_batches_of_any_length():
    def batches():
        # The scores say nothing; tags alternate and begin with 1.
        while True:
            for length in (6, 4):
                x, y = np.zeros((4, length, 2), "float32"), np.tile([[0, 1] * (length // 2)], (4, 1)).astype("int32")
                weights = np.ones((4, length), "float32")
                weights[:, [0, -1]] = 0
                yield x, y, weights

    model = Tagger()
    model.compile(optimizer=keras.optimizers.Adam(0.005))
    losses = model.fit(batches(), steps_per_epoch=2, epochs=15, verbose=0).history["loss"]
    assert losses[-1] < 0.5 * losses[0]
    x, y, weights = next(batches())
    decoded = keras.ops.convert_to_numpy(model.crf.decode(x, weights > 0))
    assert decoded.tolist() == [[0, 1, 0, 1, 0, 0]] * 4


def test_a_model_with_a_crf_is_saved_whole(tmp_path):
    inputs = keras.Input((None, 3))
    crf = CRF(3, allowed_transitions=transition_table(tag_names(["a"], "BIO"), "BIO"), name="crf")
    model = keras.Model(inputs, crf(inputs))
    crf.transitions.assign(np.arange(9).reshape(3, 3) / 100)
    model.save(tmp_path / "crf.keras")
    loaded = keras.saving.load_model(tmp_path / "crf.keras").get_layer("crf")
    scores, _, mask = rows()
    for one, two in ((crf, loaded), (crf.get_config(), loaded.get_config())):
        if isinstance(one, dict):
            assert one == two
        else:
            np.testing.assert_array_equal(
                keras.ops.convert_to_numpy(one.decode(scores, mask)),
                keras.ops.convert_to_numpy(two.decode(scores, mask)),
            )


def test_a_table_of_another_size_is_refused():
    with pytest.raises(ValueError, match="a square of 4 rows and columns"):
        CRF(3, allowed_transitions=[[True] * 3] * 3)
