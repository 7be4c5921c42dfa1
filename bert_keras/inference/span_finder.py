"""Raw text in, spans with their characters out, nested ones too."""

from typing import Any

from bert_keras.data import SpanRows, TaggedSentences, Tokenizer
from bert_keras.inference.word_predictor import WordPredictor, characters_of_words
from bert_keras.models import SpanTagger
from bert_keras.tagging_schemes import Span


class SpanFinder(WordPredictor):
    """Finds the spans of texts with a `SpanTagger`.

    Texts of any length go in: long ones are cut into windows of whole words with context on both sides. A span is taken
    from the window that speaks for its first word.

    Args:
        model: `bert_keras.models.SpanTagger`.
        tokenizer: `bert_keras.data.Tokenizer`.
        threshold: probability above which there is a span. Default 0.5; higher finds fewer spans that are surer.
        words: where `spans` looks for the spans of sentences whose words are known: "basic", at the basic tokens of
            their text, as in raw text; "file", at the words themselves. Default what the model was trained on.
        **options: as for `Predictor`.

    Call arguments:
        texts: as for `Predictor`; or `TaggedSentences` of `bert_keras.data.read_tagged_sentences`.

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

    model_class = SpanTagger
    rows_class = SpanRows

    def __init__(
        self,
        model: SpanTagger,
        tokenizer: Tokenizer,
        *,
        threshold: float = 0.5,
        words: str | None = None,
        **options: Any,
    ) -> None:
        super().__init__(model, tokenizer, words=words, **options)
        self.threshold = threshold

    def results(self, rows: SpanRows) -> list[list[dict]]:
        """Predict rows; see the call."""
        results = []
        for text, places, spans in zip(rows.sentences.texts, rows.sentences.offsets, self._spans(rows), strict=True):
            results.append([])
            for first, behind, label, score in spans:
                characters = characters_of_words(text, places, first, behind)
                results[-1].append({"label": label, **characters, "score": score})
        return results

    def spans(self, sentences: TaggedSentences | SpanRows) -> list[list[Span]]:
        """Find the spans of sentences whose words are known.

        Spans are looked for at the basic tokens of the raw text, as in texts; those that begin and end with words are
        given.

        Args:
            sentences: from `read_tagged_sentences`, or rows of them; their own spans are not looked at.

        Returns:
            list of (first word, the one behind the last, label), for each sentence.
        """
        rows = self.rows(sentences)
        spans = [[span[:3] for span in some] for some in self._spans(rows)]
        return spans if rows.tokens is None else rows.tokens.spans_of_words(spans)

    def _spans(self, rows: SpanRows) -> list[list[tuple[int, int, str, float]]]:
        found = [[] for _ in rows.sentences.words]
        for numbers, scores in self.outputs(rows):
            words = [rows.words_at_positions(number, scores.shape[-1]).tolist() for number in numbers]
            for (row, label, begin, end), score in zip(*self.model.decode(scores, self.threshold), strict=True):
                number, window = rows.windows[numbers[row]]
                first, last = words[row][begin], words[row][end]
                if window.owned_start <= first < window.owned_end and last >= 0:
                    found[number].append((first, last + 1, self.model.labels[label], float(score)))
        return [sorted(spans) for spans in found]
