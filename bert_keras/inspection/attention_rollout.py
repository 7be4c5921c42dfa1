"""Attention rollout: what of each word reaches the vectors that the head looks at, by attention alone."""

import numpy as np

from bert_keras.inspection.answers import Answer
from bert_keras.inspection.attention import attention_scores
from bert_keras.inspection.attribution import Attribution
from bert_keras.inspection.replaced_tokens import scores_of


def attention_rollout(answer: Answer) -> Attribution:
    """Follow the attention of all blocks from the vectors that the head looks at down to the words.

    Scores have no sign and are those of every answer that is read at the same place: they say where the model looked,
    and not what for. With `special_score` they add up to 1, of a match 1 for each text.

    Args:
        answer: From `answer_of`.

    Raises:
        ValueError: If the encoder's attention is one's own and shows no scores.

    Reference:
        [Abnar and Zuidema, 2020](https://arxiv.org/abs/2005.00928): half of each block's vectors are its input, half
        the mean of its heads
    """
    is_token = answer.rows["padding_mask"] != 0
    same = np.eye(is_token.shape[1])
    reached = np.broadcast_to(same, (len(is_token), *same.shape))
    for scores in attention_scores(answer):
        mixed = (scores.astype("float64").mean(axis=1) + same) / 2
        reached = mixed / mixed.sum(axis=-1, keepdims=True) @ reached  # (rows, length, length)
    if answer.places is None:
        looks = is_token / is_token.sum(axis=1, keepdims=True)
    else:
        looks = np.zeros(is_token.shape)
        np.add.at(looks, (slice(None), list(answer.places)), 1 / len(answer.places))
    scores, special = answer.tokens.sums(np.einsum("rq,rqk->rk", looks, reached))
    (score,) = scores_of(answer, [answer.inputs])
    return answer.attribution(scores, "attention_rollout", score, special_score=special)
