"""Puts the perplexity of a language model, masked or not, into the logs."""

import math

import keras

from bert_keras.types import Logs


class Perplexity(keras.callbacks.Callback):
    """Publishes `mlm_perplexity`, the exponential of the loss, at the end of each epoch, of training and of validation.

    Args:
        loss: name of the loss in the logs, in nats. Default "mlm_loss", or "loss" where the model has no other loss and
            Keras therefore logs no "mlm_loss". With "loss", of a `CausalLM` or `PrefixLM`, it publishes `perplexity`.

    Example:
        >>> from bert_keras.training.callbacks import Perplexity
        >>> logs = {"mlm_loss": 0.0, "val_mlm_loss": 2.0}
        >>> Perplexity().on_epoch_end(0, logs)
        >>> logs["mlm_perplexity"], round(logs["val_mlm_perplexity"], 2)
        (1.0, 7.39)
    """

    def __init__(self, loss: str = "mlm_loss"):
        super().__init__()
        self.loss = loss
        self.name = loss.removesuffix("loss") + "perplexity"

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        loss = self.loss if self.loss in logs else "loss"
        for prefix in ("", "val_"):
            if prefix + loss in logs:
                logs[prefix + self.name] = math.exp(min(logs[prefix + loss], 700.0))  # of a double
