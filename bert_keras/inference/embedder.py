"""Texts in, a vector for each out: the mean of what the encoder makes of its tokens, or the first of them."""

import keras
import numpy as np

from bert_keras.checkpoints import read_pooling, write_pooling
from bert_keras.data.rows.accelerators import compiles_each_length
from bert_keras.data.rows.length_buckets import padded_lengths
from bert_keras.inference.length_batches import cheapest_cuts
from bert_keras.inference.predict_batches import predict_batches
from bert_keras.inference.preset_parts import preset_parts
from bert_keras.inference.text_sources import as_texts
from bert_keras.models import BertEncoder
from bert_keras.models.text_vector import text_vector
from bert_keras.preset_location import locate_preset


class Embedder:
    """Gives each text the mean of its tokens' vectors, or the vector of [CLS]: what the encoder was trained for.

    Texts of like length share a batch, so that little padding is computed, and a batch of short texts holds more of
    them.

    Args:
        encoder: `bert_keras.models.BertEncoder`.
        tokenizer: `bert_keras.data.WordPieceTokenizer`.
        pooling: "mean" of all tokens, as for MiniLM; or "first", [CLS], as for BGE. Default "mean".
        normalize: whether to scale each vector to length 1, for dot products that are cosines. Default False.
        sequence_length: longest row, special tokens included; longer texts are cut. Default the encoder's.
        batch_tokens: most positions in one call of the encoder, padding included. Default 4096.
        prompt: what stands before each text, as some encoders were trained to read queries. Default "", nothing.

    Call arguments:
        texts: list of str, one str, or the path of a text file, one text a line.

    Raises:
        ValueError: where `pooling` is neither of the two.

    Output:
        (texts, hidden_dim) float32 array, (hidden_dim,) for one str.

    Example:
        ```python
        embed = Embedder.from_preset("all-MiniLM-L6-v2", normalize=True)
        vectors = embed(["a happy child", "a merry girl", "the stock market"])
        vectors @ vectors.T  # the first two are nearest
        ```

    Reference:
        [Reimers and Gurevych, 2019](https://arxiv.org/abs/1908.10084), section 3.
    """

    def __init__(
        self,
        encoder,
        tokenizer,
        *,
        pooling="mean",
        normalize=False,
        sequence_length=None,
        batch_tokens=4096,
        prompt="",
    ):
        if pooling not in ("mean", "first"):
            raise ValueError(f"Expected pooling to be mean or first; received {pooling!r}.")
        self.encoder = encoder
        self.tokenizer = tokenizer
        self.pooling = pooling
        self.normalize = normalize
        self.sequence_length = sequence_length or encoder.max_sequence_length
        self.batch_tokens = batch_tokens
        self.prompt = prompt
        self._layout = tokenizer.vocabulary.row_layout
        self._model = keras.Model(encoder.input, text_vector(encoder, encoder.input, pooling))

    @classmethod
    def from_preset(cls, directory, **options):
        """Load encoder and tokenizer of a preset; where sentence-transformers wrote it, by its settings.

        Other presets do not say how to pool: BGE and mxbai from KerasHub need `pooling="first"`.

        Args:
            directory: path of the directory, or a name.
            **options: further arguments of the constructor, and arguments of the encoder's constructor that
                shall differ from the preset's, such as `dtype`.

        Raises:
            ValueError: where the preset asks for another pooling than those two.
        """
        directory = locate_preset(directory)
        settings = {name: value for name, value in read_pooling(directory).items() if value is not None}
        encoder, tokenizer, options = preset_parts(cls, BertEncoder, directory, options, pooler=False)
        return cls(encoder, tokenizer, **settings | options)

    def save_to_preset(self, directory):
        """Write encoder, tokenizer and pooling so that `sentence-transformers` and `from_preset` read them.

        Args:
            directory: path of the directory; made if it is not there.
        """
        self.encoder.save_to_preset(directory)
        self.tokenizer.save_to_preset(directory, model_max_length=self.encoder.max_sequence_length)
        settings = {name: getattr(self, name) for name in ("pooling", "normalize", "sequence_length", "prompt")}
        write_pooling(directory, self.encoder.hidden_dim, **settings)

    def __call__(self, texts):
        if isinstance(texts, str):
            return self([texts])[0]
        texts = [self.prompt + text for text in as_texts(texts)]
        vectors = np.zeros((len(texts), self.encoder.hidden_dim), "float32")
        if not texts:
            return vectors
        token_ids = self.tokenizer(texts)
        starts = token_ids.row_splits.numpy()
        num_specials = self._layout.num_special_tokens(1)
        flat, lengths = token_ids.flat_values.numpy(), np.minimum(np.diff(starts) + num_specials, self.sequence_length)
        batches = (
            (numbers, self._rows(flat, starts[numbers], lengths[numbers], row_length))
            for row_length, numbers in self._batches(lengths)
        )
        for numbers, pooled in predict_batches(self._model, batches):
            vectors[numbers] = pooled[: len(numbers)]
        if self.normalize:
            vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
        return vectors

    def _batches(self, lengths):
        """(row length, numbers of the texts) of each batch."""
        order = np.argsort(lengths, kind="stable")
        if not compiles_each_length():
            for start, end in cheapest_cuts(lengths[order], self._most_rows):
                yield lengths[order[end - 1]], order[start:end]
            return
        row_lengths = padded_lengths(lengths, self.sequence_length)[order]
        start = 0
        while start < len(order):
            row_length = row_lengths[start]
            end = min(start + self._most_rows(row_length), np.searchsorted(row_lengths, row_length, side="right"))
            yield row_length, order[start:end]
            start = end

    def _most_rows(self, row_length):
        return max(1, self.batch_tokens // row_length)

    def _rows(self, flat, starts, lengths, row_length):
        num_rows = self._most_rows(row_length) if compiles_each_length() else len(starts)
        token_ids = np.full((num_rows, row_length), self._layout.pad_id, "int32")
        padding_mask = np.zeros((num_rows, row_length), "int32")
        for row, (start, length) in enumerate(zip(starts, lengths, strict=True)):
            text = flat[start : start + length - self._layout.num_special_tokens(1)]
            token_ids[row, :length] = self._layout.row(text)
            padding_mask[row, :length] = 1
        rows = {"token_ids": token_ids, "segment_ids": np.zeros_like(token_ids), "padding_mask": padding_mask}
        return {name: rows[name] for name in self.encoder.input}
