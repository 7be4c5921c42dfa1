"""Raw text in, named entities or parts of speech with their characters out."""

import dataclasses

import keras
import numpy as np

from bert_keras.data import TaggedSentences, basic_tokens, sentences_of_texts
from bert_keras.inference.length_batches import power_of_two
from bert_keras.inference.predict_batches import predict_batches
from bert_keras.inference.preset_parts import preset_parts
from bert_keras.inference.text_sources import as_texts
from bert_keras.inference.word_batches import characters_of_words, word_batches
from bert_keras.models import TokenClassifier
from bert_keras.models.probabilities import softmax
from bert_keras.tagging_schemes import OUTSIDE, check_words, is_tag, tags_to_spans


class Tagger:
    """Tags the words of texts, and finds the spans that the tags spell.

    The words of a text are its basic tokens by BERT's rules, at which a classifier with `words="basic"` learned its
    tags: spaces part them, and each punctuation mark and each Chinese character is one.

    Texts of any length go in: long ones are cut into windows of whole words with context on both sides, and each word
    is tagged where it has most. Windows of like length share a batch.

    Args:
        classifier: `bert_keras.models.TokenClassifier` with labels.
        tokenizer: `bert_keras.data.WordPieceTokenizer`.
        sequence_length: longest row, special tokens included. Default that of the classifier's encoder.
        batch_size: most rows in one call of the model. Default 32.
        words: where `tags` looks for the tags of sentences whose words are known: "basic", at the basic tokens of their
            text, as in raw text; "file", at the words themselves. Default what the classifier was trained on.

    Call arguments:
        texts: list of str, or one str, or the path of a text file, one text a line.

    Output:
        for each text a list of dicts of `label`, `text`, `start`, `end` (`text` is the characters from start to end)
        and `score`, the mean probability of its tags as the head gives it, from 0 to 1. Where the tags spell spans
        these are the spans; otherwise, as with parts of speech, the words. For one str, its own list alone.

    Raises:
        ValueError: where the classifier has no labels.

    Example:
        ```python
        tagger = Tagger.from_preset("runs/finetune_tagger/preset")
        tagger("Ada Lovelace was born in London.")
        # [{"label": "person", "text": "Ada Lovelace", "start": 0, "end": 12, "score": 0.98}, ...]
        ```
    """

    def __init__(self, classifier, tokenizer, *, sequence_length=None, batch_size=32, words=None):
        if classifier.labels is None:
            raise ValueError("The classifier has no labels; give them to TokenClassifier(labels=...).")
        self.classifier = classifier
        self.tokenizer = tokenizer
        self.sequence_length = sequence_length or classifier.encoder.max_sequence_length
        self.batch_size = batch_size
        self.words = check_words(words or classifier.words)
        self.has_spans = classifier.scheme is not None or _are_tags(classifier.labels)

    @classmethod
    def from_preset(cls, directory, **options):
        """Load classifier and tokenizer of a preset.

        Args:
            directory: path of the directory, such as recipes/finetune_tagger.py writes.
            **options: `sequence_length`, `batch_size` and `words`, and arguments of the encoder's constructor that
                shall differ from the preset's, such as `dtype`.
        """
        model, tokenizer, options = preset_parts(cls, TokenClassifier, directory, options)
        return cls(model, tokenizer, **options)

    def __call__(self, texts):
        if isinstance(texts, str):
            return self([texts])[0]
        sentences = sentences_of_texts(as_texts(texts))
        if not len(sentences):
            return []
        tags, scores = self._tags_and_scores(sentences)
        results = []
        for text, places, some_tags, some_scores in zip(sentences.texts, sentences.offsets, tags, scores, strict=True):
            spans = tags_to_spans(some_tags) if self.has_spans else [(i, i + 1, tag) for i, tag in enumerate(some_tags)]
            results.append([])
            for first, behind, label in spans:
                found = characters_of_words(text, places, first, behind)
                score = float(np.mean(some_scores[first:behind]))
                results[-1].append({"label": label, **found, "score": score})
        return results

    def tags(self, sentences: TaggedSentences):
        """Tag sentences whose words are known.

        Tags are read at the basic tokens of the raw text, as in texts. A word has that of its first token; or, where
        tags spell spans, those that begin and end with words are spelled anew for the words.

        Args:
            sentences: from `read_tagged_sentences`; their own tags are not looked at.

        Returns:
            list of a tag for each word, for each sentence.
        """
        if self.words == "file":
            return self._tags_and_scores(sentences)[0]
        tokens = basic_tokens(dataclasses.replace(sentences, tags=None, spans=None))
        tags, _ = self._tags_and_scores(tokens.sentences)
        return tokens.tags_of_words(tags, self.classifier.scheme, default=self.classifier.labels[0])

    def _tags_and_scores(self, sentences):
        logits = self._logits(sentences.words)
        numbers, scores = [None] * len(logits), [None] * len(logits)
        by_length = sorted(range(len(logits)), key=lambda i: len(logits[i]))
        for start in range(0, len(logits), self.batch_size):
            chosen = by_length[start : start + self.batch_size]
            # Whole sentences, not windows: a CRF's best sequence goes over their borders. Few shapes.
            length = power_of_two(max(len(logits[i]) for i in chosen))
            padded = np.zeros((len(chosen), length, self.classifier.num_tags), "float32")
            mask = np.zeros(padded.shape[:2], bool)
            for row, i in enumerate(chosen):
                padded[row, : len(logits[i])], mask[row, : len(logits[i])] = logits[i], True
            decoded = keras.ops.convert_to_numpy(self.classifier.decode(padded, mask))
            for row, i in enumerate(chosen):
                numbers[i] = decoded[row, : len(logits[i])]
                scores[i] = softmax(logits[i])[np.arange(len(logits[i])), numbers[i]]
        return [[self.classifier.labels[number] for number in some] for some in numbers], scores

    def _logits(self, sentences):
        """(words, tags) logits of each sentence."""
        logits = [np.zeros((len(words), self.classifier.num_tags), "float32") for words in sentences]
        batches = word_batches(sentences, self.tokenizer, self.sequence_length, self.batch_size)
        for batch, outputs in predict_batches(self.classifier, ((batch, batch.x) for batch in batches)):
            for number, words, owned, output in zip(batch.sentences, batch.words, batch.owned, outputs, strict=True):
                if number >= 0:
                    logits[number][words[owned]] = output[owned]
        return logits


def _are_tags(labels):
    return OUTSIDE in labels and all(map(is_tag, labels))
