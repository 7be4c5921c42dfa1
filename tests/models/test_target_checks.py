import functools
import re

import keras
import numpy as np
import pytest

from bert_keras.models import (
    BertPretrainer,
    MultipleChoice,
    QuestionAnswerer,
    RelationClassifier,
    SpanTagger,
    TextClassifier,
    TokenClassifier,
    TripleExtractor,
)
from bert_keras.ops import refusal
from bert_keras.training import AdamW, MatryoshkaLoss
from bert_keras.training.target_kinds import VECTORS

LENGTH = 6
MAKERS = {
    "classes": lambda encoder: TextClassifier(encoder, 3, dropout=0.0),
    "labels": lambda encoder: TextClassifier(encoder, 3, problem_type="multi_label_classification", dropout=0.0),
    "numbers": lambda encoder: TextClassifier(encoder, 1, dropout=0.0),
    "choices": lambda encoder: MultipleChoice(encoder, dropout=0.0),
    "relations": lambda encoder: RelationClassifier(encoder, 3, dropout=0.0),
    "tags": lambda encoder: TokenClassifier(encoder, 3, dropout=0.0),
    "crf": lambda encoder: TokenClassifier(encoder, 3, head="crf", dropout=0.0),
    "answers": QuestionAnswerer,
    "spans": lambda encoder: SpanTagger(encoder, ["a", "b"], dropout=0.0),
    "triples": lambda encoder: TripleExtractor(encoder, ["a", "b"], dropout=0.0),
    "pretraining": BertPretrainer,
}
SPAN = [[[0, 1, 2]], [[1, 2, 2]]]
RIGHT = {
    "classes": [2, 0],
    "labels": [[0, 1, 1], [0, 0, 0]],
    "numbers": [0.5, -100.0],
    "choices": [1, 0],
    "relations": [2, 0],
    "tags": [[0, 1, 2, 0, 0, 0], [2, 2, 2, 0, 0, 0]],
    "crf": [[0, 1, 2, 0, 0, 0], [2, 2, 2, 0, 0, 0]],
    "answers": {"start": [1, 2], "end": [2, 5]},
    "spans": SPAN,
    "triples": {"entities": SPAN, "heads": SPAN, "tails": SPAN},
    "pretraining": {"mlm": [[4, 5], [6, 7]], "nsp": [0, 1]},
}
WRONG = [
    ("classes", [3, 0], "labels must be from 0 to 2"),
    ("classes", [-1, 0], "labels must be from 0 to 2"),
    ("labels", [[0, 2, 1], [0, 0, 0]], "labels must be numbers from 0 to 1"),
    ("numbers", [float("nan"), 1.0], "labels must be finite numbers"),
    ("choices", [2, 0], "labels must be from 0 to 1"),
    ("relations", [3, 0], "labels must be from 0 to 2"),
    ("tags", [[3, 1, 2, 0, 0, 0]] * 2, "labels must be from 0 to 2"),
    ("crf", [[3, 1, 2, 0, 0, 0]] * 2, "labels must be from 0 to 2"),
    ("answers", {"start": [LENGTH, 2], "end": [2, 5]}, "labels of start must be from 0 to"),
    ("answers", {"start": [1, 2], "end": [-1, 5]}, "labels of end must be from 0 to"),
    ("spans", [[[2, 1, 2]], [[1, 2, 2]]], "labels from 0 to 1"),
    ("triples", {"entities": SPAN, "heads": [[[0, 1, LENGTH]]] * 2, "tails": SPAN}, "labels of heads must have"),
    ("pretraining", {"mlm": [[4, 99], [6, 7]], "nsp": [0, 1]}, "labels of mlm must be from 0 to"),
    ("pretraining", {"mlm": [[4, 5], [6, 7]], "nsp": [2, 1]}, "labels of nsp must be from 0 to 1"),
]
OF_ANOTHER_SHAPE = [
    ("classes", [[0, 0, 1], [1, 0, 0]], 'Rows of 0 and one 1 are for loss="categorical_crossentropy"'),
    ("labels", [0, 1], r"labels must have the shape \(2, 3\), .*; received the shape \(2,\)"),
    ("labels", [[0, 1], [1, 1]], r"labels must have the shape \(2, 3\), .*; received the shape \(2, 2\)"),
    ("labels", [[0], [1]], r"labels must have the shape \((2|batch), 3\), .*; received the shape \((2|batch), 1\)"),
    ("numbers", [[0.5, 1.0], [0.5, 1.0]], r"labels must have the shape \(2, 1\), .*; received the shape \(2, 2\)"),
    ("tags", [[0, 1, 2, 0, 0]] * 2, r"in the shape \((2|batch), 6\).*; received the shape \((2|batch), 5\)"),
    ("crf", [[0, 1, 2, 0, 0]] * 2, r"in the shape \((2|batch), 6\).*; received the shape \((2|batch), 5\)"),
    ("answers", [[1, 2], [2, 5]], "labels must be a dict of start, end, .*; received one array"),
    (
        "answers",
        {"start_positions": [1, 2], "end_positions": [2, 5]},
        "labels must be a dict of start, end, .*; received end_positions, start_positions, without start, end",
    ),
    ("classes", {"labels": [1, 2]}, "labels must be one array, for numbers of classes; received a dict of labels"),
]
NONE = [
    ("classes", [2, 1], [2, -100], [1, 0]),
    ("choices", [1, 1], [1, -100], [1, 0]),
    ("relations", [2, 1], [2, -100], [1, 0]),
    ("tags", [[1, 2, 2, 0, 0, 0]] * 2, [[1, -100, 2, -100, 0, 0]] * 2, [[1, 0, 1, 0, 1, 1]] * 2),
    ("crf", [[1, 2, 2, 0, 0, 0]] * 2, [[1, -100, 2, -100, 0, 0]] * 2, [[1, 0, 1, 0, 1, 1]] * 2),
    (
        "pretraining",
        {"mlm": [[4, 5], [6, 7]], "nsp": [0, 1]},
        {"mlm": [[4, -100], [6, 7]], "nsp": [-100, 1]},
        {"mlm": [[1, 0], [1, 1]], "nsp": [0, 1]},
    ),
    (
        "answers",
        {"start": [1, 2], "end": [2, 5]},
        {"start": [1, -100], "end": [2, 5]},
        {"start": [1, 0], "end": [1, 1]},
    ),
]


