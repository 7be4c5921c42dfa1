"""Where no token may come any more the text ends, as trying all texts finds it, and no other token is written."""

import functools
import itertools

import keras
import numpy as np
import pytest
from keras import ops

from bert_keras.models import BertEncoder, CausalLM, PrefixLM
from bert_keras.models.decoding.allowed_tokens import AllowedTokens

PROMPTS = [[1, 2], [4, 1, 2]]
LEFT = [{0, 3, 4}, {0, 3}]  # the words that the prompts have not


@pytest.fixture(scope="module")
def model():
    """A model of five words that prefers some to others."""
    keras.utils.set_random_seed(0)
    encoder = BertEncoder(
        5, 1, 2, 8, 12, attention_pattern="causal", pooler=False, num_segments=0, max_sequence_length=16,
        kernel_initializer=keras.initializers.RandomNormal(stddev=0.7),
    )  # fmt: skip
    return CausalLM(encoder)


def log_probs_of(model, prompt, text):
    """The sum of the log-probabilities of a text's tokens, without a cache."""
    row = np.array([prompt + list(text)], "int32")
    inputs = {"token_ids": row, "padding_mask": np.ones_like(row), "segment_ids": np.zeros_like(row)}
    table = ops.convert_to_numpy(ops.log_softmax(model.predict_on_batch(inputs)[0]))
    return sum(table[len(prompt) - 1 + place, token] for place, token in enumerate(text))


def test_the_most_probable_text_ends_where_its_words_are_used_up(model):
    texts, scores = model.generate(PROMPTS, max_new_tokens=8, no_repeat_ngram=1, return_scores=True)
    for prompt, left, text, score in zip(PROMPTS, LEFT, texts, scores, strict=True):
        expected, words = [], set(left)
        while words:
            expected.append(max(words, key=lambda word: log_probs_of(model, prompt, [*expected, word])))
            words.remove(expected[-1])
        assert text.tolist() == expected
        assert abs(score - log_probs_of(model, prompt, expected)) < 1e-4


def test_a_prompt_of_all_words_is_followed_by_none(model):
    prompt = [[0, 1, 2, 3, 4]]
    for options in ({}, {"num_beams": 2}, {"temperature": 1.0, "seed": 0}):
        (text,), (score,) = model.generate(
            prompt, max_new_tokens=4, no_repeat_ngram=1, return_scores=True, **options
        )  # fmt: skip
        assert text.tolist() == [] and score == 0
    assert list(model.stream(prompt[0], max_new_tokens=4, no_repeat_ngram=1)) == []


@pytest.mark.slow_elsewhere
def test_drawn_texts_have_each_word_once_and_are_streamed_alike(model):
    options = {"max_new_tokens": 8, "no_repeat_ngram": 1, "temperature": 3.0, "top_p": 0.95, "seed": 0}
    found = model.generate(PROMPTS, num_results=20, **options)
    for left, texts in zip(LEFT, found, strict=True):
        assert {tuple(sorted(text.tolist())) for text in texts} == {tuple(sorted(left))}
    assert len({tuple(text.tolist()) for text in found[0]}) > 2
    pieces = list(model.stream(PROMPTS[0], tokens_at_a_time=2, **options))
    assert [len(piece) for piece in pieces] == [2, 1]
    assert np.concatenate(pieces).tolist() == model.generate(PROMPTS[:1], **options)[0].tolist()


@pytest.mark.slow_elsewhere
def test_beams_find_all_texts_and_the_others_are_empty(model):
    options = {"max_new_tokens": 8, "no_repeat_ngram": 1, "length_penalty": 0.7, "return_scores": True}
    found, scores = model.generate(PROMPTS, num_beams=8, num_results=8, **options)
    for prompt, left, texts, some in zip(PROMPTS, LEFT, found, scores, strict=True):
        best = {text: log_probs_of(model, prompt, text) / len(left) ** 0.7 for text in itertools.permutations(left)}
        expected = sorted(best, key=best.get, reverse=True)
        assert [tuple(text.tolist()) for text in texts] == expected + [()] * (8 - len(expected))
        np.testing.assert_allclose(some, [best[text] for text in expected] + [-np.inf] * (8 - len(expected)), atol=1e-4)


@pytest.mark.slow_elsewhere
def test_a_text_may_stop_though_the_prompt_has_the_stop_token(model):
    prompt, options = [1, 0, 2, 0], {"max_new_tokens": 6, "no_repeat_ngram": 1, "stop_token_ids": 0}
    texts = (0,), (3, 0), (4, 0), (3, 4, 0), (4, 3, 0)
    best = {text: log_probs_of(model, prompt, text) / len(text) for text in texts}
    found = model.generate([prompt], num_beams=5, num_results=5, **options)[0]
    assert [tuple(text.tolist()) for text in found] == sorted(best, key=best.get, reverse=True)
    assert tuple(model.generate([prompt], **options)[0].tolist()) in best


@pytest.mark.slow_elsewhere
@pytest.mark.parametrize("options", [{}, {"num_beams": 3}, {"top_k": 2, "seed": 0}])
def test_a_text_without_further_words_is_shorter_than_it_should_be(model, options):
    options = options | {"max_new_tokens": 6, "min_new_tokens": 5, "no_repeat_ngram": 1, "stop_token_ids": 0}
    for text, left in zip(model.generate(PROMPTS, **options), LEFT, strict=True):
        assert {*text.tolist()} == left - {0} and len(text) == len(left) - 1


@pytest.mark.slow_elsewhere
@pytest.mark.parametrize("options", [{}, {"num_beams": 3}])
def test_runs_of_two_tokens_are_used_up_too(model, options):
    prompt = [1, 0, 1, 2, 1, 3, 1, 4, 1, 1]  # behind 1 no word may come
    assert [text.tolist() for text in model.generate([prompt], max_new_tokens=5, no_repeat_ngram=2, **options)] == [[]]


@pytest.mark.slow_elsewhere
@pytest.mark.parametrize("options", [{}, {"num_beams": 3}])
def test_what_stands_in_a_source_may_be_written_once(options):
    encoder = BertEncoder(5, 1, 2, 8, 12, attention_pattern="prefix", pooler=False, max_sequence_length=16)
    write = functools.partial(PrefixLM(encoder).generate, max_new_tokens=8, no_repeat_ngram=1, **options)
    assert [sorted(text.tolist()) for text in write([[1, 2, 0], [4, 4]])] == [[0, 1, 2, 3, 4]] * 2
    row = {"token_ids": np.array([[1, 2, 0, 3]]), "segment_ids": np.array([[0, 0, 0, 1]])}  # a target that has begun
    assert [sorted(text.tolist()) for text in write(row)] == [[0, 1, 2, 4]]


def test_rules_that_always_leave_a_token_ask_of_no_score():
    assert AllowedTokens((1,), min_new_tokens=2, prompt_tokens_only=True).are_used_up(ops.ones((1, 3))) is None
