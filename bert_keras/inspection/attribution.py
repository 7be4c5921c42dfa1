"""How much each word of a text speaks for an answer: what every method of attribution gives."""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class Word:
    """A word of a raw text, by its characters.

    Args:
        begin: The first character.
        end: The character after its last.
        text_number: 0 for a word of the text, 1 for one of the second text.
    """

    begin: int
    end: int
    text_number: int = 0


@dataclasses.dataclass(frozen=True)
class Attribution:
    """What the words of a text, or of a pair of texts, contribute to one answer of a model.

    Args:
        texts: The raw text; and the second one, of a pair.
        words: Those that were scored, in the order of the texts. What was cut off, or has no token, has none.
        scores: (words,) float32; above 0 speaks for the answer, below 0 against it.
        answer: The answer, such as "positive" or "B-person at London".
        answer_score: What is explained: the model's output for the answer before it becomes a probability.
        method: Name of the method, such as "integrated_gradients".
        special_score: What the tokens have that stand in no word, such as [CLS]; 0 where the method scores words alone.
        baseline_score: `answer_score` of the text that the method compares with; None where it compares with none.
        num_unseen: Words that the model has not seen: they did not fit into its row, or the tokenizer makes no token of
            them, as of control characters.
        num_steps: Points between the baseline and the text at which the method took gradients; 0 where it does not.

    Example:
        >>> words = (Word(0, 4), Word(5, 9))
        >>> found = Attribution(("good film",), words, np.array([1.5, 0.25]), "positive", 2.0, "integrated_gradients",
        ...                     special_score=0.15, baseline_score=0.0)
        >>> found.of_words(), round(found.gap, 2)
        ([('good', 1.5), ('film', 0.25)], 0.1)
    """

    texts: tuple[str, ...]
    words: tuple[Word, ...]
    scores: np.ndarray
    answer: str
    answer_score: float
    method: str
    special_score: float = 0.0
    baseline_score: float | None = None
    num_unseen: int = 0
    num_steps: int = 0

    def of_words(self) -> list[tuple[str, float]]:
        """Return each word with its score."""
        return [
            (self.texts[word.text_number][word.begin : word.end], float(score))
            for word, score in zip(self.words, self.scores, strict=True)
        ]

    @property
    def gap(self) -> float | None:
        """What the scores lack to add up to the difference from the baseline; None where there is no baseline."""
        if self.baseline_score is None:
            return None
        return self.answer_score - self.baseline_score - self.special_score - float(np.sum(self.scores))
