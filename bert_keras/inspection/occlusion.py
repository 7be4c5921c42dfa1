"""Occlusion: how much lower the answer's score is without a word."""

import numpy as np

from bert_keras.inspection.answers import Answer
from bert_keras.inspection.attribution import Attribution
from bert_keras.inspection.mask_token import mask_id_of
from bert_keras.inspection.replaced_tokens import replaced_tokens, scores_of


def occlusion(answer: Answer, *, replaced_by: str | None = None, batch_size: int = 32) -> Attribution:
    """Leave out word after word, and see how much lower the answer's score is.

    It needs no gradients, and works with any model. Of words that say the same, each alone counts little: the other
    still stands there.

    Args:
        answer: From `answer_of`.
        replaced_by: What becomes of a word's tokens: "mask" or "pad" for such tokens in their place, "delete" for none,
            which suits answers that have no place in the text. None for the mask, and of a tokenizer without one, such
            as GPT-2's, the padding. Default None.
        batch_size: Texts without a word at once, which bounds the memory. Default 32.

    Raises:
        ValueError: If `replaced_by` is none of these, or does not suit the answer or the tokenizer.

    Reference:
        [Zeiler and Fergus, 2014](https://arxiv.org/abs/1311.2901), section 4.2;
        of words [Li et al., 2016](https://arxiv.org/abs/1612.08220)
    """
    if batch_size < 1:
        raise ValueError(f"batch_size must be at least 1, received {batch_size}.")
    if replaced_by is None:
        replaced_by = "pad" if mask_id_of(answer.vocabulary) is None else "mask"
    variants = (replaced_tokens(answer, [number], replaced_by) for number in range(len(answer.tokens.words)))
    with_all, *without = scores_of(answer, [answer.inputs, *variants], batch_size=batch_size)
    return answer.attribution(with_all - np.array(without), "occlusion", with_all)
