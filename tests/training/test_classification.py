import json
from pathlib import Path

import keras
import numpy as np
import pytest

from bert_keras.training import (
    ClassF1,
    MatthewsCorrelation,
    MultiLabelF1,
    PearsonCorrelation,
    SpearmanCorrelation,
    classification_loss,
    classification_metrics,
    score_outputs,
)

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "classification_metrics.json").read_text())


def in_batches(metric, y_true, y_pred):
    """Three uneven batches, the last with two filler rows of weight 0."""
    y_true, y_pred = np.array(y_true), np.array(y_pred, "float32")
    parts = np.split(np.arange(len(y_true)), [5, 12])
    for part in parts[:2]:
        metric.update_state(y_true[part], y_pred[part])
    rows = np.concatenate([parts[2], [0, 1]])
    weights = np.array([1.0] * len(parts[2]) + [0.0, 0.0], "float32")
    metric.update_state(y_true[rows], y_pred[rows], sample_weight=weights)
    return float(metric.result())


@pytest.mark.parametrize("num_classes", [2, 3])
def test_classes_are_scored_as_scikit_learn_does(num_classes):
    golden = GOLDEN["classes"][str(num_classes)]
    for metric, name in (
        (MatthewsCorrelation(num_classes), "matthews"),
        (ClassF1(num_classes, "macro"), "macro_f1"),
        *([(ClassF1(2), "binary_f1")] if num_classes == 2 else []),
    ):
        assert in_batches(metric, golden["y_true"], golden["y_pred"]) == pytest.approx(golden[name], abs=1e-5)


def test_labels_are_scored_as_scikit_learn_does():
    golden = GOLDEN["labels"]
    for average in ("micro", "macro"):
        metric = MultiLabelF1(4, average, threshold=0.4)
        assert in_batches(metric, golden["y_true"], golden["y_pred"]) == pytest.approx(golden[average], abs=1e-5)
    metrics = classification_metrics("multi_label_classification", num_classes=4, threshold=0.4)
    reached = score_outputs(metrics, np.array(golden["y_true"]), np.array(golden["y_pred"], "float32"))
    assert reached["accuracy"] == pytest.approx(golden["exact"], abs=1e-6)


def test_numbers_are_correlated_as_scipy_does():
    golden = GOLDEN["numbers"]
    for metric, name in ((PearsonCorrelation(), "pearson"), (SpearmanCorrelation(40), "spearman")):
        y_pred = np.array(golden["y_pred"])[:, None]
        assert in_batches(metric, golden["y_true"], y_pred) == pytest.approx(golden[name], abs=1e-5)
        metric.reset_state()
        assert float(metric.result()) == 0.0


def test_pearson_keeps_its_precision_far_from_zero():
    rng = np.random.default_rng(0)
    y_true = rng.normal(size=2000).astype("float32") + 300.0
    y_pred = y_true + rng.normal(size=2000).astype("float32")
    metric = PearsonCorrelation()
    for part in np.split(np.arange(2000), 100):
        metric.update_state(y_true[part], y_pred[part])
    assert float(metric.result()) == pytest.approx(
        np.corrcoef(y_true.astype(float), y_pred.astype(float))[0, 1], abs=1e-4
    )


def test_spearman_keeps_the_last_examples():
    metric = SpearmanCorrelation(4)
    metric.update_state(np.array([9.0, 1.0, 5.0]), np.array([0.0, 9.0, 3.0]))
    metric.update_state(np.array([1.0, 2.0, 3.0, 4.0]), np.array([1.0, 2.0, 3.0, 4.0]))
    assert float(metric.result()) == pytest.approx(1.0)


def test_more_rows_at_once_than_spearman_keeps_are_an_error():
    with pytest.raises(ValueError, match="at most capacity=4 rows at once, received 5"):
        SpearmanCorrelation(4).update_state(np.arange(5.0), np.arange(5.0))


