"""What a model writes: as transformers does, the same in a batch and alone, and as brute force finds it."""

import contextlib
import itertools
import json
import pathlib

import keras
import numpy as np
import pytest
from keras import ops

from bert_keras.models import BertEncoder, CausalLM
from bert_keras.models.decoding import generation

FOLDER = pathlib.Path(__file__).parents[2] / "golden" / "tiny_gpt2"
GOLDEN = json.loads((FOLDER / "expected.json").read_text())
PROMPTS = GOLDEN["prompts"]


@pytest.fixture(scope="module")
def model():
    """The golden GPT-2, whose loops are compiled once for all tests."""
    return CausalLM.from_preset(FOLDER)


def logits_of(model, tokens):
    """The logits behind each token, without a cache."""
    tokens = np.array([tokens], "int32")
    row = {"token_ids": tokens, "padding_mask": np.ones_like(tokens)}
    return model.predict_on_batch(row)[0]


@pytest.mark.parametrize(
    "way",
    [
        pytest.param("greedy", marks=pytest.mark.traced),
        *(pytest.param(way, marks=pytest.mark.slow_elsewhere) for way in ("runs", "beams", "short beams")),
    ],
)
def test_it_writes_what_transformers_writes(model, way):
    options = GOLDEN["ways"][way]
    if way == "runs":  # of prompts alone: transformers counts padding among the runs
        found = [model.generate([prompt], max_new_tokens=10, **options)[0] for prompt in PROMPTS]
    else:
        found = model.generate(PROMPTS, max_new_tokens=10, **options)
    found = found if options.get("num_results", 1) > 1 else [[text] for text in found]
    assert [[text.tolist() for text in texts] for texts in found] == GOLDEN["texts"][way]


def test_the_score_is_the_sum_of_the_log_probabilities_without_a_cache(model):
    texts, scores = model.generate(PROMPTS, max_new_tokens=10, return_scores=True)
    prompt, text = PROMPTS[1], texts[1]
    log_probs = keras.ops.convert_to_numpy(ops.log_softmax(logits_of(model, [*prompt, *text])))
    behind = len(prompt) - 1
    assert (log_probs[behind:-1].argmax(axis=-1) == text).all()
    total = log_probs[behind + np.arange(10), text].sum()
    assert scores.shape == (3,) and abs(scores[1] - total) < 1e-4


@pytest.mark.slow_elsewhere
def test_arrays_with_padding_are_prompts_too(model):
    token_ids = np.array([[3, 4, 5, 0, 0], [7, 9, 1, 2, 3], [5, 0, 0, 0, 0]])
    padding_mask = (np.arange(5) < np.array([[3], [5], [1]])).astype("int32")
    found = model.generate({"token_ids": token_ids, "padding_mask": padding_mask}, max_new_tokens=10)
    assert [[text.tolist()] for text in found] == GOLDEN["texts"]["greedy"]


@pytest.mark.slow_elsewhere
def test_tensors_are_prompts_and_numpys_numbers_stop_tokens(model):
    prompt = [PROMPTS[1]]
    (text,) = model.generate(prompt, max_new_tokens=10)
    (stopped,) = model.generate(ops.array(prompt), max_new_tokens=10, stop_token_ids=np.int32(text[2]))
    assert stopped.tolist() == text[: text.tolist().index(text[2]) + 1].tolist()


