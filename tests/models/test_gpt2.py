"""GPT-2 equals transformers': logits, files both ways, published sizes, and what we have not is refused."""

import json
import pathlib
import warnings

import keras
import numpy as np
import pytest

from bert_keras.models import BertEncoder, CausalLM, TextClassifier, load_preset

GOLDEN = pathlib.Path(__file__).parents[1] / "golden" / "tiny_gpt2"
EXPECTED = json.loads((GOLDEN / "expected.json").read_text())


def logits_of(model, tokens):
    tokens = np.array(tokens, "int32")
    return model.predict_on_batch({"token_ids": tokens, "padding_mask": np.ones_like(tokens)})


def test_golden_logits():
    model = load_preset(GOLDEN)
    assert type(model) is CausalLM and model.load_report.new == model.load_report.unused == ()
    expected = np.array(EXPECTED["logits"])
    assert abs(logits_of(model, [EXPECTED["prompts"][1]]) - expected).max() <= 1e-5 * abs(expected).max()


@pytest.mark.slow_elsewhere
def test_a_preset_comes_back(tmp_path):
    model = load_preset(GOLDEN)
    model.save_to_preset(tmp_path)
    ours, theirs = (json.loads((folder / "config.json").read_text()) for folder in (tmp_path, GOLDEN))
    assert ours["bert_keras"] == {"head": "CausalLM"}
    assert {name: theirs[name] for name in ours.keys() & theirs.keys()} == {
        name: ours[name] for name in ours.keys() & theirs.keys()
    }
    again = load_preset(tmp_path)
    assert type(again) is CausalLM and again.load_report.new == again.load_report.unused == ()
    np.testing.assert_array_equal(again.get_weights()[0], model.get_weights()[0])
    encoder = BertEncoder.from_preset(tmp_path)
    encoder.save_to_preset(tmp_path / "encoder")
    assert type(load_preset(tmp_path / "encoder")) is BertEncoder


@pytest.mark.slow_elsewhere
def test_published_sizes():
    encoder = BertEncoder.from_size("xl", vocabulary_size=60, family="gpt2", num_layers=1, hidden_dim=50)
    assert (encoder.intermediate_dim, encoder.num_heads, encoder.max_sequence_length) == (6400, 25, 1024)
    assert sorted(encoder.input) == ["padding_mask", "token_ids"]


@pytest.fixture
def config_with(tmp_path):
    """Function that writes the golden preset with some fields of its config changed."""

    def make(**changes):
        fields = json.loads((GOLDEN / "config.json").read_text()) | changes
        (tmp_path / "config.json").write_text(json.dumps(fields))
        (tmp_path / "model.safetensors").write_bytes((GOLDEN / "model.safetensors").read_bytes())
        return tmp_path

    return make


