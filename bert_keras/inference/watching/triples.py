"""Texts with triples of subject, relation and object."""

from collections.abc import Callable, Sequence

from bert_keras.data import TripleExamples
from bert_keras.data.tagging.triple_examples import Triple
from bert_keras.inference.watching.texts import OF_CLASSES
from bert_keras.training.callbacks.watching import Mark, Predictions, SpanPredictions, Watched, compare_spans


def watch_triples(examples: TripleExamples, found: Callable[[], Sequence[Sequence[Triple]]]) -> Watched:
    """Say what can be watched of triples: where subjects and objects stand. A triple is right only with its places.

    Args:
        examples: The texts of validation with their triples.
        found: Function without arguments that gives the triples found last, for each text.
    """

    def predict():
        everywhere = zip(examples.offsets, examples.triples, found(), strict=True)
        marks = [
            [mark for some in compare_spans(*both) for mark in _marks(places, *some)] for places, *both in everywhere
        ]
        return Predictions(spans=SpanPredictions(examples.texts, marks))

    return Watched(predict, ("spans",), dict.fromkeys(OF_CLASSES, "a triple is no class"))


def _marks(places, triple, verdict):
    *parts, relation = triple
    for role, (first, behind) in zip(("subject", "object"), parts):
        yield Mark(places[first][0], places[behind - 1][1], f"{relation} {role}", verdict)
