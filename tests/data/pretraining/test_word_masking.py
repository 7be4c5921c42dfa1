import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from bert_keras.data.pretraining.masking_rules import masking_rule
from bert_keras.data.pretraining.whole_word_masking import WholeWordMasking
from bert_keras.data.pretraining.word_run_masking import NgramMasking, SpanMasking, WordRunMasking
from bert_keras.data.tokenization.row_layout import RowLayout
from bert_keras.data.tokenization.vocabulary import Vocabulary

# Special tokens that are not the first ids, as in Google's vocabularies.
VOCABULARY = Vocabulary(
    ["a", "[PAD]", "b", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "中", *(f"w{x}" for x in range(60))]
    + [f"##{x}" for x in range(32)]
)
SPECIAL = list(VOCABULARY.special_ids)
ORDINARY = np.setdiff1d(np.arange(len(VOCABULARY)), SPECIAL)
RULES = (WholeWordMasking, NgramMasking, SpanMasking)


class SentencePieceIds:
    """As much of a `TokenIds` as masking asks for: a word begins with a meta symbol, and pieces go on without."""

    tokens = ("<s>", "<pad>", "</s>", "<unk>", "▁the", "▁un", "like", "ly", "▁", "北京", "人", "<mask>")
    unk_id, mask_id, special_ids = 3, 11, (0, 1, 2, 3, 11)
    continues_word = np.array([False] * 6 + [True, True, False, True, True, False])
    row_layout = RowLayout(begin=(0,), between=(2, 2), end=(2,), pad_id=1)
    fingerprint = "pieces"

    def __len__(self):
        return len(self.tokens)


