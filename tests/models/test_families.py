"""Every family gives what transformers gives, whoever wrote the preset: all heads, padded or not, and gradients."""

import warnings

import keras
import numpy as np
import pytest

from bert_keras.checkpoints.families import FAMILIES
from bert_keras.inference.conversion_check import largest_differences, random_rows
from bert_keras.models import (
    BertEncoder,
    BertPretrainer,
    MultipleChoice,
    QuestionAnswerer,
    ReplacedTokenDetector,
    TextClassifier,
    TokenClassifier,
    load_preset,
)
from bert_keras.models.named_weights import named_weights

pytestmark = pytest.mark.slow
torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
transformers.logging.disable_progress_bar()

OF_THEIR_OWN = ("modernbert", "gpt2")  # tests: test_modernbert.py, test_gpt2.py
ALIKE = [family for family in FAMILIES if family not in OF_THEIR_OWN]
OTHERS = [family for family in ALIKE if family != "bert"]
MODELS = {
    "encoder": lambda encoder: encoder,
    "masked_lm": lambda encoder: BertPretrainer(encoder, next_sentence=False),
    "text_classification": lambda encoder: TextClassifier(encoder, 3, labels=("a", "b", "c"), dropout=0.3),
    "token_classification": lambda encoder: TokenClassifier(encoder, 3, labels=("a", "b", "c"), dropout=0.3),
    "question_answering": QuestionAnswerer,
    "multiple_choice": lambda encoder: MultipleChoice(encoder, dropout=0.3),
    "sentence_order_pretraining": lambda encoder: BertPretrainer(encoder, sentence_order=True),
    "replaced_token": ReplacedTokenDetector,
}
KINDS = {family: [kind for kind in MODELS if kind in FAMILIES[family].architectures] for family in OTHERS}
LENGTH = 9


def transformers_config(family, rng, **more):
    """A random small configuration, in the fields of the family."""
    num_heads = int(rng.integers(1, 5))
    numbers = {
        "vocabulary_size": int(rng.integers(11, 60)),
        "num_layers": int(rng.integers(1, 4)),
        "num_heads": num_heads,
        "hidden_dim": num_heads * int(rng.integers(2, 14)),
        "intermediate_dim": int(rng.integers(3, 40)),
        "max_sequence_length": int(rng.integers(LENGTH + 2, 30)),
        "num_segments": 1,
        "layer_norm_epsilon": float(rng.choice([1e-12, 1e-5, 1e-3])),
        "embedding_dim": int(rng.integers(2, 14)),
        "layers_per_group": int(rng.integers(1, 3)),
    }
    divisors = [groups for groups in range(1, 4) if numbers["num_layers"] % groups == 0]
    numbers["num_layer_groups"] = int(rng.choice(divisors))
    table = FAMILIES[family]
    fields = {theirs: numbers[ours] for theirs, (ours, _) in table.numbers.items() if ours in numbers}
    fields[table.activation_field] = str(rng.choice(["gelu", "gelu_new", "relu", "silu"]))
    return transformers.AutoConfig.for_model(family, **fields | {"initializer_range": 0.3, "num_labels": 3} | more)


def options_of(family):
    """What all encoders of the family have, and where it may, embeddings of another width."""
    is_narrow = "embedding_size" in FAMILIES[family].numbers
    return FAMILIES[family].size_defaults | ({"embedding_dim": 6} if is_narrow else {})


def rows_of(encoder, seed=0):
    """Rows of all lengths, as the families want them: the id of padding at padding alone."""
    first, second = random_rows(encoder, batch_size=2, seed=seed)
    length = min(first["token_ids"].shape[1], LENGTH)
    return [{name: value[:, :length] for name, value in rows.items()} for rows in (first, second)]


def check_small(differences):
    for name, difference in differences.items():
        # Few logits may nearly cancel, which makes their rounding large beside them; it differs between backends.
        assert difference <= (1e-5 if name.startswith("hidden_state") else 3e-5), name


