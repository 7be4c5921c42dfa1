import numpy as np
import pytest
from keras import ops

from bert_keras.data import Examples, TaggedSentences, sentences_of_texts
from bert_keras.inference import Tagger
from bert_keras.inspection import head_importance, silent_head
from bert_keras.models import TokenClassifier
from bert_keras.training import add_lora

EXAMPLES = Examples(("so good", "bad soup", "good"), labels=(1, 0, 1), label_names=("no", "yes"))


def first_vectors(encoder):
    ids = np.array([[2, 5, 6, 3]])
    inputs = {"token_ids": ids, "segment_ids": 0 * ids, "padding_mask": 0 * ids + 1}
    return ops.convert_to_numpy(encoder(inputs)["sequence_output"])


@pytest.mark.parametrize("has_lora", [False, True])
def test_a_silent_head_passes_nothing_on(make_encoder, has_lora):
    encoder = make_encoder(2)
    if has_lora:
        add_lora(encoder, 2)
        for dense in (block.attention.output_projection for block in encoder.encoder_blocks):
            dense.lora_kernel_b.assign(np.ones((2, 8)))
    projection = encoder.encoder_blocks[1].attention.output_projection
    found = np.random.default_rng(0).normal(size=(3, 8)).astype("float32")
    without = found * np.array([1] * 4 + [0] * 4, "float32")
    expected = ops.convert_to_numpy(projection(without))
    with silent_head(encoder, block=1, head=1):
        np.testing.assert_allclose(ops.convert_to_numpy(projection(found)), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.slow_elsewhere
def test_weights_are_put_back_bit_for_bit_after_an_error_too(make_encoder):
    encoder = make_encoder(2, dtype="bfloat16")
    before, vectors = [np.array(ops.convert_to_numpy(w)) for w in encoder.weights], first_vectors(encoder)
    with pytest.raises(RuntimeError), silent_head(encoder, 0, 1):
        assert not np.array_equal(first_vectors(encoder), vectors)
        raise RuntimeError
    for old, new in zip(before, encoder.weights, strict=True):
        assert old.tobytes() == np.array(ops.convert_to_numpy(new)).tobytes()


@pytest.mark.traced
def test_a_model_that_is_traced_already_sees_it(classifier):
    before = classifier.logits(EXAMPLES)
    with silent_head(classifier.model.encoder, 1, 0):
        assert not np.array_equal(classifier.logits(EXAMPLES), before)
    np.testing.assert_array_equal(classifier.logits(EXAMPLES), before)


@pytest.mark.slow_elsewhere
@pytest.mark.parametrize(("block", "head", "message"), [(2, 0, "block from 0 to 1"), (0, -1, "head from 0 to 1")])
def test_a_number_out_of_range_is_refused(make_encoder, block, head, message):
    with pytest.raises(ValueError, match=message), silent_head(make_encoder(2), block, head):
        pass


@pytest.mark.slow_elsewhere
def test_the_head_that_all_rests_on_matters_most(classifier):
    for number, block in enumerate(classifier.model.encoder.encoder_blocks):
        kernel = np.zeros((8, 8), "float32")
        if number == 1:
            kernel[4:] = np.random.default_rng(0).normal(size=(4, 8))
        block.attention.output_projection.kernel.assign(kernel)
    importance = head_importance(classifier, EXAMPLES)
    assert importance.ranked()[0] == (1, 1)
    changes = importance.changes["loss"]
    assert changes[1, 1] != 0 and np.count_nonzero(changes) == 1
    logits = classifier.logits(EXAMPLES)
    logits = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    assert importance.measures["loss"] == pytest.approx(-np.mean([logits[0, 1], logits[1, 0], logits[2, 1]]), rel=1e-5)
    assert str(importance).splitlines()[2].startswith("block 1 head 1")


@pytest.mark.slow_elsewhere
def test_a_tagger_is_measured_at_its_words(make_encoder, tokenizer):
    words = sentences_of_texts(["so good soups", "bad"])
    sentences = TaggedSentences(
        words.words, words.texts, words.offsets, (("a", "b", "b"), ("a",)), tag_names=("a", "b")
    )
    tagger = Tagger(TokenClassifier(make_encoder(2), 2, labels=("a", "b")), tokenizer)
    right = np.mean([tag == is_right for tag, is_right in zip(sum(tagger.tags(sentences), []), "abba")])
    assert head_importance(tagger, sentences).measures["accuracy"] == pytest.approx(right)


@pytest.mark.slow_elsewhere
def test_a_measure_of_ones_own_serves_any_model(embedder):
    calls = []

    def length():
        calls.append(embedder("so good"))
        return {"length": float(np.linalg.norm(calls[-1]))}

    importance = head_importance(embedder, measure=length)
    assert len(calls) == 5
    assert importance.changes["length"][0, 1] == pytest.approx(np.linalg.norm(calls[2]) - np.linalg.norm(calls[0]))


@pytest.mark.slow_elsewhere
def test_examples_without_labels_or_of_numbers_are_refused(classifier, embedder):
    with pytest.raises(ValueError, match="one of the two"):
        head_importance(classifier)
    with pytest.raises(ValueError, match="Expected labelled examples"):
        head_importance(classifier, Examples(("so",)))
    with pytest.raises(ValueError, match="no logits over classes"):
        head_importance(embedder, Examples(("so",), labels=(0.5,)))
