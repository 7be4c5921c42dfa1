import itertools
import json
import shutil

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from bert_keras.data.corpus.preparation import prepare_corpus
from bert_keras.data.corpus.report import CorpusReport, Shard
from bert_keras.data.pretraining.packed_rows import num_packed_rows, pack_documents
from bert_keras.data.pretraining.pretraining_dataset import pretraining_dataset
from bert_keras.data.tokenization.row_layout import RowLayout
from bert_keras.data.tokenization.vocabulary import SPECIAL_TOKENS
from bert_keras.data.tokenization.wordpiece_tokenizer import WordPieceTokenizer
from bert_keras.ops.next_tokens import next_tokens

LAYOUTS = [
    RowLayout(begin=(2,), between=(3,), end=(3,), pad_id=0),
    RowLayout(begin=(0,), between=(2, 2), end=(2,), pad_id=1, has_segments=False),
    RowLayout(begin=(), between=(), end=(3,), pad_id=0),
    RowLayout(begin=(2, 4), between=(), end=(3, 3), pad_id=0),
    RowLayout(begin=(), between=(), end=(), pad_id=0),
]


def sequences_of(token_ids, padding_mask):
    """The sequences of a row, once it is seen that they are numbered and lie side by side, with padding behind them."""
    numbers = padding_mask[padding_mask > 0]
    assert (padding_mask[len(numbers) :] == 0).all()
    assert sorted(set(numbers.tolist())) == list(range(1, numbers.max(initial=0) + 1)) == np.unique(numbers).tolist()
    assert (np.diff(numbers.astype(int)) >= 0).all()
    return [token_ids[padding_mask == number].tolist() for number in range(1, numbers.max(initial=0) + 1)]


def cut_out(row, layout):
    """The tokens of a sequence, once it is seen that the special tokens stand around them."""
    begin, end = list(layout.begin), list(layout.end)
    text = row[len(begin) : len(row) - len(end)]
    assert row == begin + text + end and text
    return text


@given(
    st.lists(st.lists(st.integers(1, 40), min_size=1, max_size=4), min_size=1, max_size=12),
    st.integers(8, 40),
    st.sampled_from(LAYOUTS),
    st.integers(0, 9),
)
def test_every_token_is_in_one_row_once_whatever_the_lengths(passages, sequence_length, layout, seed):
    lengths = [length for document in passages for length in document]
    documents = np.repeat(np.arange(len(passages)), [len(document) for document in passages])
    ids = np.arange(100, 100 + sum(lengths), dtype=np.int32)
    rows, mask = (
        part.numpy()
        for part in pack_documents(
            tf.constant(ids), tf.constant(lengths), tf.constant(documents), sequence_length, layout, [seed, 1]
        )
    )
    shard = Shard("", len(lengths), sum(lengths), 0, "", num_documents=len(passages))
    assert rows.shape == mask.shape == (num_packed_rows(shard, sequence_length, layout), sequence_length)
    assert (rows[mask == 0] == layout.pad_id).all()
    texts = [cut_out(row, layout) for pair in zip(rows, mask) for row in sequences_of(*pair)]
    assert sorted(token for text in texts for token in text) == ids.tolist()
    document_of = np.repeat(np.arange(len(passages)), [sum(document) for document in passages])
    for text in texts:  # in one piece, of one document
        assert text == list(range(text[0], text[-1] + 1))
        assert document_of[text[0] - 100] == document_of[text[-1] - 100]
    # Padding: what is left at the end of all; in other rows, at most room for special tokens before and behind a cut.
    assert ((mask[:-2] == 0).sum(axis=1) <= 2 * layout.num_special_tokens(1)).all()
    assert (mask == 0).sum() < sequence_length + 2 * layout.num_special_tokens(1) * len(rows)


def test_documents_are_cut_elsewhere_with_another_seed_even_one_alone():
    rows = [
        pack_documents(tf.range(10, 70), tf.constant([60]), tf.constant([0]), 16, LAYOUTS[0], [0, seed]).token_ids
        for seed in range(3)
    ]
    assert len({part.numpy().tobytes() for part in rows}) == 3


@pytest.fixture(scope="module")
def make(corpus, vocabulary):
    options = {"sequence_length": 32, "batch_size": 3, "seed": 3, "next_sentence": False, "rows": "packed"}

    def make(**changes):
        return pretraining_dataset(corpus, vocabulary, **options | changes)

    return make


NUM_ROWS = 5 + 5 + 5 + 2  # of shards of 7, 7, 7 and 3 passages, of 3, 3, 3 and 1 documents