def as_arrays(values):
    def array(value):
        return np.array(value, "int32" if np.array(value).dtype.kind == "i" else "float32")

    return {name: array(value) for name, value in values.items()} if isinstance(values, dict) else array(values)


def inputs_of(kind):
    ids = np.array([[2, 5, 6, 7, 8, 3], [2, 9, 5, 4, 7, 3]], "int32")
    x = {"token_ids": ids, "segment_ids": 0 * ids, "padding_mask": 0 * ids + 1}
    if kind == "choices":
        x = {name: np.stack([value, value[::-1]], axis=1) for name, value in x.items()}
    if kind == "relations":
        x["entity_positions"] = np.array([[1, 3], [2, 4]], "int32")
    if kind == "pretraining":
        x["mask_positions"] = np.array([[1, 2], [2, 3]], "int32")
    return x


@pytest.fixture(scope="module")
def make_model(make_encoder):
    """Function that makes a model of a kind, the same weights each time."""

    def make(kind):
        keras.utils.set_random_seed(1)
        has_pooler = kind in ("classes", "labels", "numbers", "choices", "pretraining")
        return MAKERS[kind](make_encoder(num_layers=1, dropout=0.0, pooler=has_pooler))

    return make


@pytest.fixture(scope="module")
def model_of(make_model):
    """Function that has one model of a kind for all tests that compile it anew and leave its weights alone."""
    return functools.cache(make_model)


