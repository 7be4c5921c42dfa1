"""Batches that do not fit into memory, trained in parts: compared with the training that has memory enough."""

import keras
import numpy as np
import pytest

from bert_keras.models import BertEncoder, ReplacedTokenDetector, TextClassifier
from bert_keras.training import AdamW, MaskedLMLoss, ReplacedTokenLoss
from bert_keras.training.callbacks import MicroBatches, SaveAndResume, StepTensorBoard

ROWS, STEPS = 8, 2
EAGERLY = keras.config.backend() == "tensorflow"  # what takes a compiler longer; on JAX it is the other way round


def out_of_memory():
    """The backend's own error."""
    if keras.config.backend() == "tensorflow":
        import tensorflow as tf

        return tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor")
    if keras.config.backend() == "jax":
        import jax

        return jax.errors.JaxRuntimeError("RESOURCE_EXHAUSTED: Out of memory allocating 17179869184 bytes.")
    import torch

    return torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")


def shorten_memory(model, most_rows):
    """Has every step of more rows fail, at the worst moment: when it has changed everything."""
    make_train_function = model.make_train_function

    def make(force=False):
        make_train_function(force=force)
        step = model.train_function

        def train(*arguments):
            *state, data = arguments
            data = [data[0] if isinstance(data, list) else next(data)]
            result = step(*state, data if isinstance(arguments[-1], list) else iter(data))
            is_batch = isinstance(data[0], tuple)
            if is_batch and keras.tree.flatten(data[0])[0].shape[0] > most_rows:
                raise out_of_memory()
            return result

        model.train_function = train

    model.make_train_function = make


@pytest.fixture
def train(small_pretrainer, pretraining_batch):
    def train(callbacks=(), most_rows=None, model=None):
        model = model or small_pretrainer(run_eagerly=EAGERLY)
        if most_rows:
            shorten_memory(model, most_rows)
        parts = [pretraining_batch(ROWS, seed) for seed in range(STEPS)]
        x, y, weight = keras.tree.map_structure(lambda *x: np.concatenate(x), *parts)
        history = model.fit(
            x=x, y=y, sample_weight=weight, batch_size=ROWS, epochs=2, shuffle=False, verbose=0, callbacks=callbacks
        ).history
        return model, history

    return train


def weights(model):
    return [keras.ops.convert_to_numpy(v.value) for v in (*model.variables, *model.optimizer.variables)]


def assert_close(received, expected):
    for a, b in zip(weights(received[0]), weights(expected[0]), strict=True):
        np.testing.assert_allclose(a, b, rtol=2e-4, atol=1e-6)
    assert received[1].keys() == expected[1].keys()
    for name, values in expected[1].items():
        np.testing.assert_allclose(received[1][name], values, rtol=1e-4, err_msg=name)


@pytest.mark.slow_elsewhere
def test_what_does_not_fit_is_trained_in_parts_with_the_steps_and_logs_of_the_whole(train, caplog):
    micro_batches = MicroBatches()
    halved = train([micro_batches], most_rows=2)
    assert micro_batches.num_parts == 4 and int(halved[0].optimizer.iterations) == 2 * STEPS
    assert_close(halved, train())  # masks are not as many in each row, so a mean of means would be another
    assert [record.message[:39] for record in caplog.records] == [
        "a step of 8 rows does not fit into memo" for _ in range(2)
    ]


@pytest.mark.slow
@pytest.mark.slow_elsewhere
def test_parts_need_not_be_equal(train):
    assert_close(train([MicroBatches(num_parts=3)]), train())


@pytest.mark.slow_elsewhere
def test_what_fits_is_trained_as_it_was(train):
    micro_batches = MicroBatches()
    received, expected = train([micro_batches]), train()
    assert micro_batches.num_parts == 1 and received[1] == expected[1]
    assert [a.tobytes() for a in weights(received[0])] == [a.tobytes() for a in weights(expected[0])]


