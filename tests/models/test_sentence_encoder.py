import contextlib
import json

import keras
import numpy as np
import pytest
from keras import ops

from bert_keras import training
from bert_keras.data import Vocabulary, WordPieceTokenizer
from bert_keras.inference import Embedder, load_predictor
from bert_keras.models import BertEncoder, SentenceEncoder, SentencePairClassifier, load_preset
from bert_keras.training.callbacks import MicroBatches

NOTHING = contextlib.nullcontext()
TEXTS = ["a b", "b a c b a c", "c", "a b c a b c a"]


@pytest.fixture
def texts():
    """Inputs of five rows of three texts, up to six tokens long."""
    rng = np.random.default_rng(0)
    token_ids = rng.integers(5, 30, (5, 3, 6)).astype("int32")
    padding_mask = (np.arange(6) < rng.integers(2, 7, (5, 3, 1))).astype("int32")
    return {"token_ids": token_ids * padding_mask, "segment_ids": 0 * token_ids, "padding_mask": padding_mask}


@pytest.mark.slow_elsewhere
@pytest.mark.parametrize(("pooling", "layers"), [("first", 1), ("mean", 1), ("max", 1), ("pooled", 1), ("mean", 2)])
def test_each_pooling_is_that_of_the_encoders_vectors(make_encoder, texts, outputs_of, pooling, layers):
    encoder = make_encoder(pooler=pooling == "pooled")
    model = SentenceEncoder(encoder, pooling=pooling, num_pooled_layers=layers)
    rows = {name: value.reshape(15, 6) for name, value in texts.items()}
    encoded = encoder(rows, return_hidden_states=True)
    tokens = np.mean([ops.convert_to_numpy(x) for x in encoded["hidden_states"][-layers:]], axis=0)
    mask = rows["padding_mask"][..., None]
    expected = {
        "first": lambda: tokens[:, 0],
        "mean": lambda: (tokens * mask).sum(1) / mask.sum(1),
        "max": lambda: np.where(mask, tokens, -np.inf).max(1),
        "pooled": lambda: ops.convert_to_numpy(encoded["pooled_output"]),
    }[pooling]()
    np.testing.assert_allclose(outputs_of(model, texts), expected.reshape(5, 3, 8), atol=1e-5)
    np.testing.assert_allclose(outputs_of(model.text_model, rows), expected, atol=1e-5)


FULL = {
    "dense_dim": 6, "normalize": True, "output_dim": 4, "sequence_length": 7, "similarity": "dot",
    "prompts": {"query": "a b ", "text": "c "}, "default_prompt": "query",
}  # fmt: skip


@pytest.fixture(scope="module")
def tokenizer():
    return WordPieceTokenizer(Vocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "b", "c"]))


def small(**options):
    encoder = BertEncoder(
        8, 2, 2, 8, 16, max_sequence_length=40, kernel_initializer="glorot_normal",
        pooler=options.get("pooling") == "pooled",
    )  # fmt: skip
    return SentenceEncoder(encoder, **options)


@pytest.mark.slow_elsewhere
@pytest.mark.parametrize("format", ["huggingface", pytest.param("keras", marks=pytest.mark.slow)])
def test_a_preset_keeps_all_arguments_and_the_dense_layer(tokenizer, tmp_path, format):
    model = small(**FULL)
    model.save_to_preset(tmp_path, format=format)
    tokenizer.save_to_preset(tmp_path)
    loaded = load_preset(tmp_path)
    assert type(loaded) is SentenceEncoder and loaded.load_report.new == loaded.load_report.unused == ()
    assert {name: getattr(loaded, name) for name in FULL} == FULL
    embed = load_predictor(tmp_path)
    np.testing.assert_allclose(embed(TEXTS), Embedder(model, tokenizer)(TEXTS), atol=1e-6)
    np.testing.assert_array_equal(embed(TEXTS, prompt_name="text"), embed.results(embed.rows(TEXTS, "text")))
    assert SentenceEncoder.from_preset(tmp_path, output_dim=2).vector_dim == 2
    assert SentenceEncoder.from_preset(tmp_path, dense_dim=5).load_report.new == (
        "sentence_head/dense/kernel", "sentence_head/dense/bias",
    )  # fmt: skip


