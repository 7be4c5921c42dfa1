"""Text with [MASK] in, the likeliest tokens out."""

import numpy as np

from bert_keras.data import MaskedTextRows
from bert_keras.inference.predictor import Predictor, check_top_k
from bert_keras.inference.text_sources import Texts, as_texts
from bert_keras.models import BertPretrainer, ReplacedTokenPretrainer
from bert_keras.models.probabilities import softmax


class FillMask(Predictor):
    """Guesses the masked tokens of texts.

    Args:
        model: `bert_keras.models.BertPretrainer`, `ReplacedTokenPretrainer`, or a model with its inputs and its output
            `mlm`.
        tokenizer: `bert_keras.data.Tokenizer`.
        sequence_length: as for `Predictor`, as are the next three.
        batch_size: most rows in one call of the model. Default 32.
        batch_tokens: most positions in one call of the model.
        progress: whether to say how far it has come.
        runtime: as for `Predictor`, where the model is computed. Default "keras".

    Call arguments:
        texts: as for `Predictor`, each with [MASK] at least once, or what else the tokenizer has for it: RoBERTa's is
            <mask>.
        top_k: number of guesses for each [MASK]. Default 5.

    Output:
        for each text, for each [MASK] in it from left to right, a list of (token, probability), the likeliest first.
        For one str, its own masks alone.

    Raises:
        ValueError: for a text without [MASK] or longer than the model takes.

    Example:
        ```python
        fill_mask = FillMask.from_preset("runs/quickstart/preset")
        fill_mask("the president of the united [MASK]", top_k=2)
        # [[("states", 0.93), ("nations", 0.01)]]
        ```
    """

    model_class, also_takes = BertPretrainer, (ReplacedTokenPretrainer,)
    preset_options = {"next_sentence": False, "sentence_order": False}

    def __call__(self, texts: Texts | MaskedTextRows, top_k: int = 5) -> list:
        if isinstance(texts, str):
            return self([texts], top_k)[0]
        return self.results(self.rows(texts), top_k)

    def rows(self, texts: Texts | MaskedTextRows) -> MaskedTextRows:
        """Make the rows of texts, to be predicted at once or again and again while the model is trained.

        Args:
            texts: what the predictor is called with.
        """
        if isinstance(texts, MaskedTextRows):
            return texts
        return MaskedTextRows(as_texts(texts), self.tokenizer, sequence_length=self.sequence_length)

    def results(self, rows: MaskedTextRows, top_k: int = 5) -> list[list[list[tuple[str, float]]]]:
        """Predict rows; see the call."""
        check_top_k(top_k)
        tokens, results = self.tokenizer.vocabulary.tokens, [None] * len(rows.row_lengths)
        for numbers, outputs in self.outputs(rows):
            for number, logits in zip(numbers, outputs["mlm"], strict=True):
                # A vocabulary may be padded for speed: rows of the table beyond it are no words.
                probabilities = softmax(logits[: rows.num_masks[number], : len(tokens)])
                results[number] = [_likeliest(some, tokens, top_k) for some in probabilities]
        return results


def _likeliest(probabilities: np.ndarray, tokens, top_k: int) -> list[tuple[str, float]]:
    best = np.argsort(-probabilities, kind="stable")[:top_k]
    return [(tokens[i], float(probabilities[i])) for i in best]
