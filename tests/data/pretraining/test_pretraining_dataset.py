import itertools
import logging
import re
import shutil

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_text

from bert_keras.data.corpus.preparation import prepare_corpus
from bert_keras.data.pretraining import pretraining_dataset as module
from bert_keras.data.pretraining.masked_tokens import MaskedTokens
from bert_keras.data.pretraining.masking import TextSelectorMasking
from bert_keras.data.pretraining.pretraining_dataset import pretraining_dataset
from bert_keras.data.pretraining.sentence_pairs import sentence_pairs
from bert_keras.data.tokenization.vocabulary import Vocabulary

NUM_PASSAGES = 24


def batches_of(dataset, num_batches=None):
    return list(itertools.islice(dataset.as_numpy_iterator(), num_batches))


def flat(batch):
    x, y, weights = batch
    parts = [("", x), ("y ", y), ("w ", weights)]
    return {prefix + name: value for prefix, part in parts for name, value in part.items()}


def assert_same(first, second):
    assert len(first) == len(second)
    for one, two in zip(map(flat, first), map(flat, second), strict=True):
        for name in one:
            np.testing.assert_array_equal(one[name], two[name], err_msg=name)


@pytest.fixture(scope="module")
def make(corpus, vocabulary):
    def make(**options):
        return pretraining_dataset(corpus, vocabulary, **{"sequence_length": 21, "batch_size": 5, "seed": 3, **options})

    return make


@pytest.fixture(scope="module")
def batches(make):
    """Three epochs."""
    return batches_of(make(), 15)


def test_what_is_shown_in_place_of_selected_tokens_can_be_chosen(make, vocabulary):
    x, y, weights = batches_of(make(mask_token_rate=1.0, random_token_rate=0.0), 1)[0]
    shown = np.take_along_axis(x["token_ids"], x["mask_positions"], axis=1)
    assert set(shown[weights["mlm"] == 1]) == {vocabulary.mask_id}
    x, y, weights = batches_of(make(mask_token_rate=0.0, random_token_rate=0.0), 1)[0]
    shown = np.take_along_axis(x["token_ids"], x["mask_positions"], axis=1)
    np.testing.assert_array_equal(shown[weights["mlm"] == 1], y["mlm"][weights["mlm"] == 1])


def test_batches_keep_the_contract(make, batches):
    spec = make().element_spec
    shapes = [({name: tuple(part.shape) for name, part in parts.items()}) for parts in spec]
    rows, slots = (5, 21), (5, 4)
    names = ("token_ids", "segment_ids", "padding_mask")
    assert shapes[0] == {**dict.fromkeys(names, rows), "mask_positions": slots}
    assert shapes[1] == shapes[2] == {"mlm": slots, "nsp": (5,)}
    x, y, weights = batches[0]
    assert {array.dtype for array in (*x.values(), *y.values())} == {np.dtype(np.int32)}
    assert {array.dtype for array in weights.values()} == {np.dtype(np.float32)}


def test_rows_are_what_bert_reads(batches, vocabulary):
    for x, y, weights in batches:
        for row in range(5):
            ids, segments, mask = (x[name][row] for name in ("token_ids", "segment_ids", "padding_mask"))
            separators = np.flatnonzero(ids == vocabulary.sep_id)
            assert ids[0] == vocabulary.cls_id and len(separators) == 2
            assert mask.tolist() == (np.arange(21) <= separators[1]).astype(int).tolist()
            assert (
                segments.tolist()
                == ((np.arange(21) > separators[0]) & (np.arange(21) <= separators[1])).astype(int).tolist()
            )
            assert (ids[mask == 0] == vocabulary.pad_id).all()
            assert weights["mlm"][row].sum() == 3  # 15 % of 18
            used = weights["mlm"][row] == 1
            assert not np.isin(y["mlm"][row][used], vocabulary.special_ids).any()
    assert all((weights["nsp"] == 1).all() for _, _, weights in batches)


def test_the_label_says_whether_the_second_text_follows(batches, vocabulary):
    labels = []
    for x, y, weights in batches:
        originals = x["token_ids"].copy()
        for row in range(5):
            used = weights["mlm"][row] == 1
            originals[row, x["mask_positions"][row][used]] = y["mlm"][row][used]
            words = [vocabulary.tokens[token] for token in originals[row]]
            first, second = (
                {word.split("x")[0] for word, segment in zip(words, x["segment_ids"][row], strict=True)
                 if word.startswith("d") and segment == wanted}
                for wanted in (0, 1)
            )  # fmt: skip
            assert len(first) == len(second) == 1
            assert (first != second) == y["nsp"][row]
            labels.append(y["nsp"][row])
    assert 0.3 < np.mean(labels) < 0.7


