"""Predictions by models that have not seen the examples: as many trainings as folds, each predicts what it lacks."""

import dataclasses
import hashlib
import json
import logging
import os
import shutil
from typing import TYPE_CHECKING, Literal

import numpy as np
from safetensors.numpy import load_file, save

from bert_keras import data, inference, models, training
from bert_keras.atomic_files import write_file
from bert_keras.finetuning import FineTuning
from bert_keras.run_folder import RunFolder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bert_keras.data import Examples, Finding, WrongLabels

_logger = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class CrossValidation:
    """How often, and with what, labelled examples are parted into those that are learned and those that are predicted.

    In a recipe each field is an option. Training a head alone takes a small part of the time of training all weights.
    There is no validation part: all epochs of `fine_tuning` count.
    """

    num_folds: int = 5  # so many trainings: each learns from all folds but one
    freeze_encoder: bool = True  # train a head alone, on vectors made once; else all weights, in each fold
    sequence_length: int = 128  # tokens in a row
    pooling: Literal["pooled", "first", "mean"] | None = None  # what the head sees; None: as the preset was trained
    fine_tuning: FineTuning = FineTuning(epochs=20, batch_size=128, learning_rate=3e-3, dropout=0.0)

    def predict(
        self,
        examples: "Examples",
        preset: str | os.PathLike,
        *,
        directory: str | os.PathLike,
        on_fold: "Callable[[int], None] | None" = None,
    ) -> "OutOfSample":
        """Predict each example by a model that has not been trained on it.

        Folds have the same share of each class, and texts that are equal but for case and spaces are in one fold. What
        is done is kept: vectors, some thousands of texts at a time, and finished folds. A call that is stopped goes on
        there, in the middle of a fold where all weights are trained; after labels were changed the vectors are used
        again. All seeds are set by this; where all weights are trained, Keras also forgets its names, as in
        `training.seed_series`.

        Args:
            examples: With one label each, or several.
            preset: Folder of an encoder with its tokenizer, that has learned nothing from these labels.
            directory: Folder for what is kept, of any number of calls: each finds its own by examples and options.
            on_fold: Called with the number of a fold, from 1, before it is learned or found; for a line of progress.

        Returns:
            The predictions.

        Raises:
            ValueError: If there are no classes, fewer different texts than folds, the preset has a head for these
                classes, or an option is out of range.

        Example:
            ```python
            found = CrossValidation(num_folds=5).predict(examples, "runs/encoder", directory="runs/folds")
            for number in found.wrong_labels().numbers:
                print(examples.texts[number])
            ```
        """
        from bert_keras.models.probabilities import sigmoid, softmax

        if examples.label_names is None or examples.labels is None:
            raise ValueError("Expected examples with classes or several labels; numbers have no probabilities.")
        folds = np.array(data.fold_examples(examples, self.num_folds, seed=self.fine_tuning.seed))
        self._expect_no_head(examples, preset)
        texts = _checksum(examples.texts, examples.second_texts)
        labels = _checksum(examples.labels, examples.label_names, examples.weights)
        options = {"run_directory": directory, "texts": texts, "labels": labels, "cross_validation": self}
        run = RunFolder(options, preset=preset)
        kept_in = run.path / f"folds_{_checksum(run.identity)[:16]}"
        training.set_random_seed(self.fine_tuning.seed)
        predict_fold = (self._by_heads if self.freeze_encoder else self._by_models)(examples, preset, run, kept_in)
        is_multi_label = examples.problem_type == "multi_label_classification"
        as_probabilities = sigmoid if is_multi_label else softmax
        probabilities = np.empty((len(examples), len(examples.label_names)))
        kept_in.mkdir(exist_ok=True)
        for fold in range(self.num_folds):
            if on_fold:
                on_fold(fold + 1)
            path, numbers = kept_in / f"fold_{fold + 1}.safetensors", np.flatnonzero(folds == fold)
            if not path.exists():
                logits = predict_fold(fold, np.flatnonzero(folds != fold), numbers)
                write_file(path, save({"logits": logits}))
            probabilities[numbers] = as_probabilities(load_file(path)["logits"])
            _logger.info("fold %d of %d: %d examples predicted", fold + 1, self.num_folds, len(numbers))
        return OutOfSample(examples, probabilities, folds)

    def _expect_no_head(self, examples, preset):
        asked = dict(num_classes=len(examples.label_names), labels=list(examples.label_names), pooling=self.pooling)
        if models.TextClassifier.preset_arguments(models.open_preset(preset), **asked)[1]:
            raise ValueError(
                f"{preset} has a head for these classes: it has learned from such labels, and would repeat them. "
                "Give the preset that it was trained from."
            )

    def _classifier(self, examples, preset):
        return models.TextClassifier.from_preset(
            preset, num_classes=len(examples.label_names), labels=list(examples.label_names),
            problem_type=examples.problem_type, pooling=self.pooling, dropout=self.fine_tuning.dropout,
            dtype=self.fine_tuning.dtype,
        )  # fmt: skip

    def _compile(self, model, classifier, steps_per_epoch):
        optimizer = self.fine_tuning.optimizer(classifier.encoder, steps_per_epoch)
        model.compile(optimizer, training.classification_loss(classifier.problem_type))

    def _by_heads(self, examples, preset, run, kept_in):
        """Return what trains a head on the vectors of some examples, and predicts others."""
        import keras

        own, tokenizer = self.fine_tuning, data.tokenizer_of(preset)
        if own.adversarial or own.lora_rank or own.ema or own.num_frozen_blocks is not None:
            raise ValueError(
                "Expected fine-tuning without adversarial, ema, lora_rank and num_frozen_blocks, or "
                "freeze_encoder=False: they are not for a head alone."
            )
        classifier = self._classifier(examples, preset)
        classifier.encoder.expect_room_for(self.sequence_length, tokenizer.vocabulary_size)
        texts = {name: run.identity.get(name) for name in ("texts", "preset", "sequence_length", "pooling", "dtype")}
        sizes = dict(sequence_length=self.sequence_length, directory=run.path / f"vectors_{_checksum(texts)[:16]}")
        head, vectors = inference.frozen_vectors(classifier, tokenizer, examples, **sizes)
        own.prepare(classifier, sequence_length=self.sequence_length, trained=head, problem_type=examples.problem_type)
        weights = np.array(examples.weights or np.ones(len(examples)), "float32")
        arrays = vectors, examples.label_array(), weights
        # Compiled and traced once: each fold begins with the same weights and a fresh optimizer.
        self._compile(head, classifier, -(-len(examples) * (self.num_folds - 1) // self.num_folds // own.batch_size))
        head.optimizer.build(head.trainable_variables)
        start = [(variable, variable.numpy()) for variable in (*head.variables, *head.optimizer.variables)]

        def predict(fold, learned, predicted):
            for variable, value in start:
                variable.assign(value)
            batches = models.VectorBatches(*(array[learned] for array in arrays), own.batch_size, seed=own.seed)
            head.fit(batches, **own.fit_options([]))
            return keras.ops.convert_to_numpy(head(vectors[predicted], training=False))

        return predict

    def _by_models(self, examples, preset, run, kept_in):
        """Return what trains all weights on some examples, and predicts others."""
        own, tokenizer = self.fine_tuning, data.tokenizer_of(preset)

        def predict(fold, learned, predicted):
            training.fresh_session()
            training.set_random_seed(own.seed)
            folder, sizes = kept_in / f"fold_{fold + 1}", dict(sequence_length=self.sequence_length)
            saving = training.callbacks.SaveAndResume(folder / "state", configuration=run.identity)
            rows = data.TextRows(data.select_examples(examples, learned), tokenizer, **sizes)
            batches = own.datasets({"train": rows}, start_step=saving.step)["train"]
            classifier = self._classifier(examples, preset)
            own.prepare(classifier, tokenizer, problem_type=examples.problem_type, **sizes)
            self._compile(classifier, classifier, len(batches))
            report = saving.after(own.callbacks(folder / "logs", best=None))
            with training.memory_advice(own.batch_size, self.sequence_length):
                classifier.fit(batches, **own.fit_options(report))
            predictor = inference.Classifier(classifier, tokenizer, **sizes)
            logits = predictor.logits(data.select_examples(examples, predicted))
            shutil.rmtree(folder / "state")  # as large as three models
            return logits

        return predict


@dataclasses.dataclass(frozen=True)
class OutOfSample:
    """Predictions of labelled examples, each by a model that has not seen it.

    Attributes:
        examples: What was predicted.
        probabilities: (examples, classes) float.
        folds: (examples,) int, from 0: in which fold an example is predicted.
    """

    examples: "Examples"
    probabilities: np.ndarray
    folds: np.ndarray

    @property
    def is_judged(self) -> np.ndarray:
        """(examples,) bool: False for one with a class that no other fold has, which its model could not learn."""
        given = _given(self.examples)
        in_fold = np.array([given[self.folds == fold].sum(0) for fold in range(self.folds.max() + 1)])
        has_others = given.sum(0) - in_fold[self.folds] > 0
        return (has_others | ~given).all(1)

    @property
    def is_correct(self) -> np.ndarray:
        """(examples,) bool: whether the prediction is the given label; of several labels, whether all are."""
        if self.examples.problem_type == "multi_label_classification":
            return ((self.probabilities >= 0.5) == _given(self.examples)).all(1)
        return self.probabilities.argmax(1) == self.examples.label_array()

    def findings(self, *, part: str = "train") -> "Iterator[Finding]":
        """Yield for a report the labels that are probably wrong, and the kinds of examples that are predicted worst.

        Args:
            part: Name of the part.
        """
        examples, names = self.examples, self.examples.label_names
        yield from data.find_wrong_labels(examples, self.wrong_labels(), part=part)
        seconds = examples.second_texts
        given = [label if isinstance(label, tuple) else (label,) for label in examples.labels]
        labels = [" and ".join(names[number] for number in some) or "none" for some in given]
        texts = examples.texts if seconds is None else map(" ".join, zip(examples.texts, seconds, strict=True))
        features = data.text_features(examples.texts, seconds, labels)
        yield from data.find_weak_slices(data.weak_slices(self.is_correct, features, texts=texts), part=part)

    def wrong_labels(self, **options: str) -> "WrongLabels | list[WrongLabels]":
        """Find the labels that are probably wrong; examples that are not judged count nowhere, which is logged.

        Args:
            **options: Those of `data.wrong_labels`.

        Returns:
            What `data.wrong_labels` gives; for several labels a list of it for each label, as `data.wrong_label_sets`.
        """
        is_judged = self.is_judged
        if not is_judged.all():
            _logger.warning(
                "%d of %d examples are not judged: no other fold has their class", (~is_judged).sum(), len(is_judged)
            )
        find = data.wrong_labels
        if self.examples.problem_type == "multi_label_classification":
            find = data.wrong_label_sets
        return find(self.examples.label_array(), self.probabilities, is_judged=is_judged, **options)


def _given(examples):
    """Return (examples, classes) bool: which labels each has."""
    labels = examples.label_array()
    return labels > 0 if labels.ndim == 2 else np.eye(len(examples.label_names), dtype=bool)[labels]


def _checksum(*values):
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()
