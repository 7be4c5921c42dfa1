"""What all fine-tuning shares, each option said once: how the model is prepared, its optimizer, its callbacks.

Keras loads when a method is first called, so that a recipe shows these options without waiting for it.
"""

import dataclasses
import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Literal

from bert_keras import data, inference, models, training

if TYPE_CHECKING:
    import keras

INSIDE = ("attention", "projector", "layers")  # views of the model; the others are of its predictions
View = Literal["confusion", "precision_recall", "calibration", "examples", "spans", "attention", "projector", "layers"]


@dataclasses.dataclass(frozen=True)
class FineTuning:
    """How an encoder with a new head is trained.

    A recipe has it as one parameter, with defaults of its own; on the command line each field is an option.

    Example:
        >>> from bert_keras.models import BertEncoder, TextClassifier
        >>> fine_tuning = FineTuning(epochs=3, layerwise_decay=0.9)
        >>> classifier = TextClassifier(BertEncoder.from_size("tiny", vocabulary_size=100), num_classes=2)
        >>> fine_tuning.prepare(classifier, sequence_length=128)
        >>> optimizer = fine_tuning.optimizer(classifier.encoder, steps_per_epoch=100)
        >>> float(optimizer.learning_rate) < fine_tuning.learning_rate  # it warms up
        True
    """

    epochs: int = 4
    batch_size: int = 16
    learning_rate: float = 1e-4  # at its peak
    warmup_share: float = 0.1  # share of all steps in which the learning rate rises to its peak
    layerwise_decay: float = 1.0  # a layer's learning rate as a share of that of the layer above it
    dropout: float = 0.1
    num_frozen_blocks: int | None = None  # embeddings and this many of the lowest blocks are not trained
    lora_rank: int = 0  # LoRA rank; 0 trains all weights
    r_drop: float = 0.0  # R-Drop: weight of the divergence between two passes with different dropout; 0 for one pass
    adversarial: float = 0.0  # adversarial training (FGM): how far word vectors are moved to raise the loss; 0 for none
    ema: float = 0.0  # EMA momentum of the weights that are evaluated and kept, such as 0.99; 0 for none
    dtype: Literal["float32", "mixed_bfloat16"] = "float32"  # faster where a processor multiplies bfloat16 itself
    seed: int = 0
    # what TensorBoard shows after each epoch: docs/watch.md
    watch: tuple[View, ...] = dataclasses.field(default=(), metadata={"changes_weights": False})

    def prepare(
        self,
        model: "models.TaskModel",
        tokenizer: "data.Tokenizer | None" = None,
        *,
        sequence_length: int,
        preset: str | os.PathLike | None = None,
        trained: "keras.Model | None" = None,
        problem_type: str = "single_label_classification",
    ) -> None:
        """Freeze blocks, add LoRA's adapters, R-Drop and adversarial training, where they are asked for.

        Args:
            model: A model of ours with an encoder and a head.
            tokenizer: Whose tokens it will see; None to leave unchecked whether the encoder has vectors for them.
            sequence_length: The longest row that it will see.
            preset: The directory that it will be saved to: what would be refused there is refused now.
            trained: The model that `fit` is called on, where it is another one, as with `head_only`.
            problem_type: As for `add_r_drop`.

        Raises:
            ValueError: If the encoder has no positions for such rows or no vectors for such tokens, or an option is out
                of range.
            OSError: If the directory cannot be written to.
        """
        trained = model if trained is None else trained
        model.encoder.expect_room_for(sequence_length, None if tokenizer is None else tokenizer.vocabulary_size)
        if preset is not None:
            model.expect_savable(preset)
        model.encoder.freeze_lowest(self.num_frozen_blocks)
        training.add_lora(model.encoder, self.lora_rank)
        training.add_r_drop(trained, self.r_drop, problem_type=problem_type)
        training.add_adversarial_training(trained, self.adversarial)

    def datasets(self, rows: Mapping, *, start_step: int = 0, make: Callable | None = None) -> dict:
        """Return the batches of each part: of "train" shuffled, from `start_step` on; of the others in order.

        Args:
            rows: {part: `data.Rows`}.
            start_step: Batches of the training to leave out: `saving.step`.
            make: What makes batches of rows, None for `data.batches`.

        Returns:
            {part: dataset}.
        """
        make = data.batches if make is None else make
        options = {"batch_size": self.batch_size, "seed": self.seed, "start_step": start_step}
        return {part: make(some, training=part == "train", **options) for part, some in rows.items()}

    def optimizer(
        self, encoder: "models.BertEncoder", steps_per_epoch: int, *, epsilon: float = 1e-6
    ) -> "training.AdamW":
        """Return AdamW with a linear warm-up and decay over all epochs, and a rate for each layer of the encoder.

        Args:
            encoder: Whose layers they are.
            steps_per_epoch: Batches of an epoch.
            epsilon: As for `AdamW`. A loss whose gradients are long, and clipped, needs a smaller one than BERT's: what
                is left of a gradient must not be small beside it.
        """
        steps = self.epochs * steps_per_epoch
        schedule = training.WarmupLinearDecay(self.learning_rate, steps, warmup_steps=int(self.warmup_share * steps))
        factors = training.layerwise_decay(encoder, self.layerwise_decay)
        averages = {"use_ema": self.ema > 0, "ema_momentum": self.ema}
        return training.AdamW(schedule, epsilon=epsilon, rate_factors=factors, **averages)

    def fit_options(self, callbacks: list) -> dict:
        """Return what `fit` takes beside the data: epochs, callbacks, no shuffling of shuffled batches, no bar.

        Args:
            callbacks: From `callbacks`, with what a recipe adds to them.
        """
        return {"epochs": self.epochs, "callbacks": callbacks, "shuffle": False, "verbose": 0}

    def callbacks(
        self,
        log_dir: str | os.PathLike,
        *,
        best: str | None,
        shown: tuple[str, ...] = (),
        scores: Callable[[], Mapping[str, float]] | None = None,
        watched: "training.callbacks.watching.Watched | None" = None,
        inside: "inference.Inside | None" = None,
        throughput: bool = True,
    ) -> list:
        """Return the callbacks of `fit`: they keep the best epoch, write TensorBoard's curves, print a line an epoch.

        Args:
            log_dir: Folder for TensorBoard.
            best: Name in the logs, such as "val_f1" or "val_perplexity": the epoch with its best value is kept, see
                `training.better_direction`. None keeps the last.
            shown: Names in the logs for the line that is printed.
            scores: Function that scores the validation part, see `training.callbacks.TaskScores`.
            watched: What `watch` may show, from `inference.watch_texts` and its kin; asked after `scores`. None for a
                task, or a run without a validation part, that has nothing to be shown.
            inside: What `watch` may show of the model. None for one whose encoder does not learn.
            throughput: Whether to count tokens a second, which takes batches of tokens.

        Raises:
            ValueError: If what is to be watched means nothing for the task.
        """
        import keras

        of_model = [view for view in self.watch if view in INSIDE]
        of_predictions = [view for view in self.watch if view not in INSIDE]
        if of_predictions and watched is None:
            raise ValueError(f"Expected no --watch {' '.join(of_predictions)}: here is nothing of validation to show.")
        if of_model and inside is None:
            raise ValueError(f"Expected no --watch {' '.join(of_model)}: here is no encoder that learns.")

        callbacks = training.callbacks
        return [
            *([keras.callbacks.SwapEMAWeights(swap_on_epoch=True)] if self.ema else []),
            *([callbacks.TaskScores(scores)] if scores else []),
            *([_keep_best(best, self.epochs)] if best else []),
            callbacks.CompiledChains(),
            callbacks.LearningRate(),
            *([callbacks.Throughput()] if throughput else []),
            *([callbacks.WatchPredictions(watched, of_predictions, log_dir)] if of_predictions else []),
            *(inside.callbacks(of_model, log_dir) if of_model else []),
            callbacks.StepTensorBoard(log_dir),
            callbacks.ProgressLine("loss", *shown, *(["tokens_per_second"] if throughput else [])),
        ]


def _keep_best(name: str, num_epochs: int):
    import keras

    mode = training.better_direction(name)
    return keras.callbacks.EarlyStopping(name, mode=mode, patience=num_epochs, restore_best_weights=True)
