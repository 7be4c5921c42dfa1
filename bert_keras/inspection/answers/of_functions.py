"""Answers that a function makes of the outputs, of any predictor's model or one's own."""

from collections.abc import Callable
from typing import Any

from bert_keras.data import Question, TokenizedTexts
from bert_keras.inference import Classifier, Predictor, QuestionAnswerer, RelationExtractor
from bert_keras.inspection.answers.answer import Answer, answer_of_rows
from bert_keras.inspection.answers.asked import expect_second
from bert_keras.inspection.answers.of_texts import text_rows, texts_of


def of_function(predictor: Predictor, text: str, second_text: Any, function: Callable) -> Answer:
    """Explain what a function makes of the outputs of any predictor's model."""
    texts = texts_of(text, second_text)
    if isinstance(predictor, QuestionAnswerer):
        rows = predictor.rows([Question("0", text, expect_second(predictor, second_text))])
    elif isinstance(predictor, Classifier):
        rows = text_rows(predictor, text, second_text)
    elif type(predictor).rows is Predictor.rows:
        seconds = None if second_text is None else [second_text]
        rows = TokenizedTexts([text], seconds, predictor.tokenizer, sequence_length=predictor.sequence_length)
    else:
        rows = predictor.rows(*([some] for some in texts))
    if isinstance(predictor, RelationExtractor):
        texts = rows.examples.texts
    name = getattr(function, "__name__", type(function).__name__)
    model = predictor._network
    return answer_of_rows(
        predictor, rows, texts, name="answer" if name == "<lambda>" else name, score=function, model=model
    )
