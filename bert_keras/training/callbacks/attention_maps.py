"""Where heads look, from epoch to epoch, as pictures for TensorBoard."""

import math
import os
from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np

from bert_keras.keras_internals import batch_counter
from bert_keras.training.callbacks.encoder_rows import encoder_rows
from bert_keras.training.callbacks.event_writer import EventWriter
from bert_keras.training.callbacks.watching.markdown import plain
from bert_keras.training.drawing import heat_map, legend
from bert_keras.training.resuming.model_state import read_variable
from bert_keras.types import Logs

_PIXELS_A_TOKEN, _LARGEST = 15, 480  # as high as a letter, as long as that is not too much


class AttentionMaps(keras.callbacks.Callback):
    """Draws the attention scores of sentences before training and after each epoch, a block's heads in one picture.

    A row is a token that looks, a column one that is looked at; the darkest cell of a head is its highest score, which
    stands above it.

    Args:
        encoder: `BertEncoder`.
        inputs: dict of its inputs for the sentences, (rows, length) int arrays, as `bert_keras.data.pack` makes them.
        tokens: for each sentence its tokens, special ones included, padding left out or not.
        log_dir: folder for `tensorboard --logdir`, the same as for `StepTensorBoard`.
        blocks: numbers of the blocks, from 0, or from -1 for the last. Default (-1,).
        heads: numbers of the heads, None for all.

    Raises:
        ValueError: where it is no encoder, its attention has no scores to show, there is no such block or head, a
            sentence is longer than its positions, or it has not as many tokens as there are names.

    Example:
        >>> import tempfile
        >>> from bert_keras.models import BertEncoder
        >>> from bert_keras.training.callbacks import AttentionMaps
        >>> encoder = BertEncoder.from_size("tiny", vocabulary_size=100)
        >>> ids = np.array([[2, 17, 45, 3]])
        >>> inputs = {"token_ids": ids, "segment_ids": 0 * ids, "padding_mask": 0 * ids + 1}
        >>> tokens = [["[CLS]", "a", "cat", "[SEP]"]]
        >>> callbacks = [AttentionMaps(encoder, inputs, tokens, tempfile.mkdtemp(), heads=[0])]  # for model.fit
    """

    only_shows = True

    def __init__(
        self,
        encoder: keras.Model,
        inputs: Mapping[str, Any],
        tokens: Sequence[Sequence[str]],
        log_dir: str | os.PathLike,
        *,
        blocks: Sequence[int] = (-1,),
        heads: Sequence[int] | None = None,
    ):
        super().__init__()
        self.inputs = encoder_rows(encoder, inputs)
        self.log_dir = str(log_dir)
        self._inspector = encoder.inspector()
        scores = self._inspector.output["attention_scores"]
        num_heads = scores[0].shape[1] or encoder.num_heads
        self.blocks = [_existing(block, len(scores), "block") for block in blocks]
        self.heads = [_existing(head, num_heads, "head") for head in (range(num_heads) if heads is None else heads)]
        lengths = (self.inputs["padding_mask"] != 0).sum(1)
        if len(tokens) != len(lengths) or any(len(some) < length for some, length in zip(tokens, lengths)):
            raise ValueError(
                f"Expected names for {lengths.tolist()} tokens of {len(lengths)} sentences, received "
                f"{[len(some) for some in tokens]}."
            )
        self.tokens = [list(some)[:length] for some, length in zip(tokens, lengths)]

    def on_train_begin(self, logs: Logs = None) -> None:
        self._writer = EventWriter(os.path.join(self.log_dir, "train"))
        if self._step() == 0:  # a run that goes on has its last ones already
            self._write()

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        self._write()

    def _step(self):
        return int(read_variable(batch_counter(self.model.optimizer)))

    def _write(self):
        step, scores = self._step(), self._inspector(self.inputs, training=False)["attention_scores"]
        for block in self.blocks:
            of_block = np.asarray(read_variable(scores[block]), "float32")  # (sentences, heads, length, length)
            for number, tokens in enumerate(self.tokens):
                pictures = [_picture(of_block[number, head], head, tokens) for head in self.heads]
                tag, names = f"attention/block_{block}/sentence_{number + 1}", plain(legend(tokens))
                self._writer.image(tag, _side_by_side(pictures), step, description=names)


def _existing(number, count, what):
    if not -count <= number < count:
        raise ValueError(f"Expected a {what} from 0 to {count - 1}, or from -1 for the last; received {number}.")
    return number % count


def _picture(scores, head, tokens):
    scores = scores[: len(tokens), : len(tokens)]
    highest = float(scores.max())
    size = min(_PIXELS_A_TOKEN * len(tokens), _LARGEST)
    return heat_map(scores / max(highest, 1e-9), tokens, tokens, title=f"head {head}, highest {highest:.2f}", size=size)


def _side_by_side(pictures):
    """Put pictures into about as many rows as columns, on white."""
    height, width = (max(picture.shape[axis] for picture in pictures) for axis in (0, 1))
    columns = math.ceil(math.sqrt(len(pictures)))
    sheet = np.full((-(-len(pictures) // columns) * height, columns * width, 3), 255, "uint8")
    for number, picture in enumerate(pictures):
        row, column = divmod(number, columns)
        top, left = row * height, column * width
        sheet[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
    return sheet
