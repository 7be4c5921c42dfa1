"""Texts with two marked entities and their relation."""

import numpy as np

from bert_keras.data import RelationExamples, RelationRows
from bert_keras.inference.relation_extractor import RelationExtractor
from bert_keras.inference.watching.texts import OF_CLASSES
from bert_keras.training.callbacks.watching import (
    ClassPredictions,
    Mark,
    Predictions,
    SpanPredictions,
    Watched,
    compare_spans,
)


def watch_relations(predictor: RelationExtractor, examples: RelationExamples, rows: RelationRows) -> Watched:
    """Say what can be watched of relations: their classes; and the spans, where the second entity bears the relation.

    Args:
        predictor: The model's.
        examples: The sentences of validation with their relations.
        rows: Theirs.
    """
    names = list(predictor.model.labels)

    def predict():
        truths = np.array([names.index(label) for label in examples.labels], "int32")
        classes = ClassPredictions(examples.texts, predictor.probabilities(rows), truths, names)
        marks = [
            [Mark(*first, "1", "right"), *(Mark(*second, f"2 {name}", verdict) for name, verdict in verdicts)]
            for first, second, verdicts in zip(
                examples.first_spans, examples.second_spans, _verdicts(names, truths, classes.said), strict=True
            )
        ]
        return Predictions(classes, spans=SpanPredictions(examples.texts, marks))

    return Watched(predict, (*OF_CLASSES, "spans"))


def _verdicts(names, truths, said):
    return [compare_spans([names[truth]], [names[found]]) for truth, found in zip(truths, said, strict=True)]
