import dataclasses
import itertools

import numpy as np
import pytest

from bert_keras.data.tagging.tag_rows import TagRows, tagging_dataset
from bert_keras.data.tagging.tagged_files import read_tagged_sentences
from bert_keras.data.tagging.tagged_sentences import TaggedSentences, sentences_of_texts

NAMES = ("ADJ", "NOUN", "VERB")


def sentences_of(*words, tags=None):
    texts = tuple(" ".join(some) for some in words)
    ends = [list(itertools.accumulate((len(word) + 1 for word in some), initial=0)) for some in words]
    offsets = tuple(tuple((begin, end - 1) for begin, end in itertools.pairwise(some)) for some in ends)
    tags = tags or tuple(tuple(NAMES[(i + len(some)) % 3] for i in range(len(some))) for some in words)
    return TaggedSentences(tuple(map(tuple, words)), texts, offsets, tags, tag_names=NAMES)


def read(dataset):
    """The rows of all batches as lists, free rows and padding left out."""
    rows = []
    for x, y, weights in dataset.as_numpy_iterator():
        assert y.shape == weights.shape == x["token_ids"].shape and y.dtype == np.int32
        assert not (y * (weights == 0)).any()
        rows += [
            (ids[:length].tolist(), tags[:length].tolist(), weight[:length].astype(int).tolist())
            for ids, tags, weight, length in zip(x["token_ids"], y, weights, x["padding_mask"].sum(1), strict=True)
        ]
    return rows


def test_tags_stand_on_first_pieces_of_basic_tokens(tokenizer):
    words = ("people", "d1x1's", "\u200b")
    tokens = ("people", "d1x1", "'", "s")
    pieces = [tokenizer(token).numpy().tolist() for token in tokens]
    options = {"sequence_length": 32, "batch_size": 1, "training": False}
    ((ids, tags, weights),) = read(tagging_dataset(sentences_of(words), tokenizer, **options))
    assert ids[1:-1] == sum(pieces, []) == tokenizer(" ".join(words)).numpy().tolist()
    firsts = [1 + sum(map(len, pieces[:i])) for i in range(len(tokens))]
    assert np.flatnonzero(weights).tolist() == firsts
    one, two, _ = sentences_of(words).tags[0]
    assert [NAMES[tags[i]] for i in firsts] == [one, two, two, two]


def test_tags_stand_on_first_pieces_of_the_files_words_where_those_will_be_given(tokenizer):
    words = ("people", "d1x1", "...", "\u200b")
    pieces = [tokenizer(word).numpy().tolist() or [tokenizer.vocabulary.unk_id] for word in words]
    sentences = sentences_of(words)
    ((ids, tags, weights),) = read(
        tagging_dataset(sentences, tokenizer, words="file", sequence_length=32, batch_size=1, training=False)
    )
    assert ids == [tokenizer.vocabulary.cls_id, *sum(pieces, []), tokenizer.vocabulary.sep_id]
    firsts = [1 + sum(map(len, pieces[:i])) for i in range(len(words))]
    assert np.flatnonzero(weights).tolist() == firsts
    assert [NAMES[tags[i]] for i in firsts] == list(sentences.tags[0])


def test_windows_lose_and_double_no_word(tokenizer):
    lengths = (40, 0, 3, 25, 1)
    sentences = sentences_of(*(["d1x1"] * length for length in lengths))
    dataset = tagging_dataset(
        sentences, tokenizer, sequence_length=16, buckets=(8, 16), batch_size=4, training=False, overlap=6
    )
    tags = np.concatenate([y[weights > 0] for _, y, weights in dataset.as_numpy_iterator()])
    assert [[NAMES[tag] for tag in some] for some in sentences.split(tags)] == [list(some) for some in sentences.tags]
    assert len(read(dataset)) > len(lengths)


def test_a_word_longer_than_a_row_keeps_its_first_pieces(tokenizer):
    options = {"sequence_length": 16, "batch_size": 1, "training": False}
    ((ids, _, weights),) = read(tagging_dataset(sentences_of(("." * 50,)), tokenizer, words="file", **options))
    assert len(ids) == 16 and sum(weights) == 1
    rows = read(tagging_dataset(sentences_of(("." * 50,)), tokenizer, **options))
    assert len(rows) > 1 and sum(sum(weights) for _, _, weights in rows) == 50  # tokens of raw text, in windows


