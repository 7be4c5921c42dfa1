"""A query and texts in, the texts by how well they fit out: read together, pair by pair."""

import dataclasses
import os
from typing import Any

import numpy as np

from bert_keras.checkpoints.sentence_transformers import noted_prompt
from bert_keras.data import Examples, TextRows, Tokenizer
from bert_keras.inference.classifier import Classifier
from bert_keras.inference.predictor import check_top_k
from bert_keras.inference.text_sources import Texts, as_texts
from bert_keras.models import TextClassifier
from bert_keras.models.probabilities import sigmoid
from bert_keras.preset_location import locate_preset


class CrossEncoder(Classifier):
    """Scores pairs of texts that the encoder reads at once: slower than comparing vectors, and better.

    What a search has found is ranked anew by `rank`.

    Args:
        model: `bert_keras.models.TextClassifier` of one number, whose scores are taken as they are, or of one label,
            whose scores are its probabilities. Those of sentence-transformers are either, as their files say.
        tokenizer: `bert_keras.data.Tokenizer`.
        prompt: what stands before the first text of each pair. Default "", in `from_preset` the default prompt that
            sentence-transformers noted.
        **options: as for `Classifier`.

    Call arguments:
        texts: as for `Predictor`, the first text of each pair; or `Examples` of pairs.
        second_texts: the second text of each pair, or one str for all.

    Output:
        (pairs,) float32 array, a float for one str.

    Raises:
        ValueError: where the model has several classes, or texts and second texts are not equally many.

    Example:
        ```python
        cross_encoder = CrossEncoder.from_preset("runs/finetune_classifier/preset")
        cross_encoder.rank("Who wrote Faust?", ["Goethe wrote Faust.", "Faust is a fist."], top_k=1)
        # [{"number": 0, "text": "Goethe wrote Faust.", "score": 0.99}]
        ```

    Reference:
        [Nogueira and Cho, 2019](https://arxiv.org/abs/1901.04085)
    """

    has_noted_length = True  # by sentence-transformers

    def __init__(self, model: TextClassifier, tokenizer: Tokenizer, *, prompt: str = "", **options: Any) -> None:
        super().__init__(model, tokenizer, **options)
        self.prompt = prompt
        if (num_classes := getattr(model, "num_classes", 1)) != 1:
            raise ValueError(
                f"CrossEncoder expects a TextClassifier of one number or one label, received one of {num_classes} "
                "classes: Classifier tells which they are."
            )

    @classmethod
    def from_preset(cls, preset: str | os.PathLike, **options: Any) -> "CrossEncoder":
        """As `Predictor.from_preset`, with the prompt that the preset notes."""
        if isinstance(preset, (str, os.PathLike)) and options.get("prompt") is None:
            options["prompt"] = noted_prompt(locate_preset(preset))
        return super().from_preset(preset, **options)

    def rows(self, texts: Texts | Examples | TextRows, second_texts: Texts | None = None) -> TextRows:
        """As `Classifier.rows`, behind the prompt."""
        if self.prompt and not isinstance(texts, TextRows):
            firsts = texts.texts if isinstance(texts, Examples) else as_texts(texts)
            firsts = tuple(self.prompt + text for text in firsts)
            texts = dataclasses.replace(texts, texts=firsts) if isinstance(texts, Examples) else firsts
        return super().rows(texts, second_texts)

    def __call__(self, texts: Texts | Examples | TextRows, second_texts: Texts | None = None) -> np.ndarray | float:
        if isinstance(texts, str):
            return float(self([texts], None if second_texts is None else [second_texts])[0])
        return self.results(self.rows(texts, second_texts))

    def results(self, rows: TextRows) -> np.ndarray:
        """Predict rows; see the call."""
        if not len(rows.row_lengths):
            return np.zeros(0, "float32")
        scores = self.logits(rows)[:, 0]
        return scores if self.model.problem_type == "regression" else sigmoid(scores)

    def rank(self, query: str, texts: Texts, top_k: int | None = None) -> list[dict]:
        """Order texts by how well they fit a query.

        Args:
            query: the first text of every pair.
            texts: the second ones; as for `Predictor`.
            top_k: how many of the best to give, None for all.

        Returns:
            list of dicts of `number`, the place in `texts` from 0, `text` and `score`, best first; of equal scores the
            former text is first.

        Raises:
            ValueError: where `top_k` is below 1.
        """
        check_top_k(top_k)
        texts = as_texts(texts)
        scores = self.results(self.rows([query] * len(texts), texts))
        best = np.argsort(-scores, kind="stable")[:top_k]
        return [{"number": int(i), "text": texts[i], "score": float(scores[i])} for i in best]
