"""From prompts to what a model writes behind them."""

import functools
import numbers
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import keras
import numpy as np

from bert_keras.models.decoding.allowed_tokens import AllowedTokens
from bert_keras.models.decoding.beam_search import BeamSearch
from bert_keras.models.decoding.decoder import Decoder
from bert_keras.models.decoding.prompts import expect_whole, writing_rows
from bert_keras.models.decoding.single_choice import SingleChoice

_KEPT = 8  # compiled loops of a model, one for each way to choose
_HIGHEST_NOISE = np.float32(1 - 2**-24)  # 1, to which float32 may round, is drawn behind all that may come
_LOWEST_TEMPERATURE = 1e-6  # logits that are divided by less are no numbers any more


def generate(
    model: keras.Model,
    prompts: Any,
    *,
    max_new_tokens: int,
    min_new_tokens: int = 0,
    stop_token_ids: int | Iterable[int] = (),
    temperature: float | None = None,
    top_k: int | None = None,
    top_p: float | None = None,
    seed: int | Sequence | None = None,
    num_beams: int = 1,
    length_penalty: float = 1.0,
    num_results: int = 1,
    no_repeat_ngram: int = 0,
    prompt_tokens_only: bool = False,
    return_scores: bool = False,
) -> Any:
    """Write on behind prompts, of unlike length or not.

    Without further options the most probable token is taken. With a `temperature`, `top_k` or `top_p` tokens are drawn,
    by numpy's random numbers: a seed gives the same texts on every backend, as far as the backends' scores are the
    same. With `num_beams` the texts are sought that are the most probable as a whole.

    Args:
        model: `CausalLM` or `PrefixLM`.
        prompts: list of lists of token ids; or (batch, length) int array; or dict of `token_ids`, `padding_mask` and,
            of a target that has begun, `segment_ids`.
        max_new_tokens: most tokens to be written.
        min_new_tokens: fewest tokens before a stop token. Default 0.
        stop_token_ids: id, or ids, of tokens that end a text. Default none.
        temperature: above 0; what logits are divided by, below 1 for likelier tokens. None for 1.
        top_k: draw among so many most probable tokens. None for all.
        top_p: draw among the fewest most probable tokens that together have so much probability. None for all.
        seed: whole number that decides what is drawn; or a list with one of numpy's seeds for each prompt, such as the
            pairs of a number and the prompt's number that one number stands for. None for other texts in each call.
        num_beams: number of texts that are sought at a time. Default 1.
        length_penalty: a text's score is the sum of its log-probabilities, divided by its length to the power of this.
            Default 1.
        num_results: number of texts for each prompt, at most `num_beams`; of drawn texts, any number. Default 1.
        no_repeat_ngram: length of runs of tokens none of which may occur twice, the prompt of a `CausalLM` included,
            but not the source of a `PrefixLM`. Default 0: no such rule. A stop token is free of it. Where it leaves no
            token at all, the text ends, be it shorter than `min_new_tokens`.
        prompt_tokens_only: whether a text has tokens of its prompt alone, and stop tokens: an answer in the words of a
            passage. Not with `no_repeat_ngram`.
        return_scores: whether to return the scores too.

    Returns:
        list of int32 arrays, the new tokens of each prompt, a stop token last where one was written; with `num_results`
        above 1 a list of lists, of beams the best first. With `return_scores`, a pair of it and the float32 scores,
        (prompts,) or (prompts, num_results): sums of log-probabilities in nats, of beams by their length. Where there
        are fewer texts than `num_results`, the others are empty, with scores of minus infinity.

    Raises:
        ValueError: where a prompt has no token or is too long, an option is none or does not go with another, or the
            model's scores are not numbers.

    Example:
        >>> from bert_keras.models import BertEncoder, CausalLM
        >>> encoder = BertEncoder.from_size("tiny", vocabulary_size=100, family="gpt2", num_layers=1)
        >>> model = CausalLM(encoder)
        >>> [tokens.shape for tokens in model.generate([[5, 6], [7]], max_new_tokens=3, top_k=10, seed=0)]
        [(3,), (3,)]

    Reference:
        Drawing from the likeliest: [Holtzman et al., 2020](https://arxiv.org/abs/1904.09751).
    """
    allowed = _allowed(
        model.encoder.vocabulary_size, max_new_tokens=max_new_tokens, min_new_tokens=min_new_tokens,
        stop_token_ids=stop_token_ids, no_repeat_ngram=no_repeat_ngram, prompt_tokens_only=prompt_tokens_only,
    )  # fmt: skip
    choice = _choice(
        allowed, temperature=temperature, top_k=top_k, top_p=top_p, num_beams=num_beams, length_penalty=length_penalty,
        num_results=num_results,
    )  # fmt: skip
    inputs = _inputs(model, prompts, choice, max_new_tokens=max_new_tokens, num_results=num_results, seed=seed)
    tokens, scores = _decoder_of(model)(choice, max_new_tokens).predict_on_batch(inputs)
    _expect_numbers(scores)
    num_prompts = len(tokens) // (num_results if _is_drawn(choice) else 1)
    tokens = tokens.reshape(num_prompts, -1, max_new_tokens)[:, :num_results]
    scores = scores.reshape(num_prompts, -1)[:, :num_results]
    stops = choice.allowed.stop_token_ids
    texts = [[_up_to_stop(text, stops) for text in texts] for texts in tokens]
    if num_results == 1:
        texts, scores = [text for (text,) in texts], scores[:, 0]
    return (texts, scores) if return_scores else texts


