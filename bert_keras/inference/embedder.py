"""Texts in, a vector for each out: the mean of what the encoder makes of its tokens, or as it was trained."""

import os
from collections.abc import Mapping
from typing import Any, Self

import numpy as np

from bert_keras.data import TokenizedTexts, Tokenizer
from bert_keras.inference.predictor import Predictor
from bert_keras.inference.text_sources import Texts, as_texts
from bert_keras.models import BertEncoder, SentenceEncoder

_OF_QUERIES, _OF_DOCUMENTS = ("query",), ("document", "passage", "corpus")  # names that sentence-transformers has


class Embedder(Predictor):
    """Gives each text the vector that a sentence encoder makes of it, for search, duplicates and clusters.

    Args:
        model: `bert_keras.models.SentenceEncoder`; or a `bert_keras.models.BertEncoder`, of which one is made.
        tokenizer: `bert_keras.data.Tokenizer`.
        pooling: "mean" of all tokens, as for MiniLM; "first", [CLS], as for BGE; "max" or "pooled". Default None, as
            the model does it, of a `BertEncoder` the mean.
        normalize: whether to scale each vector to length 1, for dot products that are cosines. Default None, as the
            model does it, of a `BertEncoder` not.
        output_dim: how many of the first numbers of a vector are kept. Default None, as many as the model keeps.
        prompts: {name: what stands before a text}, beside the model's, or instead of those of the same name. Default
            None, the model's.
        prompt: what stands before each text where a call names no prompt. Default None, the model's default prompt.
        batch_size: as for `Predictor`. Default None, any number: a batch of short texts holds more of them.
        batch_tokens: as for `Predictor`. Default 4096.
        **options: as for `Predictor`; texts longer than `sequence_length` are cut, which is by default the model's.

    Call arguments:
        texts: as for `Predictor`.
        prompt_name: name in `prompts`, such as "query"; None for the constructor's `prompt`.
        prompt: what stands before each text of this call instead, "" for nothing.

    Raises:
        ValueError: where there is no such pooling, no prompt of that name, or a name beside a prompt.

    Output:
        (texts, dim) float32 array, (dim,) for one str.

    Example:
        ```python
        embed = Embedder.from_preset("all-MiniLM-L6-v2", normalize=True)
        vectors = embed(["a happy child", "a merry girl", "the stock market"])
        vectors @ vectors.T  # the first two are nearest
        ```

    Reference:
        [Reimers and Gurevych, 2019](https://arxiv.org/abs/1908.10084), section 3.
    """

    model_class, also_takes = SentenceEncoder, (BertEncoder,)

    def __init__(
        self, model: SentenceEncoder | BertEncoder, tokenizer: Tokenizer, *, pooling: str | None = None,
        normalize: bool | None = None, output_dim: int | None = None, prompts: Mapping[str, str] | None = None,
        prompt: str | None = None, batch_size: int | None = None, batch_tokens: int | None = 4096, **options: Any,
    ) -> None:  # fmt: skip
        changes = {"pooling": pooling, "normalize": normalize, "output_dim": output_dim, "prompts": prompts}
        changes = {name: value for name, value in changes.items() if value is not None}
        if prompts and isinstance(model, SentenceEncoder):
            changes["prompts"] = (model.prompts or {}) | dict(prompts)
        if isinstance(model, BertEncoder):
            model = SentenceEncoder(model, **changes)
        elif isinstance(model, SentenceEncoder) and any(getattr(model, n) != value for n, value in changes.items()):
            model = model.with_arguments(**changes)
        if options.get("sequence_length") is None:
            options["sequence_length"] = getattr(model, "sequence_length", None)
        super().__init__(model, tokenizer, batch_size=batch_size, batch_tokens=batch_tokens, **options)
        self.prompts = model.prompts or {}
        self.prompt = self.prompts.get(model.default_prompt, "") if prompt is None else prompt
        self._network = model.text_model

    @classmethod
    def from_preset(cls, preset: str | os.PathLike, **options: Any) -> Self:
        """Load model and tokenizer of a preset; where sentence-transformers wrote it, by its settings.

        Other presets do not say how to pool: BGE and mxbai from KerasHub need `pooling="first"`.

        Args:
            preset: path of the directory, or a name.
            **options: further arguments of the constructor, and arguments of the encoder's constructor that
                shall differ from the preset's, such as `dtype`.

        Raises:
            ValueError: where the preset has modules that ours have not.
        """
        if options.get("pooling") == "pooled":
            options["pooler"] = True
        return super().from_preset(preset, **options)

    @property
    def pooling(self) -> str:
        """How the vectors of a text's tokens become one."""
        return self.model.pooling

    @property
    def normalize(self) -> bool:
        """Whether vectors have length 1."""
        return self.model.normalize

    def __call__(
        self, texts: Texts | TokenizedTexts, prompt_name: str | None = None, prompt: str | None = None
    ) -> np.ndarray:
        if isinstance(texts, str):
            return self([texts], prompt_name, prompt)[0]
        return self.results(self.rows(texts, prompt_name, prompt))

    def embed_queries(self, texts: Texts) -> np.ndarray:
        """Embed texts as queries: behind the prompt of that name, where there is one.

        Args:
            texts: as for a call.
        """
        return self(texts, _first(_OF_QUERIES, self.prompts))

    def embed_documents(self, texts: Texts) -> np.ndarray:
        """Embed texts as what queries search in: behind the prompt "document", "passage" or "corpus", if there is one.

        Args:
            texts: as for a call.
        """
        return self(texts, _first(_OF_DOCUMENTS, self.prompts))

    @property
    def matching_prompts(self) -> tuple[str, str]:
        """What stands before a query and before a document: the `prompts` of `bert_keras.data.MatchingRows`."""
        names = (_first(some, self.prompts) for some in (_OF_QUERIES, _OF_DOCUMENTS))
        return tuple(self.prompt if name is None else self.prompts[name] for name in names)

    def save_to_preset(self, directory: str | os.PathLike) -> None:
        """Write model, tokenizer and prompts so that `sentence-transformers` and `from_preset` read them.

        Args:
            directory: path of the directory; made if it is not there.
        """
        prompts, default = (
            dict(self.prompts),
            next((n for n, text in self.prompts.items() if text == self.prompt), None),
        )
        if self.prompt and default is None:
            prompts, default = prompts | {"default": self.prompt}, "default"
        noted = {"prompts": prompts or None, "default_prompt": default, "sequence_length": self.sequence_length}
        self.model.with_arguments(**noted).save_to_preset(directory)
        self.tokenizer.save_to_preset(directory, model_max_length=self.model.encoder.max_sequence_length)

    def rows(
        self, texts: Texts | TokenizedTexts, prompt_name: str | None = None, prompt: str | None = None
    ) -> TokenizedTexts:
        """Make the rows of texts, to be predicted at once or again and again while the encoder is trained.

        Args:
            texts: what the embedder is called with.
            prompt_name: the same.
            prompt: the same.
        """
        if isinstance(texts, TokenizedTexts):
            return texts
        if prompt_name is not None and prompt is not None:
            raise ValueError(f"Expected prompt_name or prompt, received {prompt_name!r} and {prompt!r}.")
        if prompt_name is not None and prompt_name not in self.prompts:
            known = ", ".join(self.prompts) or "none"
            raise ValueError(
                f"There is no prompt {prompt_name!r}; the names of those that are there: {known}. "
                'prompt="" puts nothing before a text.'
            )
        if prompt is None:
            prompt = self.prompt if prompt_name is None else self.prompts[prompt_name]
        texts = [prompt + text for text in as_texts(texts)]
        return TokenizedTexts(texts, None, self.tokenizer, sequence_length=self.sequence_length)

    def results(self, rows: TokenizedTexts) -> np.ndarray:
        """Predict rows; see the call."""
        vectors = np.zeros((len(rows.row_lengths), self.model.vector_dim), "float32")
        for numbers, some in self.outputs(rows):
            vectors[numbers] = some
        return vectors


def _first(names: tuple[str, ...], prompts: Mapping[str, str]) -> str | None:
    return next((name for name in names if name in prompts), None)
