"""What every head attends to when a model gives one answer: the scores, and the tokens that they are between."""

import dataclasses

import numpy as np
from keras import ops

from bert_keras.inspection.answers import Answer


@dataclasses.dataclass(frozen=True)
class Attention:
    """The attention scores of one row, padding left out.

    Args:
        tokens: As the vocabulary spells them, special ones included.
        scores: (blocks, heads, tokens, tokens) float32, how much the first token attends to the second.
    """

    tokens: tuple[str, ...]
    scores: np.ndarray

    def of(self, block: int, head: int) -> np.ndarray:
        """Return (tokens, tokens) scores of a head.

        Args:
            block: Number of the block, from 0.
            head: Number of the head, from 0.

        Raises:
            ValueError: If there is no such block or head.
        """
        for what, number, count in zip(("block", "head"), (block, head), self.scores.shape, strict=False):
            if not 0 <= number < count:
                raise ValueError(f"Expected a {what} from 0 to {count - 1}, received {number}.")
        return self.scores[block, head]


def attention_scores(answer: Answer) -> list[np.ndarray]:
    """Compute the attention scores of each block, (rows, heads, length, length) float32, padding included.

    Args:
        answer: From `answer_of`.

    Raises:
        ValueError: If the encoder's attention is one's own and shows no scores.
    """
    of_blocks = answer.encoder(answer.rows, return_attention_scores=True)["attention_scores"]
    return [ops.convert_to_numpy(ops.cast(scores, "float32")) for scores in of_blocks]


def attention_of(answer: Answer) -> tuple[Attention, ...]:
    """Compute the attention of all heads.

    Args:
        answer: From `answer_of`.

    Returns:
        That of each row that the model reads for the answer: one, but for two texts that are compared, or for choices.

    Raises:
        ValueError: If the encoder's attention is one's own and shows no scores.
    """
    rows, scores, found = answer.rows, np.stack(attention_scores(answer)), []
    for number, (ids, mask) in enumerate(zip(rows["token_ids"], rows["padding_mask"], strict=True)):
        places = np.flatnonzero(mask)
        tokens = tuple(answer.vocabulary.tokens[i] for i in ids[places])
        found.append(Attention(tokens, scores[:, number][:, :, places][..., places]))
    return tuple(found)
