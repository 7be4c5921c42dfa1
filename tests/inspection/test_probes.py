import numpy as np
import pytest

from bert_keras.data import Examples, TaggedSentences, sentences_of_texts
from bert_keras.inspection import probe_layers
from bert_keras.inspection.probes import _Sums

GOOD = [" ".join(["so"] * i + [word] + ["the"] * j) for i in range(4) for j in range(3) for word in ("good", "bad")]
EXAMPLES = Examples(tuple(GOOD), labels=(1, 0) * 12, label_names=("no", "yes"))


def tagged(texts, tag_of):
    words = sentences_of_texts(texts)
    tags = tuple(tuple(tag_of(word) for word in some) for some in words.words)
    names = tuple(sorted({tag for some in tags for tag in some}))
    return TaggedSentences(words.words, words.texts, words.offsets, tags, tag_names=names)


@pytest.mark.slow_elsewhere
def test_what_each_word_tells_by_itself_is_read_off_its_embedding(embedder):
    sentences = tagged(GOOD * 2, lambda word: "adj" if word in ("good", "bad") else "other")
    probes = probe_layers(embedder, sentences, 0.25)
    assert probes.accuracy[0] == 1.0 and probes.accuracy.shape == (3,)
    assert probes.control.shape == (3,)
    np.testing.assert_allclose(probes.selectivity, probes.accuracy - probes.control)
    assert probes.num_train + probes.num_held_out == sum(len(text.split()) for text in GOOD * 2)


def test_the_class_of_a_text_is_read_off_the_mean_of_its_tokens(embedder):
    probes = probe_layers(embedder, EXAMPLES, EXAMPLES)
    assert probes.accuracy[0] == 1.0
    assert (probes.majority, probes.control, probes.num_train, probes.num_held_out) == (0.5, None, 24, 24)
    assert [line.split("  ")[0] for line in str(probes).splitlines()] == [
        "probe on", "embeddings", "block 0", "block 1", "most frequent label",
    ]  # fmt: skip


@pytest.mark.slow_elsewhere
def test_labels_of_the_held_out_part_are_numbered_as_those_of_training(embedder):
    turned = Examples(EXAMPLES.texts, labels=(0, 1) * 12, label_names=("yes", "no"))
    assert probe_layers(embedder, EXAMPLES, turned).accuracy[0] == 1.0


@pytest.mark.slow_elsewhere
def test_labels_that_nothing_tells_are_not_found(embedder):
    labels = tuple(np.random.default_rng(0).integers(0, 2, 40).tolist())
    examples = Examples(("so good",) * 40, labels=labels, label_names=("no", "yes"))
    probes = probe_layers(embedder, examples, examples)
    np.testing.assert_allclose(probes.accuracy, probes.majority)


@pytest.mark.slow_elsewhere
def test_numbers_and_several_labels_are_refused(embedder):
    with pytest.raises(ValueError, match="numbers, and several labels for a text, are not probed"):
        probe_layers(embedder, Examples(("so", "bad"), labels=(0.5, 1.5)), Examples(("so",), labels=(0.5,)))


@pytest.mark.slow_elsewhere
def test_a_share_that_leaves_a_part_empty_is_refused(embedder):
    with pytest.raises(ValueError, match="in both parts, received 0.1 of 2"):
        probe_layers(embedder, tagged(["so", "bad"], str), 0.1)


def examples_of_regression(num_examples, dim=6):
    random = np.random.default_rng(1)
    vectors = random.normal(size=(num_examples, dim)).astype("float32") + 3
    return vectors, (vectors[:, 0] + vectors[:, 1] > 6 + random.normal(size=num_examples)).astype(int)


def test_sums_of_batches_are_those_of_all_and_the_fit_is_that_of_least_squares():
    vectors, labels = examples_of_regression(400)
    sums = _Sums(6, 2)
    for start in range(0, 400, 100):
        sums.add(vectors[start : start + 100], labels[start : start + 100], None)
    weights, bias = sums.solve()
    expected = np.linalg.lstsq(np.c_[vectors, np.ones(400)], np.eye(2)[labels], rcond=None)[0]
    np.testing.assert_allclose(weights[:, :2], expected[:-1], atol=3e-3)
    np.testing.assert_allclose(bias[:2], expected[-1], atol=2e-2)


def test_the_penalty_is_that_of_scikit_learn():
    linear_model = pytest.importorskip("sklearn.linear_model")
    vectors, labels = examples_of_regression(30, dim=20)
    sums = _Sums(20, 2)
    sums.add(vectors, labels, None)
    weights, bias = sums.solve()
    variance = np.linalg.eigvalsh(np.cov(vectors.T, bias=True) * 30).mean()
    model = linear_model.RidgeCV(alphas=10.0 ** np.arange(-6, 2.5, 0.5) * variance).fit(vectors, np.eye(2)[labels])
    np.testing.assert_allclose(weights[:, :2], model.coef_.T, atol=0.02)