@pytest.mark.slow_elsewhere
def test_the_pooled_output_becomes_a_dense_layer_on_the_first_token(tokenizer, tmp_path):
    model = small(pooling="pooled")
    model.save_to_preset(tmp_path)
    loaded = SentenceEncoder.from_preset(tmp_path)
    assert (loaded.pooling, loaded.dense_dim, loaded.dense_activation) == ("first", 8, "tanh")
    ours, theirs = (Embedder(some, tokenizer)(TEXTS) for some in (model, loaded))
    np.testing.assert_allclose(ours, theirs, atol=1e-6)


@pytest.mark.slow_elsewhere
@pytest.mark.parametrize(("family", "pooling", "expected"), [("bert", "mean", True), ("bert", "pooled", False),
                                                            ("distilbert", "mean", False)])  # fmt: skip
def test_transformers_is_told_to_make_no_pooler_where_it_would(tmp_path, family, pooling, expected):
    segments = {} if family == "bert" else {"num_segments": 0}
    encoder = BertEncoder(8, 1, 2, 8, 16, pooler=pooling == "pooled", family=family, **segments)
    SentenceEncoder(encoder, pooling=pooling).save_to_preset(tmp_path)
    noted = json.loads((tmp_path / "sentence_bert_config.json").read_text())
    assert (noted.get("model_args") == {"add_pooling_layer": False}) is expected


@pytest.mark.slow_elsewhere
def test_dense_weights_in_a_pickle_are_refused_by_name(tmp_path):
    small(dense_dim=6).save_to_preset(tmp_path)
    (tmp_path / "2_Dense" / "model.safetensors").rename(tmp_path / "2_Dense" / "pytorch_model.bin")
    with pytest.raises(FileNotFoundError, match="holds config.json, pytorch_model.bin. A .bin file is a pickle"):
        SentenceEncoder.from_preset(tmp_path)


@pytest.mark.slow_elsewhere
@pytest.mark.parametrize(
    ("folder", "change", "message"),
    [
        ("2_Dense", {"out_features": 5}, r"linear.weight must have the shape \(5, 8\), found \(6, 8\)"),
        ("2_Dense", {"activation_function": "x.Own"}, "activation_function is 'x.Own'; supported"),
        ("2_Dense", {"use_residual": True}, "use_residual"),
        ("1_Pooling", {"include_prompt": False}, "a prompt that is not pooled"),
    ],
)
def test_modules_that_are_not_ours_are_named(tmp_path, folder, change, message):
    small(dense_dim=6, prompts={"query": "a "}).save_to_preset(tmp_path)
    path = tmp_path / folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(ValueError, match=message):
        SentenceEncoder.from_preset(tmp_path)


@pytest.mark.slow_elsewhere
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"pooling": "last"}, "pooling to be one of"),
        ({"pooling": "pooled"}, "needs an encoder with a pooler"),
        ({"num_pooled_layers": 3}, "num_pooled_layers to be from 1 to 2"),
        ({"output_dim": 9}, "output_dim to be from 1 to 8"),
        ({"default_prompt": "query"}, "default_prompt to be a name in prompts"),
        ({"similarity": "maxsim"}, "similarity to be one of"),
        ({"mini_batch_size": 0}, "mini_batch_size to be 1 or more"),
    ],
)
def test_arguments_without_sense_are_named(make_encoder, options, message):
    with pytest.raises(ValueError, match=message):
        SentenceEncoder(make_encoder(pooler=False), **options)


@pytest.mark.slow_elsewhere
def test_another_format_is_refused(tmp_path):
    with pytest.raises(ValueError, match="'google' has no sentence encoders"):
        small().save_to_preset(tmp_path, format="google")


SETTINGS = [dict(FULL, sequence_length=6), {"pooling": "max"}, {"pooling": "pooled"}]
SETTINGS += [{"num_pooled_layers": 2, "dense_dim": 4, "dense_activation": "linear", "dense_bias": False}]


@pytest.mark.slow
@pytest.mark.parametrize("options", SETTINGS)
def test_sentence_transformers_reads_what_we_write_and_we_what_it_writes(tokenizer, tmp_path, options):
    library = pytest.importorskip("sentence_transformers")
    small(**options).save_to_preset(tmp_path / "ours")
    tokenizer.save_to_preset(tmp_path / "ours", model_max_length=40)
    ours, theirs = Embedder.from_preset(tmp_path / "ours"), library.SentenceTransformer(str(tmp_path / "ours"))
    assert (theirs[0].auto_model.pooler is None) is (options.get("pooling") != "pooled")
    theirs.save_pretrained(str(tmp_path / "theirs"))
    back = Embedder.from_preset(tmp_path / "theirs")
    for name in (None, *(options.get("prompts") or ())):
        expected = theirs.encode(TEXTS, prompt_name=name)
        for embed in (ours, back):
            np.testing.assert_allclose(embed(TEXTS, name), expected, atol=1e-5)
    assert (back.sequence_length, back.prompts, back.prompt) == (ours.sequence_length, ours.prompts, ours.prompt)
    assert back.model.similarity == theirs.similarity_fn_name == ours.model.similarity