def loss_of(model, kind, y, weights=None):
    """The loss of a batch, with the model's outputs."""
    x = keras.tree.map_structure(keras.ops.convert_to_tensor, inputs_of(kind))
    y = keras.tree.map_structure(keras.ops.convert_to_tensor, as_arrays(y))
    weights = None if weights is None else keras.tree.map_structure(keras.ops.convert_to_tensor, as_arrays(weights))
    return float(keras.ops.convert_to_numpy(model.compute_loss(x, y, model(x), weights)))


@pytest.mark.parametrize("kind", MAKERS)
def test_every_model_trains_without_a_loss_given(kind, make_model, untraced):
    model = make_model(kind)
    model.compile(AdamW(1e-3), **untraced)
    history = model.fit(inputs_of(kind), as_arrays(RIGHT[kind]), verbose=0)
    assert np.isfinite(history.history["loss"]).all()


@pytest.mark.parametrize(("kind", "y", "message"), WRONG + OF_ANOTHER_SHAPE)
def test_labels_that_the_outputs_have_no_place_for_are_refused(kind, y, message, model_of):
    model = model_of(kind)
    model.compile(AdamW(1e-3), run_eagerly=True)
    with pytest.raises(ValueError, match=message):
        loss_of(model, kind, y)


@pytest.mark.traced
@pytest.mark.parametrize(
    ("kind", "y", "message"),
    [
        case if case[0] == "crf" else pytest.param(*case, marks=pytest.mark.slow)
        for case in [case for case in WRONG if case[0] in ("classes", "crf", "answers")][1:]
    ],
)
def test_no_compiled_step_trains_on_such_labels(kind, y, message, make_model, caplog, monkeypatch):
    monkeypatch.setattr(refusal, "_told", set(), raising=False)  # on JAX it is said once in a process
    model = make_model(kind)
    model.compile(AdamW(1e-3), jit_compile=keras.config.backend() == "jax")
    before = [keras.ops.convert_to_numpy(weight.value).copy() for weight in model.weights]
    if keras.config.backend() == "jax":  # nothing can be raised there
        assert np.isnan(model.fit(inputs_of(kind), as_arrays(y), verbose=0).history["loss"]).all()
        assert re.search(message, caplog.text)
    else:
        with pytest.raises(Exception, match=message):
            model.fit(inputs_of(kind), as_arrays(y), verbose=0)
    for weight, old in zip(model.weights, before, strict=True):
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(weight.value), old, err_msg=weight.path)


@pytest.mark.traced
@pytest.mark.slow_elsewhere
@pytest.mark.parametrize(
    ("kind", "y", "message"), [case for case in OF_ANOTHER_SHAPE if case[0] in ("labels", "crf", "answers")][2:]
)
def test_compiled_steps_name_labels_of_another_shape(kind, y, message, make_model):
    model = make_model(kind)
    model.compile(AdamW(1e-3), metrics=None if kind == "answers" else ["accuracy"])
    with pytest.raises(ValueError, match=message):
        model.fit(inputs_of(kind), as_arrays(y), verbose=0)


@pytest.mark.slow_elsewhere
@pytest.mark.parametrize(("kind", "y", "y_with_none", "weights"), NONE)
def test_no_label_is_weight_0(kind, y, y_with_none, weights, model_of):
    model = model_of(kind)
    model.compile(AdamW(1e-3), run_eagerly=True)
    expected = loss_of(model, kind, y, as_arrays(keras.tree.map_structure(float, weights)))
    assert loss_of(model, kind, y_with_none) == pytest.approx(expected, rel=1e-6)
    assert loss_of(model, kind, y) != pytest.approx(expected, rel=1e-6)


