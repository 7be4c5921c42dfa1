"""The rows of writing: a source with its target behind it, to be learned from, or alone, to be written on."""

import dataclasses
import logging
from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from bert_keras.data.generation.generation_examples import GenerationExamples
from bert_keras.data.rows.batches import batches_of
from bert_keras.data.rows.encoder_inputs import truncate_longest_first
from bert_keras.data.rows.rows import entries_of_rows
from bert_keras.data.rows.token_rows import TokenRows
from bert_keras.data.rows.tokenized_texts import tokenize_all
from bert_keras.data.rows.writing_layout import writing_layout
from bert_keras.data.tokenization.row_layout import RowLayout
from bert_keras.data.tokenization.tokenizer import Tokenizer

_logger = logging.getLogger(__name__)


class GenerationRows(TokenRows):
    """Sources and targets as `Rows` for a `PrefixLM`: `[CLS] source [SEP] target [SEP]`, the target in segment 1.

    The turns of a dialogue stand behind each other, parted as two texts are. Of a row that is too long the longer one
    of source and target is cut: a text at its end, a dialogue at its beginning, where its oldest turns are. How many
    are cut is logged, of targets apart, for a model learns to stop where a target was cut.

    A batch is its inputs alone: the model itself makes the labels of them. Words are scored at the `output_positions`
    alone, (batch, positions) int32: the tokens before those of the target, and, where a target is shorter than others,
    the row's last place, which has no label. A filler has no target, and so no label.

    Args:
        examples: From `read_generation`, with targets.
        tokenizer: Turns strings into a RaggedTensor of ids, e.g. a `WordPieceTokenizer`.
        sequence_length: The longest row, special tokens included.

    Raises:
        ValueError: If there is no example, there are no targets, or the tokenizer has no end token.

    Example:
        >>> from bert_keras.data import WordPieceTokenizer
        >>> tokenizer = WordPieceTokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "so", "good", "bad"])
        >>> rows = GenerationRows(GenerationExamples(("so good",), ("bad",)), tokenizer, sequence_length=8)
        >>> x = rows.inputs(np.array([0]), 7)
        >>> x["token_ids"].numpy().tolist(), x["segment_ids"].numpy().tolist()
        ([[2, 5, 6, 3, 7, 3, 0]], [[0, 0, 0, 0, 1, 1, 0]])
    """

    def __init__(self, examples: GenerationExamples, tokenizer: Tokenizer, *, sequence_length: int):
        if not len(examples) or examples.targets is None:
            raise ValueError(f"expected examples with targets, received {len(examples)} without")
        layout = writing_layout(tokenizer.vocabulary)
        room = sequence_length - layout.num_special_tokens(2)
        ids, starts, lengths = _source_tokens(examples.turns, tokenizer, layout)
        target_ids, target_starts, target_lengths = tokenize_all(examples.targets, tokenizer)
        kept, kept_target = (part.numpy() for part in truncate_longest_first(lengths, target_lengths, room))
        for name, some, all_ in (("sources", kept, lengths), ("targets", kept_target, target_lengths)):
            if num_cut := int((some < all_).sum()):
                _logger.warning(
                    "%d of %d %s were cut, for their rows are longer than sequence_length=%d; the longest of them has "
                    "%d tokens",
                    num_cut, len(examples), name, sequence_length, int(all_[some < all_].max()),
                )  # fmt: skip
        first = _kept(examples, starts, lengths, kept), kept
        second = target_starts + len(ids), kept_target
        ids = np.concatenate([ids, target_ids])
        super().__init__(ids, first, second, tokenizer, sequence_length=sequence_length, layout=layout)
        num_written = kept_target + len(layout.end)
        most_written = np.zeros(sequence_length + 1, np.int32)  # in a row of a length, or of a shorter one
        np.maximum.at(most_written, self.row_lengths, num_written)
        with tf.device("CPU"):
            self._most_written = tf.constant(np.maximum.accumulate(most_written))
            self._written = tf.constant(np.stack([self.row_lengths, num_written], axis=1), tf.int32)

    def inputs(self, numbers: tf.Tensor, length: tf.Tensor | int) -> dict[str, tf.Tensor]:
        """As `Rows.inputs`, with `output_positions`."""
        x = super().inputs(numbers, length)
        with tf.device("CPU"):
            numbers = tf.cast(numbers, tf.int32)
            is_row = tf.cast(numbers >= 0, tf.int32)[:, tf.newaxis]
            ends, num_written = tf.split(entries_of_rows(self._written, numbers), 2, axis=1)
            place = tf.range(self._most_written[length])[tf.newaxis]
            positions = tf.where(place < num_written, ends - num_written - 1 + place, length - 1)
            return x | {"segment_ids": x["segment_ids"] * is_row, "output_positions": positions}


