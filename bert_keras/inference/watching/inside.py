"""What of a model's inside can be watched on some rows of any task: attention, vectors, layers."""

import dataclasses
import os
from collections.abc import Sequence

import keras
import numpy as np

from bert_keras import data
from bert_keras.data.rows.rows import takes_seed
from bert_keras.training import callbacks
from bert_keras.training.callbacks.encoder_rows import encoder_rows

_NUM_SENTENCES = 2  # whose attention is drawn
_MOST_TOKENS = 32  # of such a sentence, so that the picture has room for its words
_NUM_VECTORS = 40
_NUM_BATCH_ROWS = 4


@dataclasses.dataclass(frozen=True)
class Inside:
    """Whose inside to watch, and on which rows.

    Attention is drawn of the first two of the rows that have at most 32 tokens, or of the two shortest; the projector
    has the vectors of 40 rows from the first to the last, and the 10 000 tokens that are the most frequent in them; the
    layers see 4 rows, chosen in the same way: files may be sorted by label.

    Args:
        model: The model that is trained, with an `encoder`.
        tokenizer: What made the rows.
        rows: `data.Rows` with targets, of validation where there is such a part; or a batch of a dataset, as arrays.
        sentences: Other rows whose attention to draw, None for these.
        has_vectors: Whether rows are texts whose vectors say something, and not pieces of a corpus.

    Example:
        >>> from bert_keras.data import Examples, TextRows, WordPieceTokenizer
        >>> from bert_keras.inference import Inside
        >>> from bert_keras.models import BertEncoder, TextClassifier
        >>> tokenizer = WordPieceTokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "so", "good", "bad"])
        >>> examples = Examples(("so good", "so bad"), labels=(0, 1), label_names=("yes", "no"))
        >>> model = TextClassifier(BertEncoder.from_size("tiny", vocabulary_size=7), num_classes=2)
        >>> inside = Inside(model, tokenizer, TextRows(examples, tokenizer, sequence_length=16))
        >>> import tempfile
        >>> [type(callback).__name__ for callback in inside.callbacks(("attention", "projector"), tempfile.mkdtemp())]
        ['AttentionMaps', 'TokenProjector', 'SentenceProjector']
    """

    model: keras.Model
    tokenizer: "data.Tokenizer"
    rows: "data.Rows | tuple"
    sentences: "data.Rows | None" = None
    has_vectors: bool = True

    def callbacks(self, views: Sequence[str], log_dir: str | os.PathLike) -> list[keras.callbacks.Callback]:
        """Return the callbacks of `fit` that show them.

        Args:
            views: "attention", "projector", "layers", or some of them.
            log_dir: Folder for TensorBoard.

        Raises:
            ValueError: If there is nothing to show: a model without an encoder, or an attention without scores.
        """
        makers = {"attention": self._of_attention, "projector": self._of_vectors, "layers": self._of_layers}
        rows = _BatchRows(self.rows) if isinstance(self.rows, tuple) else self.rows
        return [callback for view in views for callback in makers[view](rows, log_dir)]

    def _of_attention(self, rows, log_dir):
        rows = self.sentences or rows
        short = np.flatnonzero(rows.row_lengths <= _MOST_TOKENS)
        numbers = (short if len(short) else np.argsort(rows.row_lengths, kind="stable"))[:_NUM_SENTENCES]
        x = {
            name: some[:_NUM_SENTENCES] for name, some in encoder_rows(self._encoder, _batch(rows, numbers)[0]).items()
        }
        names = [
            token.replace("Ġ", "_").replace("▁", "_") for token in self.tokenizer.vocabulary.tokens
        ]  # for the font
        tokens = [[names[token] for token in row] for row in x["token_ids"]]
        return [callbacks.AttentionMaps(self._encoder, x, tokens, log_dir)]

    def _of_vectors(self, rows, log_dir):
        x, *targets = _batch(rows, _spread(rows, _NUM_VECTORS))
        ids, is_token = x["token_ids"], x["padding_mask"] != 0
        vocabulary, encoder = self.tokenizer.vocabulary, self._encoder
        counts = np.bincount(ids[is_token], minlength=len(vocabulary))
        special = np.isin(np.arange(len(vocabulary)), vocabulary.special_ids)
        kinds = np.where(special, "special", np.where(vocabulary.continues_word, "goes on", "begins a word"))
        tokens = callbacks.TokenProjector(
            encoder, vocabulary.tokens, log_dir, columns={"kind": kinds}, counts=counts
        )  # fmt: skip
        if not self.has_vectors:
            return [tokens]
        num_texts = 1 if ids.ndim == 2 else ids.shape[1]  # a row may be several texts, such as choices
        texts = self.tokenizer.detokenize(ids.reshape(-1, ids.shape[-1]), skip_special_tokens=True)
        labels = {"text": [text.decode() for text in texts.numpy()]}
        if num_texts > 1:
            labels["place"] = list(range(1, 1 + num_texts)) * len(ids)
        if (names := self._label_names(targets)) is not None:
            labels["label"] = np.repeat(names, num_texts)
        pooling = getattr(self.model, "pooling", None)
        pooling = pooling if pooling in ("first", "pooled") else "mean"
        chosen = dict(pooling=pooling, out_of=num_texts * len(rows.row_lengths))
        return [tokens, callbacks.SentenceProjector(encoder, x, labels, log_dir, **chosen)]

    def _of_layers(self, rows, log_dir):
        return [callbacks.LayerStatistics(log_dir, _batch(rows, _spread(rows, _NUM_BATCH_ROWS)))]

    @property
    def _encoder(self):
        return getattr(self.model, "encoder", None)

    def _label_names(self, targets):
        """Say what each row is labelled with, None where a row has no one label, such as tags and spans."""
        y, names = targets[0] if targets else None, getattr(self.model, "labels", None)
        if not isinstance(y, np.ndarray):
            return None
        if y.ndim == 1:
            is_class = names is not None and y.dtype.kind == "i"
            return [names[number] if is_class else str(number) for number in y]
        if y.ndim == 2 and y.dtype.kind == "f" and names is not None and y.shape[1] == len(names):
            return [", ".join(np.array(names)[row > 0]) or "none" for row in y]
        return None


class _BatchRows:
    """A batch of arrays as `Rows`."""

    def __init__(self, batch):
        self.x, *self.others = keras.tree.map_structure(np.asarray, batch)
        self.row_lengths = (self.x["padding_mask"] != 0).sum(-1)

    def inputs(self, numbers, length):
        return keras.tree.map_structure(lambda some: some[numbers], self.x)

    def targets(self, numbers, length):
        return keras.tree.map_structure(lambda some: some[numbers], tuple(self.others))


def _spread(rows, most):
    """Return the numbers of at most so many rows, evenly from the first to the last."""
    num_rows = len(rows.row_lengths)
    return np.linspace(0, num_rows - 1, min(most, num_rows)).round().astype("int32")


def _batch(rows, numbers):
    """Return x, y and sample_weight of some rows as arrays, always the same; x alone of rows without targets."""
    numbers = numbers.astype("int32")
    noise = {"seed": np.zeros(2, "int64")} if takes_seed(rows) else {}
    length = int(np.asarray(rows.row_lengths)[numbers].max())
    x, targets = rows.inputs(numbers, length, **noise), rows.targets(numbers, length)
    return keras.tree.map_structure(np.asarray, (x, *(targets or ())))
