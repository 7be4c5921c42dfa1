"""Raw texts or pairs in, labels with probabilities or numbers out."""

import dataclasses
from typing import Any

import numpy as np

from bert_keras.data import Examples, TextRows, Tokenizer, pool_pieces
from bert_keras.inference.predictor import Predictor, check_top_k
from bert_keras.inference.text_sources import Texts, as_texts
from bert_keras.models import TextClassifier
from bert_keras.models.probabilities import sigmoid, softmax

_PAIRS = "; the second texts of pairs go in as second_texts"


class Classifier(Predictor):
    """Sorts texts, or pairs of texts, into classes, gives them labels, or gives them a number.

    Args:
        model: `bert_keras.models.TextClassifier`; its problem type and threshold say how its outputs are read.
        tokenizer: `bert_keras.data.Tokenizer`.
        long_texts: "truncate" to cut what does not fit, "windows" to average over overlapping pieces. Default
            "truncate".
        **options: as for `Predictor`; `sequence_length` is at most 512 where it is not given.

    Call arguments:
        texts: as for `Predictor`; or `Examples` of `bert_keras.data.read_examples`.
        second_texts: the second text of each pair, like `texts`, or one str for all; None for single texts.
        top_k: how many classes to tell. Default None, the best one; of several labels, those above the threshold.

    Output:
        for each text a dict of `label` and `score`, the class and its probability. A list of such dicts, best first,
        with `top_k` and where a text may have several labels; a dict of `score` alone, the number, in a regression.
        For one str, its own.

    Raises:
        ValueError: where texts and second texts are not equally many, one is no str, or an option is out of range.

    Example:
        ```python
        classifier = Classifier.from_preset("runs/finetune_classifier/preset")
        classifier(["what a film", "what a waste of time"])
        # [{"label": "positive", "score": 0.98}, {"label": "negative", "score": 0.99}]
        ```
    """

    model_class = TextClassifier
    most_tokens = 512

    def __init__(
        self, model: TextClassifier, tokenizer: Tokenizer, *, long_texts: str = "truncate", **options: Any
    ) -> None:
        if long_texts not in ("truncate", "windows"):
            raise ValueError(f'Expected long_texts to be "truncate" or "windows", received {long_texts!r}.')
        super().__init__(model, tokenizer, **options)
        self.long_texts = long_texts

    def __call__(
        self, texts: Texts | Examples | TextRows, second_texts: Texts | None = None, top_k: int | None = None
    ) -> dict | list:
        if isinstance(texts, str):
            return self([texts], None if second_texts is None else [second_texts], top_k)[0]
        return self.results(self.rows(texts, second_texts), top_k)

    def rows(self, texts: Texts | Examples | TextRows, second_texts: Texts | None = None) -> TextRows:
        """Make the rows of texts or pairs, to be predicted at once or again and again while the model is trained.

        Args:
            texts: what the classifier is called with.
            second_texts: the same.
        """
        if isinstance(texts, TextRows):
            return texts
        if isinstance(texts, Examples):
            examples = dataclasses.replace(texts, labels=None, label_names=None)
        else:
            texts = as_texts(texts, advice=_PAIRS)
            if isinstance(second_texts, str):
                second_texts = [second_texts] * len(texts)
            if second_texts is not None:
                second_texts = tuple(as_texts(second_texts, advice=_PAIRS))
                if len(second_texts) != len(texts):
                    raise ValueError(
                        f"Expected a second text for each of {len(texts)} texts, received {len(second_texts)}."
                    )
            examples = Examples(tuple(texts), second_texts)
        long_texts = self.long_texts if examples.second_texts is None else "truncate"
        return TextRows(examples, self.tokenizer, sequence_length=self.sequence_length, long_texts=long_texts)

    def results(self, rows: TextRows, top_k: int | None = None) -> list:
        """Predict rows; see the call."""
        check_top_k(top_k)
        if not len(rows.row_lengths):
            return []
        logits = self.logits(rows)
        return [self._result(*some, top_k) for some in zip(logits, self.model.decode(logits), strict=True)]

    def logits(self, examples: Texts | Examples | TextRows) -> np.ndarray:
        """Run the model.

        Args:
            examples: what the classifier is called with; labels are not looked at.

        Returns:
            (examples, num_classes) float32 array.
        """
        rows = self.rows(examples)
        return pool_pieces(np.array(self.outputs_of(rows)), rows.text_of)

    def _result(self, logits: np.ndarray, decoded: Any, top_k: int | None) -> dict | list[dict]:
        if self.model.problem_type == "regression":
            return {"score": decoded}
        is_multi_label = self.model.problem_type == "multi_label_classification"
        scores = sigmoid(logits) if is_multi_label else softmax(logits)
        names = self.model.labels or [f"LABEL_{number}" for number in range(len(scores))]
        best = np.argsort(-scores, kind="stable")
        ranked = [{"label": names[i], "score": float(scores[i])} for i in best]
        if top_k is not None:
            return ranked[:top_k]
        if is_multi_label:
            return [some for i, some in zip(best, ranked, strict=True) if i in decoded]
        return {"label": names[decoded], "score": float(scores[decoded])}
