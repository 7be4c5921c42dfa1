"""The input pipeline of pretraining: a prepared corpus as masked batches with sentence pairs."""

import logging
import os
from collections.abc import Callable
from pathlib import Path

import tensorflow as tf

from bert_keras.data.corpus.check import check_fit, sound_shards
from bert_keras.data.corpus.passages import parse_passages
from bert_keras.data.corpus.report import CorpusReport
from bert_keras.data.pretraining.masking import MaskedTokens, TextSelectorMasking, TokenMasking, default_num_predictions
from bert_keras.data.pretraining.record_order import shuffled_records
from bert_keras.data.pretraining.sentence_pairs import sentence_pairs, single_texts
from bert_keras.data.rows.autotuner import without_autotuner
from bert_keras.data.rows.batches import check_numbers
from bert_keras.data.rows.encoder_inputs import assemble_rows
from bert_keras.data.rows.random_streams import random_stream
from bert_keras.data.tokenization.tokenizer import TokenIds

_logger = logging.getLogger(__name__)
_ROWS_AT_A_TIME = 256


def pretraining_dataset(
    directory: str | os.PathLike,
    vocabulary: TokenIds,
    *,
    sequence_length: int,
    batch_size: int,
    predictions_per_sequence: int | None = None,
    mask_rate: float = 0.15,
    masking: Callable[[tf.Tensor, tf.Tensor], MaskedTokens] | None = None,
    next_sentence: bool = True,
    seed: int = 0,
    training: bool = True,
    start_step: int = 0,
    shuffle_shards: int = 8,
    errors: str = "raise",
    verify: bool = True,
) -> tf.data.Dataset:
    """Batches for masked language modelling and next sentence prediction, with new pairs and masks in every epoch.

    Every batch is a function of `(seed, step)`: two datasets built alike give the same batches, and one that starts at
    step k gives those that another gives from k on. A passage longer than a row is seen through a random window, so
    one corpus serves several sequence lengths.

    Args:
        directory: A corpus made by `prepare_corpus`.
        vocabulary: `tokenizer.vocabulary`, which the corpus was made with.
        sequence_length: Length of a row, special tokens included.
        batch_size: Rows in a batch.
        predictions_per_sequence: Slots for masked tokens in a row; None for `ceil(mask_rate * sequence_length)`.
        mask_rate: Share of the tokens to predict.
        masking: Another rule than `TokenMasking`, such as `TextSelectorMasking`; `mask_rate` and
            `predictions_per_sequence` are not used then.
        next_sentence: False for rows of one text, without `nsp`.
        seed: Any integer.
        training: True for an endless stream. False for one pass over the corpus in a fixed order with fixed pairs and
            masks, whose last batch is filled up with rows of weight 0.
        start_step: Batches to leave out, for a run that goes on: `saving.step` of a `SaveAndResume`.
        shuffle_shards: Shards mixed at a time, in memory.
        errors: `"raise"` at a shard that is missing or damaged, or `"skip"` it, with a count in the log. A run that
            goes on is exact if it leaves out the same ones.
        verify: Whether to compare the checksum of every shard; otherwise its size is all that is looked at.

    Returns:
        A dataset of `(x, y, sample_weight)`:
        x `token_ids`, `segment_ids`, `padding_mask` (batch_size, sequence_length) and `mask_positions` (batch_size,
        predictions_per_sequence), int32; y `mlm` (batch_size, predictions_per_sequence) and `nsp` (batch_size,),
        int32, nsp 0 = really follows, 1 = random; sample_weight of the same names and shapes, float32.

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
    report = CorpusReport.load(directory)
    check_fit(Path(directory), report, vocabulary, sequence_length, next_sentence)
    shards = sound_shards(Path(directory), report, errors=errors, verify=verify)
    if predictions_per_sequence is None:
        predictions_per_sequence = default_num_predictions(sequence_length, mask_rate)
    masking = masking or TokenMasking(vocabulary, predictions_per_sequence, mask_rate)
    if start_step and isinstance(masking, TextSelectorMasking):
        _logger.warning("TextSelectorMasking draws its masks anew: the run continues with other ones than before")
    layout = vocabulary.row_layout
    max_tokens = sequence_length - layout.num_special_tokens(2 if next_sentence else 1)
    pair_stream, mask_stream = (random_stream(seed, use, training) for use in ("pairs", "masks"))

    @tf.autograph.experimental.do_not_convert  # there is nothing to convert, and looking for it takes a second
    def make_rows(number: tf.Tensor, records: tf.Tensor):
        passages = parse_passages(records)
        pair_seed, mask_seed = tf.stack([pair_stream, number]), tf.stack([mask_stream, number])
        if next_sentence:
            first, second, nsp = sentence_pairs(passages, max_tokens, pair_seed)
        else:
            first, second = single_texts(passages, max_tokens, pair_seed), None
        rows = assemble_rows(passages.token_ids, first, second, sequence_length, layout)
        masked = masking(rows["token_ids"], mask_seed)
        x = {**rows, "token_ids": masked.token_ids, "mask_positions": masked.mask_positions}
        y, sample_weight = {"mlm": masked.labels}, {"mlm": masked.weights}
        if next_sentence:
            y["nsp"], sample_weight["nsp"] = nsp, tf.cast(second.lengths > 0, tf.float32)
        return x, y, sample_weight

    def fill_up(records: tf.Tensor) -> tf.Tensor:
        return tf.ensure_shape(tf.pad(records, [[0, num_rows - tf.size(records)]]), [num_rows])

    # Small batches are made several at a time: it is some 500 little ops, and starting them costs more than their work.
    batches_at_a_time = max(1, _ROWS_AT_A_TIME // batch_size)
    num_rows = batches_at_a_time * batch_size
    first_number, skipped = divmod(start_step, batches_at_a_time)
    dataset = shuffled_records(
        [str(Path(directory, shard.name)) for shard in shards],
        [shard.num_passages for shard in shards],
        stream=random_stream(seed, "order", training),
        start=first_number * num_rows,  # nothing is parsed, and little read, of what is left out
        # Validation is shuffled, too: neighbours in a file are from one document and could not lend each other a
        # random second text.
        num_epochs=None if training else 1,
        shuffle_shards=shuffle_shards,
    )
    # In training a batch may hold the last records of an epoch and the first of the next, so none is lost and every
    # batch is full. In validation empty records, rows without tokens and weight, fill up the last batch.
    dataset = dataset.rebatch(num_rows, drop_remainder=training)
    if not training:
        dataset = dataset.map(fill_up)
    # Whole batches in dense ops: no row by row work, no Python.
    dataset = dataset.enumerate(first_number)
    dataset = dataset.map(make_rows, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
    dataset = dataset.rebatch(batch_size, drop_remainder=True).skip(skipped)
    if not training:
        num_batches = max(0, -(-sum(shard.num_passages for shard in shards) // batch_size) - start_step)
        dataset = dataset.take(num_batches)
    cardinality = tf.data.INFINITE_CARDINALITY if training else num_batches
    dataset = dataset.apply(tf.data.experimental.assert_cardinality(cardinality))
    return without_autotuner(dataset.prefetch(tf.data.AUTOTUNE))
