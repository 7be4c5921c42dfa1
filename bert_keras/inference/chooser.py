"""Texts with choices in, the best choice of each out."""

from collections.abc import Sequence

import keras
import numpy as np

from bert_keras.data import Choices, multiple_choice_dataset
from bert_keras.inference.predict_batches import predict_batches
from bert_keras.inference.preset_parts import preset_parts
from bert_keras.models import MultipleChoice
from bert_keras.models.probabilities import softmax


class Chooser:
    """Picks the best of several choices for each text, such as the ending of a story or the answer to a question.

    Args:
        model: `bert_keras.models.MultipleChoice`.
        tokenizer: `bert_keras.data.WordPieceTokenizer`.
        sequence_length: longest row of a text and one choice, special tokens included. Default 512, or as much as the
            model takes.
        batch_size: most texts in one call of the model. Default 8.

    Call arguments:
        texts: one str, a list of str, or `Choices` of `bert_keras.data.read_choices`.
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

    def __init__(
        self, model: MultipleChoice, tokenizer, *, sequence_length: int | None = None, batch_size: int = 8
    ) -> None:
        self.model = model
        self.tokenizer = tokenizer
        self.sequence_length = sequence_length or min(512, model.encoder.max_sequence_length)
        self.batch_size = batch_size

    @classmethod
    def from_preset(cls, directory, **options) -> "Chooser":
        """Load model and tokenizer of a preset.

        Args:
            directory: path of the directory, such as recipes/finetune_multiple_choice.py writes.
            **options: those of the constructor, and arguments of the encoder's constructor that shall differ from the
                preset's, such as `dtype`.
        """
        model, tokenizer, options = preset_parts(cls, MultipleChoice, directory, options)
        return cls(model, tokenizer, **options)

    def __call__(self, texts: str | Sequence[str] | Choices, choices: Sequence | None = None) -> dict | list[dict]:
        if isinstance(texts, str):
            return self([texts], [choices])[0]
        examples = texts if isinstance(texts, Choices) else _choices(texts, choices)
        if not len(examples):
            return []
        results = []
        logits = self.logits(examples)
        for some, best, scores in zip(examples.choices, self.model.decode(logits), softmax(logits), strict=True):
            results.append({"choice": int(best), "text": some[best], "score": float(scores[best])})
        return results

    def logits(self, examples: Choices) -> np.ndarray:
        """Run the model.

        Args:
            examples: texts with their choices; labels are not looked at.

        Returns:
            (texts, choices) float32 array.
        """
        dataset = multiple_choice_dataset(
            Choices(examples.contexts, examples.choices), self.tokenizer, sequence_length=self.sequence_length,
            batch_size=min(self.batch_size, len(examples)), training=False,
        )  # fmt: skip
        batches = ((None, keras.tree.map_structure(np.asarray, x)) for x in dataset)
        return np.concatenate([logits for _, logits in predict_batches(self.model, batches)])[: len(examples)]


def _choices(texts: Sequence[str], choices: Sequence[Sequence[str]] | None) -> Choices:
    texts, choices = tuple(texts), tuple(tuple(some or ()) for some in choices or ())
    if len(choices) != len(texts):
        raise ValueError(f"Expected a list of choices for each of {len(texts)} texts, received {len(choices)}.")
    counts = {len(some) for some in choices}
    if texts and (len(counts) > 1 or min(counts) < 2):
        raise ValueError(f"Expected two choices or more, equally many for each text; received {sorted(counts)}.")
    for text in (*texts, *(choice for some in choices for choice in some)):
        if not isinstance(text, str):
            raise ValueError(f"Expected texts and choices to be str, received {text!r}.")
    return Choices(texts, choices)
