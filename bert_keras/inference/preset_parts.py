"""What every predictor loads from a preset: the model, the tokenizer, and which options are for whom."""

import inspect

from bert_keras.data import tokenizer_of
from bert_keras.models import BertEncoder


def preset_parts(predictor, model_class, directory, options, **asked):
    """Load model and tokenizer of a preset.

    Args:
        predictor: class of the predictor; options that its constructor has are for it.
        model_class: class of the model, whose encoder the other options are for: `dtype`, `dropout` and whatever else
            the constructor of `BertEncoder` takes.
        directory: what `from_preset` of the model takes.
        options: dict of the options of both.
        **asked: arguments of the model's `from_preset`.

    Returns:
        (model, tokenizer, dict of the predictor's options).

    Raises:
        TypeError: where an option is neither's.
    """
    own, of_encoder = _options(predictor), _options(BertEncoder)
    if unknown := [name for name in options if name not in own | of_encoder]:
        raise TypeError(
            f"{predictor.__name__}.from_preset has no option {', '.join(unknown)}. Its own: {', '.join(sorted(own))}; "
            f"its encoder's: {', '.join(sorted(of_encoder - own))}."
        )
    overrides = {name: value for name, value in options.items() if name not in own}
    model = model_class.from_preset(directory, **asked, **overrides)
    options = {name: value for name, value in options.items() if name in own}
    return model, tokenizer_of(directory), options


def _options(kind):
    parameters = inspect.signature(kind).parameters.values()
    return {parameter.name for parameter in parameters if parameter.kind is parameter.KEYWORD_ONLY}
