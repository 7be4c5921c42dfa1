import logging

import keras
import numpy as np
import pytest

from bert_keras.models import BertEncoder
from bert_keras.training.callbacks import EmbeddingProjector, SentenceProjector, TokenProjector
from bert_keras.training.resuming.model_state import read_variable

LABELS = {"text": ["good", "so\tbad\n", " ", "x" * 300], "label": ["yes", "no", "no", "yes"]}


class Board:
    """TensorBoard's projector over HTTP, without a server in between."""

    def __init__(self, log_dir):
        from tensorboard.backend.event_processing.data_provider import MultiplexerDataProvider
        from tensorboard.backend.event_processing.plugin_event_multiplexer import EventMultiplexer
        from tensorboard.plugins.base_plugin import TBContext
        from tensorboard.plugins.projector.projector_plugin import ProjectorPlugin
        from werkzeug.test import Client

        multiplexer = EventMultiplexer().AddRunsFromDirectory(str(log_dir))
        multiplexer.Reload()
        provider = MultiplexerDataProvider(multiplexer, str(log_dir))
        apps = ProjectorPlugin(TBContext(logdir=str(log_dir), data_provider=provider)).get_plugin_apps()
        self._clients = {route: Client(app) for route, app in apps.items()}

    def get(self, route, **query):
        answer = self._clients[route].get(route, query_string=query)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return answer

    def tensors(self, run="train"):
        return {entry["tensorName"]: entry for entry in self.get("/info", run=run).json["embeddings"]}

    def tensor(self, name, run="train"):
        shape = self.tensors(run)[name]["tensorShape"]
        return np.frombuffer(self.get("/tensor", run=run, name=name).data, "float32").reshape(shape)

    def labels(self, name, run="train"):
        return self.get("/metadata", run=run, name=name).get_data(as_text=True).splitlines()


class Steps:
    """Stands for a model of which nothing but the number of steps is looked at."""

    def __init__(self):
        self.optimizer = keras.optimizers.SGD()

    def go_to(self, step):
        self.optimizer.iterations.assign(step)


def run(callback, steps, start=0):
    """Goes through epochs that end at these steps."""
    model = Steps()
    model.go_to(start)
    callback.set_model(model)
    callback.on_train_begin()
    for epoch, step in enumerate(steps):
        model.go_to(step)
        callback.on_epoch_end(epoch)
    callback.on_train_end()


def test_tensorboard_shows_each_epoch_with_its_labels(tmp_path):
    rng = np.random.default_rng(0)
    vectors = [rng.normal(size=(4, 5)).astype("float32") for _ in range(3)]
    waiting = iter(vectors)
    run(EmbeddingProjector("sentences", lambda: next(waiting), LABELS, tmp_path), [10, 20])
    board = Board(tmp_path)
    assert board.get("/runs").json == ["train"]
    assert list(board.tensors()) == ["sentences/step_0", "sentences/step_10", "sentences/step_20"]
    for name, expected in zip(board.tensors(), vectors, strict=True):
        np.testing.assert_allclose(board.tensor(name), expected, rtol=1 / 30_000)
        shown = ["text\tlabel", "good\tyes", "so bad\tno", "' '\tno", "x" * 199 + "…\tyes"]
        assert board.labels(name) == shown


def test_without_epochs_the_last_vectors_stay_and_one_column_has_no_header(tmp_path):
    waiting = iter([np.full((4, 3), number, "float32") + 1 / 3 for number in range(3)])
    labels = {"token": LABELS["text"]}
    run(EmbeddingProjector("tokens", lambda: next(waiting), labels, tmp_path, by_epoch=False), [10, 20])
    board = Board(tmp_path)
    assert list(board.tensors()) == ["tokens"] and board.labels("tokens")[0] == "good"
    np.testing.assert_allclose(board.tensor("tokens"), 2 + 1 / 3, rtol=1 / 30_000)


@pytest.mark.parametrize("first", [0.0, 2.0, 2 + 1 / 3, np.frombuffer(b"ab\n=", "float32").item()])
def test_numbers_that_could_be_letters_are_not_read_as_text(tmp_path, first):
    vectors = np.full((4, 3), 2.0)
    vectors[0, 0] = first
    run(EmbeddingProjector("sentences", lambda: vectors, LABELS, tmp_path), [])
    np.testing.assert_allclose(Board(tmp_path).tensor("sentences/step_0"), vectors, rtol=1 / 30_000, atol=1e-40)


def test_a_resumed_run_neither_repeats_nor_loses_and_leaves_others_alone(tmp_path):
    vectors = lambda: np.full((4, 3), 1 / 3)  # noqa: E731
    run(EmbeddingProjector("tokens", vectors, LABELS, tmp_path, by_epoch=False), [10, 20, 30])
    run(EmbeddingProjector("sentences", vectors, LABELS, tmp_path), [10, 20, 30])
    run(EmbeddingProjector("sentences", vectors, LABELS, tmp_path), [20, 30], start=15)  # the state was of step 15
    expected = {"tokens", *(f"sentences/step_{step}" for step in (0, 10, 20, 30))}
    assert set(Board(tmp_path).tensors()) == expected
    run(EmbeddingProjector("sentences", vectors, LABELS, tmp_path), [], start=15)
    assert set(Board(tmp_path).tensors()) == expected - {"sentences/step_20", "sentences/step_30"}
    files = {path.name for path in tmp_path.glob("train/projector/*")}
    assert files == {"sentences_step_0.bytes", "sentences_step_10.bytes", "sentences.tsv", "tokens.bytes", "tokens.tsv"}


