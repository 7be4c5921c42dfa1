"""The encoder with the heads that BERT and ALBERT are pretrained with."""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from bert_keras.checkpoints.checkpoint import Checkpoint
from bert_keras.checkpoints.families import family_named
from bert_keras.layers import SentencePairHead, SpanBoundaryHead
from bert_keras.models.encoder import BertEncoder
from bert_keras.models.task_model import TaskModel
from bert_keras.models.vocabulary_head import NAME, head_arguments, is_of_family, vocabulary_head
from bert_keras.ops import get_activation
from bert_keras.ops import span_boundaries as boundaries_of
from bert_keras.training.target_kinds import CLASSES, TOKENS, TargetKind

_ORDER = "sentence_order_pretraining"  # which of the families of transformers ALBERT alone has


@keras.saving.register_keras_serializable(package="bert_keras")
class BertPretrainer(TaskModel):
    """Guesses masked tokens, and whether the second text follows the first, or which of them comes first.

    Inputs are those of the encoder and `mask_positions`, (batch, predictions) int32: where tokens are to be guessed.
    Output is a dict of float32 logits: `mlm`, (batch, predictions, vocabulary_size), and `nsp`, (batch, 2), class 0
    for "really follows", or `sop`, (batch, 2), class 0 for "in order" and 1 for "exchanged", as ALBERT's. SpanBERT's is
    `sbo`, like `mlm`, whose labels and weights it has: what is masked guessed from the tokens beside its span.

    Args:
        encoder: `BertEncoder`; with `next_sentence` or `sentence_order` it must have a pooler.
        masked_lm: whether there is an `mlm` output and its input `mask_positions`. Default True; in `from_preset` what
            the preset has, and True if it has no head at all.
        next_sentence: whether there is an `nsp` output. Default None: where there is no `sop`; in `from_preset` what
            the preset has. Without either nothing trains the encoder's pooler, and Keras says so at the first step,
            unless the encoder was built with `pooler=False`.
        sentence_order: whether there is a `sop` output. Default False; in `from_preset` what the preset has.
        span_boundaries: whether there is a `sbo` output, with a head that presets leave out. Default False.
        head_activation: activation function of the masked-LM head or its name, None for that of the encoder's family,
            which in most is the encoder's.
        head_layer_norm_epsilon: added to the variance in that head's layer norm, None for the encoder's.
        dtype: dtype or policy of the heads, None for the encoder's.
        **kwargs: arguments of `keras.Model`.

    Raises:
        ValueError: where `next_sentence` or `sentence_order` is asked of an encoder without a pooler, both are asked
            for, `span_boundaries` without `masked_lm`, or there is no output at all.

    Example:
        >>> import numpy as np
        >>> from bert_keras.models import BertEncoder, BertPretrainer
        >>> pretrainer = BertPretrainer(BertEncoder.from_size("tiny", vocabulary_size=100))
        >>> ids = np.array([[2, 17, 4, 45, 3]])
        >>> outputs = pretrainer({
        ...     "token_ids": ids, "segment_ids": 0 * ids, "padding_mask": 0 * ids + 1, "mask_positions": np.array([[2]])
        ... })
        >>> outputs["mlm"].shape == (1, 1, 100) and outputs["nsp"].shape == (1, 2)
        True

    Reference:
        [Devlin et al., 2019](https://arxiv.org/abs/1810.04805), section 3.1;
        [Lan et al., 2020](https://arxiv.org/abs/1909.11942), section 3.1;
        [Joshi et al., 2020](https://arxiv.org/abs/1907.10529), section 3.2.
    """

    heads = ("masked_lm_head", "sentence_pair_head", "sentence_order_head")
    unpublished_heads = ("span_boundary_head",)

    def __init__(
        self, encoder: BertEncoder, *, masked_lm: bool = True, next_sentence: bool | None = None,
        sentence_order: bool = False, span_boundaries: bool = False, head_activation: str | Callable | None = None,
        head_layer_norm_epsilon: float | None = None, dtype: str | keras.DTypePolicy | None = None, **kwargs: Any,
    ):  # fmt: skip
        next_sentence = not sentence_order if next_sentence is None else next_sentence
        if not (masked_lm or next_sentence or sentence_order):
            raise ValueError(
                "Expected masked_lm, next_sentence or both, or sentence_order; there would be nothing to train."
            )
        if next_sentence and sentence_order:
            raise ValueError(
                "Expected next_sentence or sentence_order, received both: one vector of a row, the encoder's pooled "
                "output, answers one question on its texts."
            )
        if span_boundaries and not masked_lm:
            raise ValueError("span_boundaries=True guesses what masked_lm guesses, but masked_lm is False.")
        task = "next_sentence" if next_sentence else "sentence_order" if sentence_order else None
        if task and not encoder.pooler:
            raise ValueError(
                f"{task}=True needs the encoder's pooled output, but the encoder was built with pooler=False."
            )
        dtype = dtype or encoder.dtype_policy
        options = dict(activation=head_activation, layer_norm_epsilon=head_layer_norm_epsilon, dtype=dtype)
        inputs = encoder.new_inputs()
        if masked_lm:
            inputs["mask_positions"] = keras.Input((None,), dtype="int32", name="mask_positions")
        # The encoder's last block computes the vectors that the heads look at, and no others.
        first = [ops.zeros_like(inputs["token_ids"][:, :1])] if task else []
        masked = [inputs["mask_positions"]] if masked_lm else []
        if span_boundaries:
            length = ops.sum(ops.ones_like(inputs["token_ids"]), axis=1, keepdims=True)
            before, behind, numbers = boundaries_of(inputs["mask_positions"], length)
            masked += [before, behind]
        encoded = encoder(inputs | {"output_positions": ops.concatenate(first + masked, axis=1)})
        outputs = {}
        if masked_lm:
            vectors = ops.split(encoded["sequence_output"][:, len(first) :], len(masked), axis=1)
            outputs["mlm"] = vocabulary_head(encoder, **options)(vectors[0])
        if span_boundaries:
            head = vocabulary_head(encoder, SpanBoundaryHead, name="span_boundary_head", **options)
            outputs["sbo"] = head(*vectors[1:], numbers)
        if task:
            output, name = ("nsp", "sentence_pair_head") if next_sentence else ("sop", "sentence_order_head")
            head = SentencePairHead(kernel_initializer=encoder.kernel_initializer, dtype=dtype, name=name)
            outputs[output] = head(encoded["pooled_output"])
        super().__init__(encoder, inputs, outputs, dtype=dtype, **kwargs)
        self.masked_lm = masked_lm
        self.next_sentence = next_sentence
        self.sentence_order = sentence_order
        self.span_boundaries = span_boundaries
        self.head_activation = None if head_activation is None else get_activation(head_activation)
        self.head_layer_norm_epsilon = head_layer_norm_epsilon

    @property
    def kind(self) -> str:
        """What others read it as."""
        if not self.masked_lm:
            return "next_sentence" if self.next_sentence else "encoder"
        if self.sentence_order and _ORDER in family_named(self.encoder.family).architectures:
            return _ORDER
        return "pretraining" if self.next_sentence else "masked_lm"

    @property
    def target_kinds(self) -> dict[str, TargetKind]:
        """What the outputs are asked, for `compile` and the checks of each step."""
        kinds = {"mlm": (TOKENS, self.masked_lm), "sbo": (TOKENS, self.span_boundaries)}
        kinds |= {"nsp": (CLASSES, self.next_sentence), "sop": (CLASSES, self.sentence_order)}
        return {name: kind for name, (kind, is_there) in kinds.items() if is_there}

    @classmethod
    def needs_pooler(cls, *, next_sentence: bool, sentence_order: bool, **arguments: Any) -> bool:
        """Tell whether anything trains a pooler: next sentence prediction or sentence order prediction."""
        return next_sentence or sentence_order

    @classmethod
    def preset_arguments(
        cls, checkpoint: Checkpoint, *, masked_lm: bool | None = None, next_sentence: bool | None = None,
        sentence_order: bool | None = None, **asked: Any,
    ) -> tuple[dict, bool]:  # fmt: skip
        """Take the heads that the preset has, or those that are asked for: one that it lacks is new."""
        has_masked_lm = "masked_lm_head/bias" in checkpoint.shapes
        has_next = "sentence_pair_head/dense/kernel" in checkpoint.shapes
        has_order = "sentence_order_head/dense/kernel" in checkpoint.shapes
        heads = {  # to ask for one of the two tasks on pairs is to leave out the other
            "masked_lm": has_masked_lm or not (has_next or has_order) if masked_lm is None else masked_lm,
            "next_sentence": has_next and not sentence_order if next_sentence is None else next_sentence,
            "sentence_order": has_order and not next_sentence if sentence_order is None else sentence_order,
        }
        return checkpoint.settings | asked | heads, True

    def check_targets(self, x: Any, y: Any, y_pred: Any, sample_weight: Any) -> tuple[Any, Any]:
        """As every model; the labels and weights of `sbo` are those of `mlm`."""
        if self.span_boundaries and isinstance(y, dict) and y.get("mlm") is not None:
            y, weights = {"sbo": y["mlm"]} | y, self._by_output(sample_weight, "sample_weight")
            sample_weight = {"sbo": weights.get("mlm")} | weights
        return super().check_targets(x, y, y_pred, sample_weight)

    def preset_settings(self) -> dict:
        """Give the numbers of a head that differs from its encoder: which heads there are the weights tell."""
        return {name: value for name, value in super().preset_settings().items() if name.startswith("head_")}

    def _plain_form(self):
        arrays, arguments = super()._plain_form()
        return arrays, arguments | (head_arguments(self.get_layer(NAME)) if self.masked_lm else {})

    def _beyond_transformers(self):
        is_encoders = not self.masked_lm or is_of_family(self.get_layer(NAME), self.encoder)
        return super()._beyond_transformers() + ([] if is_encoders else ["a masked-LM head with numbers of its own"])