def batches_of(dataset, num_batches=None):
    return list(itertools.islice(dataset.as_numpy_iterator(), num_batches))


def unmasked(x, y, weights):
    rows = x["token_ids"].copy()
    for row, slot in np.argwhere(weights["mlm"] == 1):
        rows[row, x["mask_positions"][row, slot]] = y["mlm"][row, slot]
    return rows


def assert_same(first, second):
    assert len(first) == len(second)
    for one, two in zip(first, second, strict=True):
        tf.nest.map_structure(np.testing.assert_array_equal, one, two)


def test_batches_keep_the_contract_with_numbered_sequences(make, vocabulary):
    x, y, weights = batches_of(make(), 1)[0]
    assert {name: part.shape for name, part in x.items()} == {
        "token_ids": (3, 32), "segment_ids": (3, 32), "padding_mask": (3, 32), "mask_positions": (3, 5)
    }  # fmt: skip
    assert {part.dtype for part in (*x.values(), *y.values())} == {np.dtype(np.int32)}
    assert list(y) == list(weights) == ["mlm"] and not x["segment_ids"].any()
    for row, mask in zip(unmasked(x, y, weights), x["padding_mask"]):
        for sequence in sequences_of(row, mask):
            words = [vocabulary.tokens[token] for token in cut_out(sequence, vocabulary.row_layout)]
            assert len({word.split("x")[0] for word in words if word.startswith("d")}) == 1  # document


@pytest.mark.parametrize("sequence_length", [16, pytest.param(128, marks=pytest.mark.slow)])
def test_an_epoch_has_every_token_once(make, vocabulary, documents, tokenizer, sequence_length):
    layout = vocabulary.row_layout
    validation = make(training=False, sequence_length=sequence_length)
    found = [token for batch in batches_of(validation) for token in unmasked(*batch).ravel().tolist()]
    expected = sorted(tokenizer(documents).flat_values.numpy().tolist())
    assert sorted(token for token in found if token not in vocabulary.special_ids) == expected
    shards = [(7 * 18, 3), (7 * 18, 3), (7 * 18, 3), (3 * 18, 1)]
    num_rows = sum(num_packed_rows(Shard("", 0, n, 0, "", d), sequence_length, layout) for n, d in shards)
    training = batches_of(make(sequence_length=sequence_length, batch_size=num_rows), 2)
    epochs = [unmasked(*batch) for batch in training]
    for epoch in epochs:
        assert sorted(epoch[~np.isin(epoch, vocabulary.special_ids)].tolist()) == expected
    assert not np.array_equal(*epochs)
    assert not np.array_equal(*(np.unique(epoch, axis=0) for epoch in epochs))  # cut elsewhere, too


