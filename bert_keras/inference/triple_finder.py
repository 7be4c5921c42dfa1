"""Raw text in, triples of subject, relation and object out."""

import dataclasses
from typing import Any

import numpy as np

from bert_keras.data import Tokenizer, TripleExamples, TripleRows, sentences_of_texts
from bert_keras.data.tagging.triple_examples import Triple
from bert_keras.inference.predictor import Predictor
from bert_keras.inference.text_sources import Texts, as_texts
from bert_keras.inference.word_predictor import characters_of_words
from bert_keras.models import TripleExtractor


class TripleFinder(Predictor):
    """Finds the triples of texts with a `TripleExtractor`.

    Texts of any length go in: long ones are cut into windows of whole words that overlap, and triples within a window
    are found.

    Args:
        model: `bert_keras.models.TripleExtractor`.
        tokenizer: `bert_keras.data.Tokenizer`.
        threshold: probability above which something is there. Default 0.5; higher finds fewer triples that are surer.
        **options: as for `Predictor`.

    Call arguments:
        texts: as for `Predictor`; or `TripleExamples` of `bert_keras.data.read_triples`.

    Output:
        for each text a list of dicts of `relation`, `subject` and `object`, each a dict of `text`, `start` and `end`
        (`text` is the characters from start to end), and `score`, the lowest of the four probabilities that must agree.
        For one str, its own list alone.

    Example:
        ```python
        find_triples = TripleFinder.from_preset("runs/finetune_triples/preset")
        find_triples("Ada lived in Lyon.")
        # [{"relation": "lived-in", "score": 0.98, "subject": {"text": "Ada", "start": 0, "end": 3}, ...}]
        ```
    """

    model_class = TripleExtractor

    def __init__(self, model: TripleExtractor, tokenizer: Tokenizer, *, threshold: float = 0.5, **options: Any) -> None:
        super().__init__(model, tokenizer, **options)
        self.threshold = threshold

    def rows(self, texts: Texts | TripleExamples | TripleRows) -> TripleRows:
        """Make the rows of texts, to be predicted at once or again and again while the model is trained.

        Args:
            texts: what the finder is called with.
        """
        if isinstance(texts, TripleRows):
            return texts
        if isinstance(texts, TripleExamples):
            examples = dataclasses.replace(texts, triples=((),) * len(texts))
        else:
            found = sentences_of_texts(as_texts(texts))
            examples = TripleExamples(found.words, found.texts, found.offsets, ((),) * len(found), self.model.relations)
        return TripleRows(examples, self.tokenizer, sequence_length=self.sequence_length)

    def results(self, rows: TripleRows) -> list[list[dict]]:
        """Predict rows; see the call."""
        results = []
        for text, places, found in zip(rows.examples.texts, rows.examples.offsets, self._triples(rows), strict=True):
            results.append([])
            for (subject, target, relation), score in found.items():
                one, other = (characters_of_words(text, places, *words) for words in (subject, target))
                results[-1].append({"relation": relation, "score": score, "subject": one, "object": other})
        return results

    def triples(self, examples: TripleExamples | TripleRows) -> list[list[Triple]]:
        """Find the triples of texts whose words are known.

        Args:
            examples: from `read_triples`, or rows of them; their own triples are not looked at.

        Returns:
            list of (subject, object, relation) as in `TripleExamples`, for each text.
        """
        return [list(found) for found in self._triples(self.rows(examples))]

    def _triples(self, rows: TripleRows) -> list[dict[Triple, float]]:
        """For each text a dict from triple to score."""
        found = [{} for _ in rows.examples.words]
        for numbers, outputs in self.outputs(rows):
            length = outputs["entities"].shape[-1]
            words = np.stack([rows.words_at_positions(number, length) for number in numbers])
            decoded = self.model.decode(outputs, words >= 0, self.threshold)
            for number, positions, some in zip(numbers, words.tolist(), decoded, strict=True):
                text = found[rows.windows[number][0]]
                for *ends, relation, score in some:
                    subject, target = ((positions[begin], positions[end] + 1) for begin, end in ends)
                    triple = (subject, target, self.model.relations[relation])
                    text[triple] = max(text.get(triple, 0.0), score)  # two windows may find the same
        return [dict(sorted(some.items())) for some in found]
