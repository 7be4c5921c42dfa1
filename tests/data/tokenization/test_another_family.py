"""A tokenizer of another family, with its own ids, continuation rule and layout of a row, through all of the package.

Its rows are `<s> text </s>` and `<s> text </s></s> text </s>` without segments, its tokens begin a word with `_`.
"""

import keras
import numpy as np
import pytest
import tensorflow as tf

from bert_keras import data
from bert_keras.data.rows.tokenized_texts import TokenizedTexts
from bert_keras.data.tagging.word_rows import WordRows
from bert_keras.inference import Classifier, Embedder, FillMask
from bert_keras.inference.conversion_check import text_rows
from bert_keras.models import BertEncoder, BertPretrainer, TextClassifier

BEGIN, PAD, END, UNKNOWN = range(4)
WORDS = ["_a", "_b", "_c", "_d", "_e", "ss"]  # ids 4 to 9; "bss" is _b and ss
MASK = 10


class Ids:
    tokens = ("<s>", "<pad>", "</s>", "<unk>", *WORDS, "<mask>")
    unk_id, mask_id, special_ids = UNKNOWN, MASK, (BEGIN, PAD, END, UNKNOWN, MASK)
    continues_word = np.array([not token.startswith(("_", "<")) for token in tokens])
    row_layout = data.RowLayout(begin=(BEGIN,), between=(END, END), end=(END,), pad_id=PAD, has_segments=False)
    fingerprint = "words of a letter"

    def __len__(self):
        return len(self.tokens)


class Tokenizer:
    """Words of one letter, with or without "ss" behind it."""

    vocabulary = Ids()

    def tokenize_with_offsets(self, texts):
        words = tf.strings.regex_replace(texts, r"([a-e])ss\b", r"_\1 ss")
        words = tf.strings.regex_replace(words, r"\b([a-e])\b", r"_\1")
        pieces = tf.strings.split(words)
        table = tf.lookup.KeyValueTensorInitializer(list(Ids.tokens), tf.range(len(Ids.tokens)))
        ids = tf.lookup.StaticHashTable(table, UNKNOWN)[pieces]
        continues = tf.cast(tf.ragged.map_flat_values(tf.equal, pieces, "ss"), tf.int32)
        lengths = tf.strings.length(pieces) - (1 - continues)  # without the "_"
        before = tf.ragged.map_flat_values(lambda x: x, lengths + 1 - continues)
        ends = tf.ragged.map_flat_values(tf.cast, tf.cumsum(before, axis=1), tf.int32) - 1
        return ids, ends - lengths, ends

    def __call__(self, texts):
        return self.tokenize_with_offsets(texts)[0]


tokenizer = Tokenizer()
ONE = [[0, 4, 5, 9, 2], [0, 6, 2, 1, 1]]  # "a bss", "c"
TWO = [[0, 4, 5, 9, 2, 2, 7, 2], [0, 6, 2, 2, 8, 7, 2, 1]]  # and "d", "e d"


def ids_of(rows):
    return np.array(rows["token_ids"]).tolist()


def test_rows_of_one_text_and_of_two():
    one, two = data.pack(tokenizer, ["a bss", "c"]), data.pack(tokenizer, ["a bss", "c"], ["d", "e d"])
    assert ids_of(one) == ONE and ids_of(two) == TWO
    assert one["padding_mask"].sum(axis=1).tolist() == [5, 3] and two["padding_mask"].sum(axis=1).tolist() == [8, 7]
    assert not one["segment_ids"].any() and not two["segment_ids"].any()


def test_a_row_by_hand_is_the_row_of_a_batch():
    layout = tokenizer.vocabulary.row_layout
    assert [layout.row([4, 5, 9]), layout.row([6], [8, 7])] == [ONE[0], TWO[1][:7]]
    assert (layout.num_special_tokens(1), layout.num_special_tokens(2)) == (2, 4)


def test_long_pairs_are_cut_to_the_room_that_the_layout_leaves():
    rows = TokenizedTexts(["a b c d"], ["e d c"], tokenizer, sequence_length=9)
    assert rows.row_lengths.tolist() == [9]
    assert ids_of(rows.inputs(tf.constant([0, -1]), 9)) == [
        [0, 4, 5, 6, 2, 2, 8, 7, 2],
        [0, 2, 2, 2, 1, 1, 1, 1, 1],  # a filler
    ]
    with pytest.raises(ValueError, match="at least 6"):
        data.pack(tokenizer, ["a"], ["b"], sequence_length=5)


def test_a_classification_dataset():
    examples = data.read_examples(
        [("a bss", "d", "x"), ("c", "e d", "y")], text_column=0, second_text_column=1, label_column=2
    )
    dataset = data.classification_dataset(examples, tokenizer, sequence_length=8, batch_size=2, training=False)
    x, y, _ = next(iter(dataset))
    assert ids_of(x) == TWO and y.numpy().tolist() == [0, 1]