def gradients_of(model, x, y, **options):
    """Change of the weights by one step of SGD."""
    model.compile(keras.optimizers.SGD(1.0), training.MultipleNegativesRankingLoss(scale=5.0), **options)
    before = model.get_weights()
    loss = model.train_on_batch(x, y)
    after = model.get_weights()
    model.set_weights(before)
    return float(np.ravel(loss)[0]), [new - old for new, old in zip(after, before)]


@pytest.mark.traced
def test_mini_batches_have_the_loss_and_the_gradients_of_the_whole(make_encoder, texts):
    encoder = make_encoder(num_layers=1, pooler=False, dropout=0.0, attention_dropout=0.0)
    model = SentenceEncoder(encoder, dense_dim=6, normalize=True)
    whole_loss, whole = gradients_of(model, texts, np.arange(5))
    model.mini_batch_size = 4
    loss, parts = gradients_of(model, texts, np.arange(5))
    assert loss == pytest.approx(whole_loss, rel=1e-5)
    for ours, theirs in zip(parts, whole):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)
    assert max(np.abs(change).max() for change in whole) > 1e-3


def test_both_passes_of_a_mini_batch_have_the_same_dropout(make_encoder, texts):
    """What is differentiated is what was computed: along the gradient the loss falls as fast as it says."""
    from bert_keras.models.recomputed_rows import recomputed_rows
    from bert_keras.ops.gradient import gradient

    model = SentenceEncoder(make_encoder(num_layers=1, pooler=False, dropout=0.3), dense_dim=6).text_model
    rows = {name: value.reshape(15, 6) for name, value in texts.items()}
    kernel = next(w for w in model.trainable_variables if w.path.endswith("dense/kernel"))
    assert any("seed" in v.path for v in model.non_trainable_variables)
    direction = ops.convert_to_tensor(np.random.default_rng(0).normal(size=(15, 6)).astype("float32"))

    def loss_at(value):
        keras.utils.set_random_seed(1)  # torch's own generator, from which it drops
        with keras.StatelessScope([(v, v.value) for v in model.variables if v is not kernel] + [(kernel, value)]):
            return ops.sum(recomputed_rows(model, rows, 4) * direction)

    value = ops.convert_to_tensor(ops.convert_to_numpy(kernel.value))
    slope = ops.convert_to_numpy(gradient(loss_at, value))
    step = 1e-3 * slope / np.linalg.norm(slope)
    moved = (value + ops.convert_to_tensor(sign * step) for sign in (1, -1))
    above, below = (float(ops.convert_to_numpy(loss_at(some))) for some in moved)
    assert (above - below) / 2e-3 == pytest.approx(np.linalg.norm(slope), rel=2e-2)


@pytest.mark.skipif(keras.config.backend() != "jax", reason="XLA alone says beforehand what a step will take")
def test_memory_does_not_grow_with_the_batch():
    import jax

    model = SentenceEncoder(BertEncoder(30, 2, 2, 32, 64, max_sequence_length=32, pooler=False), mini_batch_size=4)
    loss = training.MultipleNegativesRankingLoss()
    values = [[v.value for v in part] for part in (model.trainable_variables, model.non_trainable_variables)]

    def bytes_of(batch):
        ids = np.ones((batch, 2, 32), "int32")
        x = {"token_ids": ids, "segment_ids": 0 * ids, "padding_mask": ids}

        def compute(trainable, others):
            vectors, _ = model.stateless_call(trainable, others, x, training=True)
            return loss(np.arange(batch), vectors)

        return jax.jit(jax.grad(compute)).lower(*values).compile().memory_analysis().temp_size_in_bytes

    small_batch, large_batch = bytes_of(8), bytes_of(64)
    assert large_batch < 1.5 * small_batch
    model.mini_batch_size = None
    assert bytes_of(64) > 4 * large_batch


