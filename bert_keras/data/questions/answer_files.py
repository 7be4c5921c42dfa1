"""Answers in the files that SQuAD's evaluation and leaderboards take."""

import json
import os
from collections.abc import Sequence

from bert_keras.atomic_files import write_files
from bert_keras.data.questions.answer_spans import PredictedAnswers


def write_answers(
    directory: str | os.PathLike, predictions: Sequence[PredictedAnswers], *, threshold: float | None = None
) -> None:
    """Write `predictions.json`, `nbest_predictions.json` and, with a threshold, `null_odds.json`.

    Args:
        directory: The folder, made if missing.
        predictions: From `best_answers`.
        threshold: Null odds above which the answer is none, for SQuAD v2.0; None for v1.1, where there always is one.

    Example:
        >>> import pathlib, tempfile
        >>> from bert_keras.data.questions.answer_spans import AnswerSpan
        >>> directory = pathlib.Path(tempfile.mkdtemp())
        >>> span = AnswerSpan("the cat", 0, 7, probability=1.0, start_logit=2.0, end_logit=3.0)
        >>> write_answers(directory, [PredictedAnswers("q1", (span,), null_odds=-1.0)])
        >>> json.loads((directory / "predictions.json").read_text())
        {'q1': 'the cat'}

    Reference:
        `write_predictions` of https://github.com/google-research/bert/blob/master/run_squad.py
    """
    fields = ("text", "probability", "start_logit", "end_logit")
    contents = {
        "predictions.json": {p.id: p.best(threshold).text for p in predictions},
        "nbest_predictions.json": {
            p.id: [{field: getattr(span, field) for field in fields} for span in p.spans] for p in predictions
        },
    }
    if threshold is not None:
        contents["null_odds.json"] = {p.id: p.null_odds for p in predictions}
    texts = {name: json.dumps(content, ensure_ascii=False, indent=2) + "\n" for name, content in contents.items()}
    # Half an emoji is no UTF-8.
    write_files(directory, {name: text.encode(errors="replace") for name, text in texts.items()})
