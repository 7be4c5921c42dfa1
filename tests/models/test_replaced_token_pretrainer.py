"""Replaced-token detection: what is drawn, what is asked, where gradients go, and the files."""

import keras
import numpy as np
import pytest
from keras import ops

from bert_keras.models import (
    BertEncoder,
    BertPretrainer,
    ReplacedTokenDetector,
    ReplacedTokenPretrainer,
    load_preset,
    narrower_encoder,
)
from bert_keras.training import pretraining_losses, pretraining_metrics
from bert_keras.training.callbacks import MicroBatches, SaveAndResume

Y = {"mlm": np.array([[7, 8, 9], [11, 12, 0]], "int32")}
SAMPLE_WEIGHT = {"mlm": np.array([[1, 1, 1], [1, 1, 0]], "float32")}
SHARED = ("token_embedding", "position_embedding", "segment_embedding", "layer_norm")


@pytest.fixture
def make_pretrainer(make_encoder):
    """Function that makes a small pretrainer, the same weights each time."""

    def make(*, share_embeddings=True, discriminator_weight=50.0, **options):
        encoder = make_encoder(**{"num_layers": 1, "pooler": False, "family": "electra", "dropout": 0.0} | options)
        return ReplacedTokenPretrainer.from_encoder(
            encoder, generator_size=0.5, share_embeddings=share_embeddings, discriminator_weight=discriminator_weight
        )

    return make


def compiled(pretrainer, optimizer="sgd", **options):
    pretrainer.compile(
        optimizer,
        loss=pretraining_losses(replaced_tokens=True),
        weighted_metrics=pretraining_metrics(replaced_tokens=True),
        **options,
    )
    return pretrainer


def values(layers):
    return [ops.convert_to_numpy(weight) for layer in layers for weight in layer.trainable_weights]


def have_changed(before, after):
    return [bool((old != new).any()) for old, new in zip(before, after, strict=True)]


def test_gives_logits_of_both_and_the_drawn_tokens(make_pretrainer, pretraining_rows):
    outputs = make_pretrainer()(pretraining_rows)
    assert {name: tuple(value.shape) for name, value in outputs.items()} == {
        "mlm": (2, 3, 30), "rtd": (2, 6), "sampled": (2, 3),
    }  # fmt: skip


def test_the_discriminator_sees_the_drawn_tokens_at_the_masked_positions(make_pretrainer, pretraining_rows, outputs_of):
    pretrainer = make_pretrainer()
    outputs = outputs_of(pretrainer, pretraining_rows)
    token_ids = pretraining_rows["token_ids"].copy()
    token_ids[0, [1, 2, 4]], token_ids[1, [1, 2]] = outputs["sampled"][0], outputs["sampled"][1, :2]
    expected = outputs_of(pretrainer.discriminator, pretraining_rows | {"token_ids": token_ids})
    np.testing.assert_allclose(outputs["rtd"], expected, atol=1e-6)


def test_a_drawn_token_that_is_the_original_is_real(make_pretrainer, pretraining_rows):
    sampled = np.array([[7, 5, 9], [11, 6, 29]], "int32")  # the last slot is not used
    y, weights = make_pretrainer().check_targets(
        pretraining_rows, Y, {"sampled": sampled, "mlm": np.zeros((2, 3, 30)), "rtd": np.zeros((2, 6))}, SAMPLE_WEIGHT
    )
    np.testing.assert_array_equal(ops.convert_to_numpy(y["rtd"]), [[0, 0, 1, 0, 0, 0], [0, 0, 1, 0, 0, 0]])
    np.testing.assert_array_equal(ops.convert_to_numpy(weights["rtd"]), pretraining_rows["padding_mask"])


def test_tokens_without_a_label_and_rows_that_fill_up_a_batch_do_not_count(make_pretrainer, pretraining_rows):
    pretrainer = make_pretrainer()
    some = {"mlm": np.array([[1, 0, 1], [0, 0, 0]], "float32")}
    for y, weight in ((Y, some), ({"mlm": np.where(some["mlm"] == 0, -100, Y["mlm"])}, None)):
        counts = pretrainer.target_weights(pretraining_rows, y, weight)["rtd"]
        np.testing.assert_array_equal(ops.convert_to_numpy(counts), [[1, 1, 0, 1, 1, 1], [0] * 6])


