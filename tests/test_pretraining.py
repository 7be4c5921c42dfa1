"""What pretraining's options make: models, batches, and what is refused."""

import pytest

from bert_keras.inference import Generator
from bert_keras.models import BertPretrainer, CausalLM, ReplacedTokenPretrainer
from bert_keras.pretraining import Pretraining

tokenization = pytest.importorskip("bert_keras.data.tokenization.wordpiece_tokenizer")


@pytest.fixture
def tokenizer():
    """Nine tokens."""
    return tokenization.WordPieceTokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "cat", "sat", "."])


def test_each_objective_has_its_model_and_the_task_on_pairs_that_it_is_published_with(tokenizer):
    masked, replaced = Pretraining(size="tiny"), Pretraining(size="tiny", objective="replaced_tokens")
    assert masked.heads == {"next_sentence": True, "sentence_order": False, "span_boundaries": False}
    assert not any(replaced.heads.values())
    assert type(masked.pretrainer(masked.encoder(tokenizer))) is BertPretrainer
    pretrainer = replaced.pretrainer(replaced.encoder(tokenizer))
    assert type(pretrainer) is ReplacedTokenPretrainer
    assert pretrainer.generator.encoder.hidden_dim == pretrainer.encoder.hidden_dim // 4
    assert list(replaced.compile_options("float32")["loss"]) == ["mlm", "rtd"]


def test_a_model_that_writes_has_one_loss_and_a_generator(tokenizer):
    options = Pretraining(size="tiny", objective="next_tokens", rows="packed")
    model = options.pretrainer(options.encoder(tokenizer))
    assert type(model) is CausalLM and not model.encoder.pooler
    assert "loss" not in options.compile_options("float32")
    assert type(options.predictor(model, tokenizer, max_new_tokens=2)) is Generator


def test_span_boundaries_are_guessed_without_a_pooler(tokenizer):
    options = Pretraining(size="tiny", masking="spans", span_boundaries=True, sentence_task="none")
    pretrainer = options.pretrainer(options.encoder(tokenizer))
    assert pretrainer.span_boundaries and not pretrainer.encoder.pooler
    assert list(options.compile_options("float32")["loss"]) == ["mlm", "sbo"]


def test_the_family_is_the_encoders(tokenizer):
    options = Pretraining(size="tiny", family="roberta", sentence_task="none")
    encoder = options.encoder(tokenizer)
    assert (encoder.family, encoder.position_offset, encoder.pooler) == ("roberta", 2, False)
    with pytest.raises(ValueError, match="No size of ALBERT is called 'small'. Sizes: tiny, mini, base, large"):
        Pretraining(size="small", family="albert").encoder(tokenizer)
    with pytest.raises(ValueError, match="told from both sides: .* received 'gpt2'. Objective next_tokens trains it"):
        Pretraining(size="tiny", family="gpt2", sentence_task="none").encoder(tokenizer)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"objective": "replaced"},
            "objective must be one of masked_tokens, replaced_tokens, next_tokens, received 'replaced'",
        ),
        ({"objective": "next_tokens"}, "rows are packed: expected rows packed, received 'passage'"),
        ({"objective": "next_tokens", "rows": "packed", "sentence_task": "order"}, "expected sentence_task none"),
        ({"sentence_task": "pairs"}, "sentence_task must be one of auto, next, order, none, received 'pairs'"),
        ({"objective": "replaced_tokens", "sentence_task": "next"}, "expected sentence_task none, received 'next'"),
        (
            {"span_boundaries": True},
            "expected objective 'masked_tokens' and masking 'spans', received masking 'tokens'",
        ),
        (
            {"span_boundaries": True, "masking": "spans", "objective": "replaced_tokens"},
            "on masked spans: .*, received objective 'replaced_tokens'",
        ),
    ],
)
def test_what_there_is_not_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        Pretraining(**options).heads  # noqa: B018
