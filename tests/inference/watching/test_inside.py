import numpy as np
import pytest

from bert_keras.data import (
    ChoiceRows,
    Choices,
    DenoisingRows,
    Examples,
    MatchingExamples,
    TextRows,
    TokenizedTexts,
    WordPieceTokenizer,
)
from bert_keras.inference import Inside
from bert_keras.models import BertEncoder, DenoisingAutoencoder, MultipleChoice, SentenceEncoder, TextClassifier

TOKENS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "so", "good", "bad", "##ly"]
ALL = ("attention", "projector", "layers")


@pytest.fixture(scope="module")
def tokenizer():
    return WordPieceTokenizer(TOKENS)


@pytest.fixture(scope="module")
def encoder():
    return BertEncoder(len(TOKENS), 1, 2, 4, 8, max_sequence_length=64)


@pytest.fixture(scope="module")
def rows(tokenizer):
    texts = ("so " * 40, "so good", "badly", "so so bad", "good")
    examples = Examples(texts, labels=(0, 1, 0, 1, 1), label_names=("no", "yes"))
    return TextRows(examples, tokenizer, sequence_length=64)


def test_short_sentences_are_drawn_and_rows_have_vectors_with_their_labels(encoder, tokenizer, rows, tmp_path):
    model = TextClassifier(encoder, 2, labels=["no", "yes"], pooling="first")
    attention, tokens, sentences, layers = Inside(model, tokenizer, rows).callbacks(ALL, tmp_path)
    assert attention.tokens == [["[CLS]", "so", "good", "[SEP]"], ["[CLS]", "bad", "##ly", "[SEP]"]]
    assert tokens.labels["token"][:4] == ["so", "[CLS]", "[SEP]", "good"] and tokens.labels["count"][0] == 43
    kinds = dict(zip(tokens.labels["token"], tokens.labels["kind"]))
    assert (kinds["##ly"], kinds["[PAD]"], kinds["so"]) == ("goes on", "special", "begins a word")
    assert sentences.labels["text"][1:4] == ["so good", "badly", "so so bad"]
    assert sentences.labels["label"] == ["no", "yes", "no", "yes", "yes"] and sentences.pooling == "first"
    x, y, _ = layers.batch
    assert x["token_ids"].shape == (4, 42) and y.tolist() == [0, 1, 1, 1]


def test_choices_stand_one_below_the_other(encoder, tokenizer, tmp_path):
    choices = Choices(("so", "so"), (("good", "bad"), ("bad", "good")), (0, 1))
    rows = ChoiceRows(choices, tokenizer, sequence_length=16)
    attention, _, sentences, _ = Inside(MultipleChoice(encoder), tokenizer, rows).callbacks(ALL, tmp_path)
    assert len(attention.tokens) == 2 and len(sentences.labels["text"]) == 4
    assert sentences.labels["place"] == [1, 2, 1, 2] and sentences.labels["label"] == ["0", "0", "1", "1"]


def test_a_batch_of_a_corpus_and_sentences_to_look_at(encoder, tokenizer, rows, tmp_path):
    x = {name: np.asarray(some) for name, some in rows.inputs(np.arange(5, dtype="int32"), 42).items()}
    batch = x, np.zeros(5, "int32"), np.ones(5, "float32")
    sentences = TokenizedTexts(["so [MASK]"], None, tokenizer, sequence_length=16)
    inside = Inside(TextClassifier(encoder, 2), tokenizer, batch, sentences, has_vectors=False)
    attention, tokens, layers = inside.callbacks(ALL, tmp_path)
    assert attention.tokens == [["[CLS]", "so", "[MASK]", "[SEP]"]]
    assert tokens.labels["token"][0] == "so" and layers.batch[0]["token_ids"].shape == (4, 42)


def test_texts_of_which_words_are_deleted_are_the_same_in_each_view(encoder, tokenizer, tmp_path):
    rows = DenoisingRows(MatchingExamples((("so so good",) * 2, ("so bad",) * 2)), tokenizer, sequence_length=16)
    model = DenoisingAutoencoder(SentenceEncoder(encoder))
    attention, _, sentences, layers = Inside(model, tokenizer, rows).callbacks(ALL, tmp_path)
    (x,) = layers.batch
    assert x["token_ids"].shape == (2, 2, 5) and sentences.labels["place"] == [1, 2, 1, 2]
    assert attention.inputs["token_ids"].tolist() == x["token_ids"][0].tolist()


def test_a_model_without_an_encoder_has_nothing_to_show(tokenizer, rows, tmp_path):
    with pytest.raises(ValueError, match="Expected a bert_keras.models.BertEncoder"):
        Inside(object(), tokenizer, rows).callbacks(("attention",), tmp_path)


def test_vectors_are_of_rows_from_the_first_to_the_last_for_files_may_be_sorted(encoder, tokenizer, tmp_path):
    examples = Examples(("so good",) * 60 + ("bad",) * 60, labels=(0,) * 60 + (1,) * 60, label_names=("no", "yes"))
    rows = TextRows(examples, tokenizer, sequence_length=16)
    model = TextClassifier(encoder, 2, labels=["no", "yes"])
    _, sentences, layers = Inside(model, tokenizer, rows).callbacks(("projector", "layers"), tmp_path)
    assert sentences.labels["label"] == ["no"] * 20 + ["yes"] * 20 and sentences.out_of == 120
    assert layers.batch[1].tolist() == [0] * 2 + [1] * 2
