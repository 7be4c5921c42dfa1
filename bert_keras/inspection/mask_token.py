"""Whether a tokenizer has a token that stands for what is not shown."""

from bert_keras.data import TokenIds


def mask_id_of(vocabulary: TokenIds) -> int | None:
    """Return the id of the mask; None where there is none, as in GPT-2.

    Args:
        vocabulary: Of the tokenizer.
    """
    try:
        return vocabulary.mask_id
    except ValueError:
        return None
