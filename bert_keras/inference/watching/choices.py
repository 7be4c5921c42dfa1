"""Texts with choices."""

import numpy as np

from bert_keras.data import ChoiceRows, Choices
from bert_keras.inference.chooser import Chooser
from bert_keras.inference.watching.texts import NO_SPANS
from bert_keras.models.probabilities import softmax
from bert_keras.training.callbacks.watching import ClassPredictions, Judgements, Predictions, Watched


def watch_choices(predictor: Chooser, examples: Choices, rows: ChoiceRows) -> Watched:
    """Say what can be watched of a chooser: as choices are others in each text, nothing that asks for classes.

    Args:
        predictor: The model's.
        examples: The texts of validation with their choices and labels.
        rows: Theirs.
    """

    def predict():
        scores, truths = softmax(predictor.logits(rows)), np.array(examples.labels)
        numbered = ClassPredictions(examples.contexts, scores, truths, examples.label_names).judgements()
        truths, said = (
            [some[number] for some, number in zip(examples.choices, numbers, strict=True)]
            for numbers in (examples.labels, scores.argmax(axis=1))
        )
        measured = (numbered.losses, numbered.are_right, numbered.confidences)
        return Predictions(judgements=Judgements(examples.contexts, truths, said, *measured))

    no_classes = dict.fromkeys(("confusion", "precision_recall"), "a choice is another one in each text, not a class")
    return Watched(predict, ("calibration", "examples"), NO_SPANS | no_classes)
