"""The input pipeline of pretraining: a prepared corpus as batches, masked and with sentence pairs, or neither."""

import dataclasses
import functools
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import tensorflow as tf

from bert_keras.data.corpus.check import check_fit, sound_shards
from bert_keras.data.corpus.passages import join_passages, parse_passages, parse_words
from bert_keras.data.corpus.report import CorpusReport
from bert_keras.data.pretraining.masked_tokens import MaskedTokens, default_num_predictions
from bert_keras.data.pretraining.masking import TextSelectorMasking
from bert_keras.data.pretraining.masking_rules import MaskingRule, check_rate_change, mask_rate_at, masking_rule
from bert_keras.data.pretraining.packed_rows import PackedRows, filled_up, num_packed_rows, read_packed
from bert_keras.data.pretraining.record_order import shuffled_records
from bert_keras.data.pretraining.sentence_order import ordered_pairs
from bert_keras.data.pretraining.sentence_pairs import sentence_pairs
from bert_keras.data.pretraining.text_ranges import single_texts
from bert_keras.data.pretraining.whole_word_masking import WholeWordMasking
from bert_keras.data.rows.autotuner import without_autotuner
from bert_keras.data.rows.batches import check_numbers
from bert_keras.data.rows.encoder_inputs import assemble_rows
from bert_keras.data.rows.random_streams import random_stream
from bert_keras.data.rows.writing_layout import writing_layout
from bert_keras.data.tokenization.tokenizer import TokenIds

_logger = logging.getLogger(__name__)
_ROWS_AT_A_TIME = 256
_BEGINS_WORD = 1 << 24  # added to an id; no vocabulary is as large
_PAIRS = {"nsp": sentence_pairs, "sop": ordered_pairs}


