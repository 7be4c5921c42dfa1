"""A preset into the predictor of its head."""

import os
from typing import Any

from bert_keras.inference.chooser import Chooser
from bert_keras.inference.classifier import Classifier
from bert_keras.inference.embedder import Embedder
from bert_keras.inference.fill_mask import FillMask
from bert_keras.inference.generator import Generator
from bert_keras.inference.predictor import Predictor
from bert_keras.inference.question_answerer import QuestionAnswerer
from bert_keras.inference.relation_extractor import RelationExtractor
from bert_keras.inference.span_finder import SpanFinder
from bert_keras.inference.tagger import Tagger
from bert_keras.inference.triple_finder import TripleFinder
from bert_keras.models import BertEncoder, CausalLM, model_class_of

_PREDICTORS = (
    Chooser, Classifier, Embedder, FillMask, Generator, QuestionAnswerer, RelationExtractor, SpanFinder, Tagger,
    TripleFinder,
)  # fmt: skip
_ALSO = {Embedder: BertEncoder, Generator: CausalLM}


def load_predictor(preset: str | os.PathLike, **options: Any) -> Predictor:
    """Load what a preset was trained for, ready for raw strings.

    Args:
        preset: path of a directory, such as a recipe's RUN_DIRECTORY/preset, or a name.
        **options: arguments of that predictor's constructor, such as `batch_size`.

    Returns:
        `Classifier`, `Tagger`, `SpanFinder`, `QuestionAnswerer`, `RelationExtractor`, `TripleFinder`, `Chooser`,
        `Generator`, `FillMask` for a masked-LM head, or `Embedder` for an encoder without a head.

    Raises:
        FileNotFoundError: where a file is missing.
        ValueError: where a file is damaged, describes a model that we do not have, or has a head of pretraining alone.

    Example:
        ```python
        predict = load_predictor("runs/finetune_classifier/preset")
        predict("what a film")  # {"label": "positive", "score": 0.98}
        ```
    """
    return predictor_class(preset).from_preset(preset, **options)


def predictor_class(preset: str | os.PathLike) -> type[Predictor]:
    """Tell the class of the predictor that `load_predictor` gives, without loading weights.

    Args:
        preset: As for `load_predictor`.

    Raises:
        ValueError: If its head predicts nothing of a text, as a discriminator's of ELECTRA.
    """
    model_class = model_class_of(preset)
    for predictor in _PREDICTORS:
        if model_class in (predictor.model_class, _ALSO.get(predictor)):
            return predictor
    raise ValueError(
        f"{os.fspath(preset)} is a {model_class.__name__}, which has no predictor: its head serves pretraining alone. "
        "Fine-tune it for a task, or take its vectors by Embedder.from_preset."
    )
