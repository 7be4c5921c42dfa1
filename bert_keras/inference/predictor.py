"""What every predictor is: a model with its tokenizer, and the one loop that runs rows through it."""

import inspect
import itertools
import logging
import os
from collections.abc import Callable, Iterator
from typing import Any, ClassVar, Self

import keras
import numpy as np

from bert_keras.checkpoints.sentence_transformers import noted_length
from bert_keras.data import Rows, Tokenizer, tokenizer_of
from bert_keras.data.rows.length_batches import length_batches
from bert_keras.inference.predict_batches import predict_batches
from bert_keras.inference.runtimes import Runner
from bert_keras.inference.text_sources import Texts
from bert_keras.models import BertEncoder
from bert_keras.models.preset_model import PresetModel
from bert_keras.preset_location import locate_preset
from bert_keras.progress import with_progress

_logger = logging.getLogger(__name__)


class Predictor:
    """Runs texts through a model: the base class of all predictors, and of one for a task of your own.

    A subclass says which `model_class` a preset holds, how texts become `rows`, and what users get of the outputs:
    `results`. Rows of like length share a batch, so that little padding is computed; where the model is compiled for
    each shape, there are few. The model's weights are read at each call: it may be trained in between.

    Args:
        model: The model, with an `encoder`, or an encoder itself.
        tokenizer: `bert_keras.data.Tokenizer`, such as a `WordPieceTokenizer`.
        sequence_length: Longest row, special tokens included; None for as much as the model takes.
        batch_size: Most rows in one call of the model; None for any number.
        batch_tokens: Most positions in one call of the model, padding included; None for any number.
        progress: Whether to say how far it has come, in a line on stderr where that is a terminal, and else in the log
            at level INFO; None says it where a call takes more than some seconds.
        runtime: Where the model is computed: "keras"; "openvino", which takes the package of that name (`pip install
            openvino`) and computes the same, to the rounding of the model's dtype; or "auto", the faster of them on
            this machine, found by a measurement at the first call, kept beside the preset, and logged at level INFO.
            Default "keras".

    Call arguments:
        texts: One str, an iterable of str, a `pathlib.Path` of a file with one text a line, or `Rows` that `rows` gave.

    Output:
        A list with the result of each text; for one str, its own result.

    Raises:
        ImportError: If the package of the runtime is missing.
        ValueError: If the model is one of another task, there is no such runtime for it, a number is below 1,
            `sequence_length` below 3, both `batch_size` and `batch_tokens` are None, or the tokenizer is one of
            another family.

    Example:
        >>> from bert_keras.data import TokenizedTexts, WordPieceTokenizer
        >>> from bert_keras.inference import Predictor, as_texts
        >>> from bert_keras.models import BertEncoder, TextClassifier
        >>> class Grader(Predictor):
        ...     '''Gives each text a grade.'''
        ...
        ...     model_class = TextClassifier
        ...
        ...     def rows(self, texts):
        ...         return TokenizedTexts(as_texts(texts), None, self.tokenizer, sequence_length=self.sequence_length)
        ...
        ...     def results(self, rows):
        ...         return [round(float(output[0]), 1) for output in self.outputs_of(rows)]
        >>> tokenizer = WordPieceTokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "so", "good", "bad"])
        >>> grade = Grader(TextClassifier(BertEncoder.from_size("tiny", vocabulary_size=8), num_classes=1), tokenizer)
        >>> len(grade(["so good", "so bad", "bad"])), type(grade("good")).__name__
        (3, 'float')
    """

    model_class: ClassVar[type]  # of presets
    also_takes: ClassVar[tuple[type, ...]] = ()  # other models that have its outputs among theirs
    preset_options: ClassVar[dict[str, Any]] = {}  # for its `from_preset`
    most_tokens: ClassVar[int | None] = None  # of a row, where `sequence_length` is None and the model takes more
    has_noted_length: ClassVar[bool] = False  # rows are as long as the preset notes where `sequence_length` is None

    def __init__(
        self,
        model: keras.Model,
        tokenizer: Tokenizer,
        *,
        sequence_length: int | None = None,
        batch_size: int | None = 32,
        batch_tokens: int | None = None,
        progress: bool | None = None,
        runtime: str = "keras",
    ) -> None:
        expected = getattr(self, "model_class", PresetModel)
        if isinstance(model, PresetModel) and not isinstance(model, (expected, *self.also_takes)):
            names = " or a ".join(each.__name__ for each in (expected, *self.also_takes))
            raise ValueError(f"{type(self).__name__} expects a {names}, received a {type(model).__name__}.")
        most = getattr(getattr(model, "encoder", model), "max_sequence_length", None)
        if sequence_length is None:
            sequence_length = min(most, self.most_tokens or most)
        elif most is not None and sequence_length > most:
            raise ValueError(
                f"sequence_length must be at most {most}, the encoder's positions; received {sequence_length}."
            )
        numbers = {"sequence_length": (sequence_length, 3), "batch_size": (batch_size, 1)}
        for name, (number, least) in (numbers | {"batch_tokens": (batch_tokens, 1)}).items():
            if number is not None and number < least:
                raise ValueError(f"{name} must be at least {least}, received {number}.")
        if batch_size is None and batch_tokens is None:
            raise ValueError("Expected batch_size, batch_tokens or both, received None: a batch would have no end.")
        _expect_its_tokenizer(model, tokenizer)
        self.model = model
        self.tokenizer = tokenizer
        self.sequence_length = sequence_length
        self.batch_size = batch_size
        self.batch_tokens = batch_tokens
        self.progress = progress
        self._runner = Runner(runtime)
        self._network = model  # what predicts: an `Embedder` puts a pooling on its model

    @classmethod
    def from_preset(cls, preset: str | os.PathLike, **options: Any) -> Self:
        """Load model and tokenizer of a preset.

        Args:
            preset: Path of a directory, such as a recipe's RUN_DIRECTORY/preset, or what else `from_preset` of the
                model takes.
            **options: Those of the constructor, and arguments of the encoder's constructor that shall differ from the
                preset's, such as `dtype`.

        Raises:
            FileNotFoundError: If a file is missing.
            TypeError: If an option is neither the predictor's nor its encoder's.
            ValueError: If a file is damaged or describes a model that we do not have, or the preset has no weights for
                the head: new ones would guess at random.
        """
        own = cls._own_options()
        of_encoder = keyword_options(BertEncoder.__init__)
        if unknown := [name for name in options if name not in own | of_encoder]:
            raise TypeError(
                f"{cls.__name__}.from_preset has no option {', '.join(unknown)}. Its own: {', '.join(sorted(own))}; "
                f"its encoder's: {', '.join(sorted(of_encoder - own))}."
            )
        overrides = {name: value for name, value in options.items() if name not in own}
        model = cls._model_class_of(preset).from_preset(preset, **cls.preset_options, **overrides)
        if new := model.load_report.new:
            raise ValueError(f"{preset} has no head for {cls.__name__}: {', '.join(new)} would be random.")
        own_options = {name: value for name, value in options.items() if name in own}
        has_place = isinstance(preset, (str, os.PathLike))
        if cls.has_noted_length and has_place and own_options.get("sequence_length") is None:
            if (length := noted_length(locate_preset(preset))) is not None:
                own_options["sequence_length"] = min(length, model.encoder.max_sequence_length)
        predictor = cls(model, tokenizer_of(preset), **own_options)
        if predictor.runtime == "auto" and has_place:
            predictor._runner.remember_in(locate_preset(preset))
        return predictor

    @classmethod
    def _own_options(cls) -> set[str]:
        return set().union(*(keyword_options(each.__init__) for each in cls.__mro__))

    @classmethod
    def _model_class_of(cls, preset: str | os.PathLike) -> type:
        return cls.model_class

    @property
    def runtime(self) -> str:
        """Where the model was asked to be computed."""
        return self._runner.runtime

    def __call__(self, texts: Texts | Rows) -> Any:
        if isinstance(texts, str):
            return self([texts])[0]
        return self.results(texts if hasattr(texts, "row_lengths") else self.rows(texts))

    def rows(self, texts: Any) -> Rows:
        """Make the rows of texts, to be predicted at once or again and again while the model is trained.

        Args:
            texts: What the predictor is called with, but for one str, which comes in a list.
        """
        raise NotImplementedError(f"{type(self).__name__} must say how texts become rows: def rows(self, texts).")

    def results(self, rows: Rows) -> Any:
        """Predict rows.

        Args:
            rows: What `rows` gives.

        Returns:
            What a call gives: a list of a result for each text.
        """
        raise NotImplementedError(f"{type(self).__name__} must say what users get: def results(self, rows).")

    def outputs(self, rows: Rows) -> Iterator[tuple[np.ndarray, Any]]:
        """Run rows through the model, batch after batch, those of like length together.

        Args:
            rows: Any `Rows` with the model's inputs.

        Yields:
            (batch,) int32 numbers of rows, and the model's outputs for them, numpy arrays structured as the model's.
            Batches come in any order, the longest rows first.
        """
        sizes = dict(batch_size=self.batch_size, batch_tokens=self.batch_tokens)
        plan = length_batches(rows.row_lengths, sequence_length=rows.sequence_length, **sizes)
        batches = ((numbers, rows.inputs(numbers, length)) for numbers, length in plan)
        network = self._network
        if plan and self.runtime != "keras":
            first = next(batches)
            network, batches = self._runner(network, first[1]), itertools.chain([first], batches)
        batches = with_progress(
            predict_batches(network, batches), len(rows.row_lengths), name=type(self).__name__, show=self.progress
        )
        for numbers, outputs in batches:
            some = slice(int((numbers >= 0).sum()))  # fillers stand behind
            yield numbers[some], keras.tree.map_structure(lambda output, some=some: output[some], outputs)

    def outputs_of(self, rows: Rows) -> list:
        """Run rows through the model.

        Args:
            rows: Any `Rows` with the model's inputs.

        Returns:
            List of the outputs of each row, in the order of the rows, numpy arrays structured as the model's.
        """
        results = [None] * len(rows.row_lengths)
        for numbers, outputs in self.outputs(rows):
            for i, number in enumerate(numbers):
                results[number] = keras.tree.map_structure(lambda output, i=i: output[i], outputs)
        return results


