"""Texts in, a vector for each out: the mean of what the encoder makes of its tokens, or the first of them."""

import os
from typing import Any, Self

import keras
import numpy as np

from bert_keras.checkpoints import read_pooling, write_pooling
from bert_keras.data import TokenizedTexts, Tokenizer
from bert_keras.inference.predictor import Predictor
from bert_keras.inference.text_sources import Texts, as_texts
from bert_keras.models import BertEncoder
from bert_keras.models.text_vector import text_vector
from bert_keras.preset_location import locate_preset


class Embedder(Predictor):
    """Gives each text the mean of its tokens' vectors, or the vector of [CLS]: what the encoder was trained for.

    Args:
        model: `bert_keras.models.BertEncoder`.
        tokenizer: `bert_keras.data.Tokenizer`.
        pooling: "mean" of all tokens, as for MiniLM; or "first", [CLS], as for BGE. Default "mean".
        normalize: whether to scale each vector to length 1, for dot products that are cosines. Default False.
        prompt: what stands before each text, as some encoders were trained to read queries. Default "", nothing.
        batch_size: as for `Predictor`. Default None, any number: a batch of short texts holds more of them.
        batch_tokens: as for `Predictor`. Default 4096.
        **options: as for `Predictor`; texts longer than `sequence_length` are cut.

    Call arguments:
        texts: as for `Predictor`.

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

    model_class = BertEncoder
    preset_options = {"pooler": False}

    def __init__(
        self,
        model: BertEncoder,
        tokenizer: Tokenizer,
        *,
        pooling: str = "mean",
        normalize: bool = False,
        prompt: str = "",
        batch_size: int | None = None,
        batch_tokens: int | None = 4096,
        **options: Any,
    ) -> None:
        if pooling not in ("mean", "first"):
            raise ValueError(f"Expected pooling to be mean or first; received {pooling!r}.")
        super().__init__(model, tokenizer, batch_size=batch_size, batch_tokens=batch_tokens, **options)
        self.pooling = pooling
        self.normalize = normalize
        self.prompt = prompt
        self._network = keras.Model(model.input, text_vector(model, model.input, pooling))

    @classmethod
    def from_preset(cls, preset: str | os.PathLike, **options: Any) -> Self:
        """Load encoder and tokenizer of a preset; where sentence-transformers wrote it, by its settings.

        Other presets do not say how to pool: BGE and mxbai from KerasHub need `pooling="first"`.

        Args:
            preset: path of the directory, or a name.
            **options: further arguments of the constructor, and arguments of the encoder's constructor that
                shall differ from the preset's, such as `dtype`.

        Raises:
            ValueError: where the preset asks for another pooling than those two.
        """
        directory = locate_preset(preset)
        settings = {name: value for name, value in read_pooling(directory).items() if value is not None}
        return super().from_preset(directory, **settings | options)

    def save_to_preset(self, directory: str | os.PathLike) -> None:
        """Write encoder, tokenizer and pooling so that `sentence-transformers` and `from_preset` read them.

        Args:
            directory: path of the directory; made if it is not there.
        """
        self.model.save_to_preset(directory)
        self.tokenizer.save_to_preset(directory, model_max_length=self.model.max_sequence_length)
        settings = {name: getattr(self, name) for name in ("pooling", "normalize", "sequence_length", "prompt")}
        write_pooling(directory, self.model.hidden_dim, **settings)

    def rows(self, texts: Texts | TokenizedTexts) -> TokenizedTexts:
        """Make the rows of texts, to be predicted at once or again and again while the encoder is trained.

        Args:
            texts: what the embedder is called with.
        """
        if isinstance(texts, TokenizedTexts):
            return texts
        texts = [self.prompt + text for text in as_texts(texts)]
        return TokenizedTexts(texts, None, self.tokenizer, sequence_length=self.sequence_length)

    def results(self, rows: TokenizedTexts) -> np.ndarray:
        """Predict rows; see the call."""
        vectors = np.zeros((len(rows.row_lengths), self.model.hidden_dim), "float32")
        for numbers, pooled in self.outputs(rows):
            vectors[numbers] = pooled
        if self.normalize:
            vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
        return vectors