def test_weights_that_change_between_two_calls_change_the_text_and_others_that_are_no_numbers_are_refused():
    model = CausalLM.from_preset(FOLDER, dtype="mixed_bfloat16")
    kernel = model.encoder.encoder_blocks[-1].feed_forward.output_projection.kernel
    unchanged = ops.convert_to_numpy(kernel.value)

    def write():
        (text,), (score,) = model.generate(PROMPTS[:1], max_new_tokens=4, return_scores=True)
        return text.tolist(), float(score)

    first = write()
    kernel.assign(unchanged * -9)
    assert write() != first
    kernel.assign(unchanged * np.nan)
    with pytest.raises(ValueError, match="not numbers"):
        write()
    with pytest.raises(ValueError, match="not numbers"):
        model.generate(PROMPTS[:1], max_new_tokens=4, num_beams=2)
    kernel.assign(unchanged)
    assert write() == first


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="on TensorFlow alone weights are cast before")
def test_weights_that_are_cast_once_are_those_that_each_step_casts(monkeypatch):
    def write():
        model = CausalLM.from_preset(FOLDER, dtype="mixed_bfloat16")
        return model.generate(PROMPTS, max_new_tokens=6, return_scores=True)

    texts, scores = write()
    monkeypatch.setattr("bert_keras.models.decoding.decoder.cast_once", lambda model: contextlib.nullcontext())
    again, again_scores = write()
    assert np.array_equal(texts, again) and np.array_equal(scores, again_scores)


def test_a_seed_gives_the_same_texts_again_and_none_others(model):
    options = {"max_new_tokens": 10, "temperature": 2.0, "top_k": 8, "top_p": 0.95}
    first, again, other, alone = (
        np.stack(model.generate(prompts, seed=seed, **options))
        for prompts, seed in ((PROMPTS, 1), (PROMPTS, 1), (PROMPTS, 2), (PROMPTS[:1], 1))
    )
    assert (first == again).all() and (first != other).any()
    assert (alone[0] == first[0]).all()  # the batch does not matter
    drawn = [np.stack(model.generate(PROMPTS, **options)) for _ in range(2)]
    assert (drawn[0] != drawn[1]).any()


@pytest.mark.slow_elsewhere
def test_noise_that_rounds_to_one_draws_a_token_that_may_come(model, monkeypatch):
    monkeypatch.setattr(generation, "_noise", lambda seed, num_prompts, shape: np.full((num_prompts, *shape), 1 - 1e-9))
    likely = {*np.argsort(-logits_of(model, PROMPTS[0])[-1])[:3].tolist()}
    for options in ({"top_k": 3}, {"top_p": 1e-3}):
        (text,) = model.generate(PROMPTS[:1], max_new_tokens=1, **options)
        assert {*text.tolist()} <= likely


@pytest.mark.slow_elsewhere
def test_tokens_are_drawn_as_often_as_they_are_probable(model):
    logits = logits_of(model, PROMPTS[0])[-1] / 1.5
    order = np.argsort(-logits)[:6]  # top_k
    probabilities = np.exp(logits[order]) / np.exp(logits[order]).sum()
    probabilities *= np.cumsum(probabilities) - probabilities < 0.8  # top_p
    probabilities /= probabilities.sum()
    texts = model.generate(PROMPTS[:1], max_new_tokens=1, temperature=1.5, top_k=6, top_p=0.8, seed=0, num_results=4000)
    shares = np.bincount(np.concatenate(texts[0]), minlength=13)[order] / 4000
    np.testing.assert_allclose(shares, probabilities, atol=0.03)
    assert (shares > 0).tolist() == (probabilities > 0).tolist() and 1 < (shares > 0).sum() < 6


@pytest.mark.slow_elsewhere
@pytest.mark.parametrize("options", [{}, {"num_beams": 3}, {"temperature": 5.0, "seed": 0}])
def test_texts_in_the_words_of_the_prompt_have_no_other(model, options):
    options |= {"max_new_tokens": 10, "stop_token_ids": 6, "prompt_tokens_only": True}
    texts = model.generate(PROMPTS, **options)
    assert all({*text.tolist()} <= {*prompt, 6} for prompt, text in zip(PROMPTS, texts, strict=True))
    if len(options) == 3:  # the most probable of them
        prompt, text = PROMPTS[1], texts[1].tolist()
        words = sorted({*prompt, 6})
        logits = logits_of(model, [*prompt, *text[:-1]])[len(prompt) - 1 :, words]
        assert [words[i] for i in ops.convert_to_numpy(ops.argmax(logits, axis=-1))] == text


