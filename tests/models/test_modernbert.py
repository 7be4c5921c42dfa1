"""ModernBERT equals transformers': outputs, gradients, files both ways, and every head."""

import json
import pathlib
import warnings

import keras
import numpy as np
import pytest

from bert_keras.checkpoints.families import FAMILIES
from bert_keras.inference.conversion_check import largest_differences
from bert_keras.models import (
    BertEncoder,
    BertPretrainer,
    MultipleChoice,
    QuestionAnswerer,
    TextClassifier,
    TokenClassifier,
    load_preset,
)

GOLDEN = pathlib.Path(__file__).parents[1] / "golden" / "tiny_modernbert"
NUMBERS = {
    "vocab_size": 30, "hidden_size": 8, "num_hidden_layers": 3, "num_attention_heads": 2, "intermediate_size": 6,
    "local_attention": 6, "initializer_range": 0.3,
    **dict.fromkeys(("pad_token_id", "bos_token_id", "cls_token_id", "eos_token_id", "sep_token_id"), 0),
}  # fmt: skip


def run(model, rows):
    """Call a model; JAX would compile each operation by itself, this way it compiles the model at once."""
    return model.predict_on_batch(rows) if keras.config.backend() == "jax" else model(rows)


def outputs_of_ours(model, rows):
    positions = np.tile(np.arange(rows["token_ids"].shape[1], dtype="int32"), (len(rows["token_ids"]), 1))
    outputs = run(model, rows | {"mask_positions": positions})
    if not isinstance(outputs, dict):
        return [keras.ops.convert_to_numpy(outputs)]
    order = ("sequence_output", "mlm", "start", "end")
    return [keras.ops.convert_to_numpy(outputs[name]) for name in order if name in outputs]


def rows_for(vocabulary_size, length):
    rng = np.random.default_rng(1)
    return {
        "token_ids": rng.integers(0, vocabulary_size, (3, length)).astype("int32"),
        "padding_mask": (np.arange(length) < np.array([[length], [length - 2], [1]])).astype("int32"),
    }


def check_equal(ours, theirs, padding_mask=None):
    for first, second in zip(ours, theirs, strict=True):
        # In blocks padding far from all tokens gets a mean of fewer values, which nobody looks at.
        of_tokens = padding_mask is not None and first.shape[:2] == padding_mask.shape
        seen = padding_mask > 0 if of_tokens else ...
        assert abs(first - second)[seen].max() <= 1e-5 * abs(second).max()


def test_golden_numbers():
    expected = np.load(GOLDEN / "expected.npz")
    rows = {name: expected[name] for name in ("token_ids", "padding_mask")}
    pretrainer = BertPretrainer.from_preset(GOLDEN)
    assert pretrainer.load_report.new == pretrainer.load_report.unused == ()
    check_equal(outputs_of_ours(pretrainer, rows), [expected["mlm"]], rows["padding_mask"])
    encoder = BertEncoder.from_preset(GOLDEN)
    check_equal(outputs_of_ours(encoder, rows), [expected["hidden_states"][-1]], rows["padding_mask"])
    states = run(encoder.inspector(), rows)["hidden_states"]
    for state, other in zip(states[:-1], expected["hidden_states"]):  # theirs of the last block is normed
        check_equal([keras.ops.convert_to_numpy(state)], [other], rows["padding_mask"])


@pytest.mark.slow_elsewhere
def test_published_sizes():
    encoder = BertEncoder.from_size("base", vocabulary_size=60, family="modernbert", num_layers=2)
    assert (encoder.hidden_dim, encoder.intermediate_dim, encoder.num_heads) == (768, 1152, 12)
    assert (encoder.max_sequence_length, encoder.local_attention, encoder.rotary_theta) == (8192, 128, 160000.0)
    with pytest.raises(ValueError, match="No size of ModernBERT is called 'small'. Sizes: tiny, mini, base, large"):
        BertEncoder.from_size("small", vocabulary_size=60, family="modernbert")


