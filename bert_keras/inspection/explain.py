"""Why a model answers as it does, of a raw text: the way in."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from bert_keras.inference import (
    Chooser,
    Classifier,
    CrossEncoder,
    FillMask,
    Generator,
    Predictor,
    QuestionAnswerer,
    RelationExtractor,
    SpanFinder,
    Tagger,
    TripleFinder,
)
from bert_keras.inspection.answers import At, answer_of
from bert_keras.inspection.answers.pieces import named_piece
from bert_keras.inspection.attention import attention_of
from bert_keras.inspection.explanation import Explanation
from bert_keras.inspection.inner_outputs import shows_attention
from bert_keras.inspection.methods import METHODS
from bert_keras.models.probabilities import sigmoid, softmax

_MOST_PREDICTIONS = 5


def explain(
    predictor: Predictor,
    text: str,
    second_text: str | Sequence[str] | None = None,
    *,
    answer: Any = None,
    at: At = None,
    methods: Sequence[str] = ("integrated_gradients", "occlusion"),
    options: Mapping[str, Mapping[str, Any]] | None = None,
    attention: bool = True,
) -> Explanation:
    """Explain an answer of a model: which words speak for it and against it, and where each head looks.

    Args:
        predictor: One of `bert_keras.inference`; or `Predictor(model, tokenizer)` for a model of your own, with a
            function as `answer`.
        text: The text; of `QuestionAnswerer` the question.
        second_text: The second text of a pair; the passage; of a `Chooser` the list of choices.
        answer: What is explained, as `answer_of` says: such as a label; None for the answer that the model gives.
        at: The number of a word, or of a [MASK], at which the answer stands; of a `Generator` the word of what it
            writes that is explained.
        methods: Names in `METHODS`, shown side by side: words on which methods of different kinds agree are safer to
            build on.
        options: For a method its further arguments, such as `{"integrated_gradients": {"baseline": "mask"}}`.
        attention: Whether to compute the attention of all heads too.

    Raises:
        TypeError: If a method has no such option, or an argument is of the wrong type.
        ValueError: If there is no such method, class, word or token, the text has no words, a second text is missing,
            or the model cannot be explained by the method.

    Example:
        >>> from bert_keras.data import WordPieceTokenizer
        >>> from bert_keras.inference import Classifier
        >>> from bert_keras.models import BertEncoder, TextClassifier
        >>> tokenizer = WordPieceTokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "good", "film"])
        >>> model = TextClassifier(BertEncoder.from_size("tiny", vocabulary_size=7), 2, labels=["no", "yes"])
        >>> found = explain(Classifier(model, tokenizer), "Good film", answer="yes", methods=["occlusion"])
        >>> found.answer, [word for word, _ in found.attributions[0].of_words()], found.attention[0].tokens
        ('yes', ['Good', 'film'], ('[CLS]', 'good', 'film', '[SEP]'))
    """
    if isinstance(methods, (str, Mapping)):
        raise TypeError(
            f"Expected methods to be a list of names, received {methods!r}: give one as [{next(iter(METHODS))!r}], and "
            'what a method is to do as options={METHOD: {"name": value}}.'
        )
    methods, options = list(dict.fromkeys(methods)), options or {}
    if unknown := [name for name in [*methods, *options] if name not in METHODS]:
        raise ValueError(f"Expected methods among {', '.join(METHODS)}; received {unknown[0]!r}.")
    if not methods:
        raise ValueError(f"Expected one method or more of {', '.join(METHODS)}; received none.")
    if unused := [name for name in options if name not in methods]:
        raise ValueError(f"Expected options of methods that are shown, {', '.join(methods)}; received {unused[0]!r}.")
    asked = answer_of(predictor, text, second_text, answer=answer, at=at)
    found = tuple(METHODS[name](asked, **options.get(name, {})) for name in methods)
    note, scores = "", ()
    if attention and shows_attention(asked.encoder):
        scores = attention_of(asked)
    elif attention:
        note = "The attention of this encoder is one's own and shows no scores: there is no view of it."
    if isinstance(predictor, Generator) and not callable(answer):
        predictions = [(asked.name, float(np.exp(found[0].answer_score)))]
    else:
        predictions = () if callable(answer) else _predictions(predictor, text, second_text, at)
    likeliest = sorted(predictions, key=lambda some: -some[1])
    shown = [some for i, some in enumerate(likeliest) if i < _MOST_PREDICTIONS or some[0] == asked.name]
    return Explanation(found, tuple(shown), scores, note)


def _predictions(predictor, text, second_text, at) -> list[tuple[str, float]]:
    """Give the answers of a model with their probabilities, named as `answer_of` names them."""
    if isinstance(predictor, Classifier):
        logits = predictor.logits(predictor.rows([text], None if second_text is None else [second_text]))[0]
        if isinstance(predictor, CrossEncoder) or predictor.model.problem_type == "regression":
            return []  # the score of the answer is the number
        is_multi_label = predictor.model.problem_type == "multi_label_classification"
        scores = sigmoid(logits) if is_multi_label else softmax(logits)
        return _named(predictor.model.labels or [f"LABEL_{number}" for number in range(len(scores))], scores)
    if isinstance(predictor, RelationExtractor):
        return _named(predictor.model.labels, predictor.probabilities(predictor.rows([text]))[0])
    if isinstance(predictor, Chooser):
        choices = [second_text] if isinstance(second_text, str) else list(second_text)
        return _named(choices, softmax(predictor.logits(predictor.rows([text], [choices])))[0])
    if isinstance(predictor, (Tagger, SpanFinder)):
        return [(f"{found['label']} at {_piece(text, found)}", found["score"]) for found in predictor(text)]
    if isinstance(predictor, TripleFinder):
        return [
            (f"{_piece(text, found['subject'])} {found['relation']} {_piece(text, found['object'])}", found["score"])
            for found in predictor(text)
        ]
    if isinstance(predictor, QuestionAnswerer):
        answers = predictor(text, second_text, top_k=_MOST_PREDICTIONS)
        return [(_piece(second_text, some) if some["answer"] else "no answer", some["score"]) for some in answers]
    if isinstance(predictor, FillMask):
        every = len(predictor.tokenizer.vocabulary)  # the answer that is asked for is among them
        return [(token, float(score)) for token, score in predictor(text, top_k=every)[at or 0]]
    return []


def _piece(text, found):
    return named_piece(text, found["start"], found["end"])


def _named(names, scores):
    return [(name, float(score)) for name, score in zip(names, scores, strict=True)]