@pytest.mark.slow_elsewhere
def test_wide_beams_find_what_trying_all_texts_finds():
    keras.utils.set_random_seed(0)
    initializer = keras.initializers.RandomNormal(stddev=0.7)
    encoder = BertEncoder(
        4, 1, 2, 8, 12, attention_pattern="causal", pooler=False, num_segments=0, max_sequence_length=8,
        kernel_initializer=initializer,
    )  # fmt: skip
    model, prompt, stop, length = CausalLM(encoder), [1, 2], 0, 3
    texts = [list(text) for text in itertools.product(range(4), repeat=length)]
    rows = np.array([prompt + text for text in texts], "int32")
    logits = model.predict_on_batch(
        {"token_ids": rows, "padding_mask": np.ones_like(rows), "segment_ids": np.zeros_like(rows)}
    )
    log_probs = ops.convert_to_numpy(ops.log_softmax(logits))
    best = {}
    for row, text in enumerate(texts):
        end = text.index(stop) + 1 if stop in text else length
        total = sum(log_probs[row, 1 + i, text[i]] for i in range(end))
        best[tuple(text[:end])] = total / end**0.7
    best = sorted(best, key=best.get, reverse=True)
    options = {"max_new_tokens": length, "stop_token_ids": stop, "length_penalty": 0.7}
    found = model.generate([prompt], num_beams=16, num_results=5, **options)[0]
    assert [tuple(text.tolist()) for text in found] == best[:5]


@pytest.mark.slow_elsewhere
@pytest.mark.parametrize(
    ("prompts", "options", "message"),
    [
        ([[]], {}, "Prompt number 1 has no token"),
        ([], {}, "at least one prompt"),
        (
            [[1] * 20],
            {},
            "Prompt number 1 has 20 tokens, and max_new_tokens=10 more make 30; .* 24 positions",
        ),
        ([[1], [13]], {}, "Prompt number 2 must have token ids from 0 to 12; received 13 to 13"),
        ([[0.5]], {}, "whole numbers; received float64"),
        (["text"], {}, "whole numbers; received"),
        ("text", {}, "lists of token ids.*received str"),
        ([1, 2], {}, r"for one prompt write \[prompt\]"),
        ([[1]], {"max_new_tokens": 0}, "max_new_tokens to be a whole number of at least 1; received 0"),
        ([[1]], {"num_beams": 0}, "num_beams to be a whole number of at least 1; received 0"),
        ([[1]], {"num_beams": 2, "num_results": 3}, "num_results of at most 2, num_beams; received 3"),
        ([[1]], {"num_beams": 2, "top_k": 3}, "top_k and top_p draw others"),
        ([[1]], {"num_results": 2}, "num_results above 1 needs num_beams"),
        ([[1]], {"temperature": 0}, "a temperature above 0, .*received 0.0"),
        ([[1]], {"temperature": 1e-40}, "of at least 1e-06, received 1e-40"),
        ([[1]], {"top_p": 1.5}, "top_p above 0 and at most 1, received 1.5"),
        ([[1]], {"top_k": 0}, "top_k to be a whole number of at least 1; received 0"),
        ([[1]], {"stop_token_ids": 13}, "stop_token_ids below 13, the number of words; received 13"),
        ([[1]], {"prompt_tokens_only": True, "no_repeat_ngram": 2}, "may leave no token that can be next"),
        ([[1]], {"min_new_tokens": 11}, "min_new_tokens of at most 10, max_new_tokens; received 11"),
    ],
)
def test_what_cannot_be_is_refused(model, prompts, options, message):
    with pytest.raises(ValueError, match=message):
        model.generate(prompts, **{"max_new_tokens": 10} | options)


@pytest.mark.slow_elsewhere
def test_a_model_that_has_written_is_saved_as_any_other(model, tmp_path):
    model.generate(PROMPTS, max_new_tokens=10)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(logits_of(again, PROMPTS[1]), logits_of(model, PROMPTS[1]), atol=1e-6)
