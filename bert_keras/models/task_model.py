"""What every task model is: an encoder with a head, trained by `compile` and `fit`, kept in presets."""

import logging
import os
from typing import Any

import keras
import numpy as np

from bert_keras.checkpoints.checkpoint import Checkpoint
from bert_keras.models.encoder import BertEncoder
from bert_keras.models.preset_model import PresetModel, plain_form
from bert_keras.models.saved_model import open_preset
from bert_keras.training.losses.loss_terms import LossTerms
from bert_keras.training.target_checks import TargetChecks
from bert_keras.training.token_statistics import TokenStatistics
from bert_keras.training.traced_once import TracedOnce

_LOG = logging.getLogger("bert_keras")


class TaskModel(LossTerms, TokenStatistics, TargetChecks, TracedOnce, PresetModel):
    """An encoder with a head: what a model of your own task is made of.

    A subclass has a constructor, whose arguments are attributes; `target_kinds`, what its outputs are asked; `heads`,
    the names of its layers with weights; and `decode`, how its outputs are read. `compile` then knows the loss, `fit`
    refuses labels that do not fit, and `save`, `save_to_preset` and `from_preset` keep all arguments and weights.

    Three things more, where they are wanted: `needs_pooler`, a class method that returns True for a model that looks at
    the pooled output; `shaping`, names of arguments with a default that change the head's weights; and `target_kinds`
    of your own. Where `from_preset` is asked for another value of an argument without a default, or of one in
    `shaping`, all heads are new.

    Args:
        encoder: `BertEncoder`.
        inputs: dict of symbolic inputs, such as `encoder.new_inputs()`.
        outputs: symbolic output or dict of outputs: logits.
        dtype: dtype or policy of the head, None for the encoder's.
        **kwargs: arguments of `keras.Model`.

    Example:
        >>> import keras
        >>> import numpy as np
        >>> from bert_keras.models import BertEncoder, TaskModel
        >>> from bert_keras.training.target_kinds import NUMBERS
        >>> @keras.saving.register_keras_serializable(package="example")
        ... class Grader(TaskModel):
        ...     heads, target_kinds = ("grade_head",), NUMBERS
        ...
        ...     def __init__(self, encoder, *, best=10.0, dtype=None, **kwargs):
        ...         inputs = encoder.new_inputs()
        ...         head = keras.layers.Dense(1, dtype=dtype or encoder.dtype_policy, name="grade_head")
        ...         outputs = head(encoder(inputs)["sequence_output"][:, 0])
        ...         super().__init__(encoder, inputs, outputs, dtype=dtype, **kwargs)
        ...         self.best = best
        ...
        ...     def decode(self, outputs):
        ...         return np.clip(outputs[:, 0], 0, self.best)
        >>> grader = Grader(BertEncoder.from_size("tiny", vocabulary_size=100, pooler=False), best=6.0)
        >>> grader.compile("adam")
        >>> ids = np.array([[2, 17, 45, 3]])
        >>> x = {"token_ids": ids, "segment_ids": 0 * ids, "padding_mask": 0 * ids + 1}
        >>> history = grader.fit(x, np.array([5.0]), verbose=0)
        >>> import tempfile
        >>> directory = tempfile.mkdtemp()
        >>> grader.save_to_preset(directory)
        >>> Grader.from_preset(directory).best
        6.0
    """

    parts = ("encoder",)
    shaping = ()  # arguments, beside those without a default, with which the head has other weights
    noted = ()  # arguments that presets note though they are the defaults: what readers take where nothing is noted
    beside = ()  # folders in a preset with models that were trained along, which want the tokenizer too
    head_name = ""  # what presets call a head that nobody else has; "" for the name of the class

    def __init__(
        self,
        encoder: BertEncoder,
        inputs: dict,
        outputs: Any,
        *,
        dtype: str | keras.DTypePolicy | None = None,
        **kwargs: Any,
    ):
        super().__init__(inputs=inputs, outputs=outputs, **kwargs)
        self.dtype_policy = keras.dtype_policies.get(dtype or encoder.dtype_policy)
        self.encoder = encoder

    @classmethod
    def from_preset(
        cls, preset: str | os.PathLike | keras.Model, *arguments: Any, dropout: float | None = None, **options: Any
    ) -> "TaskModel":
        """Load the encoder, and the head where the preset has one that fits; otherwise the head is new.

        Args:
            preset: what `bert_keras.models.open_preset` takes: a directory of any format, a name, or an object.
            *arguments: those of the constructor that stand behind the encoder, such as the number of classes. None,
                here and below, for what the preset's head was trained with, or the constructor's default.
            dropout: rate of the dropout in the encoder and before the head, None for the preset's.
            **options: further arguments of the constructor; those that it does not have, and `dtype`, are arguments of
                the encoder's constructor that shall differ from the preset's.

        Raises:
            FileNotFoundError: where a file is missing.
            ValueError: where a file is damaged, describes a model that we do not have, a weight does not fit, the head
                was trained for other labels, or an argument is missing for a new one.
        """
        own = {name: argument for name, argument in cls.own_arguments().items() if name != "encoder"}
        names = [name for name, argument in own.items() if argument.kind is argument.POSITIONAL_OR_KEYWORD]
        by_place = dict(zip(names, arguments))
        if len(arguments) > len(names) or by_place.keys() & options.keys():
            raise TypeError(
                f"{cls.__name__}.from_preset takes the preset and {', '.join(names) or 'no more'}, each once."
            )
        options |= by_place
        of_encoder = {name: options.pop(name) for name in list(options) if name not in own}
        asked = {name: value for name, value in options.items() if value is not None}
        if dropout is not None:
            of_encoder, asked = {"dropout": dropout} | of_encoder, {"dropout": dropout} | asked

        checkpoint = open_preset(preset)
        settings, is_trained = cls.preset_arguments(checkpoint, **asked)
        settings = {"dropout": checkpoint.settings["dropout"]} | settings
        settings = {name: value for name, value in settings.items() if name in own}
        needs_pooler = cls.needs_pooler(**{"family": checkpoint.family.model_type} | settings)
        of_encoder = {"pooler": needs_pooler} | of_encoder | cls.encoder_options
        encoder = BertEncoder.from_checkpoint(checkpoint, is_loaded_next=True, **of_encoder)
        try:
            model = cls(encoder, **settings)
        except KeyError as error:
            if error.args != ("pooled_output",):
                raise
            raise ValueError(
                f"{cls.__name__} looks at the encoder's pooled_output, and says by needs_pooler that it does not: give "
                "it a class method needs_pooler(**arguments) that returns True."
            ) from error
        model._load(checkpoint, new=() if is_trained else [f"{head}/" for head in cls.heads])
        guesses = "masked_lm_head/bias" in checkpoint.shapes and "replaced_token" in checkpoint.family.architectures
        if guesses and not is_trained:
            _LOG.warning(
                "%s is a masked LM: if it is the generator of %s, take its discriminator, the one to fine-tune.",
                checkpoint.source, checkpoint.family.name,
            )  # fmt: skip
        return model

    @classmethod
    def preset_arguments(cls, checkpoint: Checkpoint, **asked: Any) -> tuple[dict, bool]:
        """Decide on the constructor's arguments: what is asked for, else what the preset's head was trained with.

        Args:
            checkpoint: what `open_preset` gives.
            **asked: arguments of the constructor that are given.

        Returns:
            dict of arguments, and whether the preset's head fits them; a new one takes its place otherwise.

        Raises:
            ValueError: where arguments are missing for a new head.
        """
        own, name = cls.own_arguments(), cls.head_name or cls.__name__
        is_trained = cls.kind != "encoder" or checkpoint.settings.get("head") == name
        noted = {n: value for n, value in checkpoint.settings.items() if is_trained and n in own and n != "dropout"}
        required = [n for n, argument in own.items() if argument.default is argument.empty and n != "encoder"]
        if missing := [n for n in required if n not in noted | asked]:
            raise ValueError(
                f"{checkpoint.source} has no head for {name}: {', '.join(missing)} are needed for a new one, to be "
                "trained."
            )
        shaping = (n for n in (*required, *cls.shaping) if n in asked)
        is_same = all(plain_form(asked[n]) == noted.get(n, own[n].default) for n in shaping)
        return noted | asked, is_trained and is_same

    @classmethod
    def needs_pooler(cls, **arguments: Any) -> bool:
        """Tell whether a model with these arguments looks at the encoder's pooled output.

        Args:
            **arguments: arguments of the constructor, and `family`, that of the encoder.
        """
        return False

    def preset_settings(self) -> dict:
        """Give what a preset notes of the model: arguments that differ from the defaults, and those in `noted`."""
        settings = {} if self.kind != "encoder" else {"head": self.head_name or type(self).__name__}
        always = ("dropout", *self.noted)
        for name, argument in self.own_arguments().items():
            if name not in self.parts:
                value = plain_form(self.argument(name))
                if name in always or argument.default is argument.empty or value != plain_form(argument.default):
                    settings[name] = value
        return settings

    def decode(self, outputs: Any) -> np.ndarray | list:
        """Read predictions off the outputs; each model says how."""
        raise NotImplementedError(f"{type(self).__name__} does not say how its outputs are decoded.")