@pytest.fixture
def config_with(tmp_path):
    """Function that writes the golden preset with some fields of its config changed, None to leave one out."""

    def make(**changes):
        fields = json.loads((GOLDEN / "config.json").read_text()) | changes
        fields = {name: value for name, value in fields.items() if value is not None}
        (tmp_path / "config.json").write_text(json.dumps(fields))
        (tmp_path / "model.safetensors").write_bytes((GOLDEN / "model.safetensors").read_bytes())
        return tmp_path

    return make


@pytest.mark.slow_elsewhere
def test_the_fields_of_older_versions_are_read(config_with):
    older = {"layer_types": None, "rope_parameters": None, "global_attn_every_n_layers": 2, "global_rope_theta": 50.0}
    encoder = BertEncoder.from_preset(config_with(**older, local_rope_theta=20.0))
    assert (encoder.global_every, encoder.rotary_theta, encoder.local_rotary_theta) == (2, 50.0, 20.0)
    encoder = BertEncoder.from_preset(config_with(layer_types=None, rope_parameters=None))
    assert (encoder.global_every, encoder.rotary_theta, encoder.local_rotary_theta) == (3, 160000.0, 10000.0)


@pytest.mark.slow_elsewhere
def test_layer_types_tell_how_often_a_block_is_global(config_with):
    kinds = ["full_attention", "sliding_attention", "full_attention"]
    assert BertEncoder.from_preset(config_with(layer_types=kinds)).global_every == 2
    assert BertEncoder.from_preset(config_with(layer_types=["full_attention"] * 3)).global_every == 1


