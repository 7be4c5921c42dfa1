"""Learning rates that shrink towards the input, so that fine-tuning keeps what the lower layers know."""

from collections.abc import Iterable

import keras


def layerwise_decay(encoder: keras.Model, decay: float) -> "LayerFactors":
    """Give each layer of an encoder its share of the learning rate: `decay` times that of the layer above it.

    Args:
        encoder: `BertEncoder`, or what else has `embeddings` and `encoder_blocks`, lowest first.
        decay: float, 0 to 1. The highest block gets `decay`, the one below it `decay` squared, the embeddings least;
            pooler and head have the whole rate. A block that several layers share is one: ALBERT's gets `decay`, and
            its embeddings `decay` squared.

    Returns:
        dict of the layer's name to its factor, the `rate_factors` of `AdamW`, without layers that are frozen; empty for
        a decay of 1. It stands for the layers of this encoder alone; for those of two join them by `|`:
        `layerwise_decay(a, 0.9) | layerwise_decay(b, 0.8)`.

    Raises:
        ValueError: where the decay is not above 0 and at most 1.

    Example:
        >>> from bert_keras.models import BertEncoder
        >>> from bert_keras.training import layerwise_decay
        >>> layerwise_decay(BertEncoder.from_size("tiny", vocabulary_size=100), 0.5)
        {'embeddings': 0.125, 'encoder_block_0': 0.25, 'encoder_block_1': 0.5}

    Reference:
        [Howard and Ruder, 2018](https://arxiv.org/abs/1801.06146), section 3.2; for BERT
        [Sun et al., 2019](https://arxiv.org/abs/1905.05583), section 5.3.3.
    """
    if not 0 < decay <= 1:
        raise ValueError(f"Expected a decay above 0 and at most 1, received {decay}.")
    if decay == 1:
        return LayerFactors([])
    layers = [encoder.embeddings, *encoder.encoder_blocks]
    heights = ((height, layer) for height, layer in enumerate(layers) if layer.trainable_variables)
    return LayerFactors([(layer, decay ** (len(layers) - height)) for height, layer in heights])


class LayerFactors(dict):
    """A dict from a layer's name to its factor that also knows the layer: two encoders name theirs alike.

    `|` joins those of several encoders.

    Args:
        factors: list of pairs of a `keras.Layer` and its factor.
    """

    def __init__(self, factors: Iterable[tuple[keras.layers.Layer, float]]):
        super().__init__({layer.name: factor for layer, factor in factors})
        self.layers = list(factors)

    def __or__(self, other):
        joined = LayerFactors([])
        joined.update({**self, **other})
        joined.layers = [*self.layers, *getattr(other, "layers", ())]
        return joined
