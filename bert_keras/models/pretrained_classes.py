"""Names of classes, and whether a preset's head is for those that are asked for."""

from collections.abc import Sequence

from bert_keras.checkpoints.checkpoint import Checkpoint


def check_labels(labels: Sequence[str] | None, num_classes: int) -> None:
    """Refuse names of classes that are not one for each, all different.

    Args:
        labels: names of the classes, None where they have none.
        num_classes: number of classes.

    Raises:
        ValueError: where they are not.
    """
    if labels is not None and (len(labels) != num_classes or len(set(labels)) != num_classes):
        raise ValueError(f"Expected {num_classes} different labels, received {list(labels)}.")


def pretrained_classes(
    checkpoint: Checkpoint,
    head: str,
    num_classes: int | None,
    labels: Sequence[str] | None,
    *,
    argument: str = "num_classes",
) -> tuple[dict, bool]:
    """Decide whether the classes asked for are those that the checkpoint's head was trained for.

    Args:
        checkpoint: what `bert_keras.checkpoints.open_checkpoint` gives.
        head: name of the head in the model.
        num_classes: number of classes asked for, None for as many as there are labels, or as the head has.
        labels: names of the classes asked for, None for those of the head.
        argument: what the model calls `num_classes`. Default "num_classes".

    Returns:
        dict of the number of classes and `labels`, their names or None; and whether the head fits.

    Raises:
        ValueError: where the number cannot be told, or the head was trained for as many other labels.
    """
    trained = checkpoint.shapes.get(f"{head}/dense/bias")
    if num_classes is None and labels is not None:
        num_classes = len(labels)
    if num_classes is None and trained is None:
        raise ValueError(
            f"{checkpoint.source} has no {head.replace('_', ' ')}: {argument} is needed for a new one, to be trained."
        )
    if trained is None or num_classes not in (None, *trained):
        return {argument: num_classes, "labels": labels}, False
    trained_labels = checkpoint.labels
    if trained_labels is not None and len(trained_labels) != trained[0]:
        raise ValueError(
            f"{checkpoint.source}: the head has {trained[0]} classes, but the configuration names {trained_labels}."
        )
    if labels is not None and trained_labels is not None and list(labels) != trained_labels:
        raise ValueError(
            f"The head in {checkpoint.source} was trained for the labels {trained_labels}, received {list(labels)}. "
            f"For a new head build the model around BertEncoder.from_preset(...), {argument} and labels."
        )
    return {argument: trained[0], "labels": trained_labels if labels is None else labels}, True
