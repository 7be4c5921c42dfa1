"""Any number of rows through a model, those of like length together and in few shapes."""

import keras
import numpy as np

from bert_keras.data.batches.length_buckets import padded_lengths


def predict_by_length(model, make_rows, row_lengths, *, sequence_length, batch_size=32):
    """Predict numbered rows of known length.

    A compiled model is compiled once a shape: lengths are those of `padded_lengths` and batch sizes powers of two,
    filled up with rows of special tokens.

    Args:
        model: `keras.Model`.
        make_rows: from (rows,) int32 row numbers, -1 for a filler, and a length to the model's dict of inputs.
        row_lengths: (rows,) int array, tokens of each row.
        sequence_length: the longest row.
        batch_size: most rows in one call of the model. Default 32.

    Returns:
        list of the outputs of each row, in the order of the rows, structured as the model's.
    """
    row_lengths = np.asarray(row_lengths)
    results, by_length = [None] * len(row_lengths), np.argsort(row_lengths, kind="stable").astype("int32")
    for start in range(0, len(by_length), batch_size):
        numbers = by_length[start : start + batch_size]
        length = int(padded_lengths(row_lengths[numbers].max(), sequence_length))
        num_rows = min(power_of_two(len(numbers)), batch_size)
        padded = np.pad(numbers, (0, num_rows - len(numbers)), constant_values=-1)
        inputs = {name: np.asarray(value) for name, value in make_rows(padded, length).items()}
        outputs = model.predict_on_batch(inputs)
        for row, number in enumerate(numbers):
            results[number] = keras.tree.map_structure(lambda output, row=row: np.asarray(output[row]), outputs)
    return results


def power_of_two(count: int) -> int:
    """The lowest power of two that is not below a count; 1 for 0."""
    return 1 << max(0, count - 1).bit_length()
