"""A text without some of its words: masked, padded over, or deleted; and what a model answers then."""

from collections.abc import Iterable, Sequence

import numpy as np

from bert_keras.data.rows.length_batches import power_of_two
from bert_keras.inference.predict_batches import predict_batches
from bert_keras.inspection.answers import Answer

REPLACEMENTS = ("pad", "mask")
DELETED = "delete"


def replaced_tokens(answer: Answer, words: Iterable[int], replaced_by: str) -> dict[str, np.ndarray]:
    """Make the inputs of an answer's text without some of its words.

    Args:
        answer: From `answer_of`.
        words: Numbers of the words.
        replaced_by: "mask" or "pad": each of their tokens becomes that token, so that all others stay where they are;
            "delete": the row is put together without them.

    Returns:
        The inputs, of the same shapes.

    Raises:
        ValueError: If there is no such replacement, the tokenizer has no such token, or tokens are to be deleted from a
            text in which the answer has a place.
    """
    is_gone = answer.tokens.tokens_of(list(words))  # (rows, length)
    if replaced_by == DELETED:
        return _without(answer, is_gone)
    if replaced_by not in REPLACEMENTS:
        raise ValueError(f"Expected one of {', '.join((*REPLACEMENTS, DELETED))}; received {replaced_by!r}.")
    token_ids = answer.inputs["token_ids"]
    token_id = _pad_id(answer) if replaced_by == "pad" else answer.vocabulary.mask_id
    return answer.inputs | {"token_ids": np.where(is_gone.reshape(token_ids.shape), np.int32(token_id), token_ids)}


def _without(answer, is_gone):
    if answer.is_of_places:
        raise ValueError(
            f"The answer {answer.name!r} stands at places of the text, which move where words are deleted: have them "
            'replaced by "mask" or "pad".'
        )
    order = np.argsort(is_gone, axis=-1, kind="stable")  # what goes stands behind, as padding
    fillers = {"token_ids": _pad_id(answer), "segment_ids": 0, "padding_mask": 0}
    inputs = dict(answer.inputs)
    for name in fillers.keys() & inputs.keys():
        value = np.where(is_gone, fillers[name], inputs[name].reshape(is_gone.shape))
        inputs[name] = np.take_along_axis(value, order, axis=-1).reshape(inputs[name].shape).astype("int32")
    return inputs


def _pad_id(answer):
    return answer.vocabulary.row_layout.pad_id if answer.pad_id is None else answer.pad_id


def scores_of(answer: Answer, variants: Iterable[dict[str, np.ndarray]], *, batch_size: int = 32) -> np.ndarray:
    """Compute an answer for changed inputs, several at once.

    Args:
        answer: From `answer_of`.
        variants: Inputs of the shapes of the answer's.
        batch_size: Most of them in one call of the model.

    Returns:
        (variants,) float64 array.
    """
    variants = list(variants)
    batches = []
    for begin in range(0, len(variants), batch_size):
        some = variants[begin : begin + batch_size]
        batches.append((len(some), _stacked(some, min(power_of_two(len(some)), batch_size))))
    return np.concatenate(
        [
            np.asarray(answer.score(outputs), "float64")[:count]
            for count, outputs in predict_batches(answer.model, batches)
        ]
    )


def _stacked(variants: Sequence[dict[str, np.ndarray]], count: int) -> dict[str, np.ndarray]:
    """Put inputs end to end, and the last of them again until there are so many: shapes are few."""
    filled = [*variants, *[variants[-1]] * (count - len(variants))]
    return {name: np.concatenate([inputs[name] for inputs in filled]) for name in filled[0]}