@pytest.mark.traced
def test_the_same_text_twice_has_two_vectors_in_training_and_one_after_it(make_encoder, texts):
    twice = {name: np.repeat(value[:, :1], 2, axis=1) for name, value in texts.items()}
    model = SentenceEncoder(make_encoder(num_layers=1, pooler=False, dropout=0.2, kernel_initializer=None))
    first, second = np.moveaxis(ops.convert_to_numpy(model(twice, training=True)), 1, 0)
    assert np.abs(first - second).max(axis=-1).min() > 1e-3
    first, second = np.moveaxis(ops.convert_to_numpy(model(twice)), 1, 0)
    np.testing.assert_allclose(first, second, atol=1e-6)
    model.compile(keras.optimizers.Adam(0.01), training.MultipleNegativesRankingLoss())
    losses = model.fit(twice, np.arange(5), batch_size=5, epochs=20, verbose=0).history["loss"]
    assert np.mean(losses[-3:]) < 0.7 * losses[0]


def test_groups_that_leave_nothing_to_compare_are_refused(make_encoder, texts):
    pairs = {name: value[:, :2] for name, value in texts.items()}
    model = SentenceEncoder(make_encoder(pooler=False))
    model.compile("sgd", training.MatryoshkaLoss(training.MultipleNegativesRankingLoss(), dims=(8, 4)))
    with pytest.raises(ValueError, match=r"received 1 for all 5: np.arange\(5\)"):
        model.fit(pairs, np.ones(5, "int32"), verbose=0)
    with pytest.raises(ValueError, match=r"group, \(batch,\) int.*received float32"):
        model.fit(pairs, np.arange(5.0), verbose=0)


def test_a_dataset_that_leaves_nothing_to_compare_is_refused_behind_its_first_epoch(make_encoder, texts, untraced):
    tf = pytest.importorskip("tensorflow")
    pairs = {name: value[:, :2] for name, value in texts.items()}
    model = SentenceEncoder(make_encoder(pooler=False))
    model.compile("sgd", training.MultipleNegativesRankingLoss(), **untraced)
    for groups, is_refused in ((np.ones(5, "int32"), True), (np.array([1, 1, 1, 1, 2], "int32"), False)):
        dataset = tf.data.Dataset.from_tensor_slices((pairs, groups)).batch(5)
        with pytest.raises(ValueError, match="no batch there were rows of different groups") if is_refused else NOTHING:
            model.fit(dataset, verbose=0, callbacks=keras.callbacks.History())


@pytest.mark.slow_elsewhere
def test_a_loss_that_compares_rows_is_not_trained_in_parts(make_encoder, texts):
    model = SentenceEncoder(make_encoder(pooler=False))
    model.compile("sgd", run_eagerly=True)
    with pytest.raises(ValueError, match="mini_batch_size"):
        model.fit(texts, np.arange(5), callbacks=[MicroBatches(2)], verbose=0)


@pytest.mark.slow_elsewhere
def test_pairs_with_classes_train_the_sentence_encoder(make_encoder, texts, untraced):
    pairs = {name: value[:, :2] for name, value in texts.items()}
    sentence_encoder = SentenceEncoder(make_encoder(pooler=False, dropout=0.0, kernel_initializer=None))
    before = ops.convert_to_numpy(sentence_encoder(pairs))
    model = SentencePairClassifier(sentence_encoder, num_classes=3)
    u, v = before[:, 0], before[:, 1]
    head = model.get_layer("sentence_pair_classification_head")
    kernel, bias = head.get_weights()
    expected = np.concatenate([u, v, np.abs(u - v)], axis=-1) @ kernel + bias
    np.testing.assert_allclose(ops.convert_to_numpy(model(pairs)), expected, atol=1e-5)
    model.compile(keras.optimizers.Adam(0.01), **untraced)
    losses = model.fit(pairs, np.array([0, 1, 2, 0, 1]), epochs=6, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    assert np.abs(ops.convert_to_numpy(sentence_encoder(pairs)) - before).max() > 1e-3


@pytest.mark.slow
def test_a_model_of_pairs_is_saved_with_its_sentence_encoder(make_encoder, texts, outputs_of, tmp_path):
    pairs = {name: value[:, :2] for name, value in texts.items()}
    model = SentencePairClassifier(SentenceEncoder(make_encoder(pooler=False), dense_dim=4), num_classes=3)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(outputs_of(loaded, pairs), outputs_of(model, pairs), atol=1e-6)