@pytest.mark.slow_elsewhere
@pytest.mark.parametrize(
    "changes",
    [
        {"scale_attn_by_inverse_layer_idx": True},
        {"scale_attn_weights": False},
        {"add_cross_attention": True},
        {"tie_word_embeddings": False},
        {"embd_pdrop": 0.3},
        {"n_inner": 0},
        {"activation_function": "gelu_pytorch"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_what_we_have_not_is_refused_by_its_name(config_with, changes):
    with pytest.raises(ValueError, match=f"config.json: .*{next(iter(changes))}"):
        BertEncoder.from_preset(config_with(**changes))


@pytest.mark.slow_elsewhere
def test_a_classifier_does_not_look_at_a_first_token_that_sees_itself_alone():
    with pytest.raises(ValueError, match='pooling=.*sees itself alone: write pooling="mean"'):
        TextClassifier.from_preset(GOLDEN, 3)
    assert TextClassifier.from_preset(GOLDEN, 3, pooling="mean").output_shape == (None, 3)


# === Against transformers ===


@pytest.fixture
def peers():
    """torch, and transformers without its progress bar."""
    torch, transformers = pytest.importorskip("torch"), pytest.importorskip("transformers")
    transformers.logging.disable_progress_bar()
    return torch, transformers


def make_theirs(peers, seed):
    torch, transformers = peers
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    num_heads = int(rng.integers(1, 4))
    config = transformers.GPT2Config(
        vocab_size=int(rng.integers(11, 60)),
        n_embd=num_heads * int(rng.integers(2, 9)),
        n_head=num_heads,
        n_layer=int(rng.integers(1, 4)),
        n_inner=[None, 7][seed % 2],
        n_positions=30,
        layer_norm_epsilon=float(rng.choice([1e-12, 1e-5, 1e-3])),
        activation_function=str(rng.choice(["gelu", "gelu_new", "relu", "silu"])),
        initializer_range=0.3,
        bos_token_id=None,
        eos_token_id=None,
    )
    model = transformers.GPT2LMHeadModel(config).eval()
    for parameter in model.parameters():  # biases and layer norms too
        parameter.data += 0.1 * torch.randn_like(parameter)
    return model


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
def test_we_load_what_transformers_writes_and_write_what_it_writes(peers, tmp_path, seed):
    torch, transformers = peers
    theirs = make_theirs(peers, seed)
    theirs.save_pretrained(tmp_path)
    ours = load_preset(tmp_path)
    assert type(ours) is CausalLM and ours.load_report.new == ours.load_report.unused == ()
    prompts = np.random.default_rng(seed).integers(1, 11, (2, 6))
    with torch.no_grad():
        expected = theirs(torch.tensor(prompts)).logits.numpy()
    assert abs(logits_of(ours, prompts) - expected).max() <= 1e-5 * abs(expected).max()
    stop = 3

    class NoRepeats(transformers.NoRepeatNGramLogitsProcessor):
        """Theirs forbids the end of a text, too, behind the same tokens as in the prompt; ours does not."""

        def __call__(self, input_ids, scores):
            allowed = super().__call__(input_ids, scores)
            allowed[:, stop] = scores[:, stop]
            return allowed

    for own, others in (
        ({}, {}),
        ({"num_beams": 4, "num_results": 2}, {"num_beams": 4, "num_return_sequences": 2}),
        ({"num_beams": 3, "length_penalty": 2.0}, {"num_beams": 3, "length_penalty": 2.0}),
        ({"no_repeat_ngram": 2}, {"logits_processor": [NoRepeats(2)]}),
    ):
        texts = ours.generate(prompts, max_new_tokens=12, stop_token_ids=stop, **own)
        texts = list(texts if own.get("num_results", 1) == 1 else sum(texts, []))
        found = theirs.generate(
            torch.tensor(prompts), attention_mask=torch.ones(2, 6), max_new_tokens=12, do_sample=False,
            eos_token_id=stop, pad_token_id=0, **others,
        )  # fmt: skip
        for text, row in zip(texts, found[:, 6:].tolist(), strict=True):
            end = row.index(stop) + 1 if stop in row else len(text)
            assert text.tolist() == row[:end], own


@pytest.mark.slow
def test_transformers_loads_what_we_write_without_a_warning(peers, tmp_path):
    torch, transformers = peers
    keras.utils.set_random_seed(0)
    initializer = keras.initializers.RandomNormal(stddev=0.3)
    encoder = BertEncoder.from_size(
        "tiny", vocabulary_size=40, family="gpt2", hidden_dim=8, intermediate_dim=12, kernel_initializer=initializer
    )
    ours = CausalLM(encoder)
    ours.save_to_preset(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        loaded, info = transformers.GPT2LMHeadModel.from_pretrained(tmp_path, output_loading_info=True)
    assert not any(info.values()), info
    tokens = np.random.default_rng(0).integers(0, 40, (2, 7))
    with torch.no_grad():
        expected = loaded.eval()(torch.tensor(tokens)).logits.numpy()
    assert abs(logits_of(ours, tokens) - expected).max() <= 1e-5 * abs(expected).max()


@pytest.mark.slow
def test_tensors_that_older_versions_stored_are_passed_over(peers, tmp_path):
    torch, _ = peers
    from safetensors.torch import load_file, save_file

    tensors = load_file(GOLDEN / "model.safetensors")
    tensors = {name.removeprefix("transformer."): tensor for name, tensor in tensors.items()}
    for block in range(2):
        tensors[f"h.{block}.attn.bias"] = torch.ones(1, 1, 24, 24)
    save_file(tensors, tmp_path / "model.safetensors", {"format": "pt"})
    (tmp_path / "config.json").write_bytes((GOLDEN / "config.json").read_bytes())
    model = load_preset(tmp_path)
    assert model.load_report.new == model.load_report.unused == ()