def test_the_same_call_gives_the_same_batches(make, batches):
    assert_same(batches_of(make(), 6), batches[:6])


@pytest.mark.parametrize("start_step", [1, 4, 5, 11])
def test_starting_at_a_step_gives_exactly_the_batches_from_there(make, batches, start_step):
    assert_same(batches_of(make(start_step=start_step), 15 - start_step), batches[start_step:])


def test_another_seed_gives_other_batches(make, batches):
    assert (flat(batches_of(make(seed=4), 1)[0])["token_ids"] != flat(batches[0])["token_ids"]).any()


def test_pairs_and_masks_are_new_in_every_epoch(make):
    whole = batches_of(make(batch_size=NUM_PASSAGES), 2)
    positions = [np.sort(x["mask_positions"], axis=0).tolist() for x, _, _ in whole]
    assert positions[0] != positions[1]


def test_an_epoch_has_every_passage_once(make, vocabulary, documents, tokenizer):
    x, y, weights = batches_of(make(batch_size=NUM_PASSAGES, next_sentence=False), 1)[0]
    originals = x["token_ids"].copy()
    for row, slot in np.argwhere(weights["mlm"] == 1):
        originals[row, x["mask_positions"][row, slot]] = y["mlm"][row, slot]
    ordinary = originals[~np.isin(originals, vocabulary.special_ids)]
    assert sorted(ordinary) == sorted(tokenizer(documents).flat_values.numpy())


def test_validation_is_one_fixed_pass_with_filler_at_the_end(make):
    dataset = make(training=False)
    batches = batches_of(dataset)
    assert len(batches) == dataset.cardinality() == 5
    assert_same(batches_of(dataset), batches)
    _, y, weights = batches[-1]
    assert weights["nsp"].tolist() == [1, 1, 1, 1, 0]
    assert not weights["mlm"][4].any() and weights["mlm"][:4].sum() == 12
    assert np.concatenate([y["nsp"] for _, y, _ in batches]).any()


def test_one_text_a_row(make, vocabulary):
    for x, y, weights in batches_of(make(next_sentence=False), 3):
        assert ((x["token_ids"] == vocabulary.sep_id).sum(axis=1) == 1).all()
        assert not x["segment_ids"].any() and list(y) == list(weights) == ["mlm"]


def test_one_corpus_serves_other_lengths(make, vocabulary):
    for x, _, weights in batches_of(make(sequence_length=12), 5):
        assert x["padding_mask"].all()
        assert (weights["mlm"].sum(axis=1) == 1).all()


def test_a_batch_may_be_larger_than_the_corpus(make):
    assert batches_of(make(batch_size=50), 1)[0][0]["token_ids"].shape == (50, 21)


def test_a_masking_of_the_users_own(make, vocabulary):
    selector = tensorflow_text.RandomItemSelector(4, 0.15, unselectable_ids=list(vocabulary.special_ids))
    chooser = tensorflow_text.MaskValuesChooser(len(vocabulary), vocabulary.mask_id)
    masking = TextSelectorMasking(vocabulary, 4, selector, chooser)
    dataset = make(masking=masking)
    assert dataset.element_spec == make().element_spec
    assert batches_of(dataset, 1)[0][2]["mlm"].sum() > 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sequence_length": 7}, "sequence_length must be at least 8, received 7"),
        ({"mask_rate": 1.5}, "mask_rate must lie between 0 and 1"),
        ({"batch_size": 0}, "batch_size must be at least 1, received 0"),
        ({"start_step": -1}, "start_step must not be negative, received -1"),
        ({"predictions_per_sequence": 0}, "num_predictions must be at least 1"),
    ],
)
def test_impossible_options_raise(make, options, message):
    with pytest.raises(ValueError, match=message):
        make(**options)


def test_another_vocabulary_raises(corpus, vocabulary):
    with pytest.raises(ValueError, match="was made with another vocabulary: .* received one of"):
        pretraining_dataset(corpus, Vocabulary([*vocabulary.tokens, "x1"]), sequence_length=21, batch_size=5)


def test_a_missing_corpus_raises(tmp_path, vocabulary):
    with pytest.raises(FileNotFoundError, match="holds no complete corpus"):
        pretraining_dataset(tmp_path, vocabulary, sequence_length=21, batch_size=5)


