"""What every predictor does by one mechanism: it loads, takes options, and runs rows through its model."""

import types

import keras
import numpy as np
import pytest

from bert_keras import inference
from bert_keras.data import TokenizedTexts, WordPieceTokenizer
from bert_keras.models import (
    BertEncoder,
    BertPretrainer,
    CausalLM,
    MultipleChoice,
    QuestionAnswerer,
    RelationClassifier,
    SpanTagger,
    TextClassifier,
    TokenClassifier,
    TripleExtractor,
)

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "$", "#", *"abcdefgh"]
MODELS = {
    "Chooser": MultipleChoice,
    "Classifier": lambda encoder: TextClassifier(encoder, 2),
    "CrossEncoder": lambda encoder: TextClassifier(encoder, 1),
    "Embedder": lambda encoder: encoder,
    "FillMask": lambda encoder: BertPretrainer(encoder, next_sentence=False),
    "Generator": lambda encoder: CausalLM(
        BertEncoder.from_config(encoder.get_config() | {"attention_pattern": "causal", "pooler": False})
    ),
    "QuestionAnswerer": QuestionAnswerer,
    "RelationExtractor": lambda encoder: RelationClassifier(encoder, 2, labels=("a", "b")),
    "SpanFinder": lambda encoder: SpanTagger(encoder, ("a", "b"), head_dim=4),
    "Tagger": lambda encoder: TokenClassifier(encoder, 2, labels=("a", "b")),
    "TripleFinder": lambda encoder: TripleExtractor(encoder, ("a", "b"), head_dim=4),
}


def is_predictor(name):
    thing = getattr(inference, name)
    return isinstance(thing, type) and issubclass(thing, inference.Predictor) and thing is not inference.Predictor


@pytest.mark.slow_elsewhere
@pytest.mark.parametrize("name", [name for name in inference.__all__ if is_predictor(name)])
def test_options_of_the_predictor_and_of_its_encoder_are_told_apart(tmp_path, name):
    MODELS[name](BertEncoder(len(WORDS), 1, 2, 8, 12, max_sequence_length=16)).save_to_preset(tmp_path)
    WordPieceTokenizer(WORDS).save_to_preset(tmp_path)
    predictor = getattr(inference, name).from_preset(tmp_path, dtype="mixed_bfloat16", dropout=0.0)
    encoder = getattr(predictor.model, "encoder", predictor.model)
    assert encoder.compute_dtype == "bfloat16" and encoder.dropout == 0.0
    with pytest.raises(TypeError, match=f"{name}.from_preset has no option batchsize. Its own: batch_"):
        getattr(inference, name).from_preset(tmp_path, batchsize=3)


class Counter:
    """Stands in for a model: how many tokens a row has, and its longest neighbour."""

    jit_compile, max_sequence_length = False, 16

    def __init__(self):
        self.shapes = []

    def make_predict_function(self):
        pass

    def predict_on_batch(self, inputs):
        self.shapes.append(inputs["token_ids"].shape)
        return {"count": inputs["padding_mask"].sum(1), "each": 1.0 * inputs["padding_mask"]}


@pytest.fixture
def tokenizer():
    return WordPieceTokenizer(WORDS)


@pytest.mark.parametrize("sizes", [{"batch_size": 2}, {"batch_size": None, "batch_tokens": 32}, {"batch_tokens": 20}])
def test_outputs_come_in_the_order_of_the_rows_and_batches_within_their_limits(tokenizer, sizes):
    predictor = inference.Predictor(Counter(), tokenizer, **sizes)
    texts = ["a " * count for count in (9, 1, 5, 0, 14, 2)]
    rows = TokenizedTexts(texts, None, tokenizer, sequence_length=predictor.sequence_length)
    outputs = predictor.outputs_of(rows)
    assert [int(output["count"]) for output in outputs] == [11, 3, 7, 2, 16, 4]
    assert all(output["each"].sum() == output["count"] for output in outputs)
    for num_rows, length in predictor.model.shapes:
        assert num_rows <= (sizes.get("batch_size", 32) or 32)
        assert num_rows == 1 or num_rows * length <= sizes.get("batch_tokens", 1000)


@pytest.mark.slow_elsewhere
def test_rows_are_as_long_as_the_model_takes_unless_chosen(tokenizer):
    model = types.SimpleNamespace(encoder=types.SimpleNamespace(max_sequence_length=1000))
    assert inference.Predictor(model, tokenizer).sequence_length == 1000
    assert inference.Classifier(model, tokenizer).sequence_length == 512
    assert inference.Classifier(model, tokenizer, sequence_length=700).sequence_length == 700


@pytest.mark.slow_elsewhere
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": 0}, "batch_size must be at least 1, received 0"),
        ({"batch_tokens": 0}, "batch_tokens must be at least 1, received 0"),
        ({"sequence_length": 2}, "sequence_length must be at least 3, received 2"),
        ({"batch_size": None}, "Expected batch_size, batch_tokens or both"),
        ({"sequence_length": 4000}, "sequence_length must be at most .*, the encoder's positions; received 4000"),
    ],
)
def test_numbers_that_mean_nothing_are_refused(tokenizer, options, message):
    with pytest.raises(ValueError, match=message):
        inference.Predictor(Counter(), tokenizer, **options)


