"""Raw text in, named entities or parts of speech with their characters out."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from bert_keras.data import TaggedSentences, TagRows, Tokenizer
from bert_keras.data.rows.length_batches import length_batches
from bert_keras.inference.word_predictor import WordPredictor, characters_of_words
from bert_keras.models import TokenClassifier
from bert_keras.models.probabilities import softmax
from bert_keras.tagging_schemes import OUTSIDE, is_tag, tags_to_spans


class Tagger(WordPredictor):
    """Tags the words of texts, and finds the spans that the tags spell.

    The words of a text are its basic tokens by BERT's rules, at which a classifier with `words="basic"` learned its
    tags: spaces part them, and each punctuation mark and each Chinese character is one.

    Texts of any length go in: long ones are cut into windows of whole words with context on both sides, and each word
    is tagged where it has most.

    Args:
        model: `bert_keras.models.TokenClassifier` with labels.
        tokenizer: `bert_keras.data.Tokenizer`.
        words: where `tags` looks for the tags of sentences whose words are known: "basic", at the basic tokens of their
            text, as in raw text; "file", at the words themselves. Default what the model was trained on.
        **options: as for `Predictor`.

    Call arguments:
        texts: as for `Predictor`; or `TaggedSentences` of `bert_keras.data.read_tagged_sentences`.

    Output:
        for each text a list of dicts of `label`, `text`, `start`, `end` (`text` is the characters from start to end)
        and `score`, the mean probability of its tags as the head gives it, from 0 to 1. Where the tags spell spans
        these are the spans; otherwise, as with parts of speech, the words. For one str, its own list alone.

    Raises:
        ValueError: where the model has no labels.

    Example:
        ```python
        tagger = Tagger.from_preset("runs/finetune_tagger/preset")
        tagger("Ada Lovelace was born in London.")
        # [{"label": "person", "text": "Ada Lovelace", "start": 0, "end": 12, "score": 0.98}, ...]
        ```
    """

    model_class = TokenClassifier
    rows_class = TagRows

    def __init__(
        self, model: TokenClassifier, tokenizer: Tokenizer, *, words: str | None = None, **options: Any
    ) -> None:
        if model.labels is None:
            raise ValueError("The model has no labels; give them to TokenClassifier(labels=...).")
        super().__init__(model, tokenizer, words=words, **options)
        self.has_spans = model.scheme is not None or _are_tags(model.labels)

    def results(self, rows: TagRows) -> list[list[dict]]:
        """Predict rows; see the call."""
        return self.spans_of(rows, *self.decode(self.logits(rows)))

    def spans_of(self, rows: TagRows, tags: Sequence[Sequence[str]], scores: Sequence[np.ndarray]) -> list[list[dict]]:
        """Give what a call gives.

        Args:
            rows: what was tagged.
            tags: from `decode`, as are the next.
            scores: their probabilities.
        """
        found = zip(rows.sentences.texts, rows.sentences.offsets, tags, scores, strict=True)
        results = []
        for text, places, tags, scores in found:
            spans = tags_to_spans(tags) if self.has_spans else [(i, i + 1, tag) for i, tag in enumerate(tags)]
            results.append([])
            for first, behind, label in spans:
                characters = characters_of_words(text, places, first, behind)
                results[-1].append({"label": label, **characters, "score": float(np.mean(scores[first:behind]))})
        return results

    def tags(self, sentences: TaggedSentences | TagRows) -> list[list[str]]:
        """Tag sentences whose words are known.

        Tags are read at the basic tokens of the raw text, as in texts. A word has that of its first token; or, where
        tags spell spans, those that begin and end with words are spelled anew for the words.

        Args:
            sentences: from `read_tagged_sentences`, or rows of them; their own tags are not looked at.

        Returns:
            list of a tag for each word, for each sentence.
        """
        rows = self.rows(sentences)
        tags, _ = self.decode(self.logits(rows))
        if rows.tokens is None:
            return tags
        return rows.tokens.tags_of_words(tags, self.model.scheme, default=self.model.labels[0])

    def decode(self, logits: Sequence[np.ndarray]) -> tuple[list[list[str]], list[np.ndarray]]:
        """Find the best tags of sentences.

        Args:
            logits: from `logits`.

        Returns:
            for each sentence the tags of its words, and the (words,) probabilities that the head gives these.
        """
        tags, scores = [[] for _ in logits], [np.zeros(0)] * len(logits)
        # Whole sentences, not windows: a CRF's best sequence goes over their borders.
        lengths = np.array([max(1, len(some)) for some in logits], int)
        sizes = dict(batch_size=self.batch_size, batch_tokens=self.batch_tokens)
        for chosen, length in length_batches(lengths, sequence_length=int(lengths.max(initial=1)), **sizes):
            padded = np.zeros((len(chosen), length, self.model.num_tags), "float32")
            mask = np.zeros(padded.shape[:2], bool)
            for row, i in enumerate(chosen[chosen >= 0]):
                padded[row, : len(logits[i])], mask[row, : len(logits[i])] = logits[i], True
            decoded = keras.ops.convert_to_numpy(self.model.decode(padded, mask))
            for row, i in enumerate(chosen[chosen >= 0]):
                numbers = decoded[row, : len(logits[i])]
                tags[i] = [self.model.labels[number] for number in numbers]
                scores[i] = softmax(logits[i])[np.arange(len(numbers)), numbers]
        return tags, scores

    def logits(self, rows: TagRows) -> list[np.ndarray]:
        """Run the model.

        Args:
            rows: what `rows` gives.

        Returns:
            (words, tags) float32 array of each sentence.
        """
        logits = [np.zeros((len(words), self.model.num_tags), "float32") for words in rows.sentences.words]
        for numbers, outputs in self.outputs(rows):
            for row, output in zip(numbers, outputs, strict=True):
                number, window = rows.windows[row]
                positions = rows.positions_of_words(row)
                owned = positions[window.owned_start - window.start : window.owned_end - window.start]
                logits[number][window.owned_start : window.owned_end] = output[owned]
        return logits


def _are_tags(labels: Sequence[str]) -> bool:
    return OUTSIDE in labels and all(map(is_tag, labels))