def test_a_missing_or_truncated_shard_raises(corpus, tmp_path, vocabulary):
    copy = tmp_path / "copy"
    shutil.copytree(corpus, copy)
    shard = copy / "passages-00001-of-00004.tfrecord"
    shard.write_bytes(shard.read_bytes()[:-3])
    with pytest.raises(ValueError, match="passages-00001-of-00004.tfrecord is damaged: .* bytes, expected"):
        pretraining_dataset(copy, vocabulary, sequence_length=21, batch_size=5)
    shard.unlink()
    with pytest.raises(FileNotFoundError, match="lacks its shard passages-00001-of-00004.tfrecord"):
        pretraining_dataset(copy, vocabulary, sequence_length=21, batch_size=5)


@pytest.fixture
def damaged(corpus, tmp_path):
    """The corpus with one bit of its second shard flipped, and a file that is none of its shards."""
    copy = shutil.copytree(corpus, tmp_path / "copy")
    shard = copy / "passages-00001-of-00004.tfrecord"
    content = bytearray(shard.read_bytes())
    content[40] ^= 1
    shard.write_bytes(content)
    shutil.copy(shard, copy / "passages-00004-of-00004.tfrecord")
    return copy


def test_a_flipped_bit_raises(damaged, vocabulary):
    with pytest.raises(ValueError, match="passages-00001-of-00004.tfrecord is damaged: sha256"):
        pretraining_dataset(damaged, vocabulary, sequence_length=21, batch_size=5)


def test_damaged_shards_are_skipped_and_counted_and_the_position_stays_exact(damaged, vocabulary, caplog):
    options = {"sequence_length": 21, "batch_size": 5, "errors": "skip"}
    batches = batches_of(pretraining_dataset(damaged, vocabulary, **options), 8)
    assert "1 of 4 shards are left out, and 7 of 24 passages with them" in caplog.text
    assert_same(batches_of(pretraining_dataset(damaged, vocabulary, start_step=6, **options), 2), batches[6:])
    validation = pretraining_dataset(damaged, vocabulary, training=False, **options)
    assert validation.cardinality() == len(list(validation)) == 4  # 17 passages
    (damaged / "passages-00002-of-00004.tfrecord").unlink()
    pretraining_dataset(damaged, vocabulary, **options)
    assert "lacks its shard passages-00002" in caplog.text and "2 of 4 shards are left out" in caplog.text


def test_a_corpus_without_a_whole_shard_is_an_error(damaged, vocabulary):
    for path in damaged.glob("*.tfrecord"):
        path.unlink()
    with pytest.raises(ValueError, match="no shard of the corpus .* is whole"):
        pretraining_dataset(damaged, vocabulary, sequence_length=21, batch_size=5, errors="skip")


def test_masks_that_cannot_be_drawn_again_are_told(corpus, vocabulary, caplog):
    selector = tensorflow_text.RandomItemSelector(4, 0.15, unselectable_ids=list(vocabulary.special_ids))
    chooser = tensorflow_text.MaskValuesChooser(len(vocabulary), vocabulary.mask_id)
    masking = TextSelectorMasking(vocabulary, 4, selector, chooser)
    pretraining_dataset(corpus, vocabulary, sequence_length=21, batch_size=5, masking=masking, start_step=1)
    assert "draws its masks anew" in caplog.text


def test_a_single_document_cannot_give_random_pairs(tmp_path, documents, tokenizer):
    prepare_corpus(iter(documents[:1]), tmp_path, tokenizer, passage_tokens=13)
    options = {"sequence_length": 21, "batch_size": 2}
    with pytest.raises(ValueError, match="is one document.*next_sentence=False"):
        pretraining_dataset(tmp_path, tokenizer.vocabulary, **options)
    batches_of(pretraining_dataset(tmp_path, tokenizer.vocabulary, next_sentence=False, **options), 1)


@pytest.mark.parametrize(
    ("sequence_length", "message"), [(64, "70 % of them will be padding.*passage_tokens=61"), (10, "sees about 39 %")]
)
def test_says_when_rows_and_passages_do_not_fit(make, caplog, sequence_length, message):
    with caplog.at_level(logging.WARNING):
        make(sequence_length=sequence_length)
    assert caplog.records and re.search(message, caplog.text)


