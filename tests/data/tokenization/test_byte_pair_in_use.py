"""A byte-pair tokenizer where the package uses tokenizers: corpora, masks, rows, windows and predictors."""

import keras
import numpy as np
import pytest

from bert_keras import data
from bert_keras.data.tagging.word_rows import WordRows
from bert_keras.inference import FillMask
from bert_keras.models import BertEncoder, BertPretrainer

TEXT = "low lower lowest, new newer newest. the old, the older and the oldest. "


@pytest.fixture(scope="module")
def tokenizer():
    return data.BytePairTokenizer(data.train_vocabulary([TEXT * 5], 280, kind="byte_pair"))


def spelled(tokenizer, ids):
    return [tokenizer.vocabulary.tokens[index] for index in np.ravel(ids)]


def test_training_gives_the_same_vocabulary_each_time_with_robertas_special_tokens():
    vocabularies = [data.train_vocabulary(iter([TEXT] * 5), 280, kind="byte_pair") for _ in range(4)]
    assert len({vocabulary.fingerprint for vocabulary in vocabularies}) == 1 and len(vocabularies[0]) == 280
    tokens = vocabularies[0].tokens
    assert tokens[:4] == ("<s>", "<pad>", "</s>", "<unk>") and tokens[-1] == "<mask>" and "Ġthe" in tokens
    assert len(data.train_vocabulary(["ab ab"], 999, kind="byte_pair")) == 261 + 1


@pytest.mark.parametrize(
    ("texts", "options", "message"),
    [
        (["a"], {"vocabulary_size": 261}, "at least 262"),
        ([3], {}, "texts must be strings, received 3"),
        ([" "], {}, "no words"),
        ("a text", {}, "one string"),
        (["a"], {"lower_case": True}, "keeps case"),
        (["a"], {"kind": "bpe"}, "must be one of wordpiece, byte_pair, unigram, unigram_xlm_roberta, received 'bpe'"),
    ],
)
def test_what_cannot_be_trained_is_refused(texts, options, message):
    with pytest.raises(ValueError, match=message):
        data.train_vocabulary(texts, **{"kind": "byte_pair"} | options)


def test_a_corpus_has_sentences_as_a_text_has_them_and_masks_no_special_token(tmp_path, tokenizer):
    vocabulary = tokenizer.vocabulary
    report = data.prepare_corpus(iter([TEXT * 2, TEXT * 3]), tmp_path, tokenizer, passage_tokens=29, progress=False)
    assert report.vocabulary_fingerprint == vocabulary.fingerprint
    dataset = data.pretraining_dataset(tmp_path, vocabulary, sequence_length=32, batch_size=4)
    for x, y, weights in dataset.take(3):
        ids, mask = np.array(x["token_ids"]), np.array(x["padding_mask"])
        assert (ids[:, 0] == 0).all() and (ids[mask == 0] == 1).all() and (ids[mask == 1] != 1).all()
        masked = np.array(y["mlm"])[np.array(weights["mlm"]) > 0]
        assert len(masked) and not set(masked) & {*vocabulary.special_ids}
        assert {"Ġthe", "the"} & {*spelled(tokenizer, ids)} <= {"Ġthe"}  # none begins a sentence without its space


def test_rows_of_pairs_have_robertas_layout(tokenizer):
    row = data.pack(tokenizer, ["the old"], ["lower"])
    first, second = (tokenizer(text).numpy().tolist() for text in ("the old", "lower"))
    assert np.array(row["token_ids"]).tolist() == [[0, *first, 2, 2, *second, 2]] and not np.any(row["segment_ids"])


def test_words_of_a_sentence_are_cut_as_in_a_text(tokenizer):
    words = WordRows([["the", "old", "lower"]], tokenizer, sequence_length=16)
    ids = np.array(words.inputs(np.array([0]), 16)["token_ids"])[0]
    first = words.positions_of_words(0)
    assert [spelled(tokenizer, ids)[place] for place in first][:2] == ["Ġthe", "Ġold"]
    expected = tokenizer(" the old lower").numpy().tolist()
    assert ids[1 : 1 + len(expected)].tolist() == expected


def test_an_answer_is_the_tokens_that_share_its_characters(tokenizer):
    question = data.Question("1", "who", TEXT, (data.Answer("newer", TEXT.index("newer")),))
    windows = data.QuestionWindows([question], tokenizer, sequence_length=96, stride=16, max_question_tokens=8)
    starts, ends, is_known = windows.answer_positions()
    assert is_known.all()
    window = int(np.flatnonzero(starts)[0])
    row = np.array(windows.inputs(np.array([window]), 96)["token_ids"])[0]
    assert tokenizer.detokenize(row[starts[window] : ends[window] + 1]).numpy() == b" newer"
    position, firsts, lasts, _ = windows.context_tokens(window)
    begin, end = firsts[starts[window] - position], lasts[ends[window] - position]
    assert TEXT[begin:end] == "newer"  # offsets leave the space out


def test_long_texts_are_cut_before_the_space_of_a_word(tokenizer):
    pieces, _ = data.cut_long_texts(data.Examples((TEXT.strip(),)), tokenizer, sequence_length=12, stride=8)
    assert len(pieces.texts) > 1
    words = {*TEXT.split()}
    assert all(word in words for piece in pieces.texts for word in piece.split())


def test_masks_take_the_space_before_them(tokenizer):
    encoder = BertEncoder(len(tokenizer.vocabulary), 1, 2, 8, 16, max_sequence_length=16, num_segments=1, pooler=False)
    pretrainer = BertPretrainer(encoder, next_sentence=False)
    ids = data.pack(tokenizer, ["the <mask> old"])["token_ids"]
    assert spelled(tokenizer, ids)[-3:] == ["<mask>", "Ġold", "</s>"]
    row = {"token_ids": ids, "segment_ids": np.zeros_like(ids), "padding_mask": np.ones_like(ids)}
    place = np.flatnonzero(np.array(ids)[0] == tokenizer.vocabulary.mask_id)
    logits = pretrainer.predict_on_batch(row | {"mask_positions": place[np.newaxis]})["mlm"][0, 0]
    logits = logits[: len(tokenizer.vocabulary)]
    [[(token, probability)]] = FillMask(pretrainer, tokenizer)("the <mask> old", top_k=1)
    assert token == tokenizer.vocabulary.tokens[int(np.argmax(logits))]
    np.testing.assert_allclose(probability, float(keras.ops.max(keras.ops.softmax(logits))), rtol=1e-4)


def test_words_are_added_to_wordpiece_alone(tokenizer):
    for change in (data.add_words, data.drop_words):
        with pytest.raises(ValueError, match="received a BytePairTokenizer"):
            change(tokenizer, ["a"])
