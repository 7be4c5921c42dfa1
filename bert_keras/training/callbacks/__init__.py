"""Callbacks that publish through the logs, so that every later one, the last of them TensorBoard's, shows it."""

from bert_keras.training.callbacks.attention_maps import AttentionMaps
from bert_keras.training.callbacks.compiled_chains import CompiledChains
from bert_keras.training.callbacks.embedding_projector import EmbeddingProjector
from bert_keras.training.callbacks.event_writer import EventWriter
from bert_keras.training.callbacks.example_recorder import ExampleRecorder
from bert_keras.training.callbacks.fill_mask_probe import FillMaskProbe
from bert_keras.training.callbacks.gradient_norm import GradientNorm
from bert_keras.training.callbacks.layer_statistics import LayerStatistics
from bert_keras.training.callbacks.learning_rate import LearningRate
from bert_keras.training.callbacks.micro_batches import MicroBatches
from bert_keras.training.callbacks.perplexity import Perplexity
from bert_keras.training.callbacks.progress_line import ProgressLine
from bert_keras.training.callbacks.save_and_resume import SaveAndResume
from bert_keras.training.callbacks.sentence_projector import SentenceProjector
from bert_keras.training.callbacks.skipped_steps import SkippedSteps
from bert_keras.training.callbacks.step_tensorboard import StepTensorBoard
from bert_keras.training.callbacks.task_scores import TaskScores
from bert_keras.training.callbacks.text_probe import TextProbe
from bert_keras.training.callbacks.throughput import Throughput
from bert_keras.training.callbacks.time_budget import TimeBudget
from bert_keras.training.callbacks.token_projector import TokenProjector
from bert_keras.training.callbacks.watch_predictions import WatchPredictions

__all__ = [
    "AttentionMaps",
    "CompiledChains",
    "EmbeddingProjector",
    "EventWriter",
    "ExampleRecorder",
    "FillMaskProbe",
    "GradientNorm",
    "LayerStatistics",
    "LearningRate",
    "MicroBatches",
    "Perplexity",
    "ProgressLine",
    "SaveAndResume",
    "SentenceProjector",
    "SkippedSteps",
    "StepTensorBoard",
    "TaskScores",
    "TextProbe",
    "Throughput",
    "TimeBudget",
    "TokenProjector",
    "WatchPredictions",
]
