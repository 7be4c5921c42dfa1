"""What taggers and finders of spans share: texts as words in windows, and words back as characters."""

import dataclasses
from collections.abc import Sequence
from typing import Any, ClassVar

from bert_keras.data import SpanRows, TaggedSentences, TagRows, Tokenizer, sentences_of_texts
from bert_keras.inference.predictor import Predictor
from bert_keras.inference.text_sources import Texts, as_texts
from bert_keras.models import SpanTagger, TokenClassifier
from bert_keras.tagging_schemes import check_words


class WordPredictor(Predictor):
    """Predicts the words of texts of any length: long ones are cut into windows of whole words that overlap.

    Args:
        model: a model of words, which has `labels` and `words`.
        tokenizer: `bert_keras.data.Tokenizer`.
        words: where sentences whose words are known are read: "basic", at the basic tokens of their text, as in raw
            text; "file", at the words themselves. Default what the model was trained on.
        **options: as for `Predictor`.
    """

    rows_class: ClassVar[type]

    def __init__(
        self,
        model: SpanTagger | TokenClassifier,
        tokenizer: Tokenizer,
        *,
        words: str | None = None,
        **options: Any,
    ) -> None:
        super().__init__(model, tokenizer, **options)
        self.words = check_words(words or model.words)

    def rows(self, texts: Texts | TaggedSentences | TagRows | SpanRows) -> TagRows | SpanRows:
        """Make the rows of texts, to be predicted at once or again and again while the model is trained.

        Args:
            texts: what the predictor is called with; or sentences of `read_tagged_sentences`, whose own tags and spans
                are not looked at.
        """
        if isinstance(texts, self.rows_class):
            return texts
        if isinstance(texts, TaggedSentences):
            sentences, words = dataclasses.replace(texts, tags=None, spans=None), self.words
        else:
            sentences, words = sentences_of_texts(as_texts(texts)), "file"  # these words are basic tokens
        return self.rows_class(sentences, self.tokenizer, sequence_length=self.sequence_length, words=words)


def characters_of_words(text: str, offsets: Sequence[tuple[int, int]], first: int, behind: int) -> dict:
    """Find the piece of a text that some of its words make up.

    Args:
        text: the text.
        offsets: where each word begins and ends in it.
        first: number of the first word.
        behind: the number behind that of the last word.

    Returns:
        dict of `text`, the characters, and of their `start` and `end`.
    """
    start, end = offsets[first][0], offsets[behind - 1][1]
    return {"text": text[start:end], "start": start, "end": end}
