"""A task model of one's own, in few lines, is trained, saved and loaded as the others are."""

import json

import keras
import numpy as np
import pytest

from bert_keras.models import SpanTagger, TaskModel, TextClassifier, load_preset
from bert_keras.training import add_r_drop
from bert_keras.training.target_kinds import NUMBERS


@keras.saving.register_keras_serializable(package="tests")
class Grader(TaskModel):
    """Gives each of some aspects of a text a grade."""

    heads, target_kinds = ("grade_head",), NUMBERS
    shaping = ("hidden",)

    def __init__(self, encoder, aspects, *, hidden=None, best=10.0, dropout=0.1, dtype=None, **kwargs):
        inputs = encoder.new_inputs()
        x = keras.layers.Dropout(dropout)(encoder(inputs)["sequence_output"][:, 0])
        x = x if hidden is None else keras.layers.Dense(hidden, name="hidden")(x)
        outputs = keras.layers.Dense(len(aspects), dtype=dtype or encoder.dtype_policy, name="grade_head")(x)
        super().__init__(encoder, inputs, outputs, dtype=dtype, **kwargs)
        self.aspects = list(aspects)
        self.hidden = hidden
        self.best = best
        self.dropout = dropout

    def decode(self, outputs):
        """Grades from 0 to the best one."""
        return np.clip(outputs, 0, self.best)


@pytest.fixture
def grader(make_encoder):
    return Grader(make_encoder(pooler=False), ("style", "truth"), best=6.0, dropout=0.2)


@pytest.mark.slow_elsewhere
def test_it_comes_back_with_its_arguments_and_weights(grader, rows, outputs_of, tmp_path):
    grader.save_to_preset(tmp_path / "preset")
    grader.save(tmp_path / "grader.keras")
    grader.save_to_preset(tmp_path / "keras", format="keras")
    for loaded in (
        Grader.from_preset(tmp_path / "preset"),
        Grader.from_preset(tmp_path / "grader.keras"),
        Grader.from_preset(tmp_path / "keras"),
        keras.saving.load_model(tmp_path / "grader.keras"),
    ):
        assert (loaded.aspects, loaded.best, loaded.dropout) == (["style", "truth"], 6.0, 0.2)
        assert not loaded.load_report or loaded.load_report.new == loaded.load_report.unused == ()
        np.testing.assert_allclose(outputs_of(loaded, rows), outputs_of(grader, rows), atol=1e-6)
    assert loaded.decode(np.array([[-1.0, 9.0]])).tolist() == [[0.0, 6.0]]


def test_it_is_trained_by_fit_without_a_loss(grader, rows):
    add_r_drop(grader, 1.0, problem_type="regression")
    grader.compile(keras.optimizers.SGD(0.01))
    logs = grader.fit(rows, np.ones((2, 2), "float32"), verbose=0).history
    assert {"loss", "padding_share", "tokens_per_step"} <= set(logs)
    with pytest.raises(ValueError, match="numbers of a regression"):
        grader.compile(loss="sparse_categorical_crossentropy")


@pytest.mark.slow_elsewhere
def test_what_is_asked_for_outweighs_what_the_preset_has(grader, make_encoder, tmp_path):
    grader.save_to_preset(tmp_path / "grader")
    make_encoder().save_to_preset(tmp_path / "encoder")
    loaded = Grader.from_preset(tmp_path / "grader", best=4.0, dropout=0.0, max_sequence_length=10)
    assert (loaded.best, loaded.dropout, loaded.encoder.dropout, loaded.load_report.new) == (4.0, 0.0, 0.0, ())
    for other in ({"aspects": ("a", "b")}, {"hidden": 4}):
        assert "grade_head/kernel" in Grader.from_preset(tmp_path / "grader", **other).load_report.new
    assert Grader.from_preset(tmp_path / "encoder", ("a",)).aspects == ["a"]
    with pytest.raises(ValueError, match="has no head for Grader: aspects are needed for a new one"):
        Grader.from_preset(tmp_path / "encoder")
    with pytest.raises(TypeError, match="takes the preset and aspects, each once"):
        Grader.from_preset(tmp_path / "encoder", ("a",), aspects=("a",))


