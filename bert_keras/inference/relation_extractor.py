"""Texts with two marked entities in, the relation between them out."""

import dataclasses
from typing import Any

import numpy as np

from bert_keras.data import RelationExamples, RelationRows, Tokenizer
from bert_keras.data.tagging.relation_files import split_markers
from bert_keras.inference.predictor import Predictor
from bert_keras.inference.text_sources import Texts, as_texts
from bert_keras.models import RelationClassifier
from bert_keras.models.probabilities import softmax


class RelationExtractor(Predictor):
    """Tells the relation between two entities of a text.

    Args:
        model: `bert_keras.models.RelationClassifier` with labels.
        tokenizer: `bert_keras.data.Tokenizer`.
        **options: as for `Predictor`; of a text longer than `sequence_length` what is far from the entities is cut.

    Call arguments:
        texts: as for `Predictor`, each with `<e1>` and `</e1>` around the first entity and `<e2>` and `</e2>` around
            the second, or `[E1]` and `[/E1]`, `[E2]` and `[/E2]`; or `RelationExamples` of
            `bert_keras.data.read_relations`.

    Output:
        for each text a dict of `label`, `score`, its probability, and `first` and `second`, the entities as dicts of
        `text`, `start` and `end`, by the characters of the text without markers. For one str, its own dict alone.

    Raises:
        ValueError: where the model has no labels, or a text lacks a marker.

    Example:
        ```python
        extract = RelationExtractor.from_preset("runs/finetune_relations/preset")
        extract("The <e1>child</e1> was in the <e2>box</e2>.")
        # {"label": "Content-Container(e1,e2)", "score": 0.97, "first": {"text": "child", "start": 4, "end": 9}, ...}
        ```
    """

    model_class = RelationClassifier

    def __init__(self, model: RelationClassifier, tokenizer: Tokenizer, **options: Any) -> None:
        if model.labels is None:
            raise ValueError("The model has no labels; give them to RelationClassifier(labels=...).")
        super().__init__(model, tokenizer, **options)

    def rows(self, texts: Texts | RelationExamples | RelationRows) -> RelationRows:
        """Make the rows of texts, to be predicted at once or again and again while the model is trained.

        Args:
            texts: what the extractor is called with.
        """
        if isinstance(texts, RelationRows):
            return texts
        if isinstance(texts, RelationExamples):
            examples = dataclasses.replace(texts, labels=None)
        else:
            marked = [split_markers(text) for text in as_texts(texts)]
            firsts, seconds = (tuple(spans[i] for _, spans in marked) for i in range(2))
            examples = RelationExamples(tuple(text for text, _ in marked), firsts, seconds)
        lengths = dict(sequence_length=self.sequence_length)
        return RelationRows(examples, self.tokenizer, markers=self.model.markers, **lengths)

    def results(self, rows: RelationRows) -> list[dict]:
        """Predict rows; see the call."""
        if not len(rows.row_lengths):
            return []
        results, probabilities, examples = [], self.probabilities(rows), rows.examples
        places = zip(examples.texts, examples.first_spans, examples.second_spans, strict=True)
        for (text, *spans), best, some in zip(places, self.model.decode(probabilities), probabilities, strict=True):
            first, second = ({"text": text[start:end], "start": start, "end": end} for start, end in spans)
            label, score = self.model.labels[best], float(some[best])
            results.append({"label": label, "score": score, "first": first, "second": second})
        return results

    def probabilities(self, examples: RelationExamples | RelationRows) -> np.ndarray:
        """Give each relation its probability.

        Args:
            examples: from `read_relations`, or rows of them; their own labels are not looked at.

        Returns:
            (examples, num_classes) float64 array.
        """
        return softmax(np.array(self.outputs_of(self.rows(examples))))
