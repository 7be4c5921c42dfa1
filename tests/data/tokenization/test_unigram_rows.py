"""The unigram tokenizers through all of the package: corpora, rows of texts, words and passages, masks, predictors."""

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from bert_keras import data
from bert_keras.data.tagging.word_rows import WordRows
from bert_keras.inference import Classifier, FillMask
from bert_keras.models import BertEncoder, BertPretrainer, TextClassifier

GOLDEN = Path(__file__).parents[2] / "golden" / "unigram"  # made by make_unigram.py


@pytest.fixture(scope="module", params=["albert", "xlm_roberta"])
def tokenizer(request):
    return data.tokenizer_of(GOLDEN / request.param)


def pieces_of(tokenizer, row):
    return [tokenizer.vocabulary.tokens[index] for index in np.array(row)]


def text_of(tokenizer, row):
    return tokenizer.detokenize(np.array(row), skip_special_tokens=True).numpy().decode()


def small_encoder(tokenizer, **options):
    num_segments = 2 if tokenizer.vocabulary.row_layout.has_segments else 1
    return BertEncoder(
        tokenizer.vocabulary_size,
        1,
        2,
        8,
        16,
        max_sequence_length=32,
        num_segments=num_segments,
        dropout=0.0,
        **options,
    )


def test_rows_of_two_texts(tokenizer):
    begin, ends = ("[CLS]", ["[SEP]"]) if tokenizer.vocabulary.mask_id == 4 else ("<s>", ["</s>", "</s>"])
    rows = data.pack(tokenizer, ["the rain", "tea"], ["a ship", "the ship"])
    pieces = pieces_of(tokenizer, rows["token_ids"][0])
    first, second = (pieces_of(tokenizer, tokenizer(text)) for text in ("the rain", "a ship"))
    expected = [begin, *first, *ends, *second, ends[0]]
    assert pieces == expected + ["<pad>"] * (len(pieces) - len(expected))
    segments = rows["segment_ids"][0][: len(expected)].tolist()
    assert segments == ([0] * (len(first) + 2) + [1] * (len(second) + 1) if len(ends) == 1 else [0] * len(expected))


def test_text_rows_with_labels(tokenizer):
    examples = data.read_examples([("the rain", "x"), ("tea", "y")], text_column=0, label_column=1)
    dataset = data.classification_dataset(examples, tokenizer, sequence_length=16, batch_size=2, training=False)
    x, y, _ = next(iter(dataset))
    assert [text_of(tokenizer, row) for row in x["token_ids"]] == ["the rain", "tea"] and y.numpy().tolist() == [0, 1]


def test_each_word_of_a_sentence_begins_a_word(tokenizer):
    words = WordRows([["the", "ships", "\u200b船"]], tokenizer, sequence_length=16)
    row = words.inputs(tf.constant([0]), 16)["token_ids"][0].numpy()
    firsts = [tokenizer.vocabulary.tokens[row[place]] for place in words.positions_of_words(0)]
    assert all(piece.startswith("▁") for piece in firsts) and len(firsts) == 3


def test_answers_are_found_in_windows(tokenizer):
    passage = "She said: the lamp was out … and the ships had passed."
    answer = data.Answer("ships", passage.index("ships"))
    question = data.Question("1", "who passed", passage, (answer,))
    windows = data.QuestionWindows([question], tokenizer, sequence_length=28, stride=6, max_question_tokens=8)
    starts, ends, known = windows.answer_positions()
    assert known.all() and (starts > 0).any()
    for window in np.flatnonzero(starts):
        row = windows.inputs([int(window)], 28)["token_ids"][0].numpy()
        assert text_of(tokenizer, row[starts[window] : ends[window] + 1]) == "ships"


def test_long_texts_are_cut_at_words(tokenizer):
    text = "the lighthouse keeper counted the ships that passed before the rain"
    pieces, _ = data.cut_long_texts(data.Examples((text,)), tokenizer, sequence_length=16, stride=8)
    assert len(pieces.texts) > 1
    assert {word for piece in pieces.texts for word in piece.split()} == set(text.split())


@pytest.mark.parametrize("num_workers", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_pretraining_masks_no_special_token(tokenizer, tmp_path, num_workers):
    texts = [
        "The ships passed. The rain came. [MASK] <mask> A lamp was out. " * 4 + f"Ship {number}." for number in range(6)
    ]
    options = dict(passage_tokens=24, progress=False, num_workers=num_workers)
    data.prepare_corpus(iter(texts), tmp_path, tokenizer, **options)
    vocabulary = tokenizer.vocabulary
    dataset = data.pretraining_dataset(tmp_path, vocabulary, sequence_length=32, batch_size=4)
    for x, y, weights in dataset.take(2):
        ids = x["token_ids"].numpy()
        assert (ids[:, 0] == vocabulary.row_layout.begin[0]).all()
        masked = y["mlm"].numpy()[weights["mlm"].numpy() > 0]
        assert len(masked) and not set(masked.tolist()) & set(vocabulary.special_ids)
        assert not vocabulary.row_layout.has_segments or x["segment_ids"].numpy().any()
    other = data.Vocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a"])
    with pytest.raises(ValueError, match="another vocabulary"):
        data.pretraining_dataset(tmp_path, other, sequence_length=32, batch_size=2)


def test_predictors(tokenizer):
    texts = ["the rain", "a ship…"]
    classifier = TextClassifier(small_encoder(tokenizer), 2)
    expected = classifier.predict_on_batch(data.pack(tokenizer, texts))
    found = Classifier(classifier, tokenizer).logits(data.Examples(tuple(texts)))
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)

    pretrainer = BertPretrainer(small_encoder(tokenizer, pooler=False), next_sentence=False)
    mask = tokenizer.vocabulary.family.mask_token
    [[(token, _)]] = FillMask(pretrainer, tokenizer)(f"the {mask} passed", top_k=1)
    assert token in tokenizer.vocabulary.tokens