class PromptRows(TokenRows):
    """Sources as `Rows` without targets, as far as the place where a model begins to write.

    Args:
        examples: With or without targets.
        tokenizer: As for `GenerationRows`.
        sequence_length: The longest prompt, special tokens included.
        parted: Whether a source ends where a target begins, for a `PrefixLM`; False for a `CausalLM`, which goes on in
            the text.
        long_prompts: What becomes of longer ones: "raise" refuses them, "cut" cuts a text at its end and a dialogue,
            or the text that a `CausalLM` goes on in, at its beginning, and logs how many.

    Raises:
        ValueError: If the tokenizer has no end token, a prompt is too long, or `long_prompts` is another word.

    Example:
        >>> from bert_keras.data import WordPieceTokenizer
        >>> tokenizer = WordPieceTokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "so", "good"])
        >>> rows = PromptRows(GenerationExamples(("so good", "so")), tokenizer, sequence_length=8)
        >>> rows.inputs(np.array([0, 1]), 4)["token_ids"].numpy().tolist()
        [[2, 5, 6, 3], [2, 5, 3, 0]]
    """

    def __init__(
        self,
        examples: GenerationExamples,
        tokenizer: Tokenizer,
        *,
        sequence_length: int,
        parted: bool = True,
        long_prompts: str = "raise",
    ):
        check_long_prompts(long_prompts)
        layout = writing_layout(tokenizer.vocabulary)
        ids, starts, lengths = _source_tokens(examples.turns, tokenizer, layout)
        layout = dataclasses.replace(layout, end=layout.between if parted else ())
        room = sequence_length - layout.num_special_tokens(1)
        if (is_long := lengths > room).any():
            number = int(np.argmax(is_long))
            message = (
                f"{int(is_long.sum())} of {len(examples)} prompts are longer than {sequence_length} tokens, which "
                f"leave room for what is written; the first, number {number + 1}, has "
                f"{int(lengths[number]) + layout.num_special_tokens(1)}: {str(examples.sources[number])[:60]!r}"
            )
            if long_prompts == "raise" or room < 1:
                raise ValueError(f"{message}. Cut it, ask for fewer new tokens, or pass long_prompts='cut'")
            _logger.warning("%s; they were cut", message)
        kept = np.minimum(lengths, max(room, 0))
        starts = _kept(examples, starts, lengths, kept) if parted else starts + lengths - kept
        super().__init__(ids, (starts, kept), None, tokenizer, sequence_length=sequence_length, layout=layout)


def check_long_prompts(long_prompts: str) -> None:
    """Refuse a word that does not say what becomes of long prompts.

    Args:
        long_prompts: "raise" or "cut".

    Raises:
        ValueError: For another word.
    """
    if long_prompts not in ("raise", "cut"):
        raise ValueError(f"long_prompts must be 'raise' or 'cut', received {long_prompts!r}")


def _source_tokens(
    turns: Sequence[Sequence[str]], tokenizer: Tokenizer, layout: RowLayout
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the ids of all sources end to end, their starts and lengths; turns are parted as two texts are."""
    counts = np.array([len(some) for some in turns], np.int32)
    ids, starts, lengths = tokenize_all([turn for some in turns for turn in some] or [""], tokenizer)
    if (counts == 1).all():
        return ids, starts[: len(turns)], lengths[: len(turns)]
    texts, first = [], 0
    for count in counts.tolist():
        parts = [ids[starts[i] : starts[i] + lengths[i]] for i in range(first, first + count)]
        for part in parts[:-1]:
            texts += [part, np.array(layout.between, np.int32)]
        texts.append(parts[-1])
        first += count
    ends = np.cumsum(lengths, dtype=np.int32)[np.cumsum(counts) - 1]
    ends = ends + np.cumsum(counts - 1, dtype=np.int32) * len(layout.between)
    lengths = np.diff(ends, prepend=0).astype(np.int32)
    return np.concatenate(texts), (ends - lengths).astype(np.int32), lengths


def _kept(examples: GenerationExamples, starts: np.ndarray, lengths: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """Return where sources begin that are cut: dialogues at their beginning, texts at their end."""
    is_dialogue = np.array([not isinstance(source, str) for source in examples.sources], bool)
    return starts + np.where(is_dialogue, lengths - kept, 0).astype(np.int32)


def generation_dataset(
    examples: GenerationExamples, tokenizer: Tokenizer, *, sequence_length: int, batch_size: int, **options: Any
) -> tf.data.Dataset:
    """Make batches of sources and targets: `batches` of `GenerationRows`.

    Args:
        examples: As for `GenerationRows`, as are the next two.
        tokenizer: What makes token ids of strings.
        sequence_length: The longest row.
        batch_size: Rows in a batch.
        **options: Further ones of `batches`.

    Returns:
        A dataset of the inputs of a `PrefixLM`, as `GenerationRows` says.

    Example:
        >>> from bert_keras.data import WordPieceTokenizer
        >>> tokenizer = WordPieceTokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "so", "good", "bad"])
        >>> examples = GenerationExamples(("so good", "so"), ("bad", "bad bad"))
        >>> dataset = generation_dataset(examples, tokenizer, sequence_length=8, batch_size=2, training=False)
        >>> next(iter(dataset))["token_ids"][1].numpy().tolist()[:7]
        [2, 5, 3, 7, 7, 3, 0]
    """
    sizes = dict(sequence_length=sequence_length, batch_size=batch_size)
    return batches_of(GenerationRows, examples, tokenizer, **sizes, **options)
