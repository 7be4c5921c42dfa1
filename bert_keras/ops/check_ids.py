"""Ids that a table has no row for, refused where the backend lets one look at them.

What an embedding does with such an id differs: TensorFlow fails on a CPU and gives zeros on a GPU, JAX gives NaN,
torch fails with a message that names nothing.
"""

from keras import ops

from bert_keras.ops.refusal import refuse
from bert_keras.types import Tensor


def check_ids(ids: Tensor, num_rows: int, name: str) -> Tensor:
    """Refuse ids that are not from 0 to `num_rows - 1`.

    Cheap: a few passes over the ids. Where nothing can be raised (see `bert_keras.ops.refusal.refuse`), a wrong id
    shows as NaN on JAX.

    Args:
        ids: integer tensor of any shape.
        num_rows: number of rows of the table.
        name: what the ids are, for the message.

    Returns:
        The ids.

    Raises:
        ValueError: where the ids can be seen; in a compiled TensorFlow step it is TensorFlow's InvalidArgumentError
            with the same text.

    Example:
        >>> import keras
        >>> check_ids(keras.ops.array([1, 7]), num_rows=5, name="token_ids")
        Traceback (most recent call last):
        ValueError: token_ids must be from 0 to 4, as its table has 5 rows; received 1 to 7. ...
    """
    message = (
        f"{name} must be from 0 to {num_rows - 1}, as its table has {num_rows} rows; received {{}} to {{}}. "
        "Do the tokenizer and the model belong together?"
    )
    return refuse(ids, ops.logical_or(ids < 0, ids >= num_rows), message)