def pretraining_dataset(
    directory: str | os.PathLike,
    vocabulary: TokenIds,
    *,
    sequence_length: int,
    batch_size: int,
    predictions_per_sequence: int | None = None,
    mask_rate: float = 0.15,
    final_mask_rate: float | None = None,
    num_steps: int | None = None,
    mask_token_rate: float = 0.8,
    random_token_rate: float = 0.1,
    masking: MaskingRule | Callable[[tf.Tensor, tf.Tensor], MaskedTokens] | None = "tokens",
    next_sentence: bool | None = None,
    sentence_order: bool = False,
    rows: Literal["passage", "document", "packed"] = "passage",
    seed: int = 0,
    training: bool = True,
    start_step: int = 0,
    shuffle_shards: int = 8,
    errors: str = "raise",
    verify: bool = True,
) -> tf.data.Dataset:
    """Batches for masked language modelling and a task on pairs of texts, with new pairs and masks in every epoch.

    Every batch is a function of `(seed, step)`: two datasets built alike give the same batches, and one that starts at
    step k gives those that another gives from k on. A passage longer than a row is seen through a random window, so
    one corpus serves several sequence lengths.

    Args:
        directory: A corpus made by `prepare_corpus`.
        vocabulary: `tokenizer.vocabulary`, which the corpus was made with.
        sequence_length: Length of a row, special tokens included.
        batch_size: Rows in a batch.
        predictions_per_sequence: Slots for masked tokens in a row; None for `ceil(mask_rate * sequence_length)`, of the
            greater rate where it changes.
        mask_rate: Share of the tokens to predict.
        final_mask_rate: With it the share changes in training, linearly in the step, from `mask_rate` to this one.
        num_steps: Steps until it gets there; it stays there.
        mask_token_rate: Share of the selected tokens that become `[MASK]`; ELECTRA has 0.85.
        random_token_rate: Share of the selected tokens that become a random token; ELECTRA has 0. The rest stays.
        masking: Which tokens are masked: `"tokens"`, each for itself, `"words"`, `"ngrams"` or `"spans"`; or another
            rule, such as `TextSelectorMasking` or a function, for which these rates and `predictions_per_sequence` are
            not used. None masks nothing, for a `CausalLM`, which makes the labels itself: a batch is x alone.
        next_sentence: Whether rows are pairs whose second text follows or is random, with `nsp`; None where
            `sentence_order` is not asked for. Without either, a row is one text.
        sentence_order: Whether rows are pairs of texts that follow each other, in order or exchanged, with `sop`.
        rows: Where the text of a row is taken from: `"passage"`, or `"document"`, the passage and as many of those that
            follow it in its document as fill the row. So rows may be longer than the passages of the corpus; each
            passage begins one, so that an epoch sees a token as often as passages fill a row. `"packed"` leaves no
            padding: documents go through rows end to end, cut where a row is full, and where one ends in a row the
            next begins, with special tokens, positions and attention of its own. An epoch sees each token once. It
            goes with neither `next_sentence` nor `sentence_order`, which have one label a row.
        seed: Any integer.
        training: True for an endless stream. False for one pass over the corpus in a fixed order with fixed pairs and
            masks, whose last batch is filled up with rows of weight 0.
        start_step: Batches to leave out, for a run that goes on: `saving.step` of a `SaveAndResume`.
        shuffle_shards: Shards mixed at a time, in memory.
        errors: `"raise"` at a shard that is missing or damaged, or `"skip"` it, with a count in the log. A run that
            goes on is exact if it leaves out the same ones.
        verify: Whether to compare the checksum of every shard; otherwise its size is all that is looked at.

    Returns:
        A dataset of `(x, y, sample_weight)`, of x alone where nothing is masked:
        x `token_ids`, `segment_ids`, `padding_mask` (batch_size, sequence_length) and `mask_positions` (batch_size,
        predictions_per_sequence), int32; y `mlm` (batch_size, predictions_per_sequence) and `nsp` or `sop`
        (batch_size,), int32, nsp 0 = really follows, 1 = random, sop 0 = in order, 1 = exchanged; sample_weight of the
        same names and shapes, float32. The padding mask of a packed row numbers its sequences 1, 2, 3, ...

    Raises:
        FileNotFoundError: If the folder holds no complete corpus.
        ValueError: If corpus, vocabulary and lengths do not fit together, or a shard is damaged.

    Example:
        >>> import tempfile
        >>> from bert_keras.data import WordPieceTokenizer, prepare_corpus
        >>> tokenizer = WordPieceTokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "cat", "sat", "."])
        >>> directory = tempfile.mkdtemp()
        >>> texts = iter(["A cat sat. A cat sat.", "A cat. A cat."])
        >>> _ = prepare_corpus(texts, directory, tokenizer, passage_tokens=13, progress=False)
        >>> dataset = pretraining_dataset(directory, tokenizer.vocabulary, sequence_length=16, batch_size=2)
        >>> x, y, sample_weight = next(iter(dataset))
        >>> x["token_ids"].shape.as_list(), y["mlm"].shape.as_list(), y["nsp"].shape.as_list()
        ([2, 16], [2, 3], [2])
    """
    check_numbers(sequence_length, batch_size, start_step)
    if shuffle_shards < 1:
        raise ValueError(f"shuffle_shards must be at least 1, received {shuffle_shards}")
    task = _sentence_task(next_sentence, sentence_order)
    is_packed = rows == "packed"
    if is_packed and task:
        raise ValueError(
            "rows='packed' holds several sequences a row, and a task on pairs of texts has one label a row: pass "
            "next_sentence=False and no sentence_order (--sentence-task none), or rows='passage' or 'document'"
        )
    if masking is None and not is_packed:
        raise ValueError(
            f"rows of a model that writes are packed: pass rows='packed' (--rows packed) beside masking=None, received "
            f"{rows!r}"
        )
    report = CorpusReport.load(directory)
    layout = writing_layout(vocabulary) if masking is None else vocabulary.row_layout
    # Of a filler nothing is to be learned, and a row must have something to look at: where the next tokens are the
    # labels, one token, which has none behind it.
    filler = dataclasses.replace(layout, begin=(), end=layout.end[:1]) if masking is None else layout
    max_tokens = sequence_length - layout.num_special_tokens(2 if task else 1)
    num_joined = _num_joined(rows, max_tokens, report)
    check_fit(Path(directory), report, vocabulary, None if is_packed else sequence_length, task, num_joined)
    shards = sound_shards(Path(directory), report, errors=errors, verify=verify)
    rates = [mask_rate] if final_mask_rate is None else [mask_rate, final_mask_rate]
    if predictions_per_sequence is None:
        predictions_per_sequence = default_num_predictions(sequence_length, max(rates))
    rate_changes = training and final_mask_rate is not None
    if rate_changes:
        check_rate_change(masking, mask_rate, final_mask_rate, num_steps)
    if masking is not None and not callable(masking):
        actions = dict(mask_token_rate=mask_token_rate, random_token_rate=random_token_rate)
        masking = masking_rule(masking, vocabulary, predictions_per_sequence, mask_rate, **actions)
    has_words = "word_segmenter" in report.settings and isinstance(masking, WholeWordMasking)
    if start_step and isinstance(masking, TextSelectorMasking):
        _logger.warning("TextSelectorMasking draws its masks anew: the run continues with other ones than before")
    pair_stream, mask_stream, cut_stream = (random_stream(seed, use, training) for use in ("pairs", "masks", "cuts"))

    def tokens_of(records: tf.Tensor, token_ids: tf.Tensor) -> tf.Tensor:
        # Each token carries along whether it begins a word, wherever it gets.
        return token_ids + _BEGINS_WORD * parse_words(records) if has_words else token_ids

    def unmasked(number: tf.Tensor, records: tf.Tensor) -> tuple[dict, dict, dict]:
        records = tf.reshape(records, [-1])
        passages = parse_passages(records)
        token_ids = tokens_of(records, passages.token_ids)
        if num_joined > 1:
            passages = join_passages(passages, num_joined)
        pair_seed = tf.stack([pair_stream, number])
        if not task:
            text = single_texts(passages, max_tokens, pair_seed)
            return assemble_rows(token_ids, text, None, sequence_length, layout), {}, {}
        first, second, labels = _PAIRS[task](passages, max_tokens, pair_seed)
        x = assemble_rows(token_ids, first, second, sequence_length, layout)
        return x, {task: labels}, {task: tf.cast(second.lengths > 0, tf.float32)}

    def packed(packed_rows: PackedRows) -> tuple[dict, dict, dict]:
        token_ids, padding_mask = filled_up(PackedRows(*packed_rows), filler)
        x = {"token_ids": token_ids, "segment_ids": tf.zeros_like(token_ids)}
        return x | {"padding_mask": tf.cast(padding_mask, tf.int32)}, {}, {}

    @tf.autograph.experimental.do_not_convert  # there is nothing to convert, and looking for it takes a second
    def make_rows(number: tf.Tensor, records: tf.Tensor | PackedRows):
        x, y, sample_weight = packed(records) if is_packed else unmasked(number, records)
        if masking is None:
            return x
        known = {}
        if has_words:
            known["begins_word"] = x["token_ids"] >= _BEGINS_WORD
            x["token_ids"] %= _BEGINS_WORD
        if rate_changes:
            steps = number * batches_at_a_time + tf.range(num_rows, dtype=tf.int64) // batch_size
            known["mask_rate"] = mask_rate_at(steps[:, tf.newaxis], mask_rate, final_mask_rate, num_steps)
        masked = masking(x["token_ids"], tf.stack([mask_stream, number]), **known)
        x |= {"token_ids": masked.token_ids, "mask_positions": masked.mask_positions}
        return x, {"mlm": masked.labels} | y, {"mlm": masked.weights} | sample_weight

    def fill_up(records: tf.Tensor) -> tf.Tensor:
        missing = [[0, num_rows - tf.shape(records)[0]], *[[0, 0]] * (records.shape.rank - 1)]
        return tf.ensure_shape(tf.pad(records, missing), [num_rows, *records.shape[1:]])

    # Small batches are made several at a time: it is some 500 little ops, and starting them costs more than their work.
    batches_at_a_time = max(1, _ROWS_AT_A_TIME // batch_size)
    num_rows = batches_at_a_time * batch_size
    first_number, skipped = divmod(start_step, batches_at_a_time)
    counts, reading = [shard.num_passages for shard in shards], {"num_neighbours": num_joined - 1}
    if is_packed:
        read = functools.partial(read_packed, tokens_of=tokens_of, most_passages=max(counts), stream=cut_stream)
        reading = {"read": functools.partial(read, sequence_length=sequence_length, layout=layout)}
        counts = [num_packed_rows(shard, sequence_length, layout) for shard in shards]
    dataset = shuffled_records(
        [str(Path(directory, shard.name)) for shard in shards],
        counts,
        stream=random_stream(seed, "order", training),
        start=first_number * num_rows,  # nothing is parsed, and little read, of what is left out
        # Validation is shuffled, too: neighbours in a file are from one document and could not lend each other a
        # random second text.
        num_epochs=None if training else 1,
        shuffle_shards=shuffle_shards,
        **reading,
    )
    # In training a batch may hold the last records of an epoch and the first of the next, so none is lost and every
    # batch is full. In validation empty records, rows without tokens and weight, fill up the last batch.
    dataset = dataset.rebatch(num_rows, drop_remainder=training)
    if not training:
        dataset = dataset.map(lambda records: tf.nest.map_structure(fill_up, records))
    # Whole batches in dense ops: no row by row work, no Python.
    dataset = dataset.enumerate(first_number)
    dataset = dataset.map(make_rows, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
    dataset = dataset.rebatch(batch_size, drop_remainder=True).skip(skipped)
    if not training:
        num_batches = max(0, -(-sum(counts) // batch_size) - start_step)
        dataset = dataset.take(num_batches)
    cardinality = tf.data.INFINITE_CARDINALITY if training else num_batches
    dataset = dataset.apply(tf.data.experimental.assert_cardinality(cardinality))
    return without_autotuner(dataset.prefetch(tf.data.AUTOTUNE))


def _sentence_task(next_sentence: bool | None, sentence_order: bool) -> str | None:
    """Return the name of the task on the two texts of a row; None where a row is one text."""
    if next_sentence and sentence_order:
        raise ValueError("expected next_sentence or sentence_order, received both: a row has one task on its texts")
    if sentence_order:
        return "sop"
    return "nsp" if next_sentence in (None, True) else None


def _num_joined(rows: str, max_tokens: int, report: CorpusReport) -> int:
    """Return how many passages are read for a row: as many as fill it on average."""
    if rows not in ("passage", "document", "packed"):
        raise ValueError(f"rows must be 'passage', 'document' or 'packed', received {rows!r}")
    return 1 if rows != "document" else -(-max_tokens * report.num_passages // report.num_tokens)