def test_the_result_is_zero_where_everything_is_alike():
    same = np.zeros((4, 2), "float32")
    assert float(MatthewsCorrelation(2)(np.array([0, 1, 1, 0]), same)) == 0.0
    assert float(PearsonCorrelation()(np.arange(4.0), np.ones(4))) == 0.0
    assert float(SpearmanCorrelation(8)(np.arange(4.0), np.ones(4))) == 0.0
    assert float(ClassF1(2)(np.array([0, 0]), np.eye(2, dtype="float32"))) == 0.0


@pytest.mark.parametrize("problem", ["single_label_classification", "multi_label_classification", "regression"])
def test_filler_rows_change_no_loss(problem):
    rng = np.random.default_rng(0)
    y_true = {
        "regression": rng.normal(size=4).astype("float32"),
        "multi_label_classification": rng.integers(0, 2, (4, 3)).astype("float32"),
        "single_label_classification": rng.integers(0, 3, 4),
    }[problem]
    y_pred = rng.normal(size=(4, 1 if problem == "regression" else 3)).astype("float32")
    loss, weights = classification_loss(problem), np.array([1.0, 1.0, 0.0, 0.0], "float32")
    assert float(loss(y_true, y_pred, sample_weight=weights)) == pytest.approx(float(loss(y_true[:2], y_pred[:2])))


def test_metrics_are_made_from_their_config_and_run_in_a_compiled_model():
    for metric in classification_metrics("regression", num_examples=16) + [ClassF1(3), MatthewsCorrelation(3)]:
        assert type(metric).from_config(metric.get_config()).get_config() == metric.get_config()
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, kernel_initializer="ones")])
    model.compile(
        loss=classification_loss("regression"), weighted_metrics=classification_metrics("regression", num_examples=16)
    )
    x = np.arange(8.0, dtype="float32")[:, None]
    logs = model.evaluate(x, x[:, 0] ** 2, sample_weight=np.ones(8), batch_size=4, verbose=0, return_dict=True)
    assert logs["spearman"] == pytest.approx(1.0, abs=1e-5) and 0.9 < logs["pearson"] < 1.0


@pytest.mark.slow_elsewhere
def test_what_does_not_fit_is_an_error():
    with pytest.raises(ValueError, match="No metric 'f1' of a regression; there are pearson, spearman, mae"):
        classification_metrics("regression", names=["f1"])
    with pytest.raises(ValueError, match="received 'ranking'"):
        classification_loss("ranking")
    with pytest.raises(ValueError, match="received 'binary' of 3"):
        ClassF1(3, "binary")
    with pytest.raises(ValueError, match="threshold between 0 and 1"):
        MultiLabelF1(3, threshold=2.0)


@pytest.mark.slow_elsewhere
@pytest.mark.parametrize("seed", range(5))
def test_predictions_that_are_all_alike_have_no_correlation_in_batches_of_any_size(seed):
    random = np.random.default_rng(seed)
    constant = np.float32(random.normal())
    pearson, matthews = PearsonCorrelation(), MatthewsCorrelation(3)
    for size in (32, 32, 17):
        pearson.update_state(random.normal(size=size) + 2.5, np.full((size, 1), constant))
        weights = random.uniform(size=size).astype("float32")
        matthews.update_state(random.integers(0, 3, size), np.tile([[0.0, 1.0, 0.5]], (size, 1)), weights)
    assert float(pearson.result()) == 0 and float(matthews.result()) == 0


@pytest.mark.slow_elsewhere
def test_labels_of_a_narrow_range_far_from_zero_have_their_correlation():
    labels = np.array([1000.0, 1000.1, 1000.2, 1000.3], "float32")
    assert float(PearsonCorrelation()(labels, labels[:, None])) == pytest.approx(1.0, abs=1e-5)


@pytest.mark.slow_elsewhere
def test_metrics_that_count_each_class_say_that_they_need_its_number():
    with pytest.raises(ValueError, match="f1, matthews count each class apart: give num_classes"):
        classification_metrics()
    with pytest.raises(ValueError, match="Expected num_classes, the number of the model's classes, received: None"):
        ClassF1(None)
    assert [metric.name for metric in classification_metrics(names=["accuracy"])] == ["accuracy"]