def test_masks_are_drawn_from_another_seed_in_each_group_of_batches(make, monkeypatch):
    monkeypatch.setattr(module, "_ROWS_AT_A_TIME", 1)  # one batch at a time

    def masking(token_ids, seed):
        slots = tf.ones([5, 2], tf.int64)
        return MaskedTokens(token_ids, seed * slots, tf.zeros_like(slots), tf.zeros_like(slots))

    seeds = [x["mask_positions"][0] for x, _, _ in batches_of(make(masking=masking), 4)]
    assert [step for _, step in seeds] == [0, 1, 2, 3] and len({stream for stream, _ in seeds}) == 1


def test_pairs_are_drawn_from_another_seed_in_each_group_of_batches(make, monkeypatch):
    monkeypatch.setattr(module, "_ROWS_AT_A_TIME", 1)
    seeds = []

    def pairs(passages, max_tokens, seed):
        tf.py_function(lambda x: seeds.append(x.numpy().tolist()), [seed], [])
        return sentence_pairs(passages, max_tokens, seed)

    monkeypatch.setitem(module._PAIRS, "nsp", pairs)
    batches_of(make(), 4)
    assert {step for _, step in seeds} >= {0, 1, 2, 3} and len({stream for stream, _ in seeds}) == 1


def test_training_and_validation_draw_otherwise(make):
    (training, *_), (validation, *_) = (
        batches_of(make(batch_size=NUM_PASSAGES, training=training), 1) for training in (True, False)
    )
    assert not np.array_equal(training[0]["token_ids"], validation[0]["token_ids"])


def test_the_length_is_known(make):
    assert make().cardinality() == tf.data.INFINITE_CARDINALITY
    assert make(training=False).cardinality() == 5


@pytest.mark.parametrize("seed", [-1, 2**63, 10**30])
def test_any_integer_is_a_seed(make, batches, seed):
    first, second = (batches_of(make(seed=seed), 1) for _ in range(2))
    assert_same(first, second)
    assert not np.array_equal(first[0][0]["token_ids"], batches[0][0]["token_ids"])


def test_no_shard_at_a_time_is_refused(make):
    with pytest.raises(ValueError, match="shuffle_shards must be at least 1, received 0"):
        make(shuffle_shards=0)


def test_a_document_that_lends_no_other_its_text_is_warned_of(tmp_path, tokenizer, documents, caplog):
    texts = ["\n\n".join(documents), "D0x1 d0x2. D0x3."]
    prepare_corpus(iter(texts), tmp_path, tokenizer, passage_tokens=13)
    with caplog.at_level(logging.WARNING):
        pretraining_dataset(tmp_path, tokenizer.vocabulary, sequence_length=21, batch_size=5)
    assert "24 of the 25 passages are of one document" in caplog.text


def test_the_label_says_whether_two_texts_of_a_document_are_in_order(make, vocabulary):
    labels = []
    for x, y, weights in batches_of(make(sentence_order=True, masking="words"), 10):
        assert list(y) == list(weights) == ["mlm", "sop"] and (weights["sop"] == 1).all()
        originals = unmasked(x, y, weights)
        for row in range(5):
            segments = x["segment_ids"][row]
            first, second = (
                [tuple(map(int, word[1:].split("x"))) for word, segment in zip(
                    (vocabulary.tokens[token] for token in originals[row]), segments, strict=True
                ) if "x" in word[1:] and segment == wanted]
                for wanted in (0, 1)
            )  # fmt: skip
            assert {document for document, _ in first} == {document for document, _ in second}
            assert (first[0] > second[0]) == y["sop"][row]
            labels.append(y["sop"][row])
    assert 0.3 < np.mean(labels) < 0.7


@pytest.mark.parametrize(
    "options",
    [
        {"sentence_order": True, "masking": "spans"},
        {"next_sentence": False, "masking": "ngrams", "mask_rate": 0.4, "final_mask_rate": 0.1, "num_steps": 7},
    ],
)
def test_every_choice_starts_at_a_step_as_it_would_go_on(make, options):
    whole = batches_of(make(**options), 9)
    assert_same(batches_of(make(**options, start_step=4), 5), whole[4:])


