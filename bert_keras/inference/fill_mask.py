"""Text with [MASK] in, the likeliest tokens out."""

import numpy as np

from bert_keras.inference.length_batches import power_of_two
from bert_keras.inference.preset_parts import preset_parts
from bert_keras.models import BertPretrainer
from bert_keras.models.probabilities import softmax


class FillMask:
    """Guesses the masked tokens of texts.

    Rows are padded to a few lengths and batch sizes, powers of two, so that a compiled model is compiled a few times
    and not for every text. The model's weights are read at each call: it may be trained in between.

    Args:
        pretrainer: `bert_keras.models.BertPretrainer`, or a model with its inputs and its output `mlm`.
        tokenizer: `bert_keras.data.Tokenizer`.
        max_sequence_length: longest row, special tokens included. Default that of the pretrainer's encoder.
        batch_size: most rows in one call of the model. Default 32.

    Call arguments:
        texts: list of str, or one str, each with [MASK] at least once.
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

    def __init__(self, pretrainer, tokenizer, *, max_sequence_length=None, batch_size=32):
        self.pretrainer = pretrainer
        self.tokenizer = tokenizer
        self.max_sequence_length = max_sequence_length or pretrainer.encoder.max_sequence_length
        self.batch_size = batch_size

    @classmethod
    def from_preset(cls, directory, **options):
        """Load model and tokenizer of a preset.

        Args:
            directory: path of the directory, such as recipes/pretrain.py writes, or what else `from_preset` of
                `BertPretrainer` takes.
            **options: those of the constructor, and arguments of the encoder's constructor that
                shall differ from the preset's, such as `dtype`.

        Raises:
            ValueError: where the preset has no masked-LM head: a new one would guess at random.
        """
        pretrainer, tokenizer, options = preset_parts(cls, BertPretrainer, directory, options, next_sentence=False)
        if new := [name for name in pretrainer.load_report.new if name.startswith("masked_lm_head")]:
            raise ValueError(f"{directory} has no masked-LM head: {', '.join(new)} would be random.")
        return cls(pretrainer, tokenizer, **options)

    def __call__(self, texts, top_k=5):
        if isinstance(texts, str):
            return self([texts], top_k)[0]
        texts = list(texts)
        rows = self._rows(texts)
        results = [None] * len(rows)
        # Rows of like length share a batch, so that little of it is padding.
        by_length = sorted(range(len(rows)), key=lambda i: len(rows[i]))
        for start in range(0, len(rows), self.batch_size):
            indices = by_length[start : start + self.batch_size]
            for i, masks in zip(indices, self._guess([rows[i] for i in indices], top_k), strict=True):
                results[i] = masks
        return results

    def _rows(self, texts):
        """The token ids of each text, with the special tokens around them."""
        vocabulary = self.tokenizer.vocabulary
        ids = self.tokenizer(texts).to_list() if texts else []
        rows = [vocabulary.row_layout.row(row) for row in ids]
        for text, row in zip(texts, rows, strict=True):
            if vocabulary.mask_id not in row:
                mask = vocabulary.tokens[vocabulary.mask_id]
                raise ValueError(f"Expected {mask} in every text, found none in: {_shortened(text)}")
            if len(row) > self.max_sequence_length:
                raise ValueError(
                    f"The model takes {self.max_sequence_length} tokens, special ones included; "
                    f"this text has {len(row)}: {_shortened(text)}"
                )
        return rows

    def _guess(self, rows, top_k):
        vocabulary = self.tokenizer.vocabulary
        positions = [[i for i, token in enumerate(row) if token == vocabulary.mask_id] for row in rows]
        length = min(max(16, power_of_two(max(map(len, rows)))), self.max_sequence_length)
        shape = (min(power_of_two(len(rows)), self.batch_size), length)
        token_ids = np.full(shape, vocabulary.row_layout.pad_id, "int32")
        padding_mask = np.zeros(shape, "int32")
        mask_positions = np.zeros((shape[0], power_of_two(max(map(len, positions)))), "int32")
        for i, row in enumerate(rows):
            token_ids[i, : len(row)] = row
            padding_mask[i, : len(row)] = 1
            mask_positions[i, : len(positions[i])] = positions[i]
        batch = {
            "token_ids": token_ids,
            "segment_ids": np.zeros_like(token_ids),
            "padding_mask": padding_mask,
            "mask_positions": mask_positions,
        }
        # A vocabulary may be padded for speed: rows of the table beyond it are no words.
        logits = np.asarray(self.pretrainer.predict_on_batch(batch)["mlm"])[..., : len(vocabulary.tokens)]
        return [
            [_likeliest(logits[i, j], vocabulary.tokens, top_k) for j in range(len(row))]
            for i, row in enumerate(positions)
        ]


def _likeliest(logits, tokens, top_k):
    probabilities = softmax(logits)
    best = np.argsort(-probabilities, kind="stable")[:top_k]
    return [(tokens[i], float(probabilities[i])) for i in best]


def _shortened(text):
    return repr(text if len(text) <= 80 else f"{text[:77]}...")
