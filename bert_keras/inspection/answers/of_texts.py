"""Answers of whole texts, and of two of them: classes, numbers, choices, matches."""

from typing import Any

import keras
import numpy as np
from keras import ops

from bert_keras.data import Examples, TextRows, TokenizedTexts
from bert_keras.inference import Chooser, Classifier, CrossEncoder, Embedder
from bert_keras.inspection.answers.answer import Answer, At, answer_of_rows, length_of
from bert_keras.inspection.answers.asked import expect_nowhere, expect_second, number_of
from bert_keras.inspection.token_characters import NOWHERE, token_characters


def of_classifier(predictor: Classifier, text: str, second_text: Any, answer: Any, at: At) -> Answer:
    """Explain a class's logit, or the number of a regression."""
    model = predictor.model
    expect_nowhere(predictor, at)
    rows = text_rows(predictor, text, second_text)
    is_number = model.problem_type == "regression"
    if is_number or isinstance(predictor, CrossEncoder):
        if answer is not None:
            raise ValueError(f"The model gives a number and no classes: expected answer=None, received {answer!r}.")
        number, name = 0, "score"
    else:
        names = model.labels or [f"LABEL_{i}" for i in range(model.num_classes)]
        if answer is None:
            number = int(np.argmax(predictor.logits(rows)[0]))
        else:
            number = number_of(answer, names, "class")
        name = names[number]
    return answer_of_rows(
        predictor, rows, texts_of(text, second_text), name=name, score=lambda outputs: outputs[:, number],
        places=_looked_at(model),
    )  # fmt: skip


def of_cross_encoder(predictor: CrossEncoder, text: str, second_text: Any, answer: Any, at: At) -> Answer:
    """Explain the score of two texts, before it becomes a probability."""
    return of_classifier(predictor, text, expect_second(predictor, second_text), answer, at)


def of_chooser(predictor: Chooser, text: str, second_text: Any, answer: Any, at: At) -> Answer:
    """Explain the logit of a choice."""
    choices = [second_text] if isinstance(second_text, str) else list(expect_second(predictor, second_text))
    expect_nowhere(predictor, at)
    rows = predictor.rows([text], [choices])
    number = int(np.argmax(predictor.logits(rows)[0])) if answer is None else number_of(answer, choices, "choice")
    pairs = TokenizedTexts([text] * len(choices), choices, predictor.tokenizer, sequence_length=rows.sequence_length)
    length = length_of(rows)
    characters = np.stack([token_characters(pairs, i, length, (text, some)) for i, some in enumerate(choices)])
    for i, of_pair in enumerate(characters):
        of_pair[of_pair[:, 0] == 1, 0] = 1 + i
    return answer_of_rows(
        predictor, rows, (text, *choices), name=choices[number], score=lambda outputs: outputs[:, number], places=(0,),
        characters=characters,
    )  # fmt: skip


def of_embedder(predictor: Embedder, text: str, second_text: Any, answer: Any, at: At) -> Answer:
    """Explain the cosine of the vectors of two texts."""
    texts = (text, expect_second(predictor, second_text))
    expect_nowhere(predictor, at)
    if answer is not None:
        raise ValueError(f"The answer of an Embedder is the cosine of two texts: expected None, received {answer!r}.")
    rows, begin = predictor.rows(list(texts)), len(predictor.prompt)
    length, characters = length_of(rows), []
    for number, some in enumerate(texts):
        found = token_characters(rows, number, length, (predictor.prompt + some,))
        found[found[:, 0] == 0, 0] = number
        found[:, 1:] = np.maximum(found[:, 1:] - begin, 0)
        found[found[:, 2] == 0] = NOWHERE  # special, or of the prompt
        characters.append(found)

    def cosine(vectors):
        vectors = ops.reshape(vectors, (-1, 2, vectors.shape[-1]))
        first, second = vectors[:, 0], vectors[:, 1]
        lengths = ops.norm(first, axis=-1) * ops.norm(second, axis=-1)
        return ops.sum(first * second, axis=-1) / ops.maximum(lengths, 1e-12)

    return answer_of_rows(
        predictor, rows, texts, name="cosine", score=cosine, places=_looked_at(predictor.model),
        characters=np.stack(characters), numbers=(0, 1), model=predictor.model.text_model,
        encoder=predictor.model.encoder,
    )  # fmt: skip


def text_rows(predictor: Classifier, text: str, second_text: str | None) -> TextRows:
    """Make the one row of a text, cut where it is too long: pieces of it would be answered apart."""
    seconds = None if second_text is None else (second_text,)
    return TextRows(Examples((text,), seconds), predictor.tokenizer, sequence_length=predictor.sequence_length)


def texts_of(text: str, second_text: str | None) -> tuple[str, ...]:
    """Return the text, and the second one where there is one."""
    return (text,) if second_text is None else (text, second_text)


def _looked_at(model: keras.Model) -> tuple[int, ...] | None:
    """Return the places that a pooling looks at."""
    return None if getattr(model, "pooling", "mean") in ("mean", "max") else (0,)
