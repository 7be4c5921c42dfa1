"""Tokens that come while they are written are those that come at once."""

import json
import pathlib

import numpy as np
import pytest

from bert_keras.models import CausalLM

FOLDER = pathlib.Path(__file__).parents[2] / "golden" / "tiny_gpt2"
PROMPTS = json.loads((FOLDER / "expected.json").read_text())["prompts"]


@pytest.fixture(scope="module")
def model():
    return CausalLM.from_preset(FOLDER)


@pytest.mark.parametrize(
    "options", [{}, pytest.param({"temperature": 1.5, "seed": 3, "no_repeat_ngram": 2}, marks=pytest.mark.slow)]
)
def test_streamed_tokens_are_those_of_generate(model, options):
    (text,) = model.generate(PROMPTS[:1], max_new_tokens=10, **options)
    pieces = list(model.stream(PROMPTS[0], max_new_tokens=10, **options))
    assert [len(piece) for piece in pieces] == [4, 4, 2]
    assert np.concatenate(pieces).tolist() == text.tolist()


def test_a_stream_ends_with_its_stop_token(model):
    (text,) = model.generate(PROMPTS[:1], max_new_tokens=10)
    stop = int(text[5])
    first = text.tolist().index(stop)
    pieces = list(model.stream(PROMPTS[0], max_new_tokens=10, stop_token_ids=stop))
    assert np.concatenate(pieces).tolist() == text[: first + 1].tolist()


def test_what_cannot_be_streamed_is_refused_before_the_first_token(model):
    with pytest.raises(ValueError, match="tokens_at_a_time to be a whole number of at least 1; received 0"):
        model.stream([1, 2], max_new_tokens=4, tokens_at_a_time=0)
    with pytest.raises(ValueError, match="Expected one prompt, a list of token ids; received a list of prompts"):
        model.stream([[5, 6]], max_new_tokens=2)
    with pytest.raises(ValueError, match="Expected one seed, or 1, one for each prompt; received 2"):
        model.stream([1, 2], max_new_tokens=4, temperature=1.0, seed=[1, 2])