def test_more_rows_than_the_limit_are_left_out_and_told(tmp_path, caplog, logged_values):
    with caplog.at_level(logging.WARNING):
        run(EmbeddingProjector("sentences", lambda: np.full((4, 3), 1 / 3), LABELS, tmp_path, limit=3), [])
    assert "projector gets 3 of 4 sentences" in caplog.text
    board = Board(tmp_path)
    assert board.tensor("sentences/step_0").shape == (3, 3) and len(board.labels("sentences/step_0")) == 4
    assert logged_values(tmp_path, "projector/sentences")[0].item() == b"3 of 4 vectors"


@pytest.mark.parametrize("labels", [{}, {"text": ["a"], "label": []}])
def test_columns_of_other_lengths_or_none_are_refused(tmp_path, labels):
    with pytest.raises(ValueError, match="columns of labels"):
        EmbeddingProjector("sentences", lambda: np.ones((1, 2)), labels, tmp_path)


def test_vectors_without_labels_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"Expected \(4, width\) vectors of sentences.*\(2, 3\)"):
        run(EmbeddingProjector("sentences", lambda: np.ones((2, 3)), LABELS, tmp_path), [])


def test_a_configuration_that_cannot_be_read_is_named(tmp_path):
    (tmp_path / "train").mkdir()
    (tmp_path / "train" / "projector_config.pbtxt").write_text("no { configuration")
    with pytest.raises(ValueError, match="projector_config.pbtxt is no configuration"):
        run(EmbeddingProjector("sentences", lambda: np.ones((4, 3)), LABELS, tmp_path), [])


@pytest.fixture(scope="module")
def encoder():
    return BertEncoder(8, 1, 2, 4, 8, max_sequence_length=6, vocabulary_multiple=64)


TOKENS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "cat", "##s", "dog"]


def test_the_most_frequent_tokens_of_a_large_vocabulary_are_shown(encoder, tmp_path):
    counts, kinds = [0, 1, 9, 9, 5, 0, 2, 0], {"kind": ["special"] * 4 + ["word"] * 2 + ["piece", "word"]}
    callback = TokenProjector(encoder, TOKENS, tmp_path, columns=kinds, counts=counts, limit=4)
    run(callback, [10])
    board = Board(tmp_path)
    shown = ["[CLS]\tspecial\t9", "[SEP]\tspecial\t9", "a\tword\t5", "##s\tpiece\t2"]
    assert board.labels("tokens") == ["token\tkind\tcount", *shown]
    table = read_variable(encoder.token_embedding.embeddings)
    np.testing.assert_allclose(board.tensor("tokens"), table[[2, 3, 4, 6]], rtol=1 / 30_000)


def test_without_counts_the_lowest_ids_are_shown(encoder, tmp_path):
    run(TokenProjector(encoder, TOKENS, tmp_path, limit=3), [])
    assert Board(tmp_path).labels("tokens") == ["[PAD]", "[UNK]", "[CLS]"]


@pytest.mark.parametrize("tokens, of", [(TOKENS * 9, "encoder"), (TOKENS, "model")])
def test_tokens_without_a_table_are_refused(encoder, tmp_path, tokens, of):
    with pytest.raises(ValueError, match="at most 8 tokens, received 72" if of == "encoder" else "token_embedding"):
        TokenProjector(encoder if of == "encoder" else object(), tokens, tmp_path)


@pytest.mark.parametrize(
    "pooling", ["mean", *(pytest.param(name, marks=pytest.mark.slow_elsewhere) for name in ("first", "pooled"))]
)
def test_a_sentence_is_its_pooled_vector(encoder, text_batch, tmp_path, pooling):
    x = text_batch[0]
    run(SentenceProjector(encoder, x, LABELS, tmp_path, pooling=pooling, limit=3), [])
    found = Board(tmp_path).tensor("sentences/step_0")
    outputs = {name: read_variable(value) for name, value in encoder(x, training=False).items()}
    is_token = x["padding_mask"][..., None]
    expected = {
        "mean": (outputs["sequence_output"] * is_token).sum(1) / is_token.sum(1),
        "first": outputs["sequence_output"][:, 0],
        "pooled": outputs["pooled_output"],
    }[pooling]
    np.testing.assert_allclose(found, expected[:3], atol=1e-6)


def test_a_pooling_that_is_not_there_is_refused(text_batch, tmp_path):
    encoder = BertEncoder(8, 1, 2, 4, 8, max_sequence_length=6, pooler=False)
    with pytest.raises(ValueError, match="received 'pooled'"):
        SentenceProjector(encoder, text_batch[0], LABELS, tmp_path, pooling="pooled")
