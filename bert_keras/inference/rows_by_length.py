"""Any number of rows through a model, those of like length together."""

import keras

from bert_keras.inference.length_batches import length_batches
from bert_keras.inference.predict_batches import predict_batches


def predict_by_length(model, make_rows, row_lengths, *, sequence_length, batch_size=32):
    """Predict numbered rows of known length.

    Args:
        model: `keras.Model`.
        make_rows: from (rows,) int32 row numbers, -1 for a filler, and a length to the model's dict of inputs.
        row_lengths: (rows,) int array, tokens of each row.
        sequence_length: the longest row.
        batch_size: most rows in one call of the model. Default 32.

    Returns:
        list of the outputs of each row, in the order of the rows, structured as the model's.
    """
    results = [None] * len(row_lengths)
    batches = (
        (numbers, make_rows(numbers, length))
        for numbers, length in length_batches(row_lengths, sequence_length=sequence_length, batch_size=batch_size)
    )
    for numbers, outputs in predict_batches(model, batches):
        for row, number in enumerate(numbers[numbers >= 0]):
            results[number] = keras.tree.map_structure(lambda output, row=row: output[row], outputs)
    return results