class Dropping(keras.Model):
    def __init__(self):
        inputs = keras.Input((3,))
        x = keras.layers.Dropout(0.5, seed=3)(keras.layers.Dense(4, activation="tanh")(inputs))
        super().__init__(inputs, keras.layers.Dense(1)(x))
        self.hungry_above = None

    def call(self, x, training=None):
        if self.hungry_above is not None and training and x.shape[0] > self.hungry_above:
            line = keras.ops.sum(x) * keras.ops.arange(1 << 17, dtype="float32")
            cube = line[:, None, None] * line[None, :, None] * line[None, None, :]  # 8 PiB, that a compiler must make
            x = x + keras.ops.stop_gradient(keras.ops.sort(cube)[0, 0, 1])
        return super().call(x, training=training)


def dropping(**compile_arguments):
    keras.utils.set_random_seed(0)
    model = Dropping()
    model.compile(AdamW(1e-2), "mse", weighted_metrics=["mae"], **compile_arguments)
    return model


def fit(model, callbacks, batches=2):
    random = np.random.default_rng(0)
    x, y, weight = (random.normal(size=(ROWS * batches, *shape)).astype("float32") for shape in ((3,), (1,), ()))
    return model.fit(
        x, y, sample_weight=weight**2, batch_size=ROWS, epochs=2, shuffle=False, verbose=0, callbacks=callbacks
    ).history


@pytest.mark.slow_elsewhere
def test_a_step_that_failed_leaves_no_trace():
    expected, received = dropping(run_eagerly=EAGERLY), dropping(run_eagerly=EAGERLY)
    expected_history = fit(expected, [MicroBatches(2)])
    shorten_memory(received, 4)
    assert fit(received, [MicroBatches()]) == expected_history
    assert [a.tobytes() for a in weights(received)] == [a.tobytes() for a in weights(expected)]


def test_a_real_error_in_a_compiled_step():
    model, micro_batches = dropping(), MicroBatches()
    model.hungry_above = 4
    history = fit(model, [micro_batches])
    assert micro_batches.num_parts == 2 and np.isfinite(history["loss"]).all()
    assert int(model.optimizer.iterations) == 4


@pytest.mark.slow
def test_a_run_killed_in_the_middle_goes_on_in_parts_to_the_bit(tmp_path):
    tf = pytest.importorskip("tensorflow")
    from bert_keras.data import resumed

    def run(directory, stop=None):
        def kill(batch, logs):
            if batch == stop:
                raise KeyboardInterrupt

        model, saving = dropping(), SaveAndResume(directory, every_steps=2)
        shorten_memory(model, 4)
        dataset = tf.data.Dataset.range(4).map(
            lambda n: (tf.random.stateless_normal([ROWS, 3], [n, 0]), tf.random.stateless_normal([ROWS, 1], [n, 1]))
        )
        stopping = keras.callbacks.LambdaCallback(on_train_batch_end=kill)
        report = [*saving.after([MicroBatches()]), stopping]
        try:
            history = model.fit(resumed(dataset, saving.step), epochs=2, verbose=0, shuffle=False, callbacks=report)
        finally:
            saving._signals.ignore()
        return history.history, [a.tobytes() for a in weights(model)]

    unbroken = run(tmp_path / "unbroken")
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "killed", stop=2)
    assert run(tmp_path / "killed") == unbroken


@pytest.mark.slow_elsewhere
def test_not_even_one_row(train):
    with pytest.raises(MemoryError, match="Not even one row of a batch fits into memory: .*[oO]ut of mem|OOM"):
        train([MicroBatches()], most_rows=0.5)


@pytest.mark.slow_elsewhere
def test_other_errors_pass(train, small_pretrainer):
    model = small_pretrainer()
    model.compute_metrics = None
    with pytest.raises(TypeError, match="not callable"):
        train([MicroBatches()], model=model)