def test_words_of_a_sentence_keep_their_places():
    words = WordRows([["a", "bss", "?"]], tokenizer, sequence_length=8)
    assert ids_of(words.inputs(tf.constant([0]), 8)) == [[0, 4, 5, 9, 3, 2, 1, 1]]
    assert words.positions_of_words(0).tolist() == [1, 2, 4]
    assert words.word_positions(tf.constant([0]), 8)[0].numpy()[0].nonzero()[0].tolist() == [1, 2, 4]


def test_windows_of_a_passage_tell_where_the_answer_is():
    question = data.Question("1", "a", "b c d e", (data.Answer("d", 4),))
    windows = data.QuestionWindows([question], tokenizer, sequence_length=8, stride=2, max_question_tokens=1)
    rows = ids_of(windows.inputs([0, 1], 8))
    assert rows == [[0, 4, 2, 2, 5, 6, 7, 2], [0, 4, 2, 2, 7, 8, 2, 1]]
    starts, ends, _ = windows.answer_positions()
    assert [rows[i][start] for i, start in enumerate(starts)] == [7, 7] and (starts == ends).all()
    assert windows.context_tokens(0)[0] == 4


def test_relations_tell_where_their_markers_are():
    examples = data.RelationExamples(("a b c",), ((0, 1),), ((4, 5),))
    dataset = data.relation_dataset(
        examples, tokenizer, sequence_length=16, batch_size=1, training=False, markers=("_d", "_e")
    )
    x = next(iter(dataset))[0]
    assert ids_of(x) == [[0, 7, 4, 7, 5, 8, 6, 8, 2]] and x["entity_positions"].numpy().tolist() == [[1, 5]]


def test_long_texts_are_cut_at_words_by_the_familys_rule():
    pieces, _ = data.cut_long_texts(data.Examples(("a b css d ess",)), tokenizer, sequence_length=5, stride=2)
    assert pieces.texts == ("a b", "css d", "d ess")


def test_pretraining_masks_no_special_token_and_lays_rows_out(tmp_path):
    texts = iter(["a bss c d. e a b c. d e a bss." * 3, "b c d e. a b c d. css d e a." * 3])
    report = data.prepare_corpus(texts, tmp_path, tokenizer, passage_tokens=8, progress=False)
    assert report.most_frequent_token in WORDS
    for next_sentence, num_ends in ((True, 3), (False, 1)):
        dataset = data.pretraining_dataset(
            tmp_path, tokenizer.vocabulary, sequence_length=16, batch_size=4, next_sentence=next_sentence
        )
        for x, y, weights in dataset.take(5):
            ids, mask = np.array(x["token_ids"]), np.array(x["padding_mask"])
            assert (ids[:, 0] == BEGIN).all() and (ids[mask == 0] == PAD).all() and not np.any(x["segment_ids"])
            assert ((ids == END).sum(axis=1) == num_ends).all()
            for row in ids:
                ends = np.flatnonzero(row == END)
                assert num_ends == 1 or ends[1] == ends[0] + 1
            masked = np.array(y["mlm"])[np.array(weights["mlm"]) > 0]
            assert set(masked) <= set(range(4, 10)) and not set(ids[ids != MASK]) - set(range(10))


def test_a_corpus_is_of_its_tokenizer(tmp_path):
    data.prepare_corpus(iter(["a b. c d. e a.", "b c. d e."]), tmp_path, tokenizer, passage_tokens=8, progress=False)
    other = data.Vocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a"])
    with pytest.raises(ValueError, match="another vocabulary"):
        data.pretraining_dataset(tmp_path, other, sequence_length=16, batch_size=2)


def small_encoder(**options):
    return BertEncoder(16, 1, 2, 8, 16, max_sequence_length=16, num_segments=1, dropout=0.0, **options)


def test_predictors_ask_the_layout():
    classifier = TextClassifier(small_encoder(), 2)
    expected = classifier.predict_on_batch(data.pack(tokenizer, ["a bss", "c"], ["d", "e d"]))
    found = Classifier(classifier, tokenizer).logits(data.Examples(("a bss", "c"), ("d", "e d")))
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)

    pretrainer = BertPretrainer(small_encoder(pooler=False), next_sentence=False)
    row = {"token_ids": np.array([[0, 4, 10, 9, 2]]), "segment_ids": np.zeros((1, 5)), "padding_mask": np.ones((1, 5))}
    logits = pretrainer.predict_on_batch(row | {"mask_positions": np.array([[2]])})["mlm"][0, 0, :11]
    [[(token, probability)]] = FillMask(pretrainer, tokenizer)("a <mask> ss", top_k=1)
    assert token == Ids.tokens[int(np.argmax(logits))]
    np.testing.assert_allclose(probability, float(keras.ops.max(keras.ops.softmax(logits))), rtol=1e-4)

    vector = Embedder(pretrainer.encoder, tokenizer, pooling="first")("a bss")
    batch = data.pack(tokenizer, ["a bss"])
    np.testing.assert_allclose(vector, pretrainer.encoder(batch)["sequence_output"][0, 0], rtol=1e-4, atol=1e-6)


def test_rows_that_compare_a_conversion_ask_the_layout():
    assert ids_of(text_rows(["a bss", "c"], tokenizer, small_encoder())) == [[0, 4, 5, 9, 2, 2, 6, 2]]