def stream(
    model: keras.Model,
    prompt: Any,
    *,
    max_new_tokens: int,
    min_new_tokens: int = 0,
    stop_token_ids: int | Iterable[int] = (),
    temperature: float | None = None,
    top_k: int | None = None,
    top_p: float | None = None,
    seed: int | Sequence | None = None,
    no_repeat_ngram: int = 0,
    prompt_tokens_only: bool = False,
    tokens_at_a_time: int = 4,
) -> Iterator[np.ndarray]:
    """Write on behind one prompt, and give the tokens while they are written: those that `generate` gives.

    Args:
        model: as for `generate`, as are all but `tokens_at_a_time`.
        prompt: list of token ids.
        max_new_tokens: most tokens to be written.
        min_new_tokens: fewest tokens before a stop token.
        stop_token_ids: tokens that end a text.
        temperature: what logits are divided by.
        top_k: draw among so many most probable tokens.
        top_p: draw among the fewest that together have so much probability.
        seed: what decides what is drawn.
        no_repeat_ngram: length of runs of tokens none of which may occur twice.
        prompt_tokens_only: whether the text has tokens of the prompt alone, and stop tokens.
        tokens_at_a_time: number of tokens between two looks: fewer come sooner, and cost more. Default 4.

    Yields:
        int32 arrays of new tokens, a stop token last where one was written.

    Raises:
        ValueError: as `generate` does.

    Example:
        >>> from bert_keras.models import BertEncoder, CausalLM
        >>> model = CausalLM(BertEncoder.from_size("tiny", vocabulary_size=100, family="gpt2", num_layers=1))
        >>> [len(tokens) for tokens in model.stream([5, 6], max_new_tokens=6)]
        [4, 2]
    """
    tokens_at_a_time = expect_whole("tokens_at_a_time", tokens_at_a_time, 1)
    if isinstance(prompt, (Sequence, np.ndarray)) and any(np.ndim(token) for token in prompt):
        raise ValueError(
            "Expected one prompt, a list of token ids; received a list of prompts. Stream each alone, as "
            "stream(prompts[0], ...); generate writes on behind many."
        )
    allowed = _allowed(
        model.encoder.vocabulary_size, max_new_tokens=max_new_tokens, min_new_tokens=min_new_tokens,
        stop_token_ids=stop_token_ids, no_repeat_ngram=no_repeat_ngram, prompt_tokens_only=prompt_tokens_only,
    )  # fmt: skip
    choice = _choice(allowed, temperature=temperature, top_k=top_k, top_p=top_p)
    inputs = _inputs(model, [prompt], choice, max_new_tokens=max_new_tokens, seed=seed)
    return _pieces(_decoder_of(model)(choice, max_new_tokens, tokens_at_a_time), inputs)


def _pieces(decoder, inputs):
    stops, shown, size = decoder.choice.allowed.stop_token_ids, 0, decoder.max_new_tokens
    while shown < size:
        tokens, scores, carry = decoder.predict_on_batch(inputs)
        _expect_numbers(scores)
        written = _up_to_stop(tokens[0, 0, : int(carry[0])], stops)
        if len(written) > shown:
            yield written[shown:]
        is_at_its_end = len(written) < int(carry[0]) or written[-1] in stops
        shown = size if is_at_its_end else len(written)
        inputs = inputs | {"carry": carry}


def _expect_numbers(scores):
    if not np.isfinite(scores[:, 0]).all():  # beams find no text at all where all is NaN
        raise ValueError(
            "The scores of the next tokens are not numbers (NaN), so nothing can be written. Did a training go wrong "
            "that the weights are from, or does float16 overflow? docs/memory-speed-nan.md says how to find out."
        )


