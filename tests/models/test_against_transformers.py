"""What we write loads in transformers without a word, and gives the same numbers; and the other way round."""

import shlex
import subprocess
import sys
import warnings

import keras
import numpy as np
import pytest

from bert_keras.models import (
    BertEncoder,
    BertPretrainer,
    MultipleChoice,
    QuestionAnswerer,
    TextClassifier,
    TokenClassifier,
)

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
    positions = np.tile(np.arange(LENGTH, dtype="int32"), (len(rows["token_ids"]), 1))
    # JAX would compile each operation by itself; this way it compiles the model at once.
    run = model.predict_on_batch if keras.config.backend() == "jax" else model
    outputs = run(rows | {"mask_positions": positions})
    if not isinstance(outputs, dict):
        return [keras.ops.convert_to_numpy(outputs)]
    order = ("sequence_output", "pooled_output", "mlm", "nsp", "start", "end")
    return [keras.ops.convert_to_numpy(outputs[name]) for name in order if name in outputs]


def check_equal(ours, theirs):
    for first, second in zip(ours, theirs, strict=True):
        assert abs(first - second).max() <= 1e-5 * abs(second).max()


FORMS = {
    "encoder": (lambda encoder: encoder, "BertModel", ("last_hidden_state", "pooler_output")),
    "pretrainer": (BertPretrainer, "BertForPreTraining", ("prediction_logits", "seq_relationship_logits")),
    "masked-lm": (lambda encoder: BertPretrainer(encoder, next_sentence=False), "BertForMaskedLM", ("logits",)),
    "next-sentence": (
        lambda encoder: BertPretrainer(encoder, masked_lm=False),
        "BertForNextSentencePrediction",
        ("logits",),
    ),
    "classifier": (
        lambda encoder: TextClassifier(encoder, 3, labels=("a", "b", "c")),
        "BertForSequenceClassification",
        ("logits",),
    ),
    "regression": (lambda encoder: TextClassifier(encoder, 1), "BertForSequenceClassification", ("logits",)),
    "tagger": (
        lambda encoder: TokenClassifier(encoder, 3, labels=("a", "b", "c")),
        "BertForTokenClassification",
        ("logits",),
    ),
    "answerer": (QuestionAnswerer, "BertForQuestionAnswering", ("start_logits", "end_logits")),
    "chooser": (MultipleChoice, "BertForMultipleChoice", ("logits",)),
}


def rows_of(form, vocabulary_size, num_segments):
    rows = rows_for(vocabulary_size, num_segments)
    return {name: value[None] for name, value in rows.items()} if form == "chooser" else rows


@pytest.mark.parametrize("max_shard_bytes", [None, 3000], ids=["one file", "several files"])
@pytest.mark.parametrize("form", FORMS)
def test_transformers_loads_what_we_write(make_encoder, tmp_path, form, max_shard_bytes):
    wrap, architecture, names = FORMS[form]
    model = wrap(make_encoder())
    for _ in range(2):  # the second time beside files that may not be touched before the end
        model.save_to_preset(tmp_path, max_shard_bytes=max_shard_bytes)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        loaded, info = getattr(transformers, architecture).from_pretrained(tmp_path, output_loading_info=True)
    assert not any(info.values()), info
    assert transformers.AutoConfig.from_pretrained(tmp_path).architectures == [architecture]
    rows = rows_of(form, 30, 2)
    check_equal(outputs_as_list(model, rows), transformers_outputs(loaded, rows, names))
    if form in ("classifier", "regression", "tagger"):
        assert loaded.config.id2label == dict(enumerate(model.labels or ["LABEL_0"]))
    if architecture == "BertForSequenceClassification":
        assert loaded.config.problem_type == ("regression" if model.num_classes == 1 else "single_label_classification")


