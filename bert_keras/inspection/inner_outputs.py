"""What lies inside an encoder for the rows of a predictor: hidden states and attention scores, in bounded memory."""

import inspect
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from bert_keras.data import Rows
from bert_keras.data.rows.length_batches import length_batches
from bert_keras.inference import Predictor
from bert_keras.inference.predict_batches import predict_batches
from bert_keras.inspection.mask_token import mask_id_of

_MOST_NUMBERS = 1 << 25  # in the outputs of a batch: 128 MiB, and two batches at a time


def encoder_of(predictor: Predictor) -> keras.Model:
    """Return the encoder of a predictor's model.

    Args:
        predictor: Any.

    Raises:
        ValueError: If its model has none.
    """
    model = getattr(predictor, "model", None)
    encoder = getattr(model, "encoder", model)
    if not hasattr(encoder, "inspector"):
        raise ValueError(
            f"Expected a predictor whose model has a BertEncoder as its `encoder`, received a "
            f"{type(predictor).__name__} of a {type(model).__name__}."
        )
    return encoder


def shows_attention(encoder: keras.Model) -> bool:
    """Say whether all of an encoder's blocks have attention scores to show; a block of one's own may have none.

    Args:
        encoder: `BertEncoder`.
    """
    return all(
        "return_attention_scores" in inspect.signature(block.attention.call).parameters
        for block in encoder.encoder_blocks
    )


def inner_outputs(
    predictor: Predictor, rows: Rows, *, attention_scores: bool
) -> Iterator[tuple[np.ndarray, dict[str, np.ndarray], dict[str, Any]]]:
    """Run rows through a predictor's encoder, batch after batch.

    Args:
        predictor: Any with an encoder.
        rows: Rows of one sequence each, such as its `rows` gives.
        attention_scores: Whether to show the scores beside the hidden states.

    Yields:
        (batch,) numbers of rows; their inputs, (batch, length) int32 each; and the outputs of the encoder's
        `inspector`, for these rows alone. Batches come in any order.

    Raises:
        ValueError: If a row holds several sequences, as those of multiple choice, or the attention has no scores.
    """
    encoder = encoder_of(predictor)
    longest = int(np.max(rows.row_lengths, initial=1))
    of_row = longest * encoder.hidden_dim * (encoder.num_layers + 1)
    if attention_scores:
        of_row += longest**2 * encoder.num_heads * encoder.num_layers
    batch_size = max(1, min(predictor.batch_size or 32, _MOST_NUMBERS // of_row))
    plan = length_batches(rows.row_lengths, sequence_length=rows.sequence_length, batch_size=batch_size)
    batches = ((numbers, rows.inputs(numbers, length)) for numbers, length in plan)
    batches = (((numbers, _checked(inputs)), inputs) for numbers, inputs in batches)
    for (numbers, inputs), outputs in predict_batches(encoder.inspector(attention_scores=attention_scores), batches):
        some = slice(int((numbers >= 0).sum()))  # fillers stand behind
        yield numbers[some], *keras.tree.map_structure(lambda values, some=some: values[some], (inputs, outputs))


def _checked(inputs):
    inputs = {name: np.asarray(values) for name, values in inputs.items()}
    if inputs["token_ids"].ndim != 2:
        raise ValueError(
            f"Expected rows of one sequence each, (batch, length) token_ids; received {inputs['token_ids'].shape}: "
            "give the pairs of a text and a choice one by one."
        )
    return inputs


def is_special(token_ids: np.ndarray, predictor: Predictor) -> np.ndarray:
    """Tell the tokens that stand in no text, such as [CLS] and [SEP]; unknown and masked tokens do.

    Args:
        token_ids: Any shape, int.
        predictor: Whose tokenizer says which they are.

    Returns:
        bool array of the same shape.
    """
    vocabulary = predictor.tokenizer.vocabulary
    of_text = {vocabulary.unk_id, mask_id_of(vocabulary)}
    return np.isin(token_ids, [number for number in vocabulary.special_ids if number not in of_text])