def rows(batch, length, seed=0):
    """Random rows as the pipeline has them: [CLS] tokens [SEP] tokens [SEP] padding, with [UNK] among the tokens."""
    generator = np.random.default_rng(seed)
    ids = generator.choice(np.append(ORDINARY, VOCABULARY.unk_id), (batch, length)).astype(np.int32)
    used = generator.integers(3, length + 1, batch)
    ids[np.arange(length) >= used[:, None]] = VOCABULARY.pad_id
    ids[:, 0], ids[np.arange(batch), used - 1] = VOCABULARY.cls_id, VOCABULARY.sep_id
    ids[np.arange(batch), used // 2] = VOCABULARY.sep_id
    return ids


def words_of(row, begins_word=None, vocabulary=VOCABULARY):
    """The words of a row as lists of columns, by the plain rule."""
    words, before = [], "special"
    for column, token in enumerate(row.tolist()):
        if token in vocabulary.special_ids:
            before = "special"
            continue
        is_chinese = vocabulary.tokens[token] in ("中", "北京", "人")
        if begins_word is not None:
            begins = begins_word[column]
        else:
            begins = not vocabulary.continues_word[token] or is_chinese or before == "chinese"
        if begins or before == "special":
            words.append([])
        words[-1].append(column)
        before = "chinese" if is_chinese else "word"
    return words


def selected_columns(original, masked, num_predictions, vocabulary=VOCABULARY):
    """The masked columns of each row, once what must hold for every rule has been checked."""
    ids, positions, labels, weights = (tensor.numpy() for tensor in masked)
    assert positions.shape == labels.shape == weights.shape == (len(original), num_predictions)
    assert (ids.dtype, positions.dtype, labels.dtype, weights.dtype) == (np.int32, np.int32, np.int32, np.float32)
    selected = []
    for row in range(len(original)):
        used = weights[row] == 1
        assert set(weights[row]) <= {0, 1} and used[: used.sum()].all()
        assert (np.diff(positions[row][used]) > 0).all()
        assert not positions[row][~used].any() and not labels[row][~used].any()
        assert (labels[row][used] == original[row][positions[row][used]]).all()
        assert not np.isin(labels[row][used], vocabulary.special_ids).any()
        others = np.ones(original.shape[1], bool)
        others[positions[row][used]] = False
        assert (ids[row][others] == original[row][others]).all()
        shown = ids[row][~others]
        assert not np.isin(shown[shown != vocabulary.mask_id], vocabulary.special_ids).any()
        selected.append(set(positions[row][used].tolist()))
    return selected


@given(
    st.sampled_from(RULES), st.integers(1, 8), st.integers(3, 40), st.integers(1, 50), st.floats(0.01, 0.99),
    st.integers(0, 2**31),
)  # fmt: skip
def test_whole_words_of_ordinary_tokens_are_masked_and_the_rest_is_kept(
    rule, batch, length, num_predictions, mask_rate, seed
):
    original = rows(batch, length, seed)
    masking = rule(VOCABULARY, num_predictions, mask_rate)
    masked = masking(tf.constant(original), tf.constant([seed, 1]))
    for row, columns in zip(original, selected_columns(original, masked, num_predictions), strict=True):
        words = words_of(row)
        sizes = [len(word) for word in words]
        target = min(max(np.float32(mask_rate) * sum(sizes), min(sum(sizes), 1)), num_predictions)
        assert all(columns.issuperset(word) or columns.isdisjoint(word) for word in words)
        assert target - max(sizes, default=0) < len(columns) + 1e-4
        assert len(columns) < target + max(sizes, default=1)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("mask_rate", [0.15, 0.4])
def test_the_mean_share_is_the_rate(rule, mask_rate):
    original, num_predictions = rows(2000, 64), 50
    selected = selected_columns(
        original, rule(VOCABULARY, num_predictions, mask_rate)(tf.constant(original), tf.constant([3, 4])), 50
    )
    num_candidates = np.isin(original, ORDINARY).sum(axis=1)
    is_long = num_candidates >= 2 / mask_rate  # of short rows at least one token is masked, as by `TokenMasking`
    share = sum(map(len, np.array(selected)[is_long])) / num_candidates[is_long].sum()
    assert abs(share / mask_rate - 1) < 0.02


@pytest.mark.parametrize("rule", RULES)
def test_long_words_are_masked_as_often_as_short_ones(rule):
    word = [VOCABULARY.token_to_id(token) for token in ("w1", "##1", "##2", "##3")]
    row = np.array([VOCABULARY.cls_id, *(word + [VOCABULARY.token_to_id("w2")]) * 8, VOCABULARY.sep_id], np.int32)
    selected = selected_columns(
        original := np.tile(row, (3000, 1)), rule(VOCABULARY, 20, 0.3)(tf.constant(original), tf.constant([0, 1])), 20
    )
    counts = np.bincount([column for columns in selected for column in columns], minlength=42)[1:-1] / 3000
    assert (abs(counts.reshape(8, 5).mean(axis=0) - 0.3) < 0.015).all()


@pytest.mark.parametrize("rule", RULES)
def test_what_is_shown_instead(rule):
    original = rows(600, 100)
    masked = rule(VOCABULARY, 40)(tf.constant(original), tf.constant([1, 1]))
    is_used = masked.weights.numpy() == 1
    shown = np.take_along_axis(masked.token_ids.numpy(), masked.mask_positions.numpy(), axis=1)[is_used]
    labels = masked.labels.numpy()[is_used]
    assert abs((shown == VOCABULARY.mask_id).mean() - 0.8) < 0.04
    assert abs((shown == labels).mean() - 0.1) < 0.03
    assert len(set(shown)) > 0.8 * len(ORDINARY)  # random ones from all over the vocabulary


@pytest.mark.parametrize("rule", RULES)
def test_equal_seeds_give_equal_masks_eagerly_and_in_a_graph(rule):
    original, masking = tf.constant(rows(8, 40)), rule(VOCABULARY, 6)
    eager, other = (masking(original, tf.constant([5, seed])) for seed in (6, 7))
    for one, two in zip(eager, tf.function(masking)(original, tf.constant([5, 6])), strict=True):
        assert (one.numpy() == two.numpy()).all()
    assert (eager.mask_positions.numpy() != other.mask_positions.numpy()).any()


@pytest.mark.parametrize("rule", RULES)
def test_rows_without_words_and_words_longer_than_the_slots_have_no_weight(rule):
    empty = [VOCABULARY.cls_id, VOCABULARY.unk_id, VOCABULARY.sep_id, *[VOCABULARY.pad_id] * 4]
    long = [VOCABULARY.cls_id, 0, *[VOCABULARY.token_to_id("##7")] * 4, VOCABULARY.sep_id]
    original = np.array([empty, long], np.int32)
    assert selected_columns(original, rule(VOCABULARY, 3)(tf.constant(original), tf.constant([0, 0])), 3) == [set()] * 2


def test_pieces_of_sentencepiece_go_on_and_chinese_ones_stand_alone():
    vocabulary = SentencePieceIds()
    row = np.array([0, 4, 5, 6, 7, 9, 10, 7, 2, 2, 6, 7, 8, 9, 2, 1], np.int32)
    assert words_of(row, vocabulary=vocabulary) == [[1], [2, 3, 4], [5], [6], [7], [10, 11], [12], [13]]
    original, seen = np.tile(row, (400, 1)), set()
    masked = WholeWordMasking(vocabulary, 8, 0.2)(tf.constant(original), tf.constant([0, 1]))
    for columns in selected_columns(original, masked, 8, vocabulary):
        words = [word for word in words_of(row, vocabulary=vocabulary) if columns.issuperset(word)]
        assert sum(map(len, words)) == len(columns)
        seen.update(word[0] for word in words)
    assert seen == {1, 2, 5, 6, 7, 10, 12, 13}


@settings(max_examples=20)
@given(st.sampled_from(RULES), st.integers(0, 2**31))
def test_words_may_be_given(rule, seed):
    original = rows(6, 30, seed)
    begins_word = np.random.default_rng(seed).random(original.shape) < 0.5
    masking = rule(VOCABULARY, 10, 0.3)
    masked = masking(tf.constant(original), tf.constant([seed, 0]), begins_word=tf.constant(begins_word))
    for row, begins, columns in zip(original, begins_word, selected_columns(original, masked, 10), strict=True):
        assert all(columns.issuperset(word) or columns.isdisjoint(word) for word in words_of(row, begins))


def run_lengths(rule_of_length, num_words=240, **options):
    """Lengths of the masked runs of single-token words, so few of them that hardly two touch."""
    row = np.array([VOCABULARY.cls_id, *[0] * num_words, VOCABULARY.sep_id], np.int32)
    original = np.tile(row, (1500, 1))
    masking = rule_of_length(VOCABULARY, 40, 12 / num_words, **options)
    lengths = []
    for columns in selected_columns(original, masking(tf.constant(original), tf.constant([2, 2])), 40):
        columns = np.array(sorted(columns))
        lengths += [len(run) for run in np.split(columns, np.flatnonzero(np.diff(columns) > 1) + 1)]
    return np.array(lengths)


def test_ngrams_have_alberts_lengths():
    shares = np.bincount(run_lengths(NgramMasking), minlength=8) / len(run_lengths(NgramMasking))
    expected = np.array([6, 3, 2]) / 11
    assert (abs(shares[1:4] - expected) < 0.05).all()  # the last of a row may be cut, and neighbours may touch


def test_spans_have_spanberts_lengths():
    spans, ngrams = run_lengths(SpanMasking), run_lengths(NgramMasking)
    assert spans.mean() > 1.7 * ngrams.mean() and abs(np.median(spans) - 3) <= 1
    runs = WordRunMasking(VOCABULARY, 5, length_weights=SpanMasking(VOCABULARY, 5).length_weights)
    weights = np.array(runs.length_weights)
    assert abs((np.arange(1, 11) * weights).sum() / weights.sum() - 3.8) < 0.01


def test_all_of_a_span_are_shown_alike():
    row = np.array([VOCABULARY.cls_id, *[0] * 120, VOCABULARY.sep_id], np.int32)
    original = np.tile(row, (300, 1))
    masking = SpanMasking(VOCABULARY, 20, 0.05, stop_rate=0.01, max_words=5, random_token_rate=0.0)
    masked = masking(tf.constant(original), tf.constant([0, 3]))
    kinds = {tuple(sorted({*shown[columns].tolist()})) for shown, columns in zip(
        masked.token_ids.numpy(), map(sorted, selected_columns(original, masked, 20)), strict=True
    )}  # fmt: skip
    # Six tokens a row are one span of five and one token of another: both kinds may occur together in a row.
    assert {(0,), (VOCABULARY.mask_id,)} <= kinds
    alike = [len({*shown[c : c + 4].tolist()}) == 1 for shown, columns in zip(
        masked.token_ids.numpy(), map(sorted, selected_columns(original, masked, 20)), strict=True
    ) for c in columns if {c, c + 1, c + 2, c + 3, c + 4} <= set(columns)]  # fmt: skip
    assert np.mean(alike) > 0.95


@pytest.mark.parametrize("rule", RULES)
def test_another_rate_for_each_row(rule):
    original = rows(400, 60)
    rates = np.where(np.arange(400) < 200, 0.1, 0.5).astype(np.float32)[:, None]
    masked = rule(VOCABULARY, 50)(tf.constant(original), tf.constant([0, 0]), mask_rate=tf.constant(rates))
    counts = masked.weights.numpy().sum(axis=1)
    num_candidates = np.isin(original, ORDINARY).sum(axis=1)
    assert abs(counts[:200].sum() / num_candidates[:200].sum() - 0.1) < 0.02
    assert abs(counts[200:].sum() / num_candidates[200:].sum() - 0.5) < 0.03


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: masking_rule("word", VOCABULARY, 3, 0.15), "one of tokens, words, ngrams, spans.*received 'word'"),
        (lambda: NgramMasking(VOCABULARY, 3, max_words=0), "max_words must be at least 1, received 0"),
        (lambda: SpanMasking(VOCABULARY, 3, stop_rate=1.0), "received 1.0 and 10"),
        (lambda: WordRunMasking(VOCABULARY, 3, length_weights=[]), r"length_weights.*received \[\]"),
        (lambda: WordRunMasking(VOCABULARY, 3, length_weights=[0.5, -1]), "length_weights"),
        (lambda: WholeWordMasking(VOCABULARY, 0), "num_predictions must be at least 1"),
    ],
)
def test_impossible_rules_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