def test_transformers_misses_nothing_where_span_boundaries_were_guessed(make_encoder, tmp_path):
    model = BertPretrainer(make_encoder(pooler=False), next_sentence=False, span_boundaries=True)
    model.save_to_preset(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        loaded, info = transformers.AutoModelForMaskedLM.from_pretrained(tmp_path, output_loading_info=True)
    assert not any(info.values()), info
    rows = rows_for(30, 2)
    model = BertPretrainer.from_preset(tmp_path)
    check_equal(outputs_as_list(model, rows), transformers_outputs(loaded, rows, ["logits"]))


@pytest.mark.parametrize("form", FORMS)
def test_we_load_what_transformers_writes_with_every_head(tmp_path, form):
    wrap, architecture, names = FORMS[form]
    config = transformers.BertConfig(
        vocab_size=30, hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=6,
        initializer_range=0.3, num_labels={"regression": 1}.get(form, 2 if form == "answerer" else 3),
    )  # fmt: skip
    torch.manual_seed(0)
    theirs = getattr(transformers, architecture)(config)
    theirs.save_pretrained(tmp_path, max_shard_size="2KB" if form == "pretrainer" else "5GB")
    model_class = type(wrap(BertEncoder(10, 1, 1, 4, 4)))
    ours = model_class.from_preset(tmp_path)
    assert ours.load_report.new == ours.load_report.unused == ()
    rows = rows_of(form, 30, 2)
    check_equal(outputs_as_list(ours, rows), transformers_outputs(theirs, rows, names))


@pytest.mark.parametrize("seed", range(20))
def test_we_load_what_transformers_writes(tmp_path, seed):
    rng = np.random.default_rng(seed)
    num_heads = int(rng.integers(1, 5))
    config = transformers.BertConfig(
        vocab_size=int(rng.integers(11, 60)),
        hidden_size=num_heads * int(rng.integers(2, 14)),
        num_hidden_layers=int(rng.integers(1, 4)),
        num_attention_heads=num_heads,
        intermediate_size=int(rng.integers(3, 40)),
        hidden_act=str(rng.choice(["gelu", "gelu_new", "relu", "silu"])),
        max_position_embeddings=int(rng.integers(LENGTH, 30)),
        type_vocab_size=int(rng.integers(1, 5)),
        layer_norm_eps=float(rng.choice([1e-12, 1e-5, 1e-3])),
        initializer_range=0.3,
    )
    rows = rows_for(config.vocab_size, config.type_vocab_size)
    torch.manual_seed(seed)
    if seed % 4 == 3:  # without a pooler
        theirs = transformers.BertModel(config, add_pooling_layer=False)
        theirs.save_pretrained(tmp_path)
        ours = BertEncoder.from_preset(tmp_path, pooler=False)
        expected = transformers_outputs(theirs, rows, ("last_hidden_state",))
    else:
        theirs = transformers.BertForPreTraining(config)
        theirs.save_pretrained(tmp_path)
        ours = BertPretrainer.from_preset(tmp_path)
        expected = transformers_outputs(theirs, rows, ("prediction_logits", "seq_relationship_logits"))
    assert ours.load_report.new == ours.load_report.unused == ()
    check_equal(outputs_as_list(ours, rows), expected)
    whole = {name: value[:1] for name, value in rows.items()}
    check_equal([output[:1] for output in outputs_as_list(ours, whole)], [output[:1] for output in expected])


def test_a_bin_file_is_converted_by_the_command_that_refuses_it(make_encoder, rows, outputs_of, tmp_path):
    config = transformers.BertConfig(
        vocab_size=30, hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=6
    )
    theirs = transformers.BertForMaskedLM(config)
    config.save_pretrained(tmp_path)
    torch.save(theirs.state_dict(), tmp_path / "pytorch_model.bin")
    with pytest.raises(FileNotFoundError) as refusal:
        BertPretrainer.from_preset(tmp_path)
    command = shlex.split(str(refusal.value).split("converts it: ")[1])
    subprocess.run([sys.executable, *command[1:]], check=True)
    ours = BertPretrainer.from_preset(tmp_path)
    assert ours.load_report.new == ours.load_report.unused == ()
    rows = rows_for(30, 2)
    check_equal(outputs_as_list(ours, rows), transformers_outputs(theirs, rows, ("logits",)))
