"""Texts with two marked entities in, the relation between them out."""

import numpy as np

from bert_keras.data import RelationExamples, relation_dataset
from bert_keras.data.tagging.relation_files import split_markers
from bert_keras.inference.predict_batches import predict_batches
from bert_keras.inference.preset_parts import preset_parts
from bert_keras.inference.text_sources import as_texts
from bert_keras.models import RelationClassifier
from bert_keras.models.probabilities import softmax


class RelationExtractor:
    """Tells the relation between two entities of a text.

    Args:
        classifier: `bert_keras.models.RelationClassifier` with labels.
        tokenizer: `bert_keras.data.WordPieceTokenizer`.
        sequence_length: longest row, special tokens included; of a longer text what is far from the entities is cut.
            Default that of the classifier's encoder.
        batch_size: rows in one call of the model. Default 32.

    Call arguments:
        texts: list of str, or one str, or the path of a text file, one text a line; each with `<e1>` and `</e1>` around
            the first entity and `<e2>` and `</e2>` around the second, or `[E1]` and `[/E1]`, `[E2]` and `[/E2]`.
            Or `RelationExamples` of `bert_keras.data.read_relations`.

    Output:
        for each text a dict of `label`, `score`, its probability, and `first` and `second`, the entities as dicts of
        `text`, `start` and `end`, by the characters of the text without markers. For one str, its own dict alone.

    Raises:
        ValueError: where the classifier has no labels, or a text lacks a marker.

    Example:
        ```python
        extract = RelationExtractor.from_preset("runs/finetune_relations/preset")
        extract("The <e1>child</e1> was in the <e2>box</e2>.")
        # {"label": "Content-Container(e1,e2)", "score": 0.97, "first": {"text": "child", "start": 4, "end": 9}, ...}
        ```
    """

    def __init__(self, classifier, tokenizer, *, sequence_length=None, batch_size=32):
        if classifier.labels is None:
            raise ValueError("The classifier has no labels; give them to RelationClassifier(labels=...).")
        self.classifier = classifier
        self.tokenizer = tokenizer
        self.sequence_length = sequence_length or classifier.encoder.max_sequence_length
        self.batch_size = batch_size

    @classmethod
    def from_preset(cls, directory, **options):
        """Load classifier and tokenizer of a preset.

        Args:
            directory: path of the directory, such as recipes/finetune_relations.py writes.
            **options: `sequence_length` and `batch_size`, and arguments of the encoder's constructor that
                shall differ from the preset's, such as `dtype`.
        """
        model, tokenizer, options = preset_parts(cls, RelationClassifier, directory, options)
        return cls(model, tokenizer, **options)

    def __call__(self, texts):
        if isinstance(texts, str):
            return self([texts])[0]
        examples = texts if isinstance(texts, RelationExamples) else _examples(as_texts(texts))
        if not len(examples):
            return []
        results = []
        places = zip(examples.texts, examples.first_spans, examples.second_spans, strict=True)
        probabilities = self.probabilities(examples)
        best = self.classifier.decode(probabilities)
        for (text, *spans), number, some in zip(places, best, probabilities, strict=True):
            first, second = ({"text": text[start:end], "start": start, "end": end} for start, end in spans)
            label, score = self.classifier.labels[number], float(some[number])
            results.append({"label": label, "score": score, "first": first, "second": second})
        return results

    def probabilities(self, examples: RelationExamples):
        """Give each relation its probability.

        Args:
            examples: from `read_relations`; their own labels are not looked at.

        Returns:
            (examples, num_classes) float64 array.
        """
        # Texts of like length share a batch.
        order = np.array(sorted(range(len(examples)), key=lambda i: len(examples.texts[i])))
        parts = (examples.texts, examples.first_spans, examples.second_spans)
        dataset = relation_dataset(
            RelationExamples(*(tuple(part[i] for i in order) for part in parts)), self.tokenizer,
            sequence_length=self.sequence_length, batch_size=min(self.batch_size, len(order)), training=False,
            markers=self.classifier.markers,
        )  # fmt: skip
        batches = ((None, x) for x, _, _ in dataset)
        logits = [outputs for _, outputs in predict_batches(self.classifier, batches)]
        return softmax(np.concatenate(logits)[: len(order)][np.argsort(order)])


def _examples(marked_texts):
    marked = [split_markers(text) for text in marked_texts]
    return RelationExamples(
        tuple(text for text, _ in marked),
        tuple(first for _, (first, _) in marked),
        tuple(second for _, (_, second) in marked),
    )
