"""How much of each batch is padding, counted where the batch is anyway: inside the compiled step."""

from typing import Any

import keras
from keras import ops

from bert_keras.types import Logs


class TokenStatistics:
    """Mixin of a model that takes a dict with `padding_mask`: puts its tokens and its padding into every log.

    The model's logs gain `padding_share`, the share of positions that hold no token, and `tokens_per_step`, the mean
    number of real tokens in a batch, both over the epoch so far, as all metrics of Keras are. They are counted on the
    device with the other metrics, so nothing waits for them.

    Put it before `keras.Model` among the bases; the constructor's arguments pass through.

    Args:
        **kwargs: arguments of the class behind it.

    Example:
        >>> import keras
        >>> from bert_keras.training import TokenStatistics
        >>> class MaskCounter(TokenStatistics, keras.Model):
        ...     def __init__(self, **kwargs):
        ...         mask = keras.Input((None,), dtype="int32", name="padding_mask")
        ...         count = keras.ops.sum(mask, axis=-1, keepdims=True)
        ...         super().__init__(inputs={"padding_mask": mask}, outputs=count, **kwargs)
        >>> model = MaskCounter()
        >>> model.compile(loss="mse")
        >>> logs = model.evaluate(
        ...     {"padding_mask": keras.ops.array([[1, 1, 1, 0]])}, keras.ops.array([[3.0]]), return_dict=True, verbose=0
        ... )
        >>> logs["padding_share"], logs["tokens_per_step"]
        (0.25, 3.0)
    """

    micro_batches_per_step = 1  # parts that a batch is trained in

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self._padding_share = keras.metrics.Mean(name="padding_share")
        self._tokens_per_step = keras.metrics.Mean(name="tokens_per_step")

    def compute_metrics(self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None) -> Logs:
        """Count the batch's tokens, then do as the model does."""
        is_token = ops.cast(ops.not_equal(x["padding_mask"], 0), "float32")  # (batch, length)
        strategy = getattr(self, "distribute_strategy", None)  # of TensorFlow, whose replicas share a batch
        num_parts = self.micro_batches_per_step * (1 if strategy is None else strategy.num_replicas_in_sync)
        self._tokens_per_step.update_state(num_parts * ops.sum(is_token))
        # Weighted by positions: batches may come in several lengths.
        self._padding_share.update_state(ops.mean(1.0 - is_token), sample_weight=ops.size(is_token))
        return super().compute_metrics(x, y, y_pred, sample_weight)
