"""What is tried of an option, said in one word: a list, or a range."""

import json
from typing import Any


def add_option(space: dict, text: str) -> None:
    """Add what shall be tried of one option to what KerasTuner chooses from.

    Args:
        space: `keras_tuner.HyperParameters`.
        text: str. `name=1,2,3` tries these, `name=first,mean` too, `name=true,false` a flag; `name=1:8` all between,
            whole numbers where both ends are; `name=1e-5:1e-4:log` by their logarithm.

    Raises:
        ValueError: where the text says nothing of that kind.

    Example:
        >>> import keras_tuner
        >>> space = keras_tuner.HyperParameters()
        >>> add_option(space, "learning_rate=1e-5:1e-4:log")
        >>> add_option(space, "epochs=2,3,4")
        >>> space.values
        {'learning_rate': 1e-05, 'epochs': 2}
    """
    name, _, values = text.partition("=")
    low, *rest = values.split(":")
    if not name or not values or len(rest) > 2 or rest[1:] not in ([], ["log"]):
        raise ValueError(f"--options {text}: expected name=1,2,3 or name=low:high or name=low:high:log")
    if rest:
        low, high = _value(low), _value(rest[0])
        kind = space.Int if isinstance(low, int) and isinstance(high, int) else space.Float
        kind(name, low, high, sampling="log" if rest[1:] else "linear")
    elif set(values.split(",")) == {"true", "false"}:
        space.Boolean(name)
    else:
        space.Choice(name, _of_one_type([_value(value) for value in values.split(",")]))


def option_words(values: dict[str, Any]) -> list[str]:
    """Spell options as a recipe's command line takes them.

    Args:
        values: dict of an option's name to its value.

    Example:
        >>> option_words({"learning_rate": 1e-4, "freeze_encoder": False})
        ['--learning-rate', '0.0001', '--no-freeze-encoder']
    """
    words = []
    for name, value in values.items():
        name = name.replace("_", "-")
        words += [f"--{'' if value else 'no-'}{name}"] if isinstance(value, bool) else [f"--{name}", str(value)]
    return words


def _of_one_type(values):
    """As KerasTuner wants them: 0 beside 0.1 is 0.0, and beside a word each is the word that it was."""
    kinds = {type(value) for value in values}
    if kinds == {int, float}:
        return [float(value) for value in values]
    return values if len(kinds) == 1 else [str(value) for value in values]


def _value(word):
    """Return a number, or None for null; any other word stands for itself."""
    try:
        return json.loads(word)
    except json.JSONDecodeError:
        return word
