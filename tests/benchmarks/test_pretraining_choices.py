import dataclasses
import json
import random

import numpy as np
import pytest
import tensorflow as tf

from benchmarks import pretraining_choices
from bert_keras import data, models


@pytest.fixture
def few_addresses(monkeypatch):
    """Two eras that speak of other things, in place of all addresses."""
    words = ["president union treasury army congress".split(), "jobs energy america people security".split()]
    pick = random.Random(0)

    def sentence(era):
        return f"The {pick.choice(words[era])} and the {pick.choice(words[era])} met the {pick.choice(words[era])}."

    parts = {part: [" ".join(sentence(i % 2) for _ in range(40)) for i in range(4)] for part in ("train", "test")}
    rows = {part: [(sentence(i % 2), str(i % 2)) for i in range(16)] for part in ("train", "validation", "test")}
    columns = dict(text_column=0, label_column=1, label_names=["0", "1"])
    examples = {part: data.read_examples(some, **columns) for part, some in rows.items()}
    monkeypatch.setattr(data, "read_eras", lambda *arguments, **options: (parts, examples))


@pytest.mark.slow_elsewhere
@pytest.mark.parametrize(
    ("choice", "score"),
    [("words", "own_nsp_accuracy"), pytest.param("electra-style", "own_rtd_recall", marks=pytest.mark.slow)],
)
def test_a_finished_run_is_a_line_of_results_and_is_not_run_again(
    few_addresses, tmp_path, monkeypatch, capsys, choice, score
):
    start = dataclasses.replace(pretraining_choices._START, xla=False)
    monkeypatch.setattr(pretraining_choices, "_START", start)
    monkeypatch.setattr(models, "warm_start", lambda *arguments: None)  # so few tokens give no vectors
    monkeypatch.setattr(data, "cooccurrence_vectors", lambda *arguments: None)
    options = dict(
        processor_minutes=0.001, seeds=1, only=(choice,), results=tmp_path / "results.jsonl", corpora=tmp_path,
        vocabulary_size=90, finetuning_epochs=1,
    )  # fmt: skip
    found = pretraining_choices.main(**options)
    assert [json.loads(line) for line in (tmp_path / "results.jsonl").read_text().splitlines()] == found
    (run,) = found
    assert run["choice"] == choice and run["steps"] >= 1 and run["bits_per_character"] > 0 and score in run
    assert f"| {choice} | 1 |" in capsys.readouterr().out
    monkeypatch.setattr(pretraining_choices, "_scores", None)
    assert pretraining_choices.main(**options) == found


def test_a_name_that_nobody_knows_is_refused():
    with pytest.raises(ValueError, match=r"Expected names among bert, .*; received roberta$"):
        pretraining_choices.main(only=("roberta",))


@pytest.mark.parametrize("kind", ["wordpiece", "byte_pair", "unigram"])
def test_words_between_blanks_are_masked_with_their_punctuation(kind):
    sentence = "the old house, the new house."
    tokenizer = data.train_tokenizer([sentence] * 20, 300 if kind == "byte_pair" else 40, kind=kind)
    vocabulary = tokenizer.vocabulary
    ids = np.tile(tokenizer([sentence]).to_tensor().numpy(), (64, 1))
    masked = pretraining_choices._words_between_blanks(vocabulary, 64)(tf.constant(ids), seed=tf.constant([0, 1]))
    is_masked = masked.token_ids.numpy() == vocabulary.mask_id
    pieces = tokenizer.pieces([sentence])[0].numpy().tolist()
    comma = next(number for number, piece in enumerate(pieces) if b"," in piece)
    assert is_masked[:, comma].any() and not is_masked[:, comma].all()
    assert (is_masked[:, comma] == is_masked[:, comma - 1]).all()  # `house,` is one word