@pytest.mark.slow
@pytest.mark.slow_elsewhere
def test_curves_have_a_point_for_each_whole_step(train, logged_points, tmp_path):
    train([MicroBatches(4), StepTensorBoard(tmp_path, every=1)])
    assert len(list((tmp_path / "train").glob("events.*"))) == 1
    steps = [step for _, tag, step, _ in logged_points(tmp_path / "train") if tag == "mlm/loss"]
    assert steps == list(range(1, 2 * STEPS + 1))


@pytest.mark.slow_elsewhere
@pytest.mark.parametrize(
    ("compiled", "message"),
    [
        ({"loss": MaskedLMLoss(reduction="sum")}, 'reduction "mean_with_sample_weight", or all .*received: .*sum'),
        (
            {"loss": {"mlm": MaskedLMLoss(), "nsp": keras.losses.SparseCategoricalCrossentropy()}},
            "received: .*mean_with_sample_weight.*sum_over_batch_size",
        ),
        ({"loss": None}, "SmallPretrainer brings its own"),
    ],
)
def test_losses_whose_parts_do_not_add_up_are_an_error(train, small_pretrainer, compiled, message):
    with pytest.raises(ValueError, match=message):
        train([MicroBatches()], model=small_pretrainer(**compiled))


@pytest.mark.slow_elsewhere
@pytest.mark.parametrize("loss", [keras.losses.CategoricalCrossentropy, keras.losses.SparseCategoricalCrossentropy])
def test_parts_with_rows_of_no_label_add_up(loss):
    """Three of four rows of the first part have no label, and the mean is that of the five rows that have one."""
    ids = np.random.default_rng(0).integers(4, 10, (8, 6)).astype("int32")
    x = {"token_ids": ids, "segment_ids": 0 * ids, "padding_mask": 0 * ids + 1}
    y = np.array([0, -100, -100, -100, 1, 2, 0, 1])
    if loss is keras.losses.CategoricalCrossentropy:
        y = np.where((y == -100)[:, None], -100, np.eye(3)[np.maximum(y, 0)]).astype("float32")
    results = []
    for callbacks in ([], [MicroBatches(2)]):
        keras.utils.set_random_seed(1)
        model = TextClassifier(BertEncoder.from_size("tiny", vocabulary_size=10, dropout=0.0), 3, dropout=0.0)
        model.compile(AdamW(1e-3), loss(from_logits=True), run_eagerly=EAGERLY)
        history = model.fit(x, y, batch_size=8, shuffle=False, verbose=0, callbacks=callbacks).history
        results.append((model, {"loss": history["loss"]}))
    assert_close(*results)


@pytest.mark.slow_elsewhere
def test_parts_with_padding_add_up_where_the_inputs_say_what_counts():
    ids = np.random.default_rng(0).integers(4, 10, (4, 6)).astype("int32")
    ids[:2, 1:] = 0  # padding, but for one token
    x = {"token_ids": ids, "segment_ids": 0 * ids, "padding_mask": (ids != 0).astype("int32")}
    results = []
    for callbacks in ([], [MicroBatches(2)]):
        keras.utils.set_random_seed(1)
        model = ReplacedTokenDetector(BertEncoder.from_size("tiny", 10, dropout=0.0, pooler=False))
        model.compile(AdamW(1e-3), ReplacedTokenLoss(), run_eagerly=EAGERLY)
        history = model.fit(x, ids % 2, batch_size=4, shuffle=False, verbose=0, callbacks=callbacks).history
        results.append((model, {"loss": history["loss"]}))
    assert_close(*results)


@pytest.mark.slow_elsewhere
def test_a_masked_mean_is_an_error():
    inputs = keras.Input((4,), dtype="int32")
    x = keras.layers.Embedding(5, 3, mask_zero=True)(inputs)
    model = keras.Model(inputs, keras.layers.Dense(1)(x))
    model.compile("sgd", "mse", run_eagerly=True)
    with pytest.raises(ValueError, match="a mask of Keras"):
        model.fit(np.ones((4, 4)), np.ones((4, 4, 1)), batch_size=4, verbose=0, callbacks=[MicroBatches(2)])
