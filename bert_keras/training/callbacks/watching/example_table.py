"""The examples to look at first: the worst, the surest of the wrong, and the most doubtful."""

import numpy as np

from bert_keras.training.callbacks.event_writer import EventWriter
from bert_keras.training.callbacks.watching.markdown import plain, shortened, table, whole
from bert_keras.training.callbacks.watching.predictions import Judgements

_NUM_ROWS = 10


def write_examples(writer: EventWriter, judgements: Judgements, step: int) -> None:
    """Write the tables `examples/worst`, and where answers are right or wrong `surest_wrong` and `most_doubtful`.

    Args:
        writer: Where to.
        judgements: Of the validation part.
        step: Of the training.
    """
    chosen = {"worst": np.argsort(-judgements.losses, kind="stable")}  # whose loss is highest
    if judgements.confidences is not None:
        surest = np.argsort(-judgements.confidences, kind="stable")
        chosen["surest_wrong"] = surest[~judgements.are_right[surest]]
        chosen["most_doubtful"] = np.argsort(judgements.confidences, kind="stable")
    for name, numbers in chosen.items():
        text = table(_columns(judgements), (_row(judgements, number) for number in numbers[:_NUM_ROWS]))
        writer.text(f"examples/{name}", text if len(numbers) else "no text of validation is wrong", step)


def _columns(judgements):
    confidence = ["confidence"] if judgements.confidences is not None else []
    return ["text", *map(whole, ["true", "predicted", *confidence, "loss"])]


def _row(judgements, number):
    words = [some[number] for some in (judgements.truths, judgements.answers)]
    numbers = (judgements.confidences, judgements.losses)
    words += [f"{some[number]:.3f}" for some in numbers if some is not None]
    return [plain(shortened(judgements.texts[number])), *map(whole, words)]
