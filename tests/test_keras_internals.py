"""Which private parts of Keras the package touches, and with which versions that was looked at."""

import ast
import inspect
import pathlib
import re
import textwrap

import keras
import numpy as np

import bert_keras
from bert_keras import keras_internals
from bert_keras.training.resuming.model_state import read_variable

TESTED = ("3.15",)
ROOT = pathlib.Path(bert_keras.__file__).parent
OVERRIDDEN = "methods of a subclass stand in for those of Keras, or read what Keras keeps in it"
ELSEWHERE = {  # file -> private names of Keras in it, and why they are not in keras_internals
    "models/token_classifier.py": OVERRIDDEN,
    "training/optimizers.py": OVERRIDDEN,
    "training/traced_once.py": OVERRIDDEN,
    "training/resuming/callback_states.py": "names of attributes that Keras' own callbacks remember, as a table",
}


def private_names():
    """Private methods and attributes of what the package subclasses and handles."""
    kinds = [
        keras.Model, keras.Variable, keras.KerasTensor, keras.layers.Dense, keras.losses.Loss, keras.metrics.Metric,
        keras.optimizers.AdamW, keras.optimizers.LossScaleOptimizer, keras.callbacks.EarlyStopping,
        keras.callbacks.ModelCheckpoint, keras.callbacks.SwapEMAWeights,
    ]  # fmt: skip
    names = set()
    for base in {base for kind in kinds for base in kind.__mro__ if base.__module__.startswith("keras.")}:
        for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(base)))):
            if isinstance(node, ast.FunctionDef):
                names.add(node.name)
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self":
                names.add(node.attr)
    return {name for name in names if name.startswith("_") and not name.startswith("__")}


def touched(path, names):
    """The private parts of Keras that a file imports, reads, or has methods for; not what it keeps in itself."""
    nodes = list(ast.walk(ast.parse(path.read_text())))
    own = {n.attr for n in nodes if isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Store)}
    if not re.search("^import keras", path.read_text(), re.MULTILINE):  # nothing in it is a class of Keras
        own |= {n.name for n in nodes if isinstance(n, ast.FunctionDef)}
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("keras.src"):
            yield node.module
        elif isinstance(node, ast.Attribute) and node.attr in names:
            is_self = isinstance(node.value, ast.Name) and node.value.id == "self"
            if not is_self or node.attr not in own:
                yield node.attr
        elif isinstance(node, ast.FunctionDef) and node.name in names - own and node.args.args[:1]:
            if node.args.args[0].arg == "self":
                yield node.name
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in names:
            yield node.value


def test_private_parts_of_keras_are_touched_in_one_room():
    names = private_names()
    assert {"_flatten_layers", "_symbolic_build", "_compile_loss", "_iterations", "_kernel"} <= names
    found = {str(path.relative_to(ROOT)) for path in ROOT.rglob("*.py") if set(touched(path, names))}
    assert found - {"keras_internals.py"} == set(ELSEWHERE)


def test_the_version_of_keras_is_one_that_was_looked_at():
    assert keras.__version__.startswith(TESTED), "look at keras_internals and ELSEWHERE, then add the version"


def make_model():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dropout(0.5), keras.layers.Dense(2)])
    model.compile("sgd", "mse", metrics=["mae"])
    return model


def test_layers_are_found_at_any_depth():
    outer = keras.Sequential([keras.Input((3,)), make_model()])
    assert {type(layer).__name__ for layer in keras_internals.layers_within(outer)} >= {"Dense", "Dropout"}


def test_a_layer_takes_the_place_of_another_wherever_it_is_held():
    class Twice(keras.layers.Layer):
        def __init__(self, dense):
            super().__init__()
            self.first, self.second = dense, dense

        def call(self, inputs):
            return self.first(self.second(inputs))

    old, new = keras.layers.Dense(3), keras.layers.Dense(3, kernel_initializer="zeros")
    inputs = keras.Input((3,))
    model = keras.Model(inputs, Twice(old)(inputs))
    new.build((None, 3))
    keras_internals.replace_layer(model, old, new)
    assert {id(weight) for weight in model.weights} == {id(weight) for weight in new.weights}
    assert not model.predict_on_batch(np.ones((1, 3))).any()