def test_validation_ends_with_rows_of_an_empty_text_and_no_weight(make, vocabulary):
    dataset = make(training=False, batch_size=4)
    batches = batches_of(dataset)
    assert len(batches) == dataset.cardinality() == -(-NUM_ROWS // 4)
    assert_same(batches_of(dataset), batches)
    x, _, weights = batches[-1]
    assert (weights["mlm"].sum(axis=1) > 0).tolist() == [True] + 3 * [False]
    assert x["token_ids"][1].tolist() == [vocabulary.cls_id, vocabulary.sep_id] + 30 * [vocabulary.pad_id]
    assert x["padding_mask"][1].tolist() == [1, 1] + 30 * [0]


@pytest.mark.parametrize("start_step", [pytest.param(4, marks=pytest.mark.slow), 13])
def test_starting_at_a_step_gives_exactly_the_batches_from_there(make, start_step):
    options = {"masking": "spans", "mask_rate": 0.3, "final_mask_rate": 0.1, "num_steps": 9, "shuffle_shards": 2}
    whole = batches_of(make(**options), 15)
    assert_same(batches_of(make(**options, start_step=start_step), 15 - start_step), whole[start_step:])


@pytest.mark.parametrize("masking", ["tokens", "spans"])
def test_the_rate_is_honest_and_no_special_token_is_masked(make, vocabulary, masking):
    masked = tokens = 0
    for x, y, weights in batches_of(make(masking=masking, mask_rate=0.25, predictions_per_sequence=12), 40):
        used = weights["mlm"] == 1
        assert not np.isin(y["mlm"][used], vocabulary.special_ids).any()
        rows = unmasked(x, y, weights)
        tokens += (~np.isin(rows, vocabulary.special_ids)).sum()
        masked += used.sum()
    assert abs(masked / tokens - 0.25) < 0.02


def test_words_that_a_segmenter_found_are_masked_whole_in_packed_rows(tokenizer, documents, vocabulary, tmp_path):
    def pairs_of_words(text):
        words = text.split(" ")
        return [" ".join(words[i : i + 2]) + (" " if i + 2 < len(words) else "") for i in range(0, len(words), 2)]

    prepare_corpus(iter(documents), tmp_path, tokenizer, passage_tokens=13, word_segmenter=pairs_of_words)
    options = {"sequence_length": 40, "batch_size": 8, "masking": "words", "mask_rate": 0.3, "rows": "packed"}
    num_pairs = 0
    for x, y, weights in batches_of(pretraining_dataset(tmp_path, vocabulary, next_sentence=False, **options), 4):
        for row, positions, used in zip(unmasked(x, y, weights), x["mask_positions"], weights["mlm"] == 1):
            masked = {vocabulary.tokens[row[place]] for place in positions[used]}
            shown = {vocabulary.tokens[token] for token in row}
            for word in [word for word in masked if "x" in word[1:]]:
                document, number = map(int, word[1:].split("x"))
                sentence, place = divmod(number, 5)  # pairs begin anew in each sentence
                partner = f"d{document}x{5 * sentence + (place ^ 1)}"
                if place < 4 and partner in shown:
                    beside = np.flatnonzero(row == vocabulary.tokens.index(partner))
                    assert any(b in positions[used] for b in beside), (word, partner)
                    num_pairs += 1
    assert num_pairs


@pytest.mark.parametrize("task", [{"next_sentence": True}, {"next_sentence": None}, {"sentence_order": True}])
def test_a_task_on_pairs_of_texts_is_refused(make, task):
    with pytest.raises(ValueError, match="rows='packed' holds several sequences a row.*next_sentence=False"):
        make(**{"next_sentence": False} | task)


def test_a_corpus_whose_documents_were_not_counted_is_refused(corpus, vocabulary, tmp_path):
    copy = shutil.copytree(corpus, tmp_path / "copy")
    report = json.loads((copy / "corpus.json").read_text())
    for shard in report["shards"]:
        assert shard.pop("num_documents")
    (copy / "corpus.json").write_text(json.dumps(report))
    options = {"sequence_length": 32, "batch_size": 3, "next_sentence": False}
    assert CorpusReport.load(copy).shards[0].num_documents == 0
    pretraining_dataset(copy, vocabulary, **options)
    with pytest.raises(ValueError, match="did not count the documents of passages-00000.*prepare it again"):
        pretraining_dataset(copy, vocabulary, rows="packed", **options)


def test_a_report_that_counts_other_documents_than_there_are_is_refused(corpus, vocabulary, tmp_path):
    copy = shutil.copytree(corpus, tmp_path / "copy")
    report = json.loads((copy / "corpus.json").read_text())
    report["shards"][0]["num_documents"] += 40
    (copy / "corpus.json").write_text(json.dumps(report))
    options = {"sequence_length": 32, "batch_size": 3, "next_sentence": False, "rows": "packed"}
    dataset = pretraining_dataset(copy, vocabulary, **options)
    with pytest.raises(tf.errors.InvalidArgumentError, match="counts other documents or tokens than the shards hold"):
        batches_of(dataset, 1)


def test_rows_of_a_model_that_writes_are_unmasked_and_fillers_have_no_label(tmp_path):
    tokenizer = WordPieceTokenizer([*SPECIAL_TOKENS, "a", "b", "."])
    prepare_corpus(iter(["a b a. b.", "b b. a."]), tmp_path, tokenizer, passage_tokens=5, progress=False)
    options = dict(sequence_length=8, batch_size=4, masking=None, next_sentence=False)
    (x,) = pretraining_dataset(tmp_path, tokenizer.vocabulary, rows="packed", training=False, **options)
    assert sorted(x) == ["padding_mask", "segment_ids", "token_ids"] and not (x["token_ids"] == 4).numpy().any()
    labels = next_tokens(*(keras.ops.array(x[name].numpy()) for name in ("token_ids", "padding_mask")))
    labels = keras.ops.convert_to_numpy(labels)
    assert (labels == 3).sum() == len(sequences(x)) and (labels[-1] == -100).all()
    assert x["token_ids"].numpy()[-1].tolist() == [3] + [0] * 7  # a filler
    with pytest.raises(ValueError, match="rows of a model that writes are packed: pass rows='packed'"):
        pretraining_dataset(tmp_path, tokenizer.vocabulary, **options)


def sequences(x):
    rows = zip(x["token_ids"].numpy(), x["padding_mask"].numpy())
    return [sequence for row in rows for sequence in sequences_of(*row) if len(sequence) > 1]
