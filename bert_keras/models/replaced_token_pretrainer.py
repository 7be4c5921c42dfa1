"""ELECTRA's pretraining: a generator guesses masked tokens, a discriminator tells which of them it guessed wrong."""

import inspect
import os
import pathlib
from typing import Any

import keras
import numpy as np
from keras import ops

from bert_keras.keras_internals import replace_layer
from bert_keras.layers import TokenReplacement
from bert_keras.models.encoder import BertEncoder
from bert_keras.models.narrower_encoder import narrower_encoder
from bert_keras.models.pretrainer import BertPretrainer
from bert_keras.models.replaced_token_detector import ReplacedTokenDetector
from bert_keras.models.task_model import TaskModel
from bert_keras.ops import place_at_positions
from bert_keras.ops.check_labels import NO_LABEL
from bert_keras.preset_location import locate_preset
from bert_keras.training.target_kinds import REPLACED_TOKENS, TOKENS

GENERATOR_FOLDER = "generator"
_SHARED = ("token_embedding", "position_embedding", "segment_embedding", "layer_norm")  # all but the projection


@keras.saving.register_keras_serializable(package="bert_keras")
class ReplacedTokenPretrainer(TaskModel):
    """Trains a generator to guess masked tokens, and a discriminator to tell its guesses from the real tokens.

    Inputs and targets are those of `BertPretrainer` without a task on pairs: the masked `token_ids`, `mask_positions`,
    and `mlm`, the original ids. At the positions that count the discriminator sees tokens drawn from the generator's
    probabilities; where one is the original, it is real. It answers for every token but padding. Labels of `rtd` are
    made here; rows without a masked token, which fill up a batch, have no weight, nor has a token without a label.

    Output is a dict: `mlm`, (batch, predictions, vocabulary_size), and `rtd`, (batch, length), float32 logits; and
    `sampled`, (batch, predictions) int32, the drawn tokens. The loss is that of `mlm` and `discriminator_weight` times
    that of `rtd`. No gradient flows from the discriminator into the generator but through what they share.

    Args:
        generator: `BertPretrainer` with an `mlm` output alone.
        discriminator: `ReplacedTokenDetector` of the same vocabulary. It is what is fine-tuned afterwards.
        share_embeddings: whether the generator uses the discriminator's tables of tokens, positions and segments, and
            their layer norm, in place of its own; the `generator` is changed then. Default True.
        discriminator_weight: factor of the `rtd` loss where `compile` is given no `loss_weights`. Default 50, as
            published: binary losses are small.
        seed: seed of the drawn tokens, None for other ones in each run.
        dtype: dtype or policy of the model around both, None for the discriminator's.
        **kwargs: arguments of `keras.Model`.

    Raises:
        ValueError: where the generator has other outputs, or the two do not fit together.

    Example:
        >>> import numpy as np
        >>> from bert_keras.models import BertEncoder, ReplacedTokenPretrainer
        >>> encoder = BertEncoder.from_size("tiny", vocabulary_size=100, family="electra")
        >>> pretrainer = ReplacedTokenPretrainer.from_encoder(encoder, generator_size=0.25)
        >>> ids = np.array([[2, 17, 4, 45, 3]])
        >>> x = {"token_ids": ids, "segment_ids": 0 * ids, "padding_mask": 0 * ids + 1}
        >>> outputs = pretrainer(x | {"mask_positions": np.array([[2]])})
        >>> outputs["mlm"].shape == (1, 1, 100) and outputs["rtd"].shape == (1, 5)
        True

    Reference:
        [Clark et al., 2020](https://arxiv.org/abs/2003.10555), section 2; `run_pretraining.py` of
        https://github.com/google-research/electra
    """

    parts = ("generator", "discriminator")
    target_kinds = {"mlm": TOKENS, "rtd": REPLACED_TOKENS}
    beside = (GENERATOR_FOLDER,)

    def __init__(
        self, generator: BertPretrainer, discriminator: ReplacedTokenDetector, *, share_embeddings: bool = True,
        discriminator_weight: float = 50.0, seed: int | None = None, dtype: str | keras.DTypePolicy | None = None,
        **kwargs: Any,
    ):  # fmt: skip
        if list(generator.target_kinds) != ["mlm"]:
            raise ValueError(
                f"Expected a generator with the output mlm alone, received {', '.join(generator.target_kinds)}: build "
                "it with next_sentence=False."
            )
        sizes = [model.encoder.vocabulary_size for model in (generator, discriminator)]
        if sizes[0] != sizes[1]:
            raise ValueError(
                f"Expected generator and discriminator of one vocabulary, received {sizes[0]} and {sizes[1]} tokens."
            )
        if share_embeddings:
            _share(generator, discriminator)
        inputs = discriminator.encoder.new_inputs()
        inputs |= {name: given for name, given in generator.encoder.new_inputs().items() if name not in inputs}
        inputs["mask_positions"] = keras.Input((None,), dtype="int32", name="mask_positions")
        mlm = generator({name: inputs[name] for name in generator.input})["mlm"]
        replacement = TokenReplacement(seed=seed, name="token_replacement")
        token_ids, sampled = replacement(inputs["token_ids"], inputs["mask_positions"], mlm)
        rtd = discriminator({name: inputs[name] for name in discriminator.input} | {"token_ids": token_ids})
        outputs = {"mlm": mlm, "rtd": rtd, "sampled": sampled}
        super().__init__(discriminator.encoder, inputs, outputs, dtype=dtype, **kwargs)
        self.generator = generator
        self.discriminator = discriminator
        self.share_embeddings = share_embeddings
        self.discriminator_weight = discriminator_weight
        self.seed = seed

    @classmethod
    def own_arguments(cls) -> dict[str, inspect.Parameter]:
        """As of every model, but that the encoder comes with the discriminator."""
        return {name: argument for name, argument in super().own_arguments().items() if name != "encoder"}

    @classmethod
    def from_encoder(
        cls, encoder: BertEncoder, *, generator_size: float = 0.25, **options: Any
    ) -> "ReplacedTokenPretrainer":
        """Build both around the discriminator's encoder: a new head for it, and a new, narrower generator.

        Args:
            encoder: the discriminator's.
            generator_size: the generator's share of its width; see `narrower_encoder`. Default 0.25, which the paper
                has for small and large; 1/3 for base.
            **options: further arguments of the constructor.
        """
        generator = BertPretrainer(narrower_encoder(encoder, generator_size), next_sentence=False)
        return cls(generator, ReplacedTokenDetector(encoder), **options)

    @classmethod
    def from_preset(
        cls, preset: str | os.PathLike, *, generator: str | os.PathLike | None = None, dropout: float | None = None,
        share_embeddings: bool | None = None, discriminator_weight: float = 50.0, seed: int | None = None,
        **overrides: Any,
    ) -> "ReplacedTokenPretrainer":  # fmt: skip
        """Go on from what `save_to_preset` has written, or from two presets.

        Args:
            preset: directory or name of the discriminator's preset.
            generator: the same of the generator's, None for the folder `generator` in that of the discriminator.
            dropout: rate of the dropout in both, None for the presets'.
            share_embeddings: as for the constructor; None where both presets have the same embeddings.
            discriminator_weight: as for the constructor.
            seed: as for the constructor.
            **overrides: arguments of both encoders that shall differ from the presets', such as `dtype`.

        Raises:
            FileNotFoundError: where there is no generator.
            ValueError: as for the constructor, and where a preset is damaged.
        """
        if generator is None:
            generator = pathlib.Path(locate_preset(preset), GENERATOR_FOLDER)
            if not generator.is_dir():
                raise FileNotFoundError(
                    f"{preset} has no folder {GENERATOR_FOLDER}: name the generator's preset by generator=, or build a "
                    "new one by ReplacedTokenPretrainer.from_encoder(BertEncoder.from_preset(...))."
                )
        discriminator = ReplacedTokenDetector.from_preset(preset, dropout=dropout, **overrides)
        heads = {"masked_lm": True, "next_sentence": False, "sentence_order": False}
        generator = BertPretrainer.from_preset(generator, **heads, dropout=dropout, **overrides)
        if share_embeddings is None:
            share_embeddings = _have_same_embeddings(generator, discriminator)
        options = {"discriminator_weight": discriminator_weight, "seed": seed}
        model = cls(generator, discriminator, share_embeddings=share_embeddings, **options)
        model.load_report = discriminator.load_report
        return model

    def save_to_preset(
        self, directory: str | os.PathLike, *, format: str | None = None, max_shard_bytes: int | None = None
    ) -> None:
        """Write the discriminator, which is what others fine-tune, and the generator into the folder `generator` in it.

        Args:
            directory: as for every model, as are the others.
            format: of both.
            max_shard_bytes: of both.
        """
        options = {"format": format, "max_shard_bytes": max_shard_bytes}
        self.generator.save_to_preset(pathlib.Path(directory, GENERATOR_FOLDER), **options)
        self.discriminator.save_to_preset(directory, **options)

    def expect_savable(self, directory: str | os.PathLike) -> None:
        """As of every model, for both."""
        self.discriminator.expect_savable(directory)
        self.generator.expect_savable(directory)

    def to_keras_hub(self, *, exact: bool = True) -> keras.Model:
        """As of every model, of the discriminator's encoder."""
        return self.discriminator.to_keras_hub(exact=exact)

    def compile(self, optimizer: Any = "rmsprop", loss: Any = None, loss_weights: Any = None, **kwargs: Any) -> None:
        """As every model; `loss_weights` are 1 and `discriminator_weight` where they are not given."""
        if loss_weights is None:
            loss_weights = {"mlm": 1.0, "rtd": self.discriminator_weight}
            if isinstance(loss, dict):
                loss_weights = {name: loss_weights.get(name) for name in loss}
        super().compile(optimizer, loss, loss_weights, **kwargs)

    def target_weights(self, x: Any, y: Any, sample_weight: Any) -> Any:
        """As of every model, and of `rtd` 1 where a token stands of which it is known whether it was replaced."""
        weights = self._by_output(sample_weight, "sample_weight")
        if weights.get("rtd") is not None or not isinstance(y, dict) or y.get("mlm") is None:
            return sample_weight
        has_label = ops.not_equal(y["mlm"], NO_LABEL)
        if weights.get("mlm") is not None:
            mlm = ops.convert_to_tensor(weights["mlm"])
            has_label = ops.logical_and(has_label, ops.not_equal(mlm if len(mlm.shape) > 1 else mlm[:, None], 0))
        known, is_placed = self._placed(x, ops.cast(has_label, "int32"))
        is_known = ops.logical_or(ops.logical_not(is_placed), known > 0)
        is_known = ops.logical_and(is_known, ops.any(has_label, axis=1, keepdims=True))
        is_token = ops.not_equal(x["padding_mask"], 0)
        return weights | {"rtd": ops.cast(ops.logical_and(is_known, is_token), "float32")}

    def check_targets(self, x: Any, y: Any, y_pred: Any, sample_weight: Any) -> tuple[Any, Any]:
        """As every model, with the labels of `rtd`: 1 where the drawn token is not the original."""
        if isinstance(y, dict) and y.get("mlm") is not None:
            sample_weight = self.target_weights(x, y, sample_weight)
            is_other = ops.not_equal(y_pred["sampled"], ops.cast(y["mlm"], "int32"))
            y = y | {"rtd": self._placed(x, ops.cast(is_other, "int32"))[0]}
        return super().check_targets(x, y, y_pred, sample_weight)

    def _placed(self, x, values):
        return place_at_positions(values, ops.cast(x["mask_positions"], "int32"), ops.shape(x["token_ids"])[1])


def _share(generator, discriminator):
    """Have the generator use the discriminator's embeddings, which must be as large; its masked-LM head too."""
    own, shared = generator.encoder.embeddings, discriminator.encoder.embeddings
    for name in _SHARED:
        old, new = getattr(own, name, None), getattr(shared, name, None)
        shapes = [[tuple(weight.shape) for weight in layer.weights] if layer else None for layer in (old, new)]
        if shapes[0] != shapes[1]:
            raise ValueError(
                f"share_embeddings=True needs embeddings of one size, but the {name} of the generator has {shapes[0]}, "
                f"that of the discriminator {shapes[1]}: give the generator embedding_dim="
                f"{discriminator.encoder.embedding_dim or discriminator.encoder.hidden_dim}."
            )
        if old is not None and old is not new:
            replace_layer(generator, old, new)


def _have_same_embeddings(generator, discriminator):
    pairs = [[getattr(m.encoder.embeddings, name, None) for m in (generator, discriminator)] for name in _SHARED]
    return all(
        own is shared is None
        or (own is not None and shared is not None and _same_arrays(own.get_weights(), shared.get_weights()))
        for own, shared in pairs
    )


def _same_arrays(some, others):
    return len(some) == len(others) and all(map(np.array_equal, some, others))
