"""A preset into the model that it was saved from, head and all."""

import os
from typing import Any

import keras

from bert_keras.models.causal_lm import CausalLM
from bert_keras.models.encoder import BertEncoder
from bert_keras.models.multiple_choice import MultipleChoice
from bert_keras.models.prefix_lm import PrefixLM
from bert_keras.models.preset_model import PresetModel
from bert_keras.models.pretrainer import BertPretrainer
from bert_keras.models.question_answerer import QuestionAnswerer
from bert_keras.models.relation_classifier import RelationClassifier
from bert_keras.models.replaced_token_detector import ReplacedTokenDetector
from bert_keras.models.saved_model import open_preset
from bert_keras.models.sentence_encoder import SentenceEncoder
from bert_keras.models.span_tagger import SpanTagger
from bert_keras.models.text_classifier import TextClassifier
from bert_keras.models.token_classifier import TokenClassifier
from bert_keras.models.triple_extractor import TripleExtractor

_MODELS = {
    head: model
    for model in (
        BertPretrainer,
        TextClassifier,
        TokenClassifier,
        MultipleChoice,
        QuestionAnswerer,
        RelationClassifier,
        ReplacedTokenDetector,
        TripleExtractor,  # before SpanTagger, whose head it has too
        SpanTagger,
        SentenceEncoder,
    )
    for head in model.heads
}
# Of one head, of which what is noted beside the weights tells the model.
_WRITERS = {model.__name__: model for model in (CausalLM, PrefixLM)}


def load_preset(preset: str | os.PathLike | keras.Model, **overrides: Any) -> PresetModel:
    """Load whatever a preset holds: all of its weights, and no new ones.

    Args:
        preset: what `bert_keras.models.open_preset` takes: a directory, a name or an object.
        **overrides: arguments of the encoder's constructor that shall differ from the preset's, such as `dtype`.

    Returns:
        the model of the preset's head; where it has none, a `SentenceEncoder` if sentence-transformers' modules say
        how its vectors are pooled, else a `BertEncoder`.

    Raises:
        FileNotFoundError: where a file is missing.
        ValueError: where a file is damaged, describes a model that we do not have, or has heads of another class.

    Example:
        >>> import tempfile
        >>> from bert_keras.models import BertEncoder, TokenClassifier, load_preset
        >>> directory = tempfile.mkdtemp()
        >>> encoder = BertEncoder.from_size("tiny", vocabulary_size=100, pooler=False)
        >>> TokenClassifier(encoder, num_tags=3).save_to_preset(directory)
        >>> type(load_preset(directory)).__name__
        'TokenClassifier'
    """
    checkpoint = open_preset(preset)
    shapes, model_class = checkpoint.shapes, _class_of_heads(checkpoint)
    if model_class in (BertEncoder, BertPretrainer):  # the others know whether they need a pooler
        overrides = {"pooler": "pooler/dense/kernel" in shapes} | overrides
    return model_class.from_preset(preset, **overrides)


def model_class_of(preset: str | os.PathLike | keras.Model) -> type[PresetModel]:
    """Tell the class of the model that a preset holds, without its weights.

    Args:
        preset: as for `load_preset`.

    Returns:
        as for `load_preset`, the class of the preset's head, or else `SentenceEncoder` or `BertEncoder`.

    Example:
        >>> import tempfile
        >>> from bert_keras.models import BertEncoder, model_class_of
        >>> directory = tempfile.mkdtemp()
        >>> BertEncoder.from_size("tiny", vocabulary_size=100).save_to_preset(directory)
        >>> model_class_of(directory).__name__
        'BertEncoder'
    """
    return _class_of_heads(open_preset(preset))


def _class_of_heads(checkpoint):
    if unknown := [head for head in checkpoint.own_heads if head not in _MODELS]:
        raise ValueError(
            f"{checkpoint.source} has heads of a class of your own: {', '.join(unknown)}. Load it by the "
            "from_preset of that class, or of a predictor whose model_class it is; BertEncoder.from_preset loads the "
            "encoder alone."
        )
    if (writer := _WRITERS.get(checkpoint.settings.get("head"))) is not None:
        return writer
    heads = {name.split("/")[0] for name in checkpoint.shapes}
    without = SentenceEncoder if _is_sentence_encoder(checkpoint) else BertEncoder  # whose head may have no weights
    return next((model for head, model in _MODELS.items() if head in heads), without)


def _is_sentence_encoder(checkpoint):
    return checkpoint.is_sentence_encoder or checkpoint.settings.get("head") == SentenceEncoder.__name__
