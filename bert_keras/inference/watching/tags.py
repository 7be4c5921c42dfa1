"""Words with their tags, and the spans in texts."""

import itertools

import numpy as np

from bert_keras.data import SpanRows, TaggedSentences, TagRows
from bert_keras.inference.span_finder import SpanFinder
from bert_keras.inference.tagger import Tagger
from bert_keras.inference.watching.texts import OF_CLASSES
from bert_keras.models.probabilities import softmax
from bert_keras.training.callbacks.watching import (
    ClassPredictions,
    Mark,
    Predictions,
    SpanPredictions,
    Watched,
    compare_spans,
)

_CONTEXT = 60  # characters on each side of a word


def watch_tagged(predictor: Tagger | SpanFinder, sentences: TaggedSentences, rows: TagRows | SpanRows) -> Watched:
    """Say what can be watched of a tagger, whose examples are words, or of a finder of spans.

    Args:
        predictor: The model's.
        sentences: The tagged sentences of validation.
        rows: Theirs.
    """
    if isinstance(predictor, SpanFinder):
        why_not = dict.fromkeys(OF_CLASSES, "a head of spans gives a word no class")
        return Watched(lambda: Predictions(spans=_spans(sentences, predictor.results(rows))), ("spans",), why_not)
    names, is_crf = predictor.model.labels, predictor.model.head == "crf"
    words = _words_in_sentences(rows.sentences)
    truths = np.array([names.index(tag) for tag in itertools.chain(*rows.sentences.tags)], "int32")

    def predict():
        logits = predictor.logits(rows)
        tags, scores = predictor.decode(logits)
        said = np.array([names.index(tag) for tag in itertools.chain(*tags)], "int32")
        classes = ClassPredictions(words, softmax(np.concatenate(logits)), truths, names, said)
        spans = _spans(sentences, predictor.spans_of(rows, tags, scores)) if sentences.spans is not None else None
        return Predictions(classes, spans=spans)

    why_not = {"spans": "the tags spell no spans"}
    of_crf = "a CRF scores sequences, not a tag by itself; --head linear does that"
    why_not |= dict.fromkeys(OF_CLASSES[1:], of_crf)
    views = OF_CLASSES[:1] if is_crf else OF_CLASSES
    return Watched(predict, (*views, *(["spans"] if sentences.spans is not None else [])), why_not)


def _spans(sentences, results):
    found = [[(span["start"], span["end"], span["label"]) for span in some] for some in results]
    marks = [
        [Mark(*span, verdict) for span, verdict in compare_spans(*both)]
        for both in zip(sentences.character_spans(), found, strict=True)
    ]
    return SpanPredictions(sentences.texts, marks)


def _words_in_sentences(sentences):
    """Return each word in brackets with some of its sentence around."""
    return [
        f"{text[max(0, start - _CONTEXT) : start]}[{text[start:end]}]{text[end : end + _CONTEXT]}"
        for text, places in zip(sentences.texts, sentences.offsets, strict=True)
        for start, end in places
    ]
