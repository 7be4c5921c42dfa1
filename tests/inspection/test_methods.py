import logging

import keras
import numpy as np
import pytest

from bert_keras.data import BytePairTokenizer, WordPieceTokenizer
from bert_keras.data.tokenization.byte_alphabet import ALPHABET
from bert_keras.data.tokenization.byte_pair_vocabulary import BytePairVocabulary
from bert_keras.inference import Classifier, Tagger
from bert_keras.inspection import METHODS, answer_of, attribute
from bert_keras.models import BertEncoder, TextClassifier, TokenClassifier

TEXT = "Ada met Lyons, good film."


@pytest.fixture(scope="module")
def classifier(encoder, tokenizer):
    return Classifier(TextClassifier(encoder, 2, labels=["no", "yes"]), tokenizer)


@pytest.fixture(scope="module")
def linear(make_encoder, tokenizer):
    """A classifier without blocks: the logits are the mean of the tokens' vectors times a matrix."""
    encoder = make_encoder(0, pooler=False)
    return Classifier(TextClassifier(encoder, 2, labels=["no", "yes"], pooling="mean"), tokenizer)


def of_linear(linear, masked):
    """What the tokens add to the logit of "yes", by hand."""
    rows = linear.rows([TEXT])
    inputs = {name: np.asarray(value) for name, value in rows.inputs(np.array([0]), int(rows.row_lengths[0])).items()}
    if masked:
        inputs["token_ids"] = np.where(np.isin(inputs["token_ids"], [2, 3]), inputs["token_ids"], 4)
    vectors = keras.ops.convert_to_numpy(linear.model.encoder(inputs)["sequence_output"])[0]
    kernel = keras.ops.convert_to_numpy(linear.model.head_layer.dense.kernel)[:, 1]
    return vectors @ kernel / len(vectors)


@pytest.mark.parametrize(
    ("method", "options"), [("integrated_gradients", {"baseline": "mask", "num_steps": 1}), ("occlusion", {})]
)
def test_of_a_linear_model_words_have_what_they_add_beyond_the_mask(linear, method, options):
    of_tokens = of_linear(linear, False) - of_linear(linear, True)
    expected = np.add.reduceat(of_tokens[1:-1], [0, 1, 2, 4, 5, 6, 7])  # Lyon ##s
    found = attribute(linear, TEXT, answer="yes", method=method, **options)
    np.testing.assert_allclose(found.scores, expected, atol=1e-5)


def test_gradient_x_input_of_a_linear_model_is_what_the_tokens_add(linear):
    of_tokens = of_linear(linear, False)
    found = attribute(linear, TEXT, answer="yes", method="gradient_x_input")
    np.testing.assert_allclose(found.scores, np.add.reduceat(of_tokens[1:-1], [0, 1, 2, 4, 5, 6, 7]), atol=1e-5)
    assert found.special_score == pytest.approx(of_tokens[0] + of_tokens[-1], abs=1e-5)


@pytest.mark.slow_elsewhere
@pytest.mark.parametrize("baseline", ["pad", "mask", "zero"])
def test_integrated_gradients_add_up_to_the_difference_from_the_baseline(classifier, baseline):
    found = attribute(classifier, TEXT, answer="yes", baseline=baseline, batch_size=5)
    assert found.baseline_score != pytest.approx(found.answer_score, abs=1e-3)
    assert abs(found.gap) < 0.05 * np.abs(found.scores).sum()
    assert found.num_steps >= 32 and found.special_score == pytest.approx(0, abs=1e-6)


@pytest.mark.slow_elsewhere
def test_too_few_steps_are_doubled_and_told_where_they_do_not_suffice(classifier, caplog):
    found = attribute(classifier, TEXT, answer="yes", num_steps=1, tolerance=1e-3)
    assert found.num_steps > 1 and abs(found.gap) < 2e-3 * np.abs(found.scores).sum()
    with caplog.at_level(logging.WARNING):
        found = attribute(classifier, TEXT, answer="yes", num_steps=1, tolerance=0)
    assert found.num_steps == 8 and "integrated gradients of 'yes' lack" in caplog.text


@pytest.mark.parametrize(
    "replaced_by", ["mask", *(pytest.param(name, marks=pytest.mark.slow_elsewhere) for name in ("pad", "delete"))]
)
def test_occlusion_is_the_score_that_is_lost_without_each_word(classifier, tokenizer, replaced_by):
    words, instead = ["Ada", "met", "Lyons", ",", "good", "film", "."], {"mask": "[MASK]", "pad": "[PAD]", "delete": ""}
    found = attribute(classifier, TEXT, answer="yes", method="occlusion", replaced_by=replaced_by, batch_size=3)
    texts = [
        " ".join(words[:i] + [_instead(instead, replaced_by, word)] + words[i + 1 :]) for i, word in enumerate(words)
    ]
    logits = classifier.logits([" ".join(words), *texts])[:, 1]
    np.testing.assert_allclose(found.scores, logits[0] - logits[1:], atol=1e-5)


def _instead(instead, replaced_by, word):
    return " ".join([instead[replaced_by]] * (2 if word == "Lyons" else 1))  # two pieces


def test_rollout_of_one_block_is_half_its_mean_attention(classifier, encoder):
    found = attribute(classifier, TEXT, method="attention_rollout")
    answer = answer_of(classifier, TEXT)
    scores = encoder.inspector()(answer.inputs)["attention_scores"][0]
    num_tokens = int((answer.inputs["padding_mask"] != 0).sum())  # where models are compiled, rows are longer
    of_tokens = keras.ops.convert_to_numpy(scores)[0].mean(axis=0)[0, :num_tokens] / 2  # from [CLS]
    np.testing.assert_allclose(found.scores, np.add.reduceat(of_tokens[1:-1], [0, 1, 2, 4, 5, 6, 7]), atol=1e-6)
    assert found.special_score == pytest.approx(of_tokens[0] + of_tokens[-1] + 0.5, abs=1e-6)


