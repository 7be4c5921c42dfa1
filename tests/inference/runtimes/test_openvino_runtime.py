"""OpenVINO gives what Keras gives, for every predictor; needs the extra `fast`."""

import collections
import gc
import importlib.util
import logging
import sys

import keras
import numpy as np
import pytest

from bert_keras.data import WordPieceTokenizer
from bert_keras.inference import Classifier, Embedder, FillMask, QuestionAnswerer, Tagger
from bert_keras.inference.runtimes import RUNTIMES, openvino_runtime
from bert_keras.inference.runtimes.openvino_graph import rewrite_graph
from bert_keras.layers import SelfAttention
from bert_keras.models import BertEncoder, BertPretrainer, TextClassifier, TokenClassifier
from bert_keras.models import QuestionAnswerer as QuestionModel

if importlib.util.find_spec("openvino") is None:  # importing it here would import its telemetry
    pytest.skip("needs openvino", allow_module_level=True)
if keras.config.backend() != "tensorflow":
    pytest.skip("OpenVINO reads networks of TensorFlow", allow_module_level=True)

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abcdefgh"]
TEXTS = ["a b", "c d e f g h a b c", "[MASK] a b [MASK]", "h"]


def encoder(**options):
    return BertEncoder(len(WORDS), 2, 2, 16, 24, max_sequence_length=16, kernel_initializer="glorot_normal", **options)


def logits(predictor, texts=TEXTS):
    return predictor.outputs_of(predictor.rows(texts))


@keras.saving.register_keras_serializable("runtimes_test")
class LoudAttention(SelfAttention):
    """An attention of a user's own."""

    def call(self, inputs, attention_mask=None, training=None, rotary_positions=None):
        return 2.0 * super().call(inputs, attention_mask, training)


@pytest.mark.parametrize(
    ("kind", "model"),
    [
        (Classifier, lambda: TextClassifier(encoder(attention=LoudAttention(16, 2)), 3)),
        (Embedder, lambda: encoder(pooler=False)),
        (FillMask, lambda: BertPretrainer(encoder(), next_sentence=False)),
        (Tagger, lambda: TokenClassifier(encoder(), 3, labels=("a", "b", "c"))),
    ],
)
def test_outputs_are_those_of_keras_to_the_rounding_of_float32(kind, model):
    model, tokenizer = model(), WordPieceTokenizer(WORDS)
    texts = [text for text in TEXTS if kind is not FillMask or "[MASK]" in text]
    expected = logits(kind(model, tokenizer), texts)
    for ours, theirs in zip(logits(kind(model, tokenizer, runtime="openvino"), texts), expected, strict=True):
        keras.tree.map_structure(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-5), ours, theirs)


@pytest.mark.parametrize("options", [{}, {"use_bias": False, "normalize_first": True}])
def test_norms_and_attention_are_read_in_the_forms_that_have_kernels(options):
    model = encoder(pooler=False, **options)
    read = openvino_runtime._as_openvino(model, openvino_runtime._openvino())
    rewrite_graph(read, rounds=True)
    kinds = collections.Counter(each.get_type_name() for each in read.get_ordered_ops())
    num_norms = sum(isinstance(layer, keras.layers.LayerNormalization) for layer in model._flatten_layers())
    assert kinds["MVN"] == num_norms and not kinds["ReduceMean"] and not kinds["Power"]
    assert not kinds["CumSum"] and kinds["Select"] == 3  # of three tables: ids below 0 count from their ends
    assert kinds["ScaledDotProductAttention"] == 2 and kinds["MatMul"] == 2 * (3 + 1 + 2) + 1  # and the identity
    [result] = read.get_results()
    assert result.input_value(0).get_node().get_type_name() == "MatMul"


@pytest.mark.parametrize("position_offset", [0, 2])
def test_padding_on_either_side_is_as_in_keras(position_offset):
    model = BertEncoder(13, 1, 2, 16, 24, max_sequence_length=16, position_offset=position_offset)
    ids = np.array([[1, 5, 6, 7, 0, 0], [0, 0, 1, 5, 6, 7]], "int32")
    rows = {"token_ids": ids, "segment_ids": 0 * ids, "padding_mask": (ids != 0).astype("int32")}
    ready = RUNTIMES["openvino"].prepare(model)
    for ours, theirs in zip(
        keras.tree.flatten(ready.predict_on_batch(rows)), keras.tree.flatten(model.predict_on_batch(rows)), strict=True
    ):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_what_the_process_logs_stays_as_it_was():
    level = logging.getLogger().level
    logits(Embedder(encoder(pooler=False), WordPieceTokenizer(WORDS), runtime="openvino"))
    assert logging.getLogger().level == level


