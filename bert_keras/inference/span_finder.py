"""Raw text in, spans with their characters out, nested ones too."""

import dataclasses

from bert_keras.data import TaggedSentences, basic_tokens, sentences_of_texts
from bert_keras.inference.predict_batches import predict_batches
from bert_keras.inference.preset_parts import preset_parts
from bert_keras.inference.text_sources import as_texts
from bert_keras.inference.word_batches import characters_of_words, word_batches
from bert_keras.models import SpanTagger
from bert_keras.tagging_schemes import check_words


class SpanFinder:
    """Finds the spans of texts with a `SpanTagger`.

    Texts of any length go in: long ones are cut into windows of whole words with context on both sides. A span is taken
    from the window that speaks for its first word.

    Args:
        tagger: `bert_keras.models.SpanTagger`.
        tokenizer: `bert_keras.data.WordPieceTokenizer`.
        sequence_length: longest row, special tokens included. Default that of the tagger's encoder.
        batch_size: most rows in one call of the model. Default 32.
        threshold: probability above which there is a span. Default 0.5; higher finds fewer spans that are surer.
        words: where `spans` looks for the spans of sentences whose words are known: "basic", at the basic tokens of
            their text, as in raw text; "file", at the words themselves. Default what the tagger was trained on.

    Call arguments:
        texts: list of str, or one str, or the path of a text file, one text a line.

    Output:
        for each text a list of dicts of `label`, `text`, `start`, `end` (`text` is the characters from start to end)
        and `score`, the probability, from 0 to 1. For one str, its own list alone.

    Example:
        ```python
        find_spans = SpanFinder.from_preset("runs/finetune_tagger/preset")
        find_spans("Bank of England")
        # [{"label": "organisation", "text": "Bank of England", "start": 0, "end": 15, "score": 0.99},
        #  {"label": "place", "text": "England", "start": 8, "end": 15, "score": 0.97}]
        ```
    """

    def __init__(self, tagger, tokenizer, *, sequence_length=None, batch_size=32, threshold=0.5, words=None):
        self.tagger = tagger
        self.tokenizer = tokenizer
        self.sequence_length = sequence_length or tagger.encoder.max_sequence_length
        self.batch_size = batch_size
        self.threshold = threshold
        self.words = check_words(words or tagger.words)

    @classmethod
    def from_preset(cls, directory, **options):
        """Load model and tokenizer of a preset.

        Args:
            directory: path of the directory, such as recipes/finetune_tagger.py writes with `--head global_pointer`.
            **options: `sequence_length`, `batch_size`, `threshold` and `words`, and arguments of the encoder's
                constructor that shall differ from the preset's, such as `dtype`.
        """
        model, tokenizer, options = preset_parts(cls, SpanTagger, directory, options)
        return cls(model, tokenizer, **options)

    def __call__(self, texts):
        if isinstance(texts, str):
            return self([texts])[0]
        sentences = sentences_of_texts(as_texts(texts))
        results = []
        for text, places, spans in zip(sentences.texts, sentences.offsets, self._spans(sentences), strict=True):
            results.append([])
            for first, behind, label, score in spans:
                found = characters_of_words(text, places, first, behind)
                results[-1].append({"label": label, **found, "score": score})
        return results

    def spans(self, sentences: TaggedSentences):
        """Find the spans of sentences whose words are known.

        Spans are looked for at the basic tokens of the raw text, as in texts; those that begin and end with words are
        given.

        Args:
            sentences: from `read_tagged_sentences`; their own spans are not looked at.

        Returns:
            list of (first word, the one behind the last, label), for each sentence.
        """
        if self.words == "file":
            return [[span[:3] for span in spans] for spans in self._spans(sentences)]
        tokens = basic_tokens(dataclasses.replace(sentences, tags=None, spans=None))
        return tokens.spans_of_words([[span[:3] for span in spans] for spans in self._spans(tokens.sentences)])

    def _spans(self, sentences):
        found = [[] for _ in range(len(sentences))]
        batches = word_batches(sentences.words, self.tokenizer, self.sequence_length, self.batch_size)
        for batch, scores in predict_batches(self.tagger, ((batch, batch.x) for batch in batches)):
            for (row, label, begin, end), score in zip(*self.tagger.decode(scores, self.threshold), strict=True):
                first, last = (int(batch.words[row, place]) for place in (begin, end))
                if batch.owned[row, begin] and last >= 0:
                    found[batch.sentences[row]].append((first, last + 1, self.tagger.labels[label], float(score)))
        return [sorted(spans) for spans in found]
