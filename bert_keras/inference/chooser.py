"""Texts with choices in, the best choice of each out."""

import dataclasses
from collections.abc import Iterable
from typing import Any

import numpy as np

from bert_keras.data import ChoiceRows, Choices, Tokenizer
from bert_keras.inference.predictor import Predictor
from bert_keras.inference.text_sources import Texts, as_texts
from bert_keras.models import MultipleChoice
from bert_keras.models.probabilities import softmax


class Chooser(Predictor):
    """Picks the best of several choices for each text, such as the ending of a story or the answer to a question.

    Args:
        model: `bert_keras.models.MultipleChoice`.
        tokenizer: `bert_keras.data.Tokenizer`.
        batch_size: most texts in one call of the model. Default 8.
        **options: as for `Predictor`; `sequence_length`, of a text and one choice, is at most 512 where it is not
            given.

    Call arguments:
        texts: as for `Predictor`; or `Choices` of `bert_keras.data.read_choices`.
        choices: the choices of the text, a list of str; a list of such lists, equally many in each, for several texts;
            None for `Choices`, which have them.

    Output:
        for each text a dict of `choice`, the number of the best one from 0, `text`, its words, and `score`, its
        probability among the choices. For one str, its own dict alone.

    Raises:
        ValueError: where there are not as many lists of choices as texts, or not equally many choices for each.

    Example:
        ```python
        choose = Chooser.from_preset("runs/finetune_multiple_choice/preset")
        choose("It rains.", ["She opens her umbrella.", "She waters the garden."])
        # {"choice": 0, "text": "She opens her umbrella.", "score": 0.97}
        ```
    """

    model_class = MultipleChoice
    most_tokens = 512

    def __init__(
        self, model: MultipleChoice, tokenizer: Tokenizer, *, batch_size: int | None = 8, **options: Any
    ) -> None:
        super().__init__(model, tokenizer, batch_size=batch_size, **options)

    def __call__(
        self, texts: Texts | Choices | ChoiceRows, choices: Iterable[str] | Iterable[Iterable[str]] | None = None
    ) -> dict | list[dict]:
        if isinstance(texts, str):
            return self([texts], [choices or ()])[0]
        return self.results(self.rows(texts, choices))

    def rows(self, texts: Texts | Choices | ChoiceRows, choices: Iterable[Iterable[str]] | None = None) -> ChoiceRows:
        """Make the rows of texts with their choices, to be predicted at once or again and again in training.

        Args:
            texts: what the chooser is called with.
            choices: the same, for several texts.
        """
        if isinstance(texts, ChoiceRows):
            return texts
        if isinstance(texts, Choices):
            examples = dataclasses.replace(texts, labels=None)
        else:
            texts = as_texts(texts)
            choices = [as_texts(some, what="choice") for some in choices or ()]
            if len(choices) != len(texts):
                raise ValueError(f"Expected a list of choices for each of {len(texts)} texts, received {len(choices)}.")
            counts = {len(some) for some in choices}
            if texts and (len(counts) > 1 or min(counts) < 2):
                raise ValueError(
                    f"Expected two choices or more, equally many for each text; received {sorted(counts)}."
                )
            examples = Choices(tuple(texts), tuple(map(tuple, choices)))
        return ChoiceRows(examples, self.tokenizer, sequence_length=self.sequence_length)

    def results(self, rows: ChoiceRows) -> list[dict]:
        """Predict rows; see the call."""
        if not len(rows.row_lengths):
            return []
        logits = self.logits(rows)
        found = zip(rows.choices, self.model.decode(logits), softmax(logits), strict=True)
        return [{"choice": int(best), "text": some[best], "score": float(scores[best])} for some, best, scores in found]

    def logits(self, examples: Choices | ChoiceRows) -> np.ndarray:
        """Run the model.

        Args:
            examples: texts with their choices; labels are not looked at.

        Returns:
            (texts, choices) float32 array.
        """
        return np.array(self.outputs_of(self.rows(examples)))