def _expect_its_tokenizer(model, tokenizer):
    """Refuse the tokenizer of another family, and say where its vocabulary is larger than the encoder's table."""
    encoder = getattr(model, "encoder", model)
    offset = getattr(encoder, "position_offset", 0)
    if offset and (pad_id := tokenizer.vocabulary.row_layout.pad_id) != offset - 1:
        raise ValueError(
            f"Expected a tokenizer that pads with the id {offset - 1}, behind which the encoder's positions begin, "
            f"as in RoBERTa; received a {type(tokenizer).__name__} that pads with {pad_id}. Take the tokenizer's "
            "files that belong to the model; for a new one, prepare_corpus.py with --kind byte_pair or "
            "unigram_xlm_roberta."
        )
    num_rows = getattr(encoder, "vocabulary_size", None)
    if num_rows is not None and len(tokenizer.vocabulary) > num_rows:
        _logger.warning(
            "the tokenizer has %d tokens and the encoder vectors for %d: a text with one of the others will be "
            "refused. Do they belong together? bert_keras.models.change_vocabulary adds vectors",
            len(tokenizer.vocabulary), num_rows,
        )  # fmt: skip


def check_top_k(top_k: int | None) -> None:
    """Refuse a number of answers that is none.

    Args:
        top_k: what a predictor is called with.

    Raises:
        ValueError: where it is below 1.
    """
    if top_k is not None and top_k < 1:
        raise ValueError(f"top_k must be at least 1, received {top_k}.")


def keyword_options(function: Callable) -> set[str]:
    """Return the names of the arguments that a function takes by keyword alone."""
    parameters = inspect.signature(function).parameters.values()
    return {parameter.name for parameter in parameters if parameter.kind is parameter.KEYWORD_ONLY}