class Silent(keras.layers.Layer):
    """An attention of one's own that shows no scores: each token sees the mean of all."""

    def build(self, shape):
        self.dense = keras.layers.Dense(shape[-1])
        self.dense.build(shape)

    def call(self, x, attention_mask=None):
        return self.dense(keras.ops.broadcast_to(keras.ops.mean(x, axis=1, keepdims=True), keras.ops.shape(x)))


@pytest.mark.slow_elsewhere
def test_an_attention_without_scores_has_no_rollout_and_all_else(make_encoder, tokenizer):
    classifier = Classifier(TextClassifier(make_encoder(attention=Silent()), 2), tokenizer)
    for method in METHODS.keys() - {"attention_rollout"}:
        assert np.abs(attribute(classifier, TEXT, method=method).scores).max() > 0
    with pytest.raises(ValueError, match="scores"):
        attribute(classifier, TEXT, method="attention_rollout")


@pytest.mark.slow_elsewhere
def test_words_that_were_cut_off_have_no_score_and_are_counted(classifier, caplog):
    short = Classifier(classifier.model, classifier.tokenizer, sequence_length=6)
    found = attribute(short, TEXT, method="occlusion")
    assert [word for word, _ in found.of_words()] == ["Ada", "met", "Lyons"] and found.num_unseen == 4


@pytest.mark.slow_elsewhere
@pytest.mark.parametrize(
    "family",
    [
        "modernbert",
        "gpt2",
        *(pytest.param(f, marks=pytest.mark.slow) for f in ("roberta", "albert", "distilbert", "electra")),
    ],
)
def test_every_family_is_explained_by_every_method(tokenizer, family):
    """Also where there are no segments, layers share weights, vectors are widened, or tokens see but the past."""
    if family == "roberta":  # whose positions begin behind the id of padding
        tokens = ["<s>", "<pad>", "</s>", "<unk>", "<mask>", *ALPHABET]
        tokenizer = BytePairTokenizer(BytePairVocabulary(tokens, []))
    sizes = {"num_layers": 2, "num_heads": 2, "hidden_dim": 8, "intermediate_dim": 8, "max_sequence_length": 64}
    if family in ("albert", "electra"):
        sizes["embedding_dim"] = 4
    keras.utils.set_random_seed(0)
    encoder = BertEncoder.from_size(
        "tiny" if family == "gpt2" else "base", len(tokenizer.vocabulary), family=family, pooler=False, **sizes
    )
    for weight in encoder.trainable_variables:
        weight.assign(weight + 0.3 * np.random.default_rng(0).normal(size=weight.shape))
    classifier = Classifier(TextClassifier(encoder, 2, pooling="mean"), tokenizer)
    for method in METHODS:
        found = attribute(classifier, "Ada met Lyons", answer=1, method=method)
        assert len(found.words) == 3 and np.abs(found.scores).max() > 0
    assert abs(attribute(classifier, "Ada met Lyons", answer=1).gap) < 0.02


@pytest.mark.slow_elsewhere
def test_half_precision_gives_nearly_the_same(make_encoder, tokenizer):
    found = []
    for dtype in ("float32", "mixed_bfloat16"):
        model = TextClassifier(make_encoder(dtype=dtype), 2, dtype="float32")
        keras.utils.set_random_seed(0)
        model.head_layer.dense.kernel.assign(np.random.default_rng(0).normal(size=model.head_layer.dense.kernel.shape))
        found.append(attribute(Classifier(model, tokenizer), TEXT, answer=1, tolerance=1.0))
    assert found[1].scores.dtype == np.float32
    np.testing.assert_allclose(found[1].scores, found[0].scores, atol=0.1 * np.abs(found[0].scores).max())


@pytest.mark.slow_elsewhere
def test_bad_options_are_refused(classifier, encoder):
    with pytest.raises(ValueError, match="Expected method to be one of integrated_gradients, .*; received 'lime'"):
        attribute(classifier, TEXT, method="lime")
    with pytest.raises(ValueError, match="Expected baseline to be one of pad, mask, zero; received 'unk'"):
        attribute(classifier, TEXT, baseline="unk")
    for options in ({"num_steps": 0}, {"batch_size": 0}, {"batch_size": 0, "method": "occlusion"}):
        with pytest.raises(ValueError, match="must be at least 1, received 0"):
            attribute(classifier, TEXT, **options)
    with pytest.raises(ValueError, match="Expected one of pad, mask, delete; received 'unk'"):
        attribute(classifier, TEXT, method="occlusion", replaced_by="unk")
    with pytest.raises(TypeError, match="num_steps"):
        attribute(classifier, TEXT, method="occlusion", num_steps=3)
    no_mask = Classifier(classifier.model, WordPieceTokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "ada"]))
    with pytest.raises(ValueError, match=r"no \[MASK\]"):
        attribute(no_mask, "Ada", method="occlusion", replaced_by="mask")
    tagger = Tagger(TokenClassifier(encoder, 2, labels=("a", "b")), classifier.tokenizer)
    with pytest.raises(ValueError, match="stands at places of the text, which move where words are deleted"):
        attribute(tagger, TEXT, answer="a", at=1, method="occlusion", replaced_by="delete")


@pytest.mark.slow_elsewhere
def test_the_model_is_as_before(classifier):
    before = classifier.logits([TEXT])
    attribute(classifier, TEXT)
    assert "call" not in vars(classifier.model.encoder.embeddings)
    np.testing.assert_array_equal(classifier.logits([TEXT]), before)
