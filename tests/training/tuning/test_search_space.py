"""What is tried of an option, said in one word, and how a trial says its options to a recipe."""

import keras_tuner
import pytest

from bert_keras.training.tuning import add_option, option_words

pytestmark = pytest.mark.slow_elsewhere


def kind_and_values(text):
    space = keras_tuner.HyperParameters()
    add_option(space, text)
    (parameter,) = space.space
    return type(parameter).__name__, list(parameter.values)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("epochs=2,3,4", ("Choice", [2, 3, 4])),
        ("pooling=first,mean", ("Choice", ["first", "mean"])),
        ("num_layers=1:3", ("Int", [1, 2, 3])),
        ("dropout=0,0.1", ("Choice", [0.0, 0.1])),
        ("pooling=mean,null", ("Choice", ["mean", "None"])),
        ("num_frozen_blocks=null,2", ("Choice", ["None", "2"])),
        ("deep=false,true", ("Boolean", [True, False])),
    ],
)
def test_lists_words_flags_and_whole_ranges_are_what_they_say(text, expected):
    assert kind_and_values(text) == expected


def test_a_range_of_fractions_is_searched_evenly_or_by_its_logarithm():
    space = keras_tuner.HyperParameters()
    add_option(space, "rate=1e-5:1e-3:log")
    add_option(space, "dropout=0:0.5")
    rate, dropout = space.space
    assert rate.prob_to_value(0.5) == pytest.approx(1e-4) and dropout.prob_to_value(0.5) == pytest.approx(0.25)


@pytest.mark.parametrize("text", ["rate", "rate=", "=1,2", "rate=1:2:linear", "rate=1:2:log:3"])
def test_what_is_no_range_is_refused(text):
    with pytest.raises(ValueError, match=f"--options {text}: expected name=1,2,3"):
        add_option(None, text)


def test_options_are_spelled_as_the_command_line_takes_them():
    words = option_words({"lora_rank": 8, "freeze_encoder": True, "ema": False, "pooling": "mean"})
    assert words == ["--lora-rank", "8", "--freeze-encoder", "--no-ema", "--pooling", "mean"]