@pytest.mark.parametrize(("family", "kind"), [(family, kind) for family in OTHERS for kind in KINDS[family]])
def test_transformers_loads_what_we_write_without_a_word(make_encoder, tmp_path, family, kind):
    model = MODELS[kind](make_encoder(family=family, **options_of(family)))
    model.save_to_preset(tmp_path)
    architecture, _ = FAMILIES[family].architectures[kind]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        loaded, info = getattr(transformers, architecture).from_pretrained(tmp_path, output_loading_info=True)
    assert not any(info.values()), info
    config = transformers.AutoConfig.from_pretrained(tmp_path)
    assert (config.model_type, config.architectures) == (family, [architecture])
    differences = largest_differences(model, tmp_path, rows_of(getattr(model, "encoder", model)))
    assert len(differences) >= (4 if kind != "encoder" else 3)
    check_small(differences)

    again = load_preset(tmp_path)
    assert type(again) is type(model) and again.load_report.new == again.load_report.unused == ()
    assert getattr(again, "dropout", None) == getattr(model, "dropout", None)
    assert getattr(again, "labels", None) == getattr(model, "labels", None)
    assert all(np.array_equal(value, named_weights(model)[name]) for name, value in named_weights(again).items())


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("family", OTHERS)
def test_we_load_what_transformers_writes(tmp_path, family, seed):
    kind = KINDS[family][seed % len(KINDS[family])]
    architecture = getattr(transformers, FAMILIES[family].architectures[kind][0])
    more = {"num_labels": 2} if kind in ("question_answering", "sentence_order_pretraining") else {}
    config = transformers_config(family, np.random.default_rng(seed), **more)
    torch.manual_seed(seed)
    theirs = architecture(config)
    for parameter in theirs.parameters():  # biases and layer norms too
        parameter.data += 0.1 * torch.randn_like(parameter)
    theirs.save_pretrained(tmp_path)
    ours = load_preset(tmp_path)
    assert ours.load_report.new == ours.load_report.unused == ()
    differences = largest_differences(ours, tmp_path, rows_of(getattr(ours, "encoder", ours), seed))
    check_small(differences)
    outputs = {"encoder": "hidden_state_1", "masked_lm": "mlm", "question_answering": "start"}
    outputs["sentence_order_pretraining"] = "sop"
    assert outputs.get(kind, "logits") in differences


@pytest.mark.parametrize("family", ALIKE)
def test_a_step_of_training_moves_every_weight_as_in_transformers(tmp_path, family):
    config = transformers_config(family, np.random.default_rng(1))
    torch.manual_seed(1)
    options = {"add_pooling_layer": False} if FAMILIES[family].pooler else {}
    theirs = transformers.AutoModel.from_config(config, **options).eval()
    theirs.save_pretrained(tmp_path / "weights")
    ours = BertEncoder.from_preset(tmp_path / "weights", pooler=False, dropout=0.0)
    rows = {name: value for name, value in rows_of(ours)[1].items() if name in ours.input}
    mask, ids, pad_id = rows["padding_mask"], rows["token_ids"], config.pad_token_id
    # torch does not train the vector of padding.
    rows["token_ids"] = np.where(mask, np.where(ids == pad_id, pad_id + 1, ids), pad_id).astype("int32")
    target = np.random.default_rng(2).normal(size=(*mask.shape, ours.hidden_dim)).astype("float32")

    outputs = theirs(torch.tensor(rows["token_ids"]), attention_mask=torch.tensor(mask)).last_hidden_state
    losses = torch.square(outputs - torch.tensor(target)).mean(-1) * torch.tensor(mask)
    losses.mean().backward()
    for parameter in theirs.parameters():
        parameter.data = torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
    theirs.save_pretrained(tmp_path / "gradients")
    expected = named_weights(BertEncoder.from_preset(tmp_path / "gradients", pooler=False))

    before = {name: keras.ops.convert_to_numpy(value) for name, value in named_weights(ours).items()}
    ours.compile(keras.optimizers.SGD(1.0), loss={"sequence_output": "mse"})
    ours.train_on_batch(rows, {"sequence_output": target}, {"sequence_output": mask.astype("float32")})
    largest = max(float(abs(keras.ops.convert_to_numpy(value)).max()) for value in expected.values())
    for name, value in named_weights(ours).items():
        gradient = before[name] - keras.ops.convert_to_numpy(value)
        assert abs(gradient - keras.ops.convert_to_numpy(expected[name])).max() <= 1e-5 * largest, name


@pytest.mark.parametrize("family", OTHERS)
def test_transformers_refuses_to_make_a_head_beside_one_of_ours(make_encoder, tmp_path, family):
    encoder = make_encoder(family=family, **options_of(family))
    classifier = TextClassifier(encoder, 2, pooling="mean")
    classifier.save_to_preset(tmp_path)
    assert load_preset(tmp_path).pooling == "mean"
    transformers.AutoModel.from_pretrained(tmp_path)
    for head in ("SequenceClassification", "TokenClassification", "QuestionAnswering", "MultipleChoice"):
        with pytest.raises((RuntimeError, ValueError), match="mismatch"):
            getattr(transformers, f"AutoModelFor{head}").from_pretrained(tmp_path)