@pytest.mark.slow_elsewhere
def test_a_model_of_another_task_is_refused(tokenizer):
    tagger = TokenClassifier(BertEncoder(len(WORDS), 1, 2, 8, 12), num_tags=2)
    with pytest.raises(ValueError, match="Classifier expects a TextClassifier, received a TokenClassifier"):
        inference.Classifier(tagger, tokenizer)


@pytest.mark.slow_elsewhere
def test_a_predictor_that_does_not_say_its_rows_or_results_is_told_what_lacks(tokenizer):
    predictor = inference.Predictor(Counter(), tokenizer)
    with pytest.raises(NotImplementedError, match="def rows"):
        predictor("a")
    with pytest.raises(NotImplementedError, match="def results"):
        predictor.results(None)


@pytest.mark.slow_elsewhere
def test_a_preset_without_a_trained_head_is_refused(tmp_path, tokenizer):
    BertEncoder(len(WORDS), 1, 2, 8, 12, max_sequence_length=16).save_to_preset(tmp_path)
    tokenizer.save_to_preset(tmp_path)
    with pytest.raises(ValueError, match="has no head for Chooser: multiple_choice_head/.* would be random"):
        inference.Chooser.from_preset(tmp_path)


def test_rows_are_predicted_again_with_the_weights_of_the_time(tokenizer):
    classifier = TextClassifier(BertEncoder(len(WORDS), 1, 2, 8, 12, max_sequence_length=16), 2)
    predictor = inference.Classifier(classifier, tokenizer)
    rows = predictor.rows(["a b", "c"])
    before = predictor.logits(rows)
    classifier.get_layer("classification_head").dense.bias.assign([5.0, -5.0])
    np.testing.assert_allclose(predictor.logits(rows), before + [5.0, -5.0], atol=1e-5)


@pytest.mark.slow_elsewhere
def test_a_predictor_of_ones_own_takes_rows_that_were_made_before(tokenizer):
    class Lengths(inference.Predictor):
        def rows(self, texts):
            texts = inference.as_texts(texts)
            return TokenizedTexts(texts, None, self.tokenizer, sequence_length=self.sequence_length)

        def results(self, rows):
            return [int(output["count"]) for output in self.outputs_of(rows)]

    lengths = Lengths(Counter(), tokenizer)
    assert lengths(lengths.rows(["a", "a b"])) == lengths(["a", "a b"]) == [3, 4]


@pytest.mark.slow_elsewhere
@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ({"text": "a", "text_pair": "b"}, r"received a dict: give one of its columns, such as texts\['text'\]"),
        (b"a b", "received b'a b'"),
        (["a", float("nan")], r"received nan \(float\), number 2 of 2"),
        (7, "received 7"),
    ],
)
def test_what_is_no_texts_is_refused_by_its_type_and_number(texts, message):
    with pytest.raises(ValueError, match=message):
        inference.as_texts(texts)


@pytest.mark.slow_elsewhere
def test_a_table_is_not_read_by_the_names_of_its_columns():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"review": ["a", "b"]})
    with pytest.raises(ValueError, match=r"received a DataFrame: give one of its columns, such as texts\['review'\]"):
        inference.as_texts(frame)
    assert inference.as_texts(frame["review"]) == ["a", "b"]


@pytest.mark.slow_elsewhere
@pytest.mark.parametrize("top_k", [0, -1])
def test_fewer_answers_than_one_are_refused(tokenizer, top_k):
    classifier = TextClassifier(BertEncoder(len(WORDS), 1, 2, 8, 12, max_sequence_length=16), 2)
    with pytest.raises(ValueError, match=f"top_k must be at least 1, received {top_k}"):
        inference.Classifier(classifier, tokenizer)("a", top_k=top_k)


@pytest.mark.slow_elsewhere
def test_a_tokenizer_that_pads_with_another_id_than_its_encoder_is_refused(tokenizer):
    encoder = BertEncoder.from_size("tiny", vocabulary_size=len(WORDS), family="roberta")
    with pytest.raises(ValueError, match="pads with the id 1, .* received a WordPieceTokenizer that pads with 0"):
        inference.Embedder(encoder, tokenizer)


@pytest.mark.slow_elsewhere
def test_tokens_without_a_vector_are_told_before_a_text_has_one(tokenizer, caplog):
    encoder = BertEncoder(len(WORDS), 1, 2, 8, 12, max_sequence_length=16)
    inference.Embedder(encoder, tokenizer)
    assert not caplog.records
    embed = inference.Embedder(BertEncoder(len(WORDS) - 1, 1, 2, 8, 12, max_sequence_length=16), tokenizer)
    assert "the tokenizer has 15 tokens and the encoder vectors for 14" in caplog.text
    assert embed("a b").shape == (8,)
    if keras.config.backend() == "jax":  # nothing can be raised in a compiled step there
        assert np.isnan(embed("h")).all() and "Do the tokenizer and the model belong together" in caplog.text
    else:
        with pytest.raises(Exception, match="Do the tokenizer and the model belong together"):
            embed("h")
