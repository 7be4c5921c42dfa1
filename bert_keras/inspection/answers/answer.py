"""One answer of a model, as a number, and how it is put together of the rows of a predictor."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np

from bert_keras.data import Rows, TokenIds
from bert_keras.data.rows.length_batches import length_batches
from bert_keras.inference import Predictor
from bert_keras.inspection.attribution import Attribution
from bert_keras.inspection.token_characters import token_characters
from bert_keras.inspection.token_words import TokenWords, token_words
from bert_keras.keras_internals import layers_within
from bert_keras.models import BertEncoder
from bert_keras.types import Tensor

At = int | tuple[int, int] | None  # a word, or the first and the one after the last; or a [MASK]


@dataclasses.dataclass(frozen=True)
class Answer:
    """One answer of a model to a text, as a number that every method of attribution can compute again.

    Args:
        name: What is answered, such as "positive" or "B-person at London".
        texts: The raw texts, without markers.
        model: `keras.Model` that gives the answer.
        encoder: The encoder in it, whose embeddings stand for the tokens.
        inputs: The model's inputs for this text alone: int arrays of one row, or of one for each text of a match.
        tokens: The words, and which token belongs to which.
        score: From the model's outputs for `variants` of these inputs, end to end, to (variants,) numbers: before they
            become probabilities, where the model has such; of written words the logarithm of theirs.
        vocabulary: Of the tokenizer.
        places: The positions whose vectors the head looks at; None where it looks at all of them.
        is_of_places: Whether the answer stands at positions, such as a tag, and would be lost if tokens moved.
        pad_id: What fills a row up; None for what does in the family's rows.
    """

    name: str
    texts: tuple[str, ...]
    model: keras.Model
    encoder: BertEncoder
    inputs: dict[str, np.ndarray]
    tokens: TokenWords
    score: Callable[[Any], Tensor]
    vocabulary: TokenIds
    places: tuple[int, ...] | None = None
    is_of_places: bool = False
    pad_id: int | None = None

    @property
    def rows(self) -> dict[str, np.ndarray]:
        """The encoder's inputs, (rows, length) int arrays."""
        length = self.inputs["token_ids"].shape[-1]
        return {name: self.inputs[name].reshape(-1, length) for name in self.encoder.input}

    def attribution(
        self, scores: np.ndarray, method: str, answer_score: float, **fields: float | int | None
    ) -> Attribution:
        """Return what a method has found.

        Args:
            scores: (words,) float array.
            method: Its name.
            answer_score: The score of the answer that is explained.
            **fields: Others of `Attribution`.
        """
        return Attribution(
            self.texts, self.tokens.words, np.asarray(scores, "float32"), self.name, float(answer_score), method,
            num_unseen=self.tokens.num_unseen, **fields,
        )  # fmt: skip


def answer_of_rows(
    predictor: Predictor, rows: Rows, texts: Sequence[str], *, name: str, score: Callable,
    characters: np.ndarray | None = None, numbers: Sequence[int] = (0,), model: keras.Model | None = None,
    encoder: BertEncoder | None = None, **fields: Any,
) -> Answer:  # fmt: skip
    """Put together the inputs, the words and the score of an answer."""
    model, length = model or predictor.model, length_of(rows)
    inputs = {name: np.asarray(value) for name, value in rows.inputs(np.array(numbers), length).items()}
    if isinstance(taken := getattr(model, "input", None), dict):
        inputs = {name: value for name, value in inputs.items() if name in taken}
    if characters is None:
        characters = np.stack([token_characters(rows, number, length, texts) for number in numbers])
    return Answer(
        name, tuple(texts), model, encoder or _encoder_of(model), inputs, token_words(texts, characters), score,
        predictor.tokenizer.vocabulary, **fields,
    )  # fmt: skip


def length_of(rows: Rows) -> int:
    """Return a length for all rows, where models are compiled for each one of few."""
    return max(length for _, length in length_batches(rows.row_lengths, sequence_length=rows.sequence_length))


def _encoder_of(model: keras.Model) -> BertEncoder:
    if isinstance(encoder := getattr(model, "encoder", model), BertEncoder):
        return encoder
    found = [layer for layer in layers_within(model) if isinstance(layer, BertEncoder)]
    if len(found) != 1:
        raise ValueError(
            f"Expected a model with one BertEncoder, or with its encoder as attribute `encoder`; {model.name} has "
            f"{len(found)}."
        )
    return found[0]