@pytest.mark.slow_elsewhere
def test_an_evaluation_repeats_and_training_draws_anew(make_pretrainer, pretraining_rows, untraced):
    pretrainer = compiled(make_pretrainer(kernel_initializer=None), optimizer=keras.optimizers.SGD(0.0), **untraced)
    batch = dict(x=pretraining_rows, y=Y, sample_weight=SAMPLE_WEIGHT, verbose=0)
    assert pretrainer.evaluate(**batch, return_dict=True) == pretrainer.evaluate(**batch, return_dict=True)
    history = pretrainer.fit(**batch, epochs=3, shuffle=False).history
    assert len(set(history["rtd_loss"])) == 3 and len(set(history["mlm_loss"])) == 1


@pytest.mark.parametrize("share_embeddings", [True, False])
def test_gradients_flow_between_both_only_through_what_they_share(
    make_pretrainer, pretraining_rows, untraced, share_embeddings
):
    for trained, is_generator in (("mlm", True), ("rtd", False)):
        pretrainer = make_pretrainer(share_embeddings=share_embeddings)
        weights = {"mlm": 0.0, "rtd": 0.0} | {trained: 1.0}
        compiled(pretrainer, optimizer=keras.optimizers.SGD(1.0), loss_weights=weights, **untraced)
        own, others = [
            [layer for layer in model.encoder.encoder_blocks] + [model.get_layer(head)]
            for model, head in (
                (pretrainer.generator, "masked_lm_head"), (pretrainer.discriminator, "replaced_token_head"),
            )
        ]  # fmt: skip
        own[-1] = own[-1].transform  # without the table
        tables = [
            [getattr(model.encoder.embeddings, name) for name in SHARED]
            for model in (pretrainer.generator, pretrainer.discriminator)
        ]
        before = [values(layers) for layers in (own, others, *tables)]
        pretrainer.fit(pretraining_rows, Y, sample_weight=SAMPLE_WEIGHT, verbose=0)
        after = [values(layers) for layers in (own, others, *tables)]
        changed = [have_changed(*pair) for pair in zip(before, after, strict=True)]
        assert any(changed[0]) == is_generator and any(changed[1]) != is_generator
        assert any(changed[2]) == (is_generator or share_embeddings)
        assert any(changed[3]) == (not is_generator or share_embeddings)


@pytest.mark.slow_elsewhere
def test_shared_tables_are_one_variable_each_and_others_two(make_pretrainer):
    pretrainers = make_pretrainer(), make_pretrainer(share_embeddings=False)
    tables = [[w for w in model.trainable_variables if tuple(w.shape) == (30, 8)] for model in pretrainers]
    assert list(map(len, tables)) == [1, 2]
    model = pretrainers[0]
    assert model.generator.get_layer("masked_lm_head").token_embedding is model.encoder.token_embedding
    assert len(pretrainers[1].weights) - len(model.weights) == 5  # three tables and a layer norm


@pytest.mark.slow_elsewhere
def test_what_does_not_fit_together_is_refused(make_encoder):
    detector = ReplacedTokenDetector(make_encoder(pooler=False))
    with pytest.raises(ValueError, match="received mlm, nsp: build it with next_sentence=False"):
        ReplacedTokenPretrainer(BertPretrainer(make_encoder()), detector)
    other = BertPretrainer(make_encoder(vocabulary_size=20, pooler=False), next_sentence=False)
    with pytest.raises(ValueError, match="one vocabulary, received 20 and 30"):
        ReplacedTokenPretrainer(other, detector)
    narrow = BertPretrainer(make_encoder(hidden_dim=4, pooler=False), next_sentence=False)
    with pytest.raises(ValueError, match=r"token_embedding .*embedding_dim=8"):
        ReplacedTokenPretrainer(narrow, detector)
    with pytest.raises(ValueError, match="above 0, received 0"):
        narrower_encoder(make_encoder(), 0)


@pytest.mark.slow_elsewhere
def test_the_generator_of_base_is_the_published_one():
    numbers = dict(num_layers=1, vocabulary_size=9)
    base = BertEncoder.from_size("base", family="electra", **numbers)
    published = BertEncoder.from_size("base-generator", family="electra", **numbers)
    config = narrower_encoder(base, 1 / 3).get_config()
    assert {**config, "name": ""} == {**published.get_config(), "name": ""}


