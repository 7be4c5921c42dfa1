"""What we write loads in transformers without a word, and gives the same numbers; and the other way round."""

import keras
import numpy as np
import pytest

from bert_keras.models import BertEncoder, BertPretrainer, TextClassifier

pytestmark = pytest.mark.slow
torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
transformers.logging.disable_progress_bar()

LENGTH = 9


def transformers_outputs(model, rows, names):
    with torch.no_grad():
        outputs = model.eval()(
            torch.tensor(rows["token_ids"]).long(),
            attention_mask=torch.tensor(rows["padding_mask"]).long(),
            token_type_ids=torch.tensor(rows["segment_ids"]).long(),
        )
    return [outputs[name].numpy() for name in names]


def rows_for(vocabulary_size, num_segments):
    rng = np.random.default_rng(1)
    return {
        "token_ids": rng.integers(0, vocabulary_size, (3, LENGTH)).astype("int32"),
        "segment_ids": rng.integers(0, num_segments, (3, LENGTH)).astype("int32"),
        "padding_mask": (np.arange(LENGTH) < np.array([[LENGTH], [7], [1]])).astype("int32"),
    }


def outputs_as_list(model, rows):
    positions = np.tile(np.arange(LENGTH, dtype="int32"), (3, 1))
    outputs = model(rows | {"mask_positions": positions})
    if not isinstance(outputs, dict):
        return [keras.ops.convert_to_numpy(outputs)]
    order = ("sequence_output", "pooled_output", "mlm", "nsp")
    return [keras.ops.convert_to_numpy(outputs[name]) for name in order if name in outputs]


def check_equal(ours, theirs):
    for first, second in zip(ours, theirs, strict=True):
        assert abs(first - second).max() <= 1e-5 * abs(second).max()


@pytest.mark.parametrize(
    ("wrap", "architecture", "names"),
    [
        (lambda encoder: encoder, "BertModel", ("last_hidden_state", "pooler_output")),
        (BertPretrainer, "BertForPreTraining", ("prediction_logits", "seq_relationship_logits")),
        (lambda encoder: BertPretrainer(encoder, next_sentence=False), "BertForMaskedLM", ("logits",)),
        (
            lambda encoder: TextClassifier(encoder, 3, labels=("a", "b", "c")),
            "BertForSequenceClassification",
            ("logits",),
        ),
        (lambda encoder: TextClassifier(encoder, 1), "BertForSequenceClassification", ("logits",)),
    ],
    ids=["encoder", "pretrainer", "masked-lm", "classifier", "regression"],
)
def test_transformers_loads_what_we_write(make_encoder, rows, tmp_path, wrap, architecture, names):
    model = wrap(make_encoder())
    model.save_to_preset(tmp_path)
    loaded, info = getattr(transformers, architecture).from_pretrained(tmp_path, output_loading_info=True)
    assert not any(info.values()), info
    assert transformers.AutoConfig.from_pretrained(tmp_path).architectures == [architecture]
    rows = rows_for(30, 2)
    check_equal(outputs_as_list(model, rows), transformers_outputs(loaded, rows, names))
    if architecture == "BertForSequenceClassification":
        labels = model.labels or ["LABEL_0"]
        assert loaded.config.id2label == dict(enumerate(labels))
        assert loaded.config.problem_type == ("regression" if model.num_classes == 1 else "single_label_classification")


@pytest.mark.parametrize("seed", range(8))
def test_we_load_what_transformers_writes(tmp_path, seed):
    rng = np.random.default_rng(seed)
    num_heads = int(rng.integers(1, 5))
    config = transformers.BertConfig(
        vocab_size=int(rng.integers(11, 60)),
        hidden_size=num_heads * 2 * int(rng.integers(1, 8)),
        num_hidden_layers=int(rng.integers(1, 4)),
        num_attention_heads=num_heads,
        intermediate_size=int(rng.integers(3, 40)),
        hidden_act=str(rng.choice(["gelu", "gelu_new", "relu", "silu"])),
        max_position_embeddings=int(rng.integers(LENGTH, 30)),
        type_vocab_size=int(rng.integers(1, 5)),
        layer_norm_eps=float(rng.choice([1e-12, 1e-5, 1e-3])),
        initializer_range=0.3,
    )
    torch.manual_seed(seed)
    theirs = transformers.BertForPreTraining(config)
    theirs.save_pretrained(tmp_path)
    rows = rows_for(config.vocab_size, config.type_vocab_size)
    expected = transformers_outputs(theirs, rows, ("prediction_logits", "seq_relationship_logits"))
    ours = BertPretrainer.from_preset(tmp_path)
    assert ours.load_report.new == ours.load_report.unused == ()
    check_equal(outputs_as_list(ours, rows), expected)


def test_a_model_without_pooler_loads_too(tmp_path):
    config = transformers.BertConfig(
        vocab_size=20, hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=6
    )
    transformers.BertModel(config, add_pooling_layer=False).save_pretrained(tmp_path)
    assert not BertEncoder.from_preset(tmp_path, pooler=False).load_report.new
