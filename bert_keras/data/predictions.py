"""What a model made of examples, as a table: the counterpart of the readers."""

import os

from bert_keras.atomic_files import write_file
from bert_keras.data.readers import Examples


def write_predictions(path: str | os.PathLike, examples: Examples, predictions):
    r"""Writes a TSV of label, prediction and text, one example a line, complete or not at all.

    Args:
        path: The file; its folder is made if missing.
        examples: What was predicted, from `read_examples`; without labels that column stays out.
        predictions: A class number for each example, or a number where the examples have no classes.

    Raises:
        ValueError: If there are not as many predictions as examples.

    Example:
    >>> import pathlib, tempfile
    >>> from bert_keras.data import read_examples
    >>> examples = read_examples([("so good", "pos"), ("so bad", "neg")], text_column=0, label_column=1)
    >>> path = pathlib.Path(tempfile.mkdtemp(), "predictions.tsv")
    >>> write_predictions(path, examples, [1, 1])
    >>> print(path.read_text().replace("\t", " | "))
    label | prediction | text
    pos | pos | so good
    neg | pos | so bad
    <BLANKLINE>
    """
    if len(predictions) != len(examples.texts):
        raise ValueError(
            f"expected {len(examples.texts)} predictions, one for each example, received {len(predictions)}"
        )
    name = (lambda label: str(label)) if examples.label_names is None else (lambda label: examples.label_names[label])
    columns = {"prediction": [name(prediction) for prediction in predictions], "text": examples.texts}
    if examples.labels is not None:
        columns = {"label": [name(label) for label in examples.labels]} | columns
    if examples.second_texts is not None:
        columns["second text"] = examples.second_texts
    lines = [columns, *zip(*columns.values(), strict=True)]
    # A TSV is not quoted: what would end a cell or a line becomes a space.
    rows = ("\t".join(" ".join(cell.split()) for cell in line) for line in lines)
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    write_file(path, "".join(f"{row}\n" for row in rows).encode())