@pytest.mark.slow_elsewhere
@pytest.mark.parametrize(
    ("kind", "loss"),
    [
        ("classes", "sparse_categorical_crossentropy"),
        ("classes", "SparseCategoricalCrossentropy"),
        ("classes", "crossentropy"),
        ("classes", keras.losses.sparse_categorical_crossentropy),
        ("tags", "sparse_categorical_crossentropy"),
        ("labels", "binary_crossentropy"),
        ("labels", "bce"),
        ("numbers", "mse"),
        ("answers", "sparse_categorical_crossentropy"),
        ("pretraining", {"mlm": "sparse_categorical_crossentropy", "nsp": "sparse_categorical_crossentropy"}),
    ],
)
def test_the_names_of_keras_losses_mean_the_models_own(kind, loss, model_of):
    model, losses = model_of(kind), []
    for some in (loss, None):
        model.compile(AdamW(), some, run_eagerly=True)
        losses.append(loss_of(model, kind, RIGHT[kind]))
    assert losses[0] == losses[1]


@pytest.mark.slow_elsewhere
@pytest.mark.parametrize(
    ("kind", "loss", "message"),
    [
        ("classes", "mse", r"does not fit numbers of classes.*classification_loss\(\)"),
        ("classes", "binary_crossentropy", "does not fit numbers of classes"),
        ("classes", keras.losses.SparseCategoricalCrossentropy(), "give it from_logits=True"),
        ("classes", keras.losses.CategoricalCrossentropy(), "give it from_logits=True"),
        ("labels", "sparse_categorical_crossentropy", "does not fit labels of which a text may have several"),
        ("labels", keras.losses.BinaryCrossentropy(), "give it from_logits=True"),
        ("numbers", "binary_crossentropy", 'problem_type="multi_label_classification"'),
        ("numbers", "sparse_categorical_crossentropy", "does not fit numbers of a regression"),
        ("crf", "sparse_categorical_crossentropy", "a CRF brings its own loss"),
        ("spans", "binary_crossentropy", r"SpanLoss\(\)"),
        ("answers", {"start": "mse"}, r"does not fit of start positions in a row"),
        ("pretraining", keras.losses.SparseCategoricalCrossentropy(), r"scores of mlm for probabilities"),
    ],
)
def test_a_loss_of_keras_that_does_not_fit_is_refused(kind, loss, message, model_of):
    with pytest.raises(ValueError, match=message):
        model_of(kind).compile(AdamW(), loss)


@pytest.mark.slow_elsewhere
@pytest.mark.parametrize(
    ("kind", "metric", "message"),
    [
        ("classes", "mae", "does not fit numbers of classes"),
        ("classes", keras.metrics.AUC(), "does not fit numbers of classes"),
        ("classes", keras.metrics.SparseCategoricalCrossentropy(), "give it from_logits=True"),
        ("labels", keras.metrics.AUC(), "give it from_logits=True"),
        ("labels", keras.metrics.BinaryAccuracy(), "give it threshold=0.0"),
        ("labels", keras.metrics.Precision(), "give it thresholds=0.0"),
        ("numbers", "accuracy", "does not fit numbers of a regression"),
        ("spans", "accuracy", "SpanF1"),
    ],
)
@pytest.mark.parametrize("argument", ["metrics", "weighted_metrics"])
def test_a_metric_of_keras_that_does_not_fit_is_refused(kind, metric, message, argument, model_of):
    with pytest.raises(ValueError, match=message):
        model_of(kind).compile(AdamW(), **{argument: [metric]})


@pytest.mark.slow_elsewhere
@pytest.mark.parametrize(
    ("kind", "metric"),
    [
        ("classes", keras.metrics.sparse_categorical_accuracy),
        ("classes", keras.metrics.sparse_categorical_crossentropy),
        ("labels", keras.metrics.binary_accuracy),
        ("numbers", keras.metrics.mean_squared_error),
        ("numbers", keras.metrics.log_cosh),
    ],
)
def test_functions_of_keras_are_metrics_of_their_name(kind, metric, model_of):
    model, logs = model_of(kind), []
    name = "LogCoshError" if metric.__name__ == "log_cosh" else metric.__name__
    for given in (metric, name):
        model.compile(AdamW(), metrics=[given], run_eagerly=True)
        logs.append(model.evaluate(inputs_of(kind), as_arrays(RIGHT[kind]), verbose=0, return_dict=True))
    assert logs[0][metric.__name__] == pytest.approx(logs[1][name])