def test_training_shuffles_and_evaluation_does_not(tokenizer):
    sentences = sentences_of(*(["d1x1"] * (length + 1) for length in range(9)))
    options = {"sequence_length": 32, "batch_size": 2}
    ordered = read(tagging_dataset(sentences, tokenizer, training=False, **options))
    shuffled = read(tagging_dataset(sentences, tokenizer, training=True, **options))
    assert ordered != shuffled
    assert sorted(ordered) == sorted(shuffled)


def test_tags_are_numbered_by_the_models_and_unknown_ones_are_refused(tokenizer):
    sentences = sentences_of(("people",), tags=(("VERB",),))
    options = {"sequence_length": 32, "batch_size": 1, "training": False}
    ((_, tags, _),) = read(tagging_dataset(sentences, tokenizer, tag_names=("VERB", "X"), **options))
    assert tags[1] == 0
    with pytest.raises(ValueError, match="tag 'VERB' is not among the known ones: 'X', 'Y'"):
        tagging_dataset(sentences, tokenizer, tag_names=("X", "Y"), **options)


def test_spans_without_tags_are_refused(tokenizer):
    nested = dataclasses.replace(sentences_of_texts(["d1x1"]), spans=(((0, 1, "a"),),))
    with pytest.raises(ValueError, match="read them with a scheme"):
        tagging_dataset(nested, tokenizer, sequence_length=32, batch_size=1, training=False)


def test_texts_without_tags_have_weights_all_the_same(tokenizer):
    ((_, tags, weights),) = read(
        tagging_dataset(sentences_of_texts(["d1x1!"]), tokenizer, sequence_length=32, batch_size=1, training=False)
    )
    assert sum(weights) == 2 and not any(tags)
    (row,) = read(
        tagging_dataset(sentences_of_texts([""]), tokenizer, sequence_length=32, batch_size=1, training=False)
    )
    assert sum(row[2]) == 0


def test_sentences_are_a_plain_value():
    assert len(TaggedSentences((), (), ())) == 0


@pytest.mark.parametrize(
    ("suffix", "text"),
    [
        (".conll", "the O\nU.K. B-loc\n\n" + "a O\nSmith-Carter's/d1 B-per\n" * 9),
        (".jsonl", '{"text": "the U.K. met 北京 (d1x1).", "spans": [[4, 8, "loc"], [13, 15, "loc"]]}\n'),
        (
            ".conllu",
            "1-2\tcan't\t_\t_\t_\t_\t_\t_\t_\t_\n1\tca\t_\tO\t_\t_\t_\t_\t_\t_\n2\tn't\t_\tO\t_\t_\t_\t_\t_\tx\n"
            "3\tU.\t_\tB-loc\t_\t_\t_\t_\t_\tSpaceAfter=No\n4\tK.\t_\tI-loc\t_\t_\t_\t_\t_\t_\n\n",
        ),
    ],
)
def test_training_has_tags_where_prediction_on_raw_text_reads_them(tokenizer, tmp_path, suffix, text):
    (tmp_path / f"train{suffix}").write_text(text)
    sentences = read_tagged_sentences(tmp_path / f"train{suffix}")
    options = {"sequence_length": 16, "batch_size": 1}
    batches = tagging_dataset(sentences, tokenizer, training=False, **options).as_numpy_iterator()
    learned = [tokens_and_places(x, weights > 0) for x, _, weights in batches]
    raw = TagRows(sentences_of_texts(sentences.texts), tokenizer, sequence_length=16, words="file")
    assert learned == [read_in_prediction(raw, number) for number in range(len(raw.row_lengths))]


def tokens_and_places(x, is_read):
    """The tokens of the one row of a batch, and where its tags are."""
    (length,) = x["padding_mask"].sum(1)
    return x["token_ids"][0, :length].tolist(), is_read[0, :length].tolist()


def read_in_prediction(rows, number):
    """The tokens of a row, and where a predictor reads the tags of the words that the row speaks for."""
    window, length = rows.windows[number][1], rows.row_lengths[number]
    words = rows.words_at_positions(number, length)
    is_read = (words >= window.owned_start) & (words < window.owned_end)
    return rows.inputs([number], length)["token_ids"][0].numpy().tolist(), is_read.tolist()
