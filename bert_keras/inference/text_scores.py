"""What a classifier makes of labelled texts: the files of its predictions, and its scores."""

from collections.abc import Sequence
from pathlib import Path

import keras

from bert_keras.data import Examples, TextRows, confusion_table, write_predictions, write_submission
from bert_keras.inference.classifier import Classifier
from bert_keras.training import score_outputs


def score_texts(
    predictor: Classifier,
    examples: Examples,
    *,
    directory: Path,
    part: str,
    metrics: Sequence[keras.metrics.Metric],
    rows: TextRows | None = None,
) -> tuple[dict[str, float], str] | None:
    """Predict a part, write what is predicted, and score it.

    predictions_PART.tsv has a line for each text; submission.tsv, of texts without labels, what GLUE's server takes.

    Args:
        predictor: The model's.
        examples: From `read_task`.
        directory: Folder of the files.
        part: Name of the part, such as "test".
        metrics: From `classification_metrics`.
        rows: Those of the examples, where there are some: they are not tokenized again.

    Returns:
        Scores, and a table of which class was taken for which; None of texts without labels.
    """
    outputs, labels = predictor.logits(examples if rows is None else rows), predictor.model.labels
    predictions = predictor.model.decode(outputs)
    write_predictions(directory / f"predictions_{part}.tsv", examples, predictions, labels)
    if examples.labels is None:
        write_submission(directory / "submission.tsv", predictions, labels)
        return None
    scores = score_outputs(metrics, examples.label_array(labels), outputs)
    return scores, confusion_table(examples, predictions, labels)
