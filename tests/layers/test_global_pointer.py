import keras
import numpy as np
import pytest

from bert_keras.layers.global_pointer import GlobalPointer
from bert_keras.training import SpanF1, SpanLoss

INPUTS = np.random.default_rng(0).normal(size=(2, 5, 8)).astype("float32")
MASK = np.array([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]], "int32")


def make(**options):
    keras.utils.set_random_seed(0)
    return GlobalPointer(3, head_dim=4, kernel_initializer=keras.initializers.RandomNormal(stddev=0.5), **options)


def scores_of(layer, inputs=INPUTS, mask=MASK):
    return keras.ops.convert_to_numpy(layer(inputs, mask))


@pytest.mark.parametrize("efficient", [True, False])
def test_scores_are_products_of_queries_and_keys_turned_by_their_places(efficient):
    layer = make(efficient=efficient)
    scores = scores_of(layer)
    kernel = keras.ops.convert_to_numpy(layer.query_key.kernel)
    for label in range(3):
        for begin in range(5):
            for end in range(5):
                both = INPUTS[0] @ kernel
                heads = both.reshape(5, -1, 2, 4)[:, 0 if efficient else label]
                # Complex numbers turn by multiplication; the angle between the two places is all that is left.
                query, key = (
                    heads[place, part, :2] + 1j * heads[place, part, 2:] for place, part in ((begin, 0), (end, 1))
                )
                turned = np.exp(1j * (begin - end) * 10000.0 ** -np.array([0, 0.5]))
                expected = (query * turned * key.conj()).real.sum() / 2
                if efficient:
                    bias = (both @ keras.ops.convert_to_numpy(layer.label_bias.kernel)).reshape(5, 2, 3) / 2
                    expected += bias[begin, 0, label] + bias[end, 1, label] - 7  # rare, to begin with
                if begin > end:
                    expected = -1e6
                assert scores[0, label, begin, end] == pytest.approx(expected, rel=1e-4, abs=1e-4)


def test_new_scores_take_spans_for_rare_and_yet_differ():
    inputs = np.random.default_rng(0).normal(size=(2, 30, 64)).astype("float32")
    scores = scores_of(GlobalPointer(3, ordered=False), inputs, np.ones((2, 30), "int32"))
    assert -7.5 < scores.mean() < -6.5 and 0.5 < scores.std() < 2


def test_padding_has_no_spans_and_changes_none():
    layer = make()
    scores = scores_of(layer)
    assert (scores[1, :, 3:] == -1e6).all() and (scores[1, :, :, 3:] == -1e6).all()
    np.testing.assert_allclose(scores[1:, :, :3, :3], scores_of(layer, INPUTS[1:, :3], MASK[1:, :3]), atol=1e-5)


def test_links_may_go_backwards():
    scores = scores_of(make(ordered=False, rotary=False))
    assert (scores[0] > -1e6).all()


def test_is_saved_with_its_arguments(tmp_path):
    inputs, mask = keras.Input((None, 8)), keras.Input((None,), dtype="int32")
    layer = make(efficient=False)
    model = keras.Model([inputs, mask], layer(inputs, mask))
    model.save(tmp_path / "pointer.keras")
    loaded = keras.saving.load_model(tmp_path / "pointer.keras")
    np.testing.assert_array_equal(
        keras.ops.convert_to_numpy(loaded([INPUTS, MASK])), keras.ops.convert_to_numpy(model([INPUTS, MASK]))
    )
    with pytest.raises(ValueError, match="head_dim to be even, received 5"):
        GlobalPointer(3, head_dim=5)


def test_loss_is_the_one_of_the_paper():
    scores = np.random.default_rng(1).normal(size=(2, 3, 4, 4)).astype("float32")
    spans = np.array([[[0, 1, 2], [0, 1, 2], [2, 0, 3]], [[-1, 0, 0], [-1, 0, 0], [1, 3, 3]]])
    expected = []
    for row in range(2):
        targets = np.zeros((3, 4, 4), bool)
        for label, begin, end in spans[row]:
            if label >= 0:
                targets[label, begin, end] = True
        expected.append(
            sum(
                np.log1p(np.exp(-scores[row, label][targets[label]]).sum())
                + np.log1p(np.exp(scores[row, label][~targets[label]]).sum())
                for label in range(3)
            )
        )
    assert float(SpanLoss()(spans, scores)) == pytest.approx(np.mean(expected), rel=1e-5)
    weighted = SpanLoss()(spans, scores, sample_weight=np.array([1.0, 0.0], "float32"))
    assert float(weighted) == pytest.approx(expected[0], rel=1e-5)
    metric = SpanF1()
    metric.update_state(spans, scores, sample_weight=np.array([1.0, 0.0], "float32"))
    right = sum(scores[0, label, begin, end] > 0 for label, begin, end in {(0, 1, 2), (2, 0, 3)})
    assert float(metric.result()) == pytest.approx(2 * right / (2 + (scores[0] > 0).sum()))


@pytest.mark.slow
def test_learns_spans_that_lie_in_each_other():
    inputs, mask = keras.Input((None, 8)), keras.Input((None,), dtype="int32")
    model = keras.Model([inputs, mask], make()(inputs, mask))
    model.compile(
        optimizer=keras.optimizers.Adam(0.05), loss=SpanLoss(), weighted_metrics=[SpanF1()],
        jit_compile=keras.config.backend() == "jax",
    )  # fmt: skip
    spans = np.array([[[0, 0, 4], [1, 1, 2], [-1, 0, 0]], [[0, 0, 1], [2, 0, 2], [1, 2, 2]]])
    weights = np.ones(2, "float32")
    logs = model.fit([INPUTS, MASK], spans, sample_weight=weights, epochs=60, verbose=0).history
    assert logs["loss"][-1] < 0.1 * logs["loss"][0] and logs["span_f1"][-1] == 1
