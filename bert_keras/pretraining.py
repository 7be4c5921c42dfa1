"""What all pretraining on a prepared corpus shares, each option said once: its batches, its start, its callbacks.

Keras loads when a method is first called, so that a recipe shows these options without waiting for it.
"""

import dataclasses
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from bert_keras import data, inference, models, training
from bert_keras.checkpoints.families import family_named

if TYPE_CHECKING:
    import tensorflow as tf

_OBJECTIVES, _TASKS = ("masked_tokens", "replaced_tokens", "next_tokens"), ("auto", "next", "order", "none")
View = Literal["attention", "projector", "layers"]
_PAIR_HEADS = ("next_sentence", "sentence_order")


@dataclasses.dataclass(frozen=True)
class Pretraining:
    """How an encoder learns from text alone: masked LM, and a task on pairs of texts or on replaced tokens; or writing.

    A recipe has it as one parameter, with defaults of its own; on the command line each field is an option.

    Example:
        >>> from bert_keras.models import BertEncoder, BertPretrainer
        >>> pretraining = Pretraining(sequence_length=32, sentence_task="none")
        >>> encoder = BertEncoder.from_size("tiny", vocabulary_size=100, max_sequence_length=16)
        >>> pretraining.prepare(BertPretrainer(encoder, **pretraining.heads))
        Traceback (most recent call last):
        ...
        ValueError: Expected a sequence_length of at most 16, the encoder's number of positions, received 32.
    """

    objective: Literal["masked_tokens", "replaced_tokens", "next_tokens"] = "masked_tokens"  # BERT's, ELECTRA's, GPT's
    sequence_length: int = 128  # tokens in a row, special ones included
    mask_rate: float = 0.15  # share of tokens to guess
    final_mask_rate: float | None = None  # with it, the share goes there from mask_rate, linearly in the steps
    masking: Literal["tokens", "words", "ngrams", "spans"] = "tokens"  # what is masked at once
    span_boundaries: bool = False  # guess the tokens of masked spans a second time, from the two beside the span alone
    sentence_task: Literal["auto", "next", "order", "none"] = "auto"  # none: a text a row, as auto for replaced_tokens
    rows: Literal["passage", "document", "packed"] = "passage"  # document: go on in it; packed: fill rows, no padding
    family: str = "bert"  # or roberta, albert, electra, ...: whose parts and sizes, where there is no preset
    size: str = "mini"  # tiny, mini, small, medium, base or large, where there is no preset
    generator_size: float = 0.25  # of the guesser of replaced_tokens: its share of the width; 1/3 for base
    dropout: float = 0.1
    warm_start: bool = True  # without a preset, begin with co-occurrence vectors, and heads that look at neighbours
    batch_size: int = 32  # rows a step
    split_batches: bool = False  # train one that does not fit into memory in parts: the same steps, but slower
    learning_rate: float = 5e-4  # at its peak
    xla: bool = True  # compile the whole step on a CPU too, in float32: it begins later, and is faster then
    seed: int = 0
    # what TensorBoard shows of the model after each epoch: docs/watch.md
    watch: tuple[View, ...] = dataclasses.field(default=(), metadata={"changes_weights": False})

    @property
    def heads(self) -> dict[str, bool]:
        """Which heads there are beside the masked LM's: arguments of `BertPretrainer`, its losses and its metrics."""
        for name, choices in (("objective", _OBJECTIVES), ("sentence_task", _TASKS)):
            if getattr(self, name) not in choices:
                raise ValueError(f"{name} must be one of {', '.join(choices)}, received {getattr(self, name)!r}")
        if self._is_alone and self.sentence_task not in ("auto", "none"):
            raise ValueError(
                f"With objective {self.objective} rows are one text: expected sentence_task none, received "
                f"{self.sentence_task!r}"
            )
        if self.writes and self.rows != "packed":
            raise ValueError(
                f"With objective next_tokens rows are packed: expected rows packed, received {self.rows!r}"
            )
        if self.span_boundaries and (self._is_alone or self.masking != "spans"):
            other = f"objective {self.objective!r}" if self._is_alone else f"masking {self.masking!r}"
            raise ValueError(
                "span_boundaries is an objective beside masked_tokens, on masked spans: expected objective "
                f"'masked_tokens' and masking 'spans', received {other}"
            )
        task = ("none" if self._is_alone else "next") if self.sentence_task == "auto" else self.sentence_task
        pairs = {"next_sentence": task == "next", "sentence_order": task == "order"}
        return pairs | {"span_boundaries": self.span_boundaries}

    @property
    def writes(self) -> bool:
        """Whether the model is a `CausalLM`."""
        return self.objective == "next_tokens"

    @property
    def _is_alone(self) -> bool:
        return self.objective != "masked_tokens"  # which is the only one beside which there may be another

    @property
    def replaces_tokens(self) -> bool:
        """Whether the model is a `ReplacedTokenPretrainer`; where it neither does nor `writes`, a `BertPretrainer`."""
        return self.objective == "replaced_tokens"

    @property
    def tokenizer_kind(self) -> str:
        """The kind of tokenizer that the family has, as `data.train_tokenizer` calls it."""
        return family_named(self.family).tokenizer

    def dataset(self, directory: str | os.PathLike, tokenizer: "data.Tokenizer", **changes: Any) -> "tf.data.Dataset":
        """Return the batches of a part of a prepared corpus.

        Args:
            directory: The part, such as `runs/corpus/train`.
            tokenizer: That of the corpus.
            **changes: Arguments of `data.pretraining_dataset` that these options do not have, or that differ here:
                `num_steps`, where the mask rate changes.
        """
        options = dict(sequence_length=self.sequence_length, batch_size=self.batch_size, seed=self.seed, rows=self.rows)
        options |= dict(mask_rate=self.mask_rate, final_mask_rate=self.final_mask_rate, masking=self.masking)
        options |= {name: self.heads[name] for name in _PAIR_HEADS}
        if self.replaces_tokens:  # no random ones: the guesser draws better replacements
            options |= dict(mask_token_rate=0.85, random_token_rate=0.0)
        if self.writes:
            options |= dict(masking=None, final_mask_rate=None)
        return data.pretraining_dataset(directory, tokenizer.vocabulary, **options | changes)

    def prepare(
        self,
        pretrainer: "models.BertPretrainer | models.ReplacedTokenPretrainer",
        tokenizer: "data.Tokenizer | None" = None,
        *,
        preset: str | os.PathLike | None = None,
        corpus: str | os.PathLike | None = None,
    ) -> None:
        """Give a new encoder its start, once what would be refused after the last step has been refused.

        Args:
            pretrainer: The model.
            tokenizer: Whose tokens it will see; None to leave unchecked whether the encoder has vectors for them.
            preset: The directory that it will be saved to: what would be refused there is refused now.
            corpus: The training part whose co-occurrence vectors the encoder begins with, where `warm_start` asks for
                them; None for an encoder that is trained already.

        Raises:
            ValueError: If the encoder has no positions for such rows, no vectors for such tokens, or parts that cannot
                take such a start.
            OSError: If the directory cannot be written to.
        """
        encoder = pretrainer.encoder
        encoder.expect_room_for(self.sequence_length, None if tokenizer is None else tokenizer.vocabulary_size)
        if preset is not None:
            pretrainer.expect_savable(preset)
        if corpus is not None and self.warm_start:
            models.warm_start(encoder, data.cooccurrence_vectors(corpus, tokenizer.vocabulary, encoder.hidden_dim))

    def encoder(self, tokenizer: "data.Tokenizer", **options: Any) -> "models.BertEncoder":
        """Return a new encoder.

        Args:
            tokenizer: Whose tokens it will see.
            **options: Arguments of `BertEncoder` that these options do not have, or that differ here.

        Raises:
            ValueError: If a token of the family sees those before it alone, as GPT-2's, and the objective is another
                than to write.
        """
        needs_pooler = any(self.heads[name] for name in _PAIR_HEADS)  # nothing else would train it
        own = dict(dropout=self.dropout, pooler=needs_pooler)
        if self.writes:
            own["attention_pattern"] = "causal"
        size, vocabulary_size = self.size, tokenizer.vocabulary_size
        encoder = models.BertEncoder.from_size(size, vocabulary_size, family=self.family, **own | options)
        if not self.writes and encoder.attention_pattern != "bidirectional":
            raise ValueError(
                f"Masked and replaced tokens are told from both sides: expected a family whose tokens see all others, "
                f"received {self.family!r}. Objective next_tokens trains it to write."
            )
        return encoder

    def pretrainer(self, encoder: "models.BertEncoder") -> "models.BertPretrainer | models.ReplacedTokenPretrainer":
        """Return a new model with the heads of the objective, and its generator where it has one.

        Args:
            encoder: The one to be trained.
        """
        if self.writes:
            return models.CausalLM(encoder)
        if self.replaces_tokens:
            return models.ReplacedTokenPretrainer.from_encoder(encoder, generator_size=self.generator_size)
        return models.BertPretrainer(encoder, **self.heads)

    def load(
        self, preset: str | os.PathLike, *, dtype: str
    ) -> "models.BertPretrainer | models.ReplacedTokenPretrainer":
        """Return the same model with what a preset has learned.

        Args:
            preset: Folder or name.
            dtype: The model's dtype policy.

        Raises:
            FileNotFoundError: If it has no generator, and the objective needs one.
        """
        if self.writes:
            return models.CausalLM.from_preset(preset, dropout=self.dropout, dtype=dtype)
        if self.replaces_tokens:
            return models.ReplacedTokenPretrainer.from_preset(preset, dropout=self.dropout, dtype=dtype)
        return models.BertPretrainer.from_preset(preset, **self.heads, dropout=self.dropout, dtype=dtype)

    def dtype(self, saving: "training.callbacks.SaveAndResume") -> str:
        """Return the dtype policy that trains faster here, measured once a run: another time it might be another.

        Args:
            saving: The run's `SaveAndResume`, which remembers it.
        """
        width = family_named(self.family).size(self.size)["hidden_dim"]
        num_tokens = self.batch_size * self.sequence_length
        return saving.remember("dtype", lambda: training.fastest_dtype_policy(width, num_tokens))

    def compile_options(self, dtype: str) -> dict:
        """Return what `compile` takes beside the optimizer: losses, metrics, and whether XLA compiles the step.

        Args:
            dtype: The model's dtype policy.
        """
        how = {"jit_compile": training.fastest_compilation(dtype) if self.xla else "auto"}
        if self.writes:  # the model has its own loss
            return how | {"weighted_metrics": ["accuracy"]}
        outputs = self.heads | {"replaced_tokens": self.replaces_tokens}
        losses, metrics = training.pretraining_losses(**outputs), training.pretraining_metrics(**outputs)
        return how | {"loss": losses, "weighted_metrics": metrics}

    def predictor(
        self, pretrainer: "models.PresetModel", tokenizer: "data.Tokenizer", **options: Any
    ) -> "inference.Predictor":
        """Return what shows on texts how much is learned: a `FillMask`, or a `Generator` of a model that writes.

        Args:
            pretrainer: The model.
            tokenizer: What made its rows.
            **options: Those of the predictor's constructor.
        """
        predictor = inference.Generator if self.writes else inference.FillMask
        return predictor(pretrainer, tokenizer, **options)

    def callbacks(
        self,
        log_dir: str | os.PathLike,
        *,
        saving: "training.callbacks.SaveAndResume",
        predictor: "inference.Predictor | None" = None,
        probes: Sequence[str] = (),
        held_out: "tf.data.Dataset | None" = None,
    ) -> list:
        """Return the callbacks of `fit`: they watch the steps, write TensorBoard's curves, print a line an epoch.

        Args:
            log_dir: Folder for TensorBoard.
            saving: The run's `SaveAndResume`, whose last good state training goes back to when steps go wrong.
            predictor: From `predictor`, where there are probes.
            probes: Sentences with [MASK], or beginnings of texts, whose guesses TensorBoard shows after each epoch.
            held_out: Batches of validation, the first of which `watch` shows; attention is shown of the probes, where
                there are some.

        Raises:
            ValueError: If something is to be watched and there is no predictor or nothing held out.
        """
        callbacks = training.callbacks
        tasks = {"next_sentence": "nsp_accuracy", "sentence_order": "sop_accuracy", "span_boundaries": "sbo_accuracy"}
        others = [name for head, name in tasks.items() if self.heads[head]]
        others += ["rtd_loss", "rtd_precision", "rtd_recall"] if self.replaces_tokens else []
        shown = ["mlm_loss" if others else "loss", "mlm_accuracy", *others]
        if self.writes:
            shown = ["loss", "accuracy", "perplexity"]
        return [
            callbacks.LearningRate(),
            callbacks.GradientNorm(),
            callbacks.Throughput(),
            callbacks.Perplexity("loss" if self.writes else "mlm_loss"),
            callbacks.SkippedSteps(saving),  # those whose gradients are not finite
            *([callbacks.MicroBatches()] if self.split_batches else []),
            *([self._probe(predictor, probes, log_dir)] if probes else []),
            *(self._inside(predictor, probes, held_out).callbacks(self.watch, log_dir) if self.watch else []),
            callbacks.StepTensorBoard(log_dir),
            callbacks.ProgressLine(*shown, "tokens_per_second"),
        ]

    def _probe(self, predictor, probes, log_dir):
        if not self.writes:
            return training.callbacks.FillMaskProbe(predictor, probes, log_dir)
        rows = lambda: zip(probes, predictor(probes), strict=True)  # noqa: E731
        return training.callbacks.TextProbe("written", ("beginning", "text"), rows, log_dir)

    def _inside(self, predictor, probes, held_out):
        if predictor is None or held_out is None:
            raise ValueError(f"Expected predictor and held_out for --watch {' '.join(self.watch)}.")
        options = dict(sequence_length=self.sequence_length)
        sentences = data.TokenizedTexts(list(probes), None, predictor.tokenizer, **options) if probes else None
        batch = next(held_out.take(1).as_numpy_iterator())
        return inference.Inside(predictor.model, predictor.tokenizer, batch, sentences, has_vectors=False)
