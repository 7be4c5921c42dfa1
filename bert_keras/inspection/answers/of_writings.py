"""Answers that are written: how probable a text is, or one word of it, behind a source."""

import weakref
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from bert_keras.data import PromptRows, Tokenizer
from bert_keras.data.rows.length_buckets import padded_lengths
from bert_keras.data.tagging.tagged_sentences import split_words
from bert_keras.inference import Generator
from bert_keras.inference.written_text import written_text
from bert_keras.inspection.answers.answer import Answer, At
from bert_keras.inspection.answers.asked import expect_one_text
from bert_keras.inspection.token_characters import token_characters
from bert_keras.inspection.token_words import token_words
from bert_keras.models.language_model import LanguageModel

_scorers = weakref.WeakKeyDictionary()  # of each model: traced once, whatever it writes


def of_generator(predictor: Generator, text: str, second_text: Any, answer: Any, at: At) -> Answer:
    """Explain the mean log-probability of the tokens of a written text, or of some words of it."""
    expect_one_text(predictor, second_text)
    rows = predictor.rows([text])
    written = _written(predictor, rows) if answer is None else _tokens_of(predictor, answer)
    name, chosen = _chosen(predictor.tokenizer, written, at)
    num_read = int(rows.row_lengths[0])
    if num_read + len(written) > predictor.sequence_length:
        raise ValueError(
            f"Expected a text with an answer of {predictor.sequence_length} tokens together, received {num_read} and "
            f"{len(written)}: shorten one, or pass sequence_length=... where the model has the positions."
        )
    length = int(padded_lengths(np.array([num_read + len(written)]), predictor.sequence_length)[0])
    inputs = {name: np.array(value) for name, value in rows.inputs(np.array([0]), length).items()}
    places = slice(num_read, num_read + len(written))
    inputs["token_ids"][0, places] = written
    inputs["padding_mask"][0, places] = 1
    inputs["segment_ids"][0, places] = predictor.model.written_segment
    scorer = _scorer_of(predictor.model)
    inputs = {name: value for name, value in inputs.items() if name in scorer.input}
    looks = num_read - 1 + chosen  # a token is scored where the one before it stands
    inputs["output_positions"] = looks[np.newaxis].astype("int32")
    characters = token_characters(rows, 0, length, (text,))[np.newaxis]
    tokens, target = token_words((text,), characters), written[chosen]

    def mean_log_probability(logits):
        shares = ops.log_softmax(ops.cast(logits, "float32"), axis=-1)
        found = [shares[:, place, token] for place, token in enumerate(target.tolist())]
        return sum(found[1:], found[0]) / len(found)

    return Answer(
        name, (text,), scorer, predictor.model.encoder, inputs, tokens, mean_log_probability,
        predictor.tokenizer.vocabulary, tuple(looks.tolist()), is_of_places=True, pad_id=rows.layout.pad_id,
    )  # fmt: skip


def _written(predictor: Generator, rows: PromptRows) -> np.ndarray:
    """Have the model write, and return the tokens, the end token left out."""
    tokens = np.asarray(predictor.tokens(rows)[0])
    tokens = tokens[~np.isin(tokens, predictor.options["stop_token_ids"])]
    if not len(tokens):
        raise ValueError("The model writes nothing here, and nothing is to be explained: give an answer.")
    return tokens


def _tokens_of(predictor: Generator, answer: Any) -> np.ndarray:
    if not isinstance(answer, str) or not answer.strip():
        raise ValueError(f"Expected answer to be a text that could be written, received {answer!r}.")
    return np.asarray(predictor.tokenizer([answer]).flat_values)


def _chosen(tokenizer: Tokenizer, written: np.ndarray, at: At) -> tuple[str, np.ndarray]:
    """Return the written text, the words that are meant in brackets, and the numbers of their tokens."""
    text = written_text(tokenizer, written)
    if at is None:
        spelled = " ".join(tokenizer.vocabulary.tokens[token] for token in written)  # special tokens are no text
        return text if text.strip() else spelled, np.arange(len(written))
    words = split_words(text)
    first, behind = (at, at + 1) if isinstance(at, int) else at
    if not 0 <= first < behind <= len(words):
        raise ValueError(
            f"Expected words from 0 to {len(words) - 1}, for the written text has {len(words)}: {text!r:.200}; "
            f"received {at!r}."
        )
    start, end = words[first][0], words[behind - 1][1]
    firsts, lasts = _words_of_tokens(tokenizer, written, text, words)
    name = f"{text[:start]}[{text[start:end]}]{text[end:]}"
    return name, np.flatnonzero((firsts < behind) & (lasts >= first))


def _words_of_tokens(
    tokenizer: Tokenizer, written: np.ndarray, text: str, words: Sequence[tuple[int, int]]
) -> tuple[np.ndarray, np.ndarray]:
    """Return the numbers of the words in which each token begins and ends, (tokens,) int each.

    Letters are counted without spaces, which come and go while a text is written.
    """
    letters, ends = np.flatnonzero([not char.isspace() for char in text]), [end for _, end in words]
    counts = [len("".join(written_text(tokenizer, written[:i]).split())) for i in range(len(written) + 1)]
    lasts = np.clip(np.array(counts[1:]) - 1, 0, len(letters) - 1)
    firsts = np.minimum(counts[:-1], lasts)  # a token of spaces, or of a part of a letter, is where the one before ends
    return tuple(np.searchsorted(ends, letters[some], side="right") for some in (firsts, lasts))


def _scorer_of(model: LanguageModel) -> keras.Model:
    """Return the model from the same inputs, and some positions, to the scores behind these alone."""
    if model not in _scorers:
        inputs = model.encoder.new_inputs()
        inputs["output_positions"] = keras.Input((None,), dtype="int32", name="output_positions")
        _scorers[model] = keras.Model(inputs, model.score_next(model.encoder(inputs)["sequence_output"]))
    return _scorers[model]