@pytest.mark.slow_elsewhere
def test_the_function_of_the_best_five_is_a_metric_too(model_of):
    model = model_of("classes")
    model.compile(AdamW(), metrics=[keras.metrics.sparse_top_k_categorical_accuracy])
    assert model.compiled


@pytest.mark.slow_elsewhere
@pytest.mark.parametrize(
    ("kind", "loss", "metric", "message"),
    [
        ("classes", None, "categorical_accuracy", 'write "accuracy", or "sparse_categorical_accuracy"'),
        (
            "classes",
            "categorical_crossentropy",
            keras.metrics.SparseTopKCategoricalAccuracy(2),
            'rows of 0 and one 1: write "accuracy", or "top_k_categorical_accuracy"',
        ),
        ("tags", None, keras.metrics.categorical_accuracy, 'numbers of classes: write "accuracy"'),
        ("labels", None, keras.metrics.F1Score(threshold=0.5), r"write training.MultiLabelF1\(num_classes\)"),
        ("labels", None, "f1_score", r"write training.MultiLabelF1\(num_classes\)"),
    ],
)
def test_a_metric_that_compares_something_else_is_refused(kind, loss, metric, message, model_of):
    with pytest.raises(ValueError, match=message):
        model_of(kind).compile(AdamW(), loss, metrics=[metric])


def own_loss(y_true, y_pred):
    return keras.losses.sparse_categorical_crossentropy(y_true, y_pred, from_logits=True)


@pytest.mark.slow_elsewhere
@pytest.mark.parametrize(
    ("kind", "loss"),
    [
        ("classes", keras.losses.SparseCategoricalCrossentropy(from_logits=True)),
        ("classes", own_loss),
        ("tags", keras.losses.SparseCategoricalCrossentropy(from_logits=True)),
        ("labels", keras.losses.BinaryCrossentropy(from_logits=True)),
        ("numbers", keras.losses.MeanSquaredError()),
    ],
)
def test_a_loss_of_keras_is_averaged_over_the_rows_that_count(kind, loss, model_of):
    model, losses = model_of(kind), []
    weights = [[1, 1, 0, 0, 0, 0], [1, 0, 0, 0, 0, 0]] if kind == "tags" else [1, 0]
    weights = as_arrays(keras.tree.map_structure(float, weights))
    for some in (loss, None):
        model.compile(AdamW(), some, run_eagerly=True)
        losses.append(loss_of(model, kind, RIGHT[kind], weights))
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)


@pytest.mark.slow_elsewhere
def test_another_reduction_than_the_default_of_keras_stays(model_of):
    model = model_of("classes")
    model.compile(AdamW(), keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction="sum"))
    assert model.loss.reduction == "sum"


@pytest.mark.slow_elsewhere
def test_a_loss_from_elsewhere_that_counts_fillers_is_said_in_the_log(make_model, caplog):
    class Mine(keras.losses.Loss):
        def call(self, y_true, y_pred):
            return own_loss(y_true, y_pred)

    make_model("classes").compile(AdamW(), Mine(reduction="mean_with_sample_weight"))
    assert not caplog.text
    make_model("classes").compile(AdamW(), Mine())
    assert "Mine is averaged over all rows of a batch" in caplog.text
    caplog.clear()
    assert not VECTORS.fitting_loss(MatryoshkaLoss(Mine(), dims=(2,))).needs_whole_batch
    assert 'make it with Mine(reduction="mean_with_sample_weight")' in caplog.text  # of both


@pytest.mark.parametrize(("kind", "y"), [("classes", [2, -100]), ("tags", [[1, -100, 2, -100, 0, 0]] * 2)])
def test_rows_of_no_label_weigh_nothing_among_rows_of_one_1(kind, y, model_of):
    model, y, losses, logs = model_of(kind), np.array(y), [], []
    one_hot = np.where((y == -100)[..., None], -100, np.eye(3)[np.maximum(y, 0)]).astype("float32")
    for loss, given in (("categorical_crossentropy", one_hot), (None, y)):
        model.compile(AdamW(), loss, metrics=["accuracy"], run_eagerly=True)
        losses.append(loss_of(model, kind, given))
        logs.append(model.evaluate(inputs_of(kind), given, verbose=0, return_dict=True))
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)
    assert logs[0]["accuracy"] == pytest.approx(logs[1]["accuracy"])


