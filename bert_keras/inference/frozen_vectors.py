"""The vectors of texts that a frozen encoder gives a head, made once and kept."""

import logging
from pathlib import Path
from typing import Any

import keras
import numpy as np
from safetensors.numpy import load_file, save

from bert_keras.atomic_files import write_file
from bert_keras.data import Examples, Tokenizer
from bert_keras.data.classification.split import select_examples
from bert_keras.inference.classifier import Classifier
from bert_keras.models import TextClassifier
from bert_keras.models.head_only import head_and_vectors
from bert_keras.progress import with_progress

_logger = logging.getLogger(__name__)
_AT_ONCE = 4096  # texts whose vectors are a file


def frozen_vectors(
    classifier: TextClassifier, tokenizer: Tokenizer, examples: Examples, *, sequence_length: int, directory: Path
) -> tuple[keras.Model, np.ndarray]:
    """Encode texts once, some thousands at a time, each of which is kept in a file: a stopped run resumes there.

    How far it has come is said as of a prediction, of what was missing.

    Args:
        classifier: `TextClassifier`; its embeddings and blocks are frozen by this.
        tokenizer: What makes its rows.
        examples: The texts.
        sequence_length: The longest row; what is longer is cut.
        directory: Folder of the files; those that it has are taken as they are. Each preset with its
            texts has one.

    Returns:
        The head, as `head_only` gives it, and an array of the vectors in the order of the texts.
    """
    head, encode = head_and_vectors(classifier)
    predictor = FrozenVectors(classifier, encode, tokenizer, sequence_length=sequence_length, progress=False)
    directory.mkdir(parents=True, exist_ok=True)
    parts = {directory / f"vectors_{begin:09d}.safetensors": range(begin, min(begin + _AT_ONCE, len(examples)))
             for begin in range(0, len(examples), _AT_ONCE)}  # fmt: skip
    missing = {path: numbers for path, numbers in parts.items() if not path.exists()}
    num_missing = sum(map(len, missing.values()))
    if num_missing < len(examples):
        _logger.info("%d of %d texts have been encoded before", len(examples) - num_missing, len(examples))
    encoded = _encoded(predictor, examples, missing)
    for _ in with_progress(encoded, num_missing, name="encoder", show=None):  # of all files together
        pass
    return head, np.concatenate([load_file(path)["vectors"] for path in parts])


def _encoded(predictor, examples, missing):
    """Write the files that are missing, and yield the numbers of each batch's rows."""
    for path, numbers in missing.items():
        rows = predictor.rows(select_examples(examples, numbers))
        vectors = [None] * len(rows.row_lengths)
        for some, outputs in predictor.outputs(rows):
            for number, vector in zip(some, outputs, strict=True):
                vectors[number] = vector
            yield some, None
        write_file(path, save({"vectors": np.stack(vectors)}))


class FrozenVectors(Classifier):
    """Gives vectors in place of logits.

    Args:
        classifier: Whose encoder makes them.
        encode: What `head_and_vectors` gives.
        tokenizer: What makes its rows.
        **options: Those of `Predictor`.
    """

    def __init__(self, classifier: TextClassifier, encode: keras.Model, tokenizer: Tokenizer, **options: Any) -> None:
        super().__init__(classifier, tokenizer, **options)
        self._network = encode
