"""Where a predictor's network runs: in Keras, or in a runtime made for inference."""

from bert_keras.inference.runtimes.runner import Runner
from bert_keras.inference.runtimes.runtime import RUNTIMES, Runtime

__all__ = ["RUNTIMES", "Runner", "Runtime"]
