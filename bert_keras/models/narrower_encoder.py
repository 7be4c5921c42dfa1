"""An encoder like another, but narrower: the generator of ELECTRA's pretraining."""

from bert_keras.checkpoints.families import BERT, ELECTRA
from bert_keras.models.encoder import BertEncoder

_FAMILY = {BERT.model_type: ELECTRA.model_type}  # which has BERT's blocks, and a place for embeddings of other width


def narrower_encoder(encoder: BertEncoder, size: float) -> BertEncoder:
    """Build a new encoder with a share of another's width, on embeddings as wide as the other's.

    The width, that inside the feed-forward, and the number of heads are its share, so that heads stay as wide; there
    are as many layers. One of BERT's family gets ELECTRA's, for BERT has none whose embeddings are wider.

    Args:
        encoder: the other one, without parts of one's own.
        size: share of its width, above 0.

    Returns:
        encoder without a pooler, with new weights.

    Raises:
        ValueError: where the encoder has parts of one's own, which have a width that cannot be told, or the size is
            none.

    Example:
        >>> from bert_keras.models import BertEncoder
        >>> from bert_keras.models.narrower_encoder import narrower_encoder
        >>> base = BertEncoder(100, 12, 12, 768, 3072, family="electra", pooler=False)
        >>> narrow = narrower_encoder(base, 1 / 3)
        >>> narrow.num_heads, narrow.hidden_dim, narrow.intermediate_dim, narrow.embedding_dim
        (4, 256, 1024, 768)

    Reference:
        [Clark et al., 2020](https://arxiv.org/abs/2003.10555), section 3.2; `get_generator_config` of
        https://github.com/google-research/electra/blob/master/run_pretraining.py
    """
    if size <= 0:
        raise ValueError(f"Expected a share of the encoder's width above 0, received {size}.")
    if own := [name for name, part in encoder.own_parts().items() if part is not None]:
        raise ValueError(
            f"The encoder has {', '.join(own)} of its own, whose width cannot be told: build the generator yourself, "
            "ReplacedTokenPretrainer(BertPretrainer(...), ReplacedTokenDetector(encoder))."
        )
    num_heads = max(1, round(encoder.num_heads * size))
    hidden_dim = max(1, round(encoder.hidden_dim * size / num_heads)) * num_heads
    width = encoder.embedding_dim or encoder.hidden_dim
    is_projected = encoder.embedding_dim is not None or width != hidden_dim
    config = encoder.get_config() | {
        "name": None,
        "trainable": True,
        "frozen_layers": (),
        "num_heads": num_heads,
        "hidden_dim": hidden_dim,
        "intermediate_dim": max(1, round(encoder.intermediate_dim * size)),
        "embedding_dim": width if is_projected else None,
        "pooler": False,
        "family": _FAMILY.get(encoder.family, encoder.family),
    }
    return BertEncoder.from_config(config)