def test_the_mask_rate_goes_to_the_final_one_by_the_step_alone(make):
    options = dict(mask_rate=0.5, final_mask_rate=0.1, num_steps=20, masking="tokens")
    counts = np.array([weights["mlm"].sum(axis=1) for _, _, weights in batches_of(make(**options), 24)])
    expected = np.round(18 * np.maximum(0.5 - 0.4 * np.arange(24) / 20, 0.1))
    assert counts.shape == (24, 5)
    assert (abs(counts - expected[:, None]) <= 1).all()
    assert make(**options).element_spec[1]["mlm"].shape == (5, 11)  # room for the greater rate
    validation = batches_of(make(**options, training=False))
    assert validation[0][2]["mlm"].sum(axis=1).tolist() == [9] * 5


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"next_sentence": True, "sentence_order": True}, "next_sentence or sentence_order, received both"),
        ({"final_mask_rate": 0.1}, "needs num_steps.*received None"),
        ({"final_mask_rate": 1.1, "num_steps": 3}, "final_mask_rate must lie between 0 and 1, received 1.1"),
        ({"final_mask_rate": 0.1, "num_steps": 3, "masking": lambda ids, seed: None}, "received a function"),
        ({"masking": "word"}, "masking must be one of tokens, words, ngrams, spans"),
    ],
)
def test_choices_that_do_not_go_together_are_refused(make, options, message):
    with pytest.raises(ValueError, match=message):
        make(**options)


def test_order_needs_no_second_document(tokenizer, documents, tmp_path):
    prepare_corpus(iter(documents[:1]), tmp_path, tokenizer, passage_tokens=13)
    options = dict(sequence_length=21, batch_size=2, sentence_order=True)
    _, y, _ = batches_of(pretraining_dataset(tmp_path, tokenizer.vocabulary, **options), 1)[0]
    assert y["sop"].shape == (2,)


def unmasked(x, y, weights):
    """The rows before they were masked."""
    originals = x["token_ids"].copy()
    for row, slot in np.argwhere(weights["mlm"] == 1):
        originals[row, x["mask_positions"][row, slot]] = y["mlm"][row, slot]
    return originals


def test_rows_go_on_in_their_document_where_they_are_longer_than_a_passage(make, vocabulary):
    options = dict(rows="document", sequence_length=52, batch_size=NUM_PASSAGES, next_sentence=False)
    x, y, weights = batches_of(make(**options), 1)[0]
    found, expected = [], []
    for row in unmasked(x, y, weights):
        words = [vocabulary.tokens[token] for token in row if vocabulary.tokens[token].startswith("d")]
        document, numbers = zip(*(map(int, word[1:].split("x")) for word in words), strict=True)
        assert len(set(document)) == 1 and set(np.diff(numbers)) == {1}
        found.append(int((~np.isin(row, vocabulary.special_ids)).sum()))
    for passage in range(NUM_PASSAGES):  # 4 of 18 tokens in a document, 7 in a shard
        expected.append(min(50, 18 * min(4 - passage % 4, 7 - passage % 7)))
    assert sorted(found) == sorted(expected)
    assert_same(batches_of(make(**options, start_step=1), 1), batches_of(make(**options), 2)[1:])
    with pytest.raises(ValueError, match="rows must be 'passage', 'document' or 'packed', received 'text'"):
        make(rows="text")


def pairs_of_words(text):
    """Two words each are one: "d0x1 d0x2" is a word here."""
    words = text.split(" ")
    return [" ".join(words[i : i + 2]) + (" " if i + 2 < len(words) else "") for i in range(0, len(words), 2)]


@pytest.mark.parametrize("task", [{}, {"sentence_order": True}])
def test_words_that_a_segmenter_found_are_masked_whole(tokenizer, documents, vocabulary, tmp_path, task):
    prepare_corpus(iter(documents), tmp_path, tokenizer, passage_tokens=13, word_segmenter=pairs_of_words)
    options = dict(sequence_length=40, batch_size=24, masking="words", mask_rate=0.3)
    num_whole = 0
    for x, y, weights in batches_of(pretraining_dataset(tmp_path, vocabulary, **options, **task), 4):
        assert x["token_ids"].max() < len(vocabulary)
        for row, original in enumerate(unmasked(x, y, weights)):
            masked = set(x["mask_positions"][row][weights["mlm"][row] == 1].tolist())
            words = [vocabulary.tokens[token] for token in original]
            for column in range(1, 39):
                # Sentences have five words and a stop: 0 1 | 2 3 | 4 .
                if words[column].startswith("d") and int(words[column].split("x")[1]) % 5 in (0, 2, 4):
                    is_together = not words[column + 1].startswith("[")
                    assert not is_together or (column in masked) == (column + 1 in masked)
                    num_whole += is_together and column in masked
    assert num_whole > 50