def test_a_model_compiled_anew_without_a_loss_has_its_own_again(model_of):
    model = model_of("tags")
    model.compile(AdamW(), "categorical_crossentropy", run_eagerly=True)
    model.compile(AdamW(), run_eagerly=True)
    assert np.isfinite(loss_of(model, "tags", RIGHT["tags"]))  # where that loss refuses numbers of classes


@pytest.mark.slow_elsewhere
def test_a_model_compiled_anew_without_metrics_has_none(model_of):
    model = model_of("classes")
    model.compile(AdamW(), metrics=["accuracy"], run_eagerly=True)
    model.compile(AdamW(), run_eagerly=True)
    given = np.array(RIGHT["classes"])
    assert "accuracy" not in model.evaluate(inputs_of("classes"), given, verbose=0, return_dict=True)


@pytest.mark.slow_elsewhere
@pytest.mark.parametrize("kind", ["classes", "tags"])
@pytest.mark.parametrize("row", [[0, 0, 0], [1, 1, 1], [0.5, 1, 0.5], [-100, 0, 1], [float("nan"), 0, 1]])
def test_rows_that_are_no_probabilities_are_refused(kind, row, model_of):
    model = model_of(kind)
    model.compile(AdamW(), "categorical_crossentropy", run_eagerly=True)
    y = np.eye(3, dtype="float32")[np.array(RIGHT[kind])]
    y[1, ..., :] = row
    with pytest.raises(ValueError, match="labels must be rows of probabilities"):
        loss_of(model, kind, y)


@pytest.mark.slow_elsewhere
def test_numbers_of_classes_are_refused_where_rows_are_asked(make_model):
    model = make_model("classes")
    model.compile(AdamW(), "categorical_crossentropy")
    with pytest.raises(ValueError, match='Numbers of classes are for loss="sparse_categorical_crossentropy"'):
        model.fit(inputs_of("classes"), as_arrays(RIGHT["classes"]), verbose=0)


@pytest.mark.slow_elsewhere
def test_one_label_may_be_given_without_its_axis(make_encoder, untraced):
    encoder, logs = make_encoder(num_layers=1), []
    for y in ([0, 1], [[0], [1]]):
        keras.utils.set_random_seed(1)
        model = TextClassifier(encoder, 1, problem_type="multi_label_classification")
        model.compile(AdamW(), metrics=["accuracy"], **untraced)
        logs.append(model.evaluate(inputs_of("labels"), np.array(y), verbose=0, return_dict=True))
    assert logs[0] == pytest.approx(logs[1])


@pytest.mark.slow_elsewhere
def test_classes_may_be_booleans(make_encoder, untraced):
    model = TextClassifier(make_encoder(num_layers=1), 2, dropout=0.0)
    weighted_metrics = [keras.metrics.SparseCategoricalAccuracy()]
    model.compile(AdamW(), metrics=["accuracy"], weighted_metrics=weighted_metrics, **untraced)
    logs = [
        model.evaluate(inputs_of("classes"), np.array(y), verbose=0, return_dict=True) for y in ([True, False], [1, 0])
    ]
    assert logs[0] == pytest.approx(logs[1])


@pytest.mark.slow_elsewhere
def test_weights_that_are_negative_or_name_no_output_are_refused(model_of):
    model = model_of("answers")
    model.compile(AdamW(), run_eagerly=True)
    with pytest.raises(ValueError, match="sample_weight of labels of start must not be negative; received -1.0 to 1.0"):
        loss_of(model, "answers", RIGHT["answers"], {"start": [1.0, -1.0], "end": [1.0, 1.0]})
    with pytest.raises(ValueError, match="sample_weight names start_positions; the model's outputs are start, end"):
        loss_of(model, "answers", RIGHT["answers"], {"start_positions": [1.0, 1.0]})


