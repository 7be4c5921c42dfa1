"""Attention rollout: what of each word reaches the vectors that the head looks at, by attention alone."""

import numpy as np
from keras import ops

from bert_keras.inspection.answers import Answer
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
    shape = answer.inputs["token_ids"].shape
    rows = {name: answer.inputs[name].reshape(-1, shape[-1]) for name in answer.encoder.input}
    is_token = rows["padding_mask"] != 0
    reached = np.broadcast_to(np.eye(shape[-1]), (len(is_token), shape[-1], shape[-1]))
    for scores in answer.encoder(rows, return_attention_scores=True)["attention_scores"]:
        of_heads = np.asarray(ops.convert_to_numpy(ops.cast(scores, "float32")), "float64").mean(axis=1)
        mixed = (of_heads + np.eye(shape[-1])) / 2
        reached = mixed / mixed.sum(axis=-1, keepdims=True) @ reached  # (rows, length, length)
    if answer.places is None:
        looks = is_token / is_token.sum(axis=1, keepdims=True)
    else:
        looks = np.zeros(is_token.shape)
        np.add.at(looks, (slice(None), list(answer.places)), 1 / len(answer.places))
    scores, special = answer.tokens.sums(np.einsum("rq,rqk->rk", looks, reached))
    (score,) = scores_of(answer, [answer.inputs])
    return Attribution(
        answer.texts, answer.tokens.words, scores, answer.name, float(score), "attention_rollout",
        special_score=special, num_unseen=answer.tokens.num_unseen,
    )  # fmt: skip
