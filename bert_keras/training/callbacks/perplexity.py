"""Puts the perplexity of the masked language model into the logs."""

import math

import keras


class Perplexity(keras.callbacks.Callback):
    """Publishes the exponential of a loss at the end of each epoch, of training and of validation.

    Args:
        loss: name of the loss in the logs, in nats. Default "mlm_loss", published as `mlm_perplexity`.

    Example:
        >>> from bert_keras.training.callbacks import Perplexity
        >>> logs = {"mlm_loss": 0.0, "val_mlm_loss": 2.0}
        >>> Perplexity().on_epoch_end(0, logs)
        >>> logs["mlm_perplexity"], round(logs["val_mlm_perplexity"], 2)
        (1.0, 7.39)
    """

    def __init__(self, loss="mlm_loss"):
        super().__init__()
        self.loss = loss

    def on_epoch_end(self, epoch, logs=None):
        for name in (self.loss, f"val_{self.loss}"):
            if name in logs:
                logs[f"{name.removesuffix('loss')}perplexity"] = math.exp(min(logs[name], 700.0))  # of a double