@pytest.mark.slow_elsewhere
def test_a_crf_says_that_plain_sgd_moves_it_too_far(make_model, caplog):
    make_model("crf").compile("adam")
    make_model("tags").compile("sgd")
    assert not caplog.text
    make_model("crf").compile("sgd")
    assert "SGD moves the scores of a CRF's steps as at 10000 times its rate" in caplog.text


@pytest.mark.slow_elsewhere
def test_rows_that_fill_up_a_batch_count_in_no_metric(model_of, untraced):
    model = model_of("classes")
    model.compile(AdamW(), metrics=["accuracy"], weighted_metrics=["accuracy"], **untraced)
    x = {name: np.repeat(value[:1], 4, axis=0) for name, value in inputs_of("classes").items()}
    best = int(np.argmax(model.predict(x, verbose=0)[0]))
    y, weights = np.array([best, (best + 1) % 3, best, best]), np.array([3.0, 1.0, 0.0, 0.0], "float32")
    logs = model.evaluate(x, y, sample_weight=weights, verbose=0, return_dict=True)
    assert logs["accuracy"] == pytest.approx(0.5)  # rows
    assert logs["weighted_accuracy"] == pytest.approx(0.75)


@pytest.mark.slow_elsewhere
@pytest.mark.parametrize("metric", ["AUC", "binary_accuracy", "Precision", "accuracy"])
def test_metrics_of_labels_by_name_are_given_logits(metric, model_of, untraced):
    model = model_of("labels")
    model.compile(AdamW(), metrics=[metric], **untraced)
    x, logits = inputs_of("labels"), model.predict(inputs_of("labels"), verbose=0)
    logs = model.evaluate(x, (logits > 0).astype("int32"), verbose=0, return_dict=True)
    assert logs[metric] == pytest.approx(1.0) or not (logits > 0).any()


@pytest.mark.slow_elsewhere
def test_one_hot_classes_have_losses_and_metrics_of_keras(model_of, untraced):
    model = model_of("classes")
    loss = keras.losses.CategoricalCrossentropy(from_logits=True)
    model.compile(AdamW(), loss, metrics=["accuracy"], **untraced)
    logits = model.predict(inputs_of("classes"), verbose=0)
    one_hot = np.eye(3, dtype="float32")[np.argmax(logits, axis=-1)]
    assert model.evaluate(inputs_of("classes"), one_hot, verbose=0, return_dict=True)["accuracy"] == 1.0


@pytest.mark.slow_elsewhere
def test_a_model_that_was_compiled_by_names_comes_back_compiled(make_model, tmp_path):
    model = make_model("classes")
    names = dict(metrics=["accuracy"], weighted_metrics=["accuracy"])
    model.compile(AdamW(1e-3), "sparse_categorical_crossentropy", **names)
    expected = model.evaluate(inputs_of("classes"), as_arrays(RIGHT["classes"]), verbose=0, return_dict=True)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    received = loaded.evaluate(inputs_of("classes"), as_arrays(RIGHT["classes"]), verbose=0, return_dict=True)
    assert received == pytest.approx(expected)


@pytest.mark.slow_elsewhere
def test_weights_of_classes_that_are_none_are_refused(make_model):
    model = make_model("classes")
    model.compile(AdamW())
    with pytest.raises(ValueError, match=r"class_weight has \[3\]; the classes are 0 to 2"):
        model.fit(inputs_of("classes"), as_arrays(RIGHT["classes"]), class_weight={0: 1.0, 3: 2.0})
    model = make_model("labels")
    model.compile(AdamW())
    with pytest.raises(ValueError, match="give each row a sample_weight"):
        model.fit(inputs_of("labels"), as_arrays(RIGHT["labels"]), class_weight={0: 1.0})
