"""Questions with their answers in passages."""

from collections.abc import Callable, Sequence

import numpy as np

from bert_keras.data import PredictedAnswers, Question, squad_scores
from bert_keras.inference.watching.texts import OF_CLASSES
from bert_keras.training.callbacks.watching import Judgements, Mark, Predictions, SpanPredictions, Watched

_NO_ANSWER = "no answer"
_TINY = 1e-12


def watch_answers(
    questions: Sequence[Question], predicted: Callable[[], tuple[Sequence[PredictedAnswers], float | None]]
) -> Watched:
    """Say what can be watched of answers, which are right if they are one of the annotators' by SQuAD's rules.

    Args:
        questions: Those of validation.
        predicted: Function without arguments that gives what was found last for each question, and the null threshold.
    """

    def predict():
        found, threshold = predicted()
        best = [some.best(threshold) for some in found]
        are_right = np.array([_is_right(*both) for both in zip(questions, best, strict=True)], bool)
        of_right = [
            sum(span.probability for span in some.spans if _is_right(question, span))
            for question, some in zip(questions, found, strict=True)
        ]
        losses, confidences = np.log(1 / np.maximum(of_right, _TINY)), np.array([span.probability for span in best])
        asked = [question.question for question in questions]
        words = [_right_answer(question) for question in questions], [span.text or _NO_ANSWER for span in best]
        marks = [_marks(*some) for some in zip(questions, best, are_right, strict=True)]
        spans = SpanPredictions([question.context for question in questions], marks, asked)
        return Predictions(judgements=Judgements(asked, *words, losses, are_right, confidences), spans=spans)

    why_not = dict.fromkeys(OF_CLASSES[:2], "an answer is no class")
    return Watched(predict, ("calibration", "examples", "spans"), why_not)


def _is_right(question, span):
    if any(answer.text == span.text for answer in question.answers):
        return True
    return squad_scores([question], {question.id: span.text})["exact"] == 1


def _right_answer(question):
    return question.answers[0].text if question.answers else _NO_ANSWER


def _marks(question, span, is_right):
    label = "" if span.text else _NO_ANSWER
    found = Mark(span.start, span.end, label, "right" if is_right else "invented")
    if is_right:
        return [found]
    places = [
        (answer.start, answer.start + len(answer.text)) for answer in question.answers if answer.start is not None
    ]
    missed = Mark(*places[0], "", "missed") if places else Mark(0, 0, _right_answer(question), "missed")
    return [found, missed]
