"""Answers that a model writes: their number is the logarithm of what it gives their tokens, whatever writes them."""

import keras
import numpy as np
import pytest

from bert_keras.data import AddedToken, BytePairTokenizer, BytePairVocabulary, SpecialTokens
from bert_keras.data.tokenization.byte_alphabet import ALPHABET
from bert_keras.inference import Generator
from bert_keras.inspection import answer_of, attribute, explain
from bert_keras.inspection.replaced_tokens import scores_of
from bert_keras.models import BertEncoder, CausalLM, PrefixLM

pytestmark = pytest.mark.slow_elsewhere
SLOW = pytest.mark.slow
TEXT = "Ada met Lyons, good film."
END = "<|endoftext|>"


def number(answer):
    return float(scores_of(answer, [answer.inputs])[0])


@pytest.fixture(scope="module")
def writers(make_encoder, tokenizer):
    """{name: a generator of four tokens}; GPT-2 has neither segments nor a token for padding or for a mask."""

    def own(model_class):
        encoder = make_encoder(1, attention_pattern=model_class.attention_pattern, pooler=False)
        return Generator(model_class(encoder), tokenizer, max_new_tokens=4, min_new_tokens=4, prompt_tokens_only=True)

    special = SpecialTokens(unk=END, added=(AddedToken(END),))
    bytes_alone = BytePairTokenizer(BytePairVocabulary([*ALPHABET, END], [], special))
    keras.utils.set_random_seed(2)
    gpt2 = CausalLM(BertEncoder.from_size("tiny", vocabulary_size=len(ALPHABET) + 1, family="gpt2"))
    return {
        "prefix": own(PrefixLM),
        "causal": own(CausalLM),
        "gpt2": Generator(gpt2, bytes_alone, max_new_tokens=4, min_new_tokens=4, prompt_tokens_only=True),
    }


@pytest.mark.parametrize("name", ("prefix", pytest.param("causal", marks=SLOW), "gpt2"))
def test_what_is_written_has_the_mean_log_probability_of_its_tokens(writers, name):
    write = writers[name]
    text, score = write(TEXT, return_scores=True)
    found = answer_of(write, TEXT)
    assert found.name == text or not text.strip()
    assert 4 * number(found) == pytest.approx(score, rel=1e-4)
    assert [TEXT[word.begin : word.end] for word in found.tokens.words] == [
        *("Ada", "met", "Lyons", ",", "good", "film", "."),
    ]


@pytest.mark.parametrize("name", ("prefix", pytest.param("gpt2", marks=SLOW)))
def test_it_is_explained_by_every_method_on_a_page_with_its_attention(writers, name):
    methods = ["integrated_gradients", "gradient_x_input", "occlusion", "attention_rollout"]
    found = explain(writers[name], TEXT, methods=methods, options={"integrated_gradients": {"num_steps": 8}})
    by_gradients, *_, rollout = found.attributions
    assert found.probability == pytest.approx(np.exp(by_gradients.answer_score), rel=1e-5)
    assert abs(by_gradients.gap) < 0.05 * np.abs(by_gradients.scores).sum()
    assert rollout.scores.sum() + rollout.special_score == pytest.approx(1, abs=1e-5)
    num_read = int(writers[name].rows([TEXT]).row_lengths[0])
    assert len(found.attention[0].tokens) == num_read + 4 and "Lyons" in found.to_html()


def test_a_word_that_is_written_is_explained_by_its_number(writers):
    write = writers["prefix"]
    whole, first, rest = (
        answer_of(write, "Ada met", answer="Lyons, film", at=at) for at in (None, 0, (1, 3))
    )  # lyon ##s , film
    assert (whole.name, first.name, rest.name) == ("lyons, film", "[lyons], film", "lyons[, film]")
    assert number(whole) == pytest.approx((number(first) + number(rest)) / 2, abs=1e-5)
    assert len(first.places) == len(rest.places) == 2


def test_a_word_of_a_continuation_hangs_on_the_words_of_the_prompt_alone(writers):
    found = attribute(writers["causal"], "Ada met", answer="film", method="occlusion")
    assert [word for word, _ in found.of_words()] == ["Ada", "met"] and np.abs(found.scores).max() > 0.01


def test_a_prompt_that_is_cut_has_the_words_that_are_left(writers, tokenizer):
    options = dict(sequence_length=8, max_new_tokens=2, long_prompts="cut")
    source, prompt = (
        answer_of(Generator(writers[name].model, tokenizer, **options), TEXT, answer="so")
        for name in ("prefix", "causal")
    )
    assert [TEXT[word.begin : word.end] for word in source.tokens.words] == ["Ada", "met", "Lyons"]  # [CLS], ##s, [SEP]
    assert [TEXT[word.begin : word.end] for word in prompt.tokens.words] == ["Lyons", ",", "good", "film", "."]
    assert source.tokens.num_unseen == 4 and prompt.tokens.num_unseen == 2


def test_what_cannot_be_meant_is_refused(writers, tokenizer):
    write = writers["prefix"]
    with pytest.raises(ValueError, match="words from 0 to 1, for the written text has 2: 'so film'; received 2"):
        answer_of(write, TEXT, answer="so film", at=2)
    with pytest.raises(ValueError, match="a text that could be written, received 3"):
        answer_of(write, TEXT, answer=3)
    with pytest.raises(ValueError, match="Generator answers of one text"):
        answer_of(write, TEXT, "film")
    with pytest.raises(ValueError, match="32 tokens together, received 10 and 30: shorten one"):
        answer_of(write, TEXT, answer="film " * 30)
    silent = Generator(write.model, tokenizer, max_new_tokens=4, stop_token_ids=range(len(tokenizer.vocabulary)))
    with pytest.raises(ValueError, match="The model writes nothing here"):
        answer_of(silent, TEXT)
