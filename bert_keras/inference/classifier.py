"""Raw texts or pairs in, labels with probabilities or numbers out."""

import os

import numpy as np

from bert_keras.data import Examples, cut_long_texts, pool_pieces
from bert_keras.data.classification.text_rows import TextRows
from bert_keras.data.rows.batches import check_numbers
from bert_keras.inference.preset_parts import preset_parts
from bert_keras.inference.rows_by_length import predict_by_length
from bert_keras.inference.text_sources import as_texts, expect_no_file_name
from bert_keras.models import TextClassifier
from bert_keras.models.probabilities import sigmoid, softmax


class Classifier:
    """Sorts texts, or pairs of texts, into classes, gives them labels, or gives them a number.

    Texts of like length share a batch.

    Args:
        model: `bert_keras.models.TextClassifier`; its problem type and threshold say how its outputs are read.
        tokenizer: `bert_keras.data.WordPieceTokenizer`.
        sequence_length: longest row, special tokens included. Default 512, or as much as the model takes.
        long_texts: "truncate" to cut what does not fit, "windows" to average over overlapping pieces. Default
            "truncate".
        batch_size: most rows in one call of the model. Default 32.

    Call arguments:
        texts: one str, a list of str, `Examples` of `bert_keras.data.read_examples`, or the path of a text file, one
            text a line.
        second_texts: the second text of each pair, a list, or one str for all; None for single texts.
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

    def __init__(self, model, tokenizer, *, sequence_length=None, long_texts="truncate", batch_size=32):
        if long_texts not in ("truncate", "windows"):
            raise ValueError(f'Expected long_texts to be "truncate" or "windows", received {long_texts!r}.')
        self.sequence_length = sequence_length or min(512, model.encoder.max_sequence_length)
        check_numbers(self.sequence_length, batch_size, start_step=0)
        self.model = model
        self.tokenizer = tokenizer
        self.long_texts = long_texts
        self.batch_size = batch_size

    @classmethod
    def from_preset(cls, directory, **options):
        """Load model and tokenizer of a preset.

        Args:
            directory: path of the directory, such as recipes/finetune_classifier.py writes.
            **options: those of the constructor, and arguments of the encoder's constructor that
                shall differ from the preset's, such as `dtype`.
        """
        model, tokenizer, options = preset_parts(cls, TextClassifier, directory, options)
        return cls(model, tokenizer, **options)

    def __call__(self, texts, second_texts=None, top_k=None):
        if isinstance(texts, str):
            expect_no_file_name(texts)
            return self([texts], None if second_texts is None else [second_texts], top_k)[0]
        if isinstance(texts, os.PathLike):
            texts = as_texts(texts)
        if isinstance(second_texts, str):
            second_texts = [second_texts] * len(texts)
        examples = texts if isinstance(texts, Examples) else _examples(texts, second_texts)
        if not len(examples):
            return []
        logits = self.logits(examples)
        return [self._result(*some, top_k) for some in zip(logits, self.model.decode(logits), strict=True)]

    def logits(self, examples):
        """Run the model.

        Args:
            examples: `bert_keras.data.Examples`; labels are not looked at.

        Returns:
            (examples, num_classes) float32 array.
        """
        text_of = np.arange(len(examples))
        if self.long_texts == "windows" and examples.second_texts is None:
            examples, text_of = cut_long_texts(examples, self.tokenizer, sequence_length=self.sequence_length)
        texts = TextRows(
            Examples(examples.texts, examples.second_texts), self.tokenizer, sequence_length=self.sequence_length
        )
        lengths = dict(sequence_length=self.sequence_length, batch_size=self.batch_size)
        return pool_pieces(np.array(predict_by_length(self.model, texts.inputs, texts.row_lengths, **lengths)), text_of)

    def _result(self, logits, decoded, top_k):
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


def _examples(texts, second_texts):
    texts, seconds = tuple(texts), None if second_texts is None else tuple(second_texts)
    for text in (*texts, *(seconds or ())):
        if not isinstance(text, str):
            raise ValueError(
                f"Expected each text to be a str, received {text!r}; the second texts of pairs go in as second_texts."
            )
    if seconds is not None and len(seconds) != len(texts):
        raise ValueError(f"Expected a second text for each of {len(texts)} texts, received {len(seconds)}.")
    return Examples(texts, seconds)
