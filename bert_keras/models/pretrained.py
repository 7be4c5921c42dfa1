"""What all models with a head do alike when they are loaded."""

from bert_keras.models.encoder import BertEncoder


def pretrained_encoder(checkpoint, *, pooler, dropout=None, **overrides):
    """Build the encoder that a checkpoint describes; its weights are still new.

    Args:
        checkpoint: what `bert_keras.checkpoints.open_checkpoint` gives.
        pooler: whether the model needs the pooled output.
        dropout: rate of all dropouts, None for the checkpoint's.
        **overrides: arguments of the encoder's constructor that shall differ.
    """
    arguments = checkpoint.encoder_arguments | {"pooler": pooler}
    if dropout is not None:
        arguments |= {"dropout": dropout, "attention_dropout": dropout}
    return (checkpoint.encoder_class or BertEncoder)(**arguments | overrides)


def pretrained_classes(checkpoint, head, num_classes, labels, *, argument="num_classes"):
    """Decide whether the classes asked for are those that the checkpoint's head was trained for.

    Args:
        checkpoint: what `bert_keras.checkpoints.open_checkpoint` gives.
        head: name of the head in the model.
        num_classes: number of classes asked for, None for as many as there are labels, or as the head has.
        labels: names of the classes asked for, None for those of the head.
        argument: what the model calls `num_classes`, for messages.

    Returns:
        number of classes, their names or None, and the beginnings of the names of weights that stay new.

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
        return num_classes, labels, (f"{head}/",)
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
    return *trained, trained_labels if labels is None else labels, ()


def pretrained_pointers(checkpoint, head, **asked):
    """Decide which form the pointers of a model have: what is asked for, else what the checkpoint's were trained in.

    Args:
        checkpoint: what `bert_keras.checkpoints.open_checkpoint` gives.
        head: what the configuration calls such a head: "spans" or "triples".
        **asked: `head_dim`, `efficient`, and the names that are pointed out, by the name of the model's argument; None
            for what the checkpoint has.

    Returns:
        dict of arguments of the model; without such a checkpoint width 64, and efficient.

    Raises:
        ValueError: where no names are given and the checkpoint has no such head.
    """
    form = {"head_dim": 64, "efficient": True}
    if checkpoint.task.get("head") == head:
        form |= {name: value for name, value in checkpoint.task.items() if name in form or name in asked}
    form |= {name: value for name, value in asked.items() if value is not None}
    if missing := sorted(asked.keys() - form.keys()):
        raise ValueError(
            f"{checkpoint.source} has no head for {head}: {', '.join(missing)} are needed for a new one, to be trained."
        )
    return form
