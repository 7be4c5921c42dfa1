import collections

import keras
import pytest

from bert_keras.training import AdamW, WarmupLinearDecay
from bert_keras.training.callbacks import GradientNorm, LearningRate, Perplexity, StepTensorBoard, Throughput

pytestmark = pytest.mark.slow_elsewhere
event_accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")


def read(run):
    """{tag: {step: value}} of a run."""
    from tensorboard.util.tensor_util import make_ndarray

    accumulator = event_accumulator.EventAccumulator(str(run), size_guidance={"tensors": 0})
    accumulator.Reload()
    return {
        tag: {event.step: float(make_ndarray(event.tensor_proto)) for event in accumulator.Tensors(tag)}
        for tag in accumulator.Tags()["tensors"]
    }


class Steps(keras.callbacks.Callback):
    """The metrics of each batch by itself, from a model that is told to forget after each."""

    def __init__(self):
        super().__init__()
        self.values = collections.defaultdict(list)
        self.last = {}

    def on_epoch_begin(self, epoch, logs=None):
        self.last = {}

    def on_train_batch_end(self, batch, logs=None):
        for name, value in logs.items():
            total = value * (batch + 1)
            self.values[name].append(total - self.last.get(name, 0.0))
            self.last[name] = total


def test_points_are_means_over_their_own_steps_by_optimizer_step(small_pretrainer, pretraining_batch, tmp_path):
    x, y, w = pretraining_batch(10)
    steps = Steps()
    history = small_pretrainer(AdamW(WarmupLinearDecay(1.0, 20, 10))).fit(
        x,
        y,
        sample_weight=w,
        batch_size=2,
        epochs=3,
        shuffle=False,
        verbose=0,
        validation_data=(x, y, w),
        callbacks=[steps, LearningRate(every=1), GradientNorm(every=1), Throughput(), StepTensorBoard(tmp_path, 4)],
    )
    train, validation = read(tmp_path / "train"), read(tmp_path / "validation")
    assert set(train) == {
        "loss",
        "mlm/loss",
        "mlm/accuracy",
        "nsp/loss",
        "nsp/accuracy",
        "step/learning_rate",
        "step/gradient_norm",
        "step/tokens_per_second",
        "step/tokens_per_step",
        "step/padding_share",
    }
    assert set(validation) == {
        "loss",
        "mlm/loss",
        "mlm/accuracy",
        "nsp/loss",
        "nsp/accuracy",
        "step/tokens_per_step",
        "step/padding_share",
    }
    assert list(train["mlm/loss"]) == [4, 8, 12, 15]
    losses = steps.values["mlm_loss"]
    assert list(train["mlm/loss"].values()) == pytest.approx(
        [sum(losses[0:4]) / 4, sum(losses[4:8]) / 4, sum(losses[8:12]) / 4, sum(losses[12:15]) / 3], rel=1e-4
    )
    assert list(train["step/learning_rate"].values()) == pytest.approx([0.25, 0.65, 0.95, 0.7], rel=1e-5)
    assert list(validation["mlm/loss"]) == [5, 10, 15]
    assert list(validation["mlm/loss"].values()) == pytest.approx(history.history["val_mlm_loss"], rel=1e-6)


def test_a_second_fit_goes_on_where_the_first_ended(small_pretrainer, pretraining_batch, tmp_path):
    x, y, w = pretraining_batch(8)
    model = small_pretrainer()
    for _ in range(2):
        model.fit(x, y, sample_weight=w, batch_size=2, verbose=0, callbacks=[StepTensorBoard(tmp_path, 2)])
    assert list(read(tmp_path / "train")["mlm/loss"]) == [2, 4, 6, 8]


@pytest.mark.slow
def test_a_second_epoch_goes_on_where_gradients_accumulate(small_pretrainer, pretraining_batch, tmp_path):
    x, y, w = pretraining_batch(8)
    model = small_pretrainer()
    options = dict(loss=model.loss, weighted_metrics=None)
    model.compile(AdamW(1e-3, gradient_accumulation_steps=3), **options)
    model.fit(x, y, sample_weight=w, batch_size=2, epochs=2, verbose=0, callbacks=[StepTensorBoard(tmp_path, 1)])
    assert list(read(tmp_path / "train")["mlm/loss"]) == [1, 2, 3, 4, 5, 6, 7, 8]


def test_a_metric_of_several_numbers_has_no_curve(tmp_path):
    inputs = keras.Input((2,))
    model = keras.Model(inputs, keras.layers.Dense(3, activation="softmax")(inputs))
    model.compile("adam", "categorical_crossentropy", metrics=[keras.metrics.F1Score(average=None, name="f1")])
    x, y = keras.ops.ones((4, 2)), keras.ops.eye(3)[:1] * keras.ops.ones((4, 1))
    history = model.fit(x, y, validation_data=(x, y), verbose=0, callbacks=[StepTensorBoard(tmp_path, 1)])
    assert len(history.history["f1"][0]) == 3 and read(tmp_path / "train").keys() == {"loss"}


def test_a_model_with_one_output_keeps_its_names(small_pretrainer, pretraining_batch, tmp_path):
    x, y, w = pretraining_batch(8)
    model = small_pretrainer(next_sentence=False)
    model.fit(
        x,
        {"mlm": y["mlm"]},
        sample_weight={"mlm": w["mlm"]},
        batch_size=2,
        verbose=0,
        callbacks=[Perplexity(), StepTensorBoard(tmp_path, 2)],
    )
    tags = read(tmp_path / "train")
    assert set(tags) == {"loss", "mlm_accuracy", "step/padding_share", "step/tokens_per_step", "mlm_perplexity"}
    assert list(tags["mlm_perplexity"]) == [4]
    assert not (tmp_path / "validation").exists()


@pytest.mark.slow
@pytest.mark.skipif(keras.config.backend() == "torch", reason="Keras has no steps_per_execution on torch")
def test_it_works_with_several_steps_an_execution(small_pretrainer, pretraining_batch, tmp_path):
    x, y, w = pretraining_batch(12)
    small_pretrainer(steps_per_execution=3, run_eagerly=False).fit(
        x, y, sample_weight=w, batch_size=2, epochs=2, verbose=0, callbacks=[StepTensorBoard(tmp_path, 4)]
    )
    assert list(read(tmp_path / "train")["mlm/loss"]) == [6, 9, 12]


def test_a_metric_that_is_no_mean_is_written_as_it_is(small_pretrainer, pretraining_batch, tmp_path):
    @keras.saving.register_keras_serializable(package="tests")
    class BatchesSoFar(keras.metrics.Sum):
        def update_state(self, y_true, y_pred, sample_weight=None):
            return super().update_state(1.0)

    x, y, w = pretraining_batch(8)
    small_pretrainer(metrics={"nsp": [BatchesSoFar(name="batches")]}).fit(
        x, y, sample_weight=w, batch_size=2, verbose=0, callbacks=[StepTensorBoard(tmp_path, 2)]
    )
    assert list(read(tmp_path / "train")["nsp/batches"].values()) == [1.5, 3.5]