def _allowed(num_words, *, max_new_tokens, min_new_tokens, stop_token_ids, no_repeat_ngram, prompt_tokens_only):
    max_new_tokens = expect_whole("max_new_tokens", max_new_tokens, 1)
    min_new_tokens = expect_whole("min_new_tokens", min_new_tokens, 0)
    no_repeat_ngram = expect_whole("no_repeat_ngram", no_repeat_ngram, 0)
    stops = (stop_token_ids,) if isinstance(stop_token_ids, numbers.Integral) else tuple(stop_token_ids)
    for stop in stops:
        if expect_whole("each of stop_token_ids", stop, 0) >= num_words:
            raise ValueError(f"Expected stop_token_ids below {num_words}, the number of words; received {stop}.")
    if min_new_tokens > max_new_tokens:
        raise ValueError(
            f"Expected min_new_tokens of at most {max_new_tokens}, max_new_tokens; received {min_new_tokens}."
        )
    if prompt_tokens_only and no_repeat_ngram:
        raise ValueError(
            "Expected prompt_tokens_only or no_repeat_ngram, received both, which may leave no token that can be next."
        )
    return AllowedTokens(stops, min_new_tokens, no_repeat_ngram, bool(prompt_tokens_only))


def _is_drawn(choice):
    return isinstance(choice, SingleChoice) and choice.is_drawn


def _choice(
    allowed, *, temperature=None, top_k=None, top_p=None, num_beams=1, length_penalty=1.0, num_results=1
):  # fmt: skip
    num_beams, num_results = expect_whole("num_beams", num_beams, 1), expect_whole("num_results", num_results, 1)
    is_drawn = any(option is not None for option in (temperature, top_k, top_p))
    if num_beams > 1:
        if is_drawn:
            raise ValueError("num_beams seeks the most probable texts; temperature, top_k and top_p draw others.")
        if num_results > num_beams:
            raise ValueError(f"Expected num_results of at most {num_beams}, num_beams; received {num_results}.")
        return BeamSearch(allowed, num_beams, float(length_penalty))
    if num_results > 1 and not is_drawn:
        raise ValueError("num_results above 1 needs num_beams, or a temperature, top_k or top_p to draw by.")
    temperature = 1.0 if temperature is None else float(temperature)
    top_p = 1.0 if top_p is None else float(top_p)
    if not _LOWEST_TEMPERATURE <= temperature < float("inf"):
        raise ValueError(
            f"Expected a temperature above 0, of at least {_LOWEST_TEMPERATURE}, received {temperature}; without one "
            "nothing is drawn, and the most probable token is taken."
        )
    if not 0 < top_p <= 1:
        raise ValueError(f"Expected top_p above 0 and at most 1, received {top_p}.")
    top_k = 0 if top_k is None else expect_whole("top_k", top_k, 1)
    return SingleChoice(allowed, is_drawn, temperature, top_k, top_p)


def _inputs(model, prompts, choice, *, max_new_tokens, num_results=1, seed=None):
    """Return the inputs of the loop that writes; where texts are drawn, a row for each result."""
    rows = writing_rows(
        prompts,
        max_new_tokens=max_new_tokens,
        max_sequence_length=model.encoder.max_sequence_length,
        vocabulary_size=model.encoder.vocabulary_size,
        written_segment=model.written_segment,
    )
    num_prompts, copies = len(rows.token_ids), num_results if _is_drawn(choice) else 1
    noise = _noise(seed, num_prompts, (copies, max_new_tokens)) if _is_drawn(choice) else 0.0
    noise = np.minimum(np.float32(noise), _HIGHEST_NOISE)
    noise = np.broadcast_to(noise, (num_prompts, copies, max_new_tokens)).reshape(-1, max_new_tokens)
    return {name: np.repeat(array, copies, axis=0) for name, array in rows._asdict().items()} | {"noise": noise}


def _noise(seed, num_prompts, shape):
    """Return what the tokens of each prompt are drawn by, whatever batch it is in: (prompts, *shape), from 0 to 1."""
    if seed is None:
        return np.random.default_rng().random((num_prompts, *shape))
    seeds = [(seed, number) for number in range(num_prompts)] if isinstance(seed, numbers.Integral) else seed
    if len(seeds) != num_prompts:
        raise ValueError(f"Expected one seed, or {num_prompts}, one for each prompt; received {len(seeds)}.")
    return np.stack([np.random.default_rng(each).random(shape) for each in seeds])


def _decoder_of(model):
    """Return the function that gives a model's compiled loops, the same for the same choice."""
    # In a function, and past Keras' own bookkeeping, for Keras would save the loops with the model.
    made = vars(model).get("_decoder_of")
    if made is None:
        made = vars(model)["_decoder_of"] = functools.lru_cache(maxsize=_KEPT)(functools.partial(Decoder, model))
    return made


def _up_to_stop(text, stops):
    """Return a text with its stop token, or up to where no token could come."""
    ends = np.flatnonzero(np.isin(text, stops) | (text < 0))
    return text[: ends[0] + (text[ends[0]] >= 0)] if len(ends) else text