@pytest.mark.slow_elsewhere
@pytest.mark.parametrize(
    "changes",
    [
        {"layer_types": ["sliding_attention", "full_attention", "sliding_attention"]},
        {"layer_types": ["full_attention"]},
        {"rope_parameters": {"full_attention": {"rope_type": "yarn", "rope_theta": 10.0, "factor": 2.0}}},
        {"rope_parameters": {"sliding_attention": {"rope_type": "default", "rope_theta": -1.0}}},
        {"rope_parameters": [1]},
        {"rope_parameters": {"full_attention": 5}},
        {"rope_parameters": {"rope_type": "default", "rope_theta": 10.0}},
        {"rope_scaling": {"type": "linear", "factor": 2.0}},
        {"global_attn_every_n_layers": 0},
        {"norm_bias": True},
        {"attention_bias": True},
        {"mlp_bias": True},
        {"classifier_bias": True},
        {"decoder_bias": False},
        {"classifier_pooling": "max"},
        {"classifier_activation": "relu"},
        {"embedding_dropout": 0.2},
        {"local_attention": 0},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_what_we_have_not_is_refused_by_its_name(config_with, changes):
    with pytest.raises(ValueError, match=f"config.json: .*{next(iter(changes))}"):
        BertEncoder.from_preset(config_with(**changes))


# === Against transformers ===


def random_numbers(seed):
    rng = np.random.default_rng(seed)
    num_heads = int(rng.integers(1, 4))
    num_layers = int(rng.integers(1, 6))
    every = int(rng.integers(1, 4))
    dropout = float(rng.choice([0.0, 0.1]))
    thetas = rng.uniform(10, 1e5, 2).tolist()
    return NUMBERS | {
        "vocab_size": int(rng.integers(11, 60)),
        "hidden_size": 2 * num_heads * int(rng.integers(1, 7)),
        "num_hidden_layers": num_layers,
        "num_attention_heads": num_heads,
        "intermediate_size": int(rng.integers(3, 40)),
        "local_attention": int(rng.integers(1, 20)),
        "layer_types": ["sliding_attention" if i % every else "full_attention" for i in range(num_layers)],
        "rope_parameters": {
            kind: {"rope_type": "default", "rope_theta": theta}
            for kind, theta in zip(("full_attention", "sliding_attention"), thetas)
        },
        "norm_eps": float(rng.choice([1e-12, 1e-5, 1e-3])),
        "hidden_activation": str(rng.choice(["gelu", "gelu_new", "relu", "silu"])),
        "mlp_dropout": dropout,
        "embedding_dropout": dropout,
    }


@pytest.fixture
def peers():
    """torch, and transformers without its progress bar."""
    torch, transformers = pytest.importorskip("torch"), pytest.importorskip("transformers")
    transformers.logging.disable_progress_bar()
    torch.manual_seed(0)
    return torch, transformers


def make_theirs(peers, architecture, **numbers):
    _, transformers = peers
    config = transformers.ModernBertConfig(**NUMBERS | numbers, attn_implementation="eager")
    return getattr(transformers, architecture)(config).eval()


def outputs_of_theirs(peers, model, rows, names):
    torch, _ = peers
    with torch.no_grad():
        outputs = model(
            torch.tensor(rows["token_ids"]).long(), attention_mask=torch.tensor(rows["padding_mask"]).long()
        )
    return [outputs[name].numpy() for name in names]


@pytest.mark.slow_elsewhere
@pytest.mark.parametrize("seed", [*range(3), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(3, 20))])
def test_we_load_what_transformers_writes(peers, tmp_path, seed):
    numbers = random_numbers(seed)
    theirs = make_theirs(peers, "ModernBertForMaskedLM", **numbers)
    theirs.save_pretrained(tmp_path)
    ours = BertPretrainer.from_preset(tmp_path)
    assert ours.load_report.new == ours.load_report.unused == ()
    encoder = ours.encoder
    for length in (9, 50):  # whole rows, and blocks
        rows = rows_for(numbers["vocab_size"], length)
        expected = outputs_of_theirs(peers, theirs, rows, ("logits",))
        check_equal(outputs_of_ours(ours, rows), expected, rows["padding_mask"])
        expected = outputs_of_theirs(peers, theirs.model, rows, ("last_hidden_state",))
        check_equal(outputs_of_ours(encoder, rows), expected, rows["padding_mask"])


FORMS = {
    "encoder": (lambda encoder: encoder, "ModernBertModel", ("last_hidden_state",)),
    "masked-lm": (
        lambda encoder: BertPretrainer(encoder, next_sentence=False), "ModernBertForMaskedLM", ("logits",),
    ),
    "classifier": (
        lambda encoder: TextClassifier(encoder, 3, labels=("a", "b", "c")),
        "ModernBertForSequenceClassification", ("logits",),
    ),
    "classifier of the mean": (
        lambda encoder: TextClassifier(encoder, 3, pooling="mean"), "ModernBertForSequenceClassification", ("logits",),
    ),
    "regression": (lambda encoder: TextClassifier(encoder, 1), "ModernBertForSequenceClassification", ("logits",)),
    "tagger": (
        lambda encoder: TokenClassifier(encoder, 3, labels=("a", "b", "c")),
        "ModernBertForTokenClassification", ("logits",),
    ),
    "answerer": (QuestionAnswerer, "ModernBertForQuestionAnswering", ("start_logits", "end_logits")),
    "chooser": (MultipleChoice, "ModernBertForMultipleChoice", ("logits",)),
    "chooser by the mean": (
        lambda encoder: MultipleChoice(encoder, pooling="mean"), "ModernBertForMultipleChoice", ("logits",),
    ),
}  # fmt: skip


@pytest.mark.slow_elsewhere
@pytest.mark.parametrize("form", FORMS)
def test_transformers_loads_what_we_write_without_a_warning(peers, make_modernbert, tmp_path, form):
    _, transformers = peers
    wrap, architecture, names = FORMS[form]
    model = wrap(make_modernbert())
    model.save_to_preset(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        loaded, info = getattr(transformers, architecture).from_pretrained(
            tmp_path, output_loading_info=True, attn_implementation="eager"
        )
    assert not any(info.values()), info
    assert transformers.AutoConfig.from_pretrained(tmp_path).architectures == [architecture]
    check_same(peers, model, loaded.eval(), names)
    ours = load_preset(tmp_path)
    assert ours.load_report.new == ours.load_report.unused == ()
    assert type(ours) is type(model)
    assert max(largest_differences(ours, tmp_path, [rows_for(30, 12)]).values()) <= 1e-5


def check_same(peers, ours, theirs, names):
    rows = rows_for(30, 30)  # longer than two windows
    padding_mask = rows["padding_mask"]
    if isinstance(ours, MultipleChoice):
        rows = {name: value[None] for name, value in rows.items()}
    check_equal(outputs_of_ours(ours, rows), outputs_of_theirs(peers, theirs, rows, names), padding_mask)


@pytest.mark.slow_elsewhere
@pytest.mark.parametrize("form", list(FORMS)[2:])
def test_we_load_every_head_that_transformers_writes(peers, make_modernbert, tmp_path, form):
    wrap, architecture, names = FORMS[form]
    pooling = "mean" if "mean" in form else "cls"
    num_labels = {"regression": 1, "answerer": 2}.get(form, 3)
    theirs = make_theirs(peers, architecture, num_labels=num_labels, classifier_pooling=pooling)
    theirs.save_pretrained(tmp_path)
    ours = load_preset(tmp_path)
    assert type(ours) is type(wrap(make_modernbert()))
    assert ours.load_report.new == ours.load_report.unused == ()
    check_same(peers, ours, theirs, names)


@pytest.mark.slow_elsewhere
def test_a_step_of_training_moves_the_same_weights_as_far(peers, tmp_path):
    torch, _ = peers
    theirs = make_theirs(peers, "ModernBertForSequenceClassification", num_labels=1)
    theirs.save_pretrained(tmp_path)
    rows, y = rows_for(30, 30), np.array([[1.0], [-2.0], [0.5]], "float32")
    rows["token_ids"] = rows["token_ids"].clip(1)  # torch leaves the word for padding as it is

    ours = TextClassifier.from_preset(tmp_path, dropout=0.0)
    ours.compile(keras.optimizers.SGD(0.1), loss="mse")
    ours.train_on_batch(rows, y)
    ours.save_to_preset(tmp_path / "trained")

    optimizer = torch.optim.SGD(theirs.parameters(), 0.1)
    logits = theirs(torch.tensor(rows["token_ids"]).long(), torch.tensor(rows["padding_mask"]).long()).logits
    torch.nn.functional.mse_loss(logits, torch.tensor(y)).backward()
    before = {name: tensor.clone() for name, tensor in theirs.state_dict().items()}
    optimizer.step()
    trained = type(theirs).from_pretrained(tmp_path / "trained").state_dict()
    for name, tensor in theirs.state_dict().items():
        moved, expected = (trained[name] - before[name]).numpy(), (tensor - before[name]).numpy()
        assert abs(expected).max() > 1e-5, name
        np.testing.assert_allclose(moved, expected, atol=3e-5 * max(1, abs(expected).max()), err_msg=name)


@pytest.mark.slow_elsewhere
def test_a_head_of_ours_comes_back_and_is_refused_by_transformers(make_modernbert, tmp_path):
    tagger = TokenClassifier(make_modernbert(), 3, labels=("O", "B-a", "I-a"), head="crf", scheme="BIO")
    tagger.save_to_preset(tmp_path)
    loaded = load_preset(tmp_path)
    assert loaded.load_report.new == loaded.load_report.unused == ()
    rows = rows_for(30, 9)
    check_equal(outputs_of_ours(tagger, rows), outputs_of_ours(loaded, rows))


@pytest.fixture
def make_modernbert(make_encoder):
    """Function that makes a small ModernBERT."""
    defaults = FAMILIES["modernbert"].size_defaults | {
        "local_attention": 6,
        "max_sequence_length": 64,
        "kernel_initializer": keras.initializers.RandomNormal(stddev=0.3),
    }
    return lambda **options: make_encoder(family="modernbert", num_layers=3, **defaults | options)