def test_masks_are_seen():
    embedded = keras.layers.Embedding(4, 2, mask_zero=True)(np.array([[1, 0]]))
    assert np.array(keras.ops.convert_to_numpy(keras_internals.mask_of(embedded))).tolist() == [[True, False]]
    assert keras_internals.mask_of(keras.ops.ones(2)) is None


def test_a_function_becomes_a_loss_with_its_reduction():
    loss = keras_internals.loss_of_function(lambda y, scores: keras.ops.mean(scores - y, -1), "sum", "gap")
    assert (loss.name, float(loss(np.zeros((2, 1)), np.ones((2, 1))))) == ("gap", 2.0)


def test_the_global_generator_is_the_one_that_unseeded_layers_draw_from():
    state = keras_internals.global_generator().state
    before = np.array(keras.ops.convert_to_numpy(state))
    keras.random.uniform((1,))
    assert (np.array(keras.ops.convert_to_numpy(state)) != before).any()


def test_variables_are_made_without_a_step_and_batches_are_counted():
    model = make_model()
    batch = np.ones((4, 3), "float32"), np.ones((4, 2), "float32")
    keras_internals.make_variables(model, batch)
    assert model.optimizer.built and len(model.metrics) == 2
    model.fit(*batch, batch_size=2, verbose=0)
    assert int(read_variable(keras_internals.batch_counter(model.optimizer))) == 2


def test_fit_begins_at_the_epoch_asked_for():
    model = make_model()
    keras_internals.begin_at_epoch(model, 2)
    assert len(model.fit(np.ones((2, 3)), np.ones((2, 2)), epochs=3, verbose=0).epoch) == 1


def test_an_adapter_is_taken_out():
    dense = keras.layers.Dense(2)
    dense.build((None, 3))
    dense.enable_lora(1)
    assert keras_internals.stored_kernel(dense).shape == (3, 2)
    keras_internals.take_out_adapter(dense)
    assert len(dense.variables) == 2 and not dense.lora_enabled


def test_a_layer_gives_something_else_as_long_as_the_context_lasts():
    model = make_model()
    x = np.ones((2, 3), "float32")
    before = keras.ops.convert_to_numpy(model(x))
    with keras_internals.changed_output(model.layers[-1], lambda output: 0 * output + 7):
        assert (keras.ops.convert_to_numpy(model(x)) == 7).all()
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(model(x)), before)


def test_layers_are_of_one_kind_whatever_their_names_and_values_are():
    def dense(**options):
        layer = keras.layers.Dense(2, **options)
        layer.build((None, 3))
        return keras_internals.kind_of_layer(layer)

    assert dense(name="a", kernel_initializer="ones") == dense(name="b") and hash(dense()) is not None
    assert len({dense(), dense(activation="relu"), dense(use_bias=False), dense(dtype="bfloat16")}) == 4
    layers = keras.layers.Dense(2), keras.layers.Dense(2)
    layers[1].call = lambda x: x
    assert keras_internals.kind_of_layer(layers[0]) != keras_internals.kind_of_layer(layers[1])


def test_a_call_with_a_mask_or_other_values_or_computed_again_is_told_apart():
    layer, x = keras.layers.Dense(2), keras.ops.ones((1, 3))
    layer.build((None, 3))
    assert keras_internals.is_called_plainly(layer, {"inputs": x})
    with keras.StatelessScope():
        assert not keras_internals.is_called_plainly(layer, {"inputs": x})
    with keras.RematScope("full"):
        assert not keras_internals.is_called_plainly(keras.layers.Dense(2), {"inputs": x})
    masked = keras.layers.Masking()(keras.ops.ones((1, 3, 2)))
    assert not keras_internals.is_called_plainly(layer, {"inputs": masked})


def test_variables_have_their_own_dtype_while_a_layer_in_half_precision_is_called():
    dtypes = []

    class Layer(keras.layers.Dense):
        def call(self, x):
            values = [self.kernel.value, *keras_internals.unconverted_values([self.kernel])]
            dtypes.extend(keras.backend.standardize_dtype(value.dtype) for value in values)
            return super().call(x)

    Layer(2, dtype="mixed_bfloat16")(np.ones((1, 3), "float32"))
    assert dtypes[-2:] == ["bfloat16", "float32"]