def test_answers_are_those_of_keras():
    model, tokenizer = QuestionModel(encoder()), WordPieceTokenizer(WORDS)
    both = [QuestionAnswerer(model, tokenizer, runtime=runtime)("a b", "c d e f") for runtime in ("keras", "openvino")]
    assert both[0]["answer"] == both[1]["answer"] and both[0]["score"] == pytest.approx(both[1]["score"], abs=1e-5)


@pytest.mark.parametrize("dtype", ["bfloat16", "mixed_bfloat16"])
def test_half_precision_is_computed_where_the_dtype_asks_for_it(dtype):
    model, tokenizer = TextClassifier(encoder(dtype=dtype), 3), WordPieceTokenizer(WORDS)
    ours = np.array(logits(Classifier(model, tokenizer, runtime="openvino")), "float32")
    np.testing.assert_allclose(ours, np.array(logits(Classifier(model, tokenizer)), "float32"), atol=0.05)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_answers_are_of_the_weights_that_were_taken_over_wherever_those_have_gone(dtype):
    model = encoder(dtype=dtype)
    ids = np.array([[2, 5, 6, 3]], "int32")
    rows = {"token_ids": ids, "segment_ids": 0 * ids, "padding_mask": 0 * ids + 1}
    expected = keras.tree.map_structure(np.asarray, model(rows, training=False))
    taken = RUNTIMES["openvino"].prepare(model)
    for weight in model.weights:
        weight.assign(keras.ops.full(weight.shape, np.nan, weight.dtype))
    gc.collect()
    # Over the memory that the former values, and whatever the conversion needed, may have stood in.
    kept = [np.full(weight.shape, np.nan, "float32") for weight in 40 * model.weights]
    kept += [keras.ops.full(weight.shape, np.nan) for weight in 40 * model.weights]
    for name, array in taken.predict_on_batch(rows).items():
        atol = 1e-5 if dtype == "float32" else 0.1
        np.testing.assert_allclose(array, expected[name].astype("float32"), atol=atol)


@pytest.mark.parametrize("pooling", ["mean", "max"])
def test_vectors_of_half_precision_are_those_of_keras(pooling):
    model, tokenizer = encoder(pooler=False, dtype="bfloat16"), WordPieceTokenizer(WORDS)
    ours, theirs = (Embedder(model, tokenizer, pooling=pooling, runtime=each)(TEXTS) for each in ("openvino", "keras"))
    np.testing.assert_allclose(ours, theirs, atol=0.05)


def test_packed_rows_and_ids_that_a_table_lacks_are_as_in_keras():
    model = encoder(pooler=False)
    ids = np.array([[2, 5, 6, 3, 2, 7, 3, 0]], "int32")
    packed = {"token_ids": ids, "segment_ids": 0 * ids, "padding_mask": np.array([[1, 1, 1, 1, 2, 2, 2, 0]], "int32")}
    ready = RUNTIMES["openvino"].prepare(model)
    ours, theirs = (each.predict_on_batch(packed)["sequence_output"] for each in (ready, model))
    np.testing.assert_allclose(ours, theirs, atol=1e-5)
    with pytest.raises(Exception, match="Do the tokenizer and the model belong together"):
        ready.predict_on_batch(packed | {"token_ids": ids + len(WORDS)})


def test_nothing_is_told_to_anybody():
    assert "openvino_telemetry" not in sys.modules


def test_what_openvino_has_no_rule_for_is_named():
    inputs = {"token_ids": keras.Input((None,), dtype="int32", name="token_ids")}
    import tensorflow as tf

    shuffled = keras.layers.Lambda(lambda x: tf.numpy_function(lambda y: y, [x], tf.float32), output_shape=(None,))
    network = keras.Model(inputs, shuffled(keras.ops.cast(inputs["token_ids"], "float32")))
    with pytest.raises(ValueError, match="OpenVINO cannot read it: .*PyFunc"):
        RUNTIMES["openvino"].prepare(network)


def test_a_predictor_sees_weights_that_were_trained_in_between():
    model, tokenizer = TextClassifier(encoder(), 2), WordPieceTokenizer(WORDS)
    predictor = Classifier(model, tokenizer, runtime="openvino")
    before = np.array(logits(predictor))
    model.get_layer("classification_head").dense.bias.assign([5.0, -5.0])
    np.testing.assert_allclose(np.array(logits(predictor)), before + [5.0, -5.0], atol=1e-5)