@pytest.mark.slow
@pytest.mark.slow_elsewhere
def test_learns_with_fit_and_the_discriminator_beats_the_majority():
    keras.utils.set_random_seed(0)
    rng, num_rows = np.random.default_rng(0), 512
    words = 5 + 4 * rng.integers(0, 5, (num_rows, 1)) + rng.integers(0, 4, (num_rows, 8))  # of one topic of five a row
    ends = [np.full((num_rows, 1), token) for token in (2, 3)]
    token_ids = np.concatenate([ends[0], words, ends[1]], axis=1).astype("int32")
    positions = rng.integers(1, 9, (num_rows, 1)).astype("int32")
    labels = np.take_along_axis(token_ids, positions, axis=1)
    np.put_along_axis(token_ids, positions, 4, axis=1)
    x = dict(token_ids=token_ids, segment_ids=0 * token_ids, padding_mask=0 * token_ids + 1, mask_positions=positions)
    initializer = keras.initializers.RandomNormal(stddev=0.15)
    encoder = BertEncoder(
        26, 1, 2, 64, 64, max_sequence_length=10, dropout=0.0, pooler=False, kernel_initializer=initializer
    )
    # So narrow a generator never learns what a topic is, and its tokens can be told.
    pretrainer = ReplacedTokenPretrainer.from_encoder(encoder, generator_size=1 / 32)
    compiled(pretrainer, optimizer=keras.optimizers.Adam(3e-3))
    history = pretrainer.fit(x, {"mlm": labels}, batch_size=16, epochs=8, verbose=0).history
    assert {"mlm_loss", "rtd_loss", "mlm_accuracy", "rtd_accuracy", "rtd_precision", "rtd_recall"} <= history.keys()
    np.testing.assert_allclose(history["loss"][0], history["mlm_loss"][0] + 50 * history["rtd_loss"][0], rtol=1e-3)
    assert history["mlm_loss"][-1] < min(np.log(26), history["mlm_loss"][0])
    found = pretrainer.evaluate(x, {"mlm": labels}, return_dict=True, verbose=0)
    share = np.mean(pretrainer.predict(x, verbose=0)["sampled"] != labels) / 10  # of tokens that are replaced
    assert found["rtd_accuracy"] > 1 - share / 2 and found["rtd_recall"] > 0.5


@pytest.mark.parametrize("share_embeddings", [True, False])
def test_presets_bring_back_both(make_pretrainer, pretraining_rows, outputs_of, tmp_path, share_embeddings):
    pretrainer = make_pretrainer(share_embeddings=share_embeddings)
    pretrainer.expect_savable(tmp_path / "preset")
    assert not (tmp_path / "preset").exists()
    pretrainer.save_to_preset(tmp_path / "preset")
    loaded = ReplacedTokenPretrainer.from_preset(tmp_path / "preset")
    assert loaded.share_embeddings == share_embeddings
    reports = [loaded.load_report, loaded.generator.load_report]
    assert all(report.new == report.unused == () for report in reports)
    expected = outputs_of(pretrainer, pretraining_rows)
    keras.tree.map_structure(np.testing.assert_array_equal, outputs_of(loaded, pretraining_rows), expected)
    assert type(load_preset(tmp_path / "preset")) is ReplacedTokenDetector
    assert type(load_preset(tmp_path / "preset" / "generator")) is BertPretrainer
    with pytest.raises(FileNotFoundError, match="generator has no folder generator"):
        ReplacedTokenPretrainer.from_preset(tmp_path / "preset" / "generator")


@pytest.mark.slow_elsewhere
def test_a_discriminator_of_berts_shape_is_saved_as_bert_with_its_head_beside(
    make_pretrainer, pretraining_rows, outputs_of, tmp_path
):
    pretrainer = make_pretrainer(family="bert")
    pretrainer.save_to_preset(tmp_path)
    assert '"BertModel"' in (tmp_path / "config.json").read_text()
    assert '"ElectraForMaskedLM"' in (tmp_path / "generator" / "config.json").read_text()
    loaded = ReplacedTokenPretrainer.from_preset(tmp_path)
    expected = outputs_of(pretrainer, pretraining_rows)
    keras.tree.map_structure(np.testing.assert_array_equal, outputs_of(loaded, pretraining_rows), expected)
    assert type(load_preset(tmp_path)) is ReplacedTokenDetector


@pytest.mark.slow_elsewhere
def test_it_comes_back_from_a_keras_file(make_pretrainer, pretraining_rows, outputs_of, tmp_path):
    pretrainer = make_pretrainer(discriminator_weight=20.0)
    pretrainer.save(tmp_path / "pretrainer.keras")
    loaded = keras.saving.load_model(tmp_path / "pretrainer.keras")
    assert (loaded.discriminator_weight, len(loaded.weights)) == (20.0, len(pretrainer.weights))
    expected = outputs_of(pretrainer, pretraining_rows)
    keras.tree.map_structure(np.testing.assert_array_equal, outputs_of(loaded, pretraining_rows), expected)


