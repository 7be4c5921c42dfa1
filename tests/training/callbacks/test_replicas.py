"""Several replicas of a `tf.distribute` strategy: two logical CPUs, which a process must be given before all else."""

import os
import subprocess
import sys

import keras
import pytest

SCRIPT = """
import math, sys, tempfile
import keras, numpy as np, tensorflow as tf
from bert_keras.training import AdamW, callbacks
devices = [tf.config.LogicalDeviceConfiguration()] * 2
tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], devices)

def model(strategy=None, **options):
    keras.utils.set_random_seed(1)
    with (strategy or tf.distribute.get_strategy()).scope():
        model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2), keras.layers.Dense(1)])
        model.compile(AdamW(0.05, weight_decay=0.5, **options), "mse")
    return model

def mirrored(**options):
    return model(tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]), **options)

def data(start_step=0):
    x = np.random.default_rng(0).normal(size=(24, 3)).astype("float32")
    x[8] = np.nan  # in the third batch
    return tf.data.Dataset.from_tensor_slices((x, x.sum(1))).batch(4).skip(start_step)

def weights(model):
    return [weight.numpy() for weight in model.weights]

# Steps are those of one device, and what is not sound is left out.
ours, one = mirrored(), model()
directory = tempfile.mkdtemp()
watchers = [callbacks.GradientNorm(1), callbacks.LearningRate(), callbacks.SkippedSteps(every=1)]
watchers += [callbacks.ProgressLine(), callbacks.StepTensorBoard(tempfile.mkdtemp(), every=1)]
saving = callbacks.SaveAndResume(directory, every_steps=2)
saving.step
history = ours.fit(data(), verbose=0, epochs=2, callbacks=saving.after(watchers)).history
one.fit(data(), verbose=0, epochs=2)
for first, second in zip(weights(ours), weights(one)):
    np.testing.assert_allclose(first, second, rtol=1e-4, atol=1e-5)
assert history["skipped_steps"] == [1, 2] and history["learning_rate"] == [np.float32(0.05)] * 2, history

# A finished run is read as it was left.
again, saving = mirrored(), callbacks.SaveAndResume(directory, every_steps=2)
saving.step
again.fit(data(), verbose=0, epochs=2, callbacks=saving.after(watchers))
for first, second in zip(weights(ours), weights(again)):
    np.testing.assert_array_equal(first, second)

for options in {"use_ema": True}, {"gradient_accumulation_steps": 2}:
    try:
        mirrored(**options).fit(data(), verbose=0)
    except ValueError as error:
        assert "not under a strategy with several replicas" in str(error), error
    else:
        raise AssertionError(options)
print("all is well")
"""


@pytest.mark.slow
@pytest.mark.skipif(keras.config.backend() != "tensorflow", reason="TensorFlow's strategies")
def test_replicas_train_as_one_device_and_callbacks_read_them():
    result = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, env=dict(os.environ))
    assert "all is well" in result.stdout, result.stderr[-3000:]