@pytest.mark.slow_elsewhere
def test_a_subclass_has_the_arguments_of_its_parent(make_encoder, tmp_path):
    @keras.saving.register_keras_serializable(package="tests")
    class Stars(TextClassifier):
        def __init__(self, *args, symbol="*", **kwargs):
            super().__init__(*args, **kwargs)
            self.symbol = symbol

    stars = Stars(make_encoder(), 3, symbol="+", threshold=0.3)
    stars.save_to_preset(tmp_path)
    again = Stars.from_config(stars.get_config())
    for loaded in (again, Stars.from_preset(tmp_path)):
        assert (loaded.num_classes, loaded.symbol, loaded.threshold) == (3, "+", 0.3)


@pytest.mark.slow_elsewhere
def test_a_preset_of_a_head_that_others_lack_says_which_tensors_are_its(grader, make_encoder, tmp_path):
    grader.save_to_preset(tmp_path / "grader")
    SpanTagger(make_encoder(pooler=False), ("a",), head_dim=4).save_to_preset(tmp_path / "spans")
    noted = {
        name: json.loads((tmp_path / name / "config.json").read_text())["bert_keras"] for name in ("grader", "spans")
    }
    assert noted["grader"]["heads"] == ["grade_head"] and "heads" not in noted["spans"]  # which older versions know
    path = tmp_path / "grader" / "config.json"
    path.write_text(path.read_text().replace('"heads": [', '"heads": [7, '))
    with pytest.raises(ValueError, match="bert_keras: heads must be a list of names"):
        Grader.from_preset(tmp_path / "grader")


@keras.saving.register_keras_serializable(package="tests")
class Pooled(TaskModel):
    """Looks at the pooled output, and has a layer that its heads do not name."""

    heads, target_kinds = ("pooled_head",), NUMBERS

    def __init__(self, encoder, names=("a",), *, dtype=None, **kwargs):
        inputs = encoder.new_inputs()
        x = keras.layers.Dense(2, name="middle")(encoder(inputs)["pooled_output"])
        super().__init__(encoder, inputs, keras.layers.Dense(1, name="pooled_head")(x), dtype=dtype, **kwargs)


@pytest.mark.slow_elsewhere
@pytest.mark.parametrize("format", ["huggingface", "keras"])
def test_a_preset_with_heads_of_another_class_is_not_taken_for_an_encoder(grader, tmp_path, format):
    grader.save_to_preset(tmp_path, format=format)
    with pytest.raises(ValueError, match="has heads of a class of your own: grade_head. Load it by the from_preset of"):
        load_preset(tmp_path)


@pytest.mark.slow_elsewhere
def test_what_a_preset_would_lose_is_refused_before_training(make_encoder, tmp_path):
    model = Pooled(make_encoder())
    with pytest.raises(ValueError, match="does not keep its argument names.*write self.names = names"):
        model.expect_savable(tmp_path)
    model.names = ["a"]
    with pytest.raises(ValueError, match="has weights in the layers middle, which presets would lose: name them in"):
        model.expect_savable(tmp_path)
    with pytest.raises(ValueError, match="has weights in the layers middle"):
        model.save_to_preset(tmp_path)


@pytest.mark.slow_elsewhere
def test_a_model_that_looks_at_the_pooled_output_without_saying_so_is_told_what_to_write(make_encoder, tmp_path):
    make_encoder().save_to_preset(tmp_path)
    with pytest.raises(ValueError, match="give it a class method needs_pooler"):
        Pooled.from_preset(tmp_path)


@pytest.mark.slow_elsewhere
def test_a_model_that_does_not_say_what_it_is_asked_is_told_so(make_encoder):
    class Silent(Pooled):
        target_kinds = property(doc="none")

    with pytest.raises(ValueError, match="must say what its outputs are asked: target_kinds ="):
        Silent(make_encoder()).compile("adam")