def test_the_loss_is_that_of_transformers_models_of_the_same_weights_and_drawn_tokens(
    make_pretrainer, pretraining_rows, outputs_of, untraced, tmp_path
):
    torch, transformers = pytest.importorskip("torch"), pytest.importorskip("transformers")
    pretrainer = compiled(make_pretrainer(embedding_dim=6), **untraced)
    pretrainer.save_to_preset(tmp_path)
    found = pretrainer.evaluate(pretraining_rows, Y, sample_weight=SAMPLE_WEIGHT, return_dict=True, verbose=0)
    sampled = outputs_of(pretrainer, pretraining_rows)["sampled"]
    replaced, labels = pretraining_rows["token_ids"].copy(), np.full((2, 6), -100)
    for row, position, drawn, label in ((0, 1, 0, 7), (0, 2, 1, 8), (0, 4, 2, 9), (1, 1, 0, 11), (1, 2, 1, 12)):
        replaced[row, position], labels[row, position] = sampled[row, drawn], label
    is_replaced = (labels != -100) & (labels != replaced)
    shared = {
        "attention_mask": torch.tensor(pretraining_rows["padding_mask"]).long(),
        "token_type_ids": torch.tensor(pretraining_rows["segment_ids"]).long(),
    }
    generator = transformers.ElectraForMaskedLM.from_pretrained(tmp_path / "generator").eval()
    discriminator = transformers.ElectraForPreTraining.from_pretrained(tmp_path).eval()
    with torch.no_grad():
        token_ids = torch.tensor(pretraining_rows["token_ids"]).long()
        mlm = generator(token_ids, labels=torch.tensor(labels), **shared).loss.item()
        rtd = discriminator(torch.tensor(replaced).long(), labels=torch.tensor(is_replaced).float(), **shared).loss
    np.testing.assert_allclose([found["mlm_loss"], found["rtd_loss"]], [mlm, rtd.item()], rtol=1e-5)
    np.testing.assert_allclose(found["loss"], mlm + 50 * rtd.item(), rtol=1e-5)


class Killed(BaseException):
    pass


class KillAt(keras.callbacks.Callback):
    def __init__(self, batch):
        super().__init__()
        self.batch = batch

    def on_train_batch_begin(self, batch, logs=None):
        if batch == self.batch:
            raise Killed


@pytest.mark.slow_elsewhere
def test_a_killed_run_ends_as_if_it_had_not_been(make_pretrainer, pretraining_rows, untraced, tmp_path):
    tf = pytest.importorskip("tensorflow")
    from bert_keras.data import resumed  # which needs TensorFlow

    one_batch = tf.data.Dataset.from_tensors((pretraining_rows, Y, SAMPLE_WEIGHT))

    def train(name, *callbacks):
        saving = SaveAndResume(tmp_path / name, every_steps=1)
        pretrainer = compiled(make_pretrainer(), optimizer="adam", **untraced)
        try:
            history = pretrainer.fit(
                resumed(one_batch.repeat(3), saving.step), verbose=0, shuffle=False, validation_data=one_batch,
                callbacks=[*callbacks, *saving.after([])],
            ).history  # fmt: skip
        finally:
            saving._signals.ignore()
        variables = (*pretrainer.variables, *pretrainer.optimizer.variables)
        return history, [np.array(ops.convert_to_numpy(variable.value)).tobytes() for variable in variables]

    unbroken = train("unbroken")
    with pytest.raises(Killed):
        train("killed", KillAt(2))
    assert train("killed") == unbroken


@pytest.mark.slow_elsewhere
def test_a_batch_in_parts_trains_as_the_whole_does(make_pretrainer, pretraining_rows, untraced):
    results = []
    for callbacks in ([], [MicroBatches(2)]):
        pretrainer = compiled(make_pretrainer(), optimizer=keras.optimizers.SGD(0.01), **untraced)
        head = pretrainer.generator.get_layer("masked_lm_head")
        head.bias.assign(1e4 * np.eye(30)[8])  # so that the same tokens are drawn in the parts
        pretrainer.fit(pretraining_rows, Y, sample_weight=SAMPLE_WEIGHT, batch_size=2, verbose=0, callbacks=callbacks)
        results.append(values([pretrainer.discriminator]))
    for whole, parts in zip(*results, strict=True):
        np.testing.assert_allclose(parts, whole, rtol=1e-4, atol=1e-6)
