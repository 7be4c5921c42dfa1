"""Every predictor loads its model in the precision that is asked for, by one mechanism."""

import pytest

from bert_keras import inference
from bert_keras.data import WordPieceTokenizer
from bert_keras.models import (
    BertEncoder,
    BertPretrainer,
    MultipleChoice,
    QuestionAnswerer,
    RelationClassifier,
    SpanTagger,
    TextClassifier,
    TokenClassifier,
    TripleExtractor,
)

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "$", "#", *"abcdefgh"]
MODELS = {
    "Chooser": (MultipleChoice, "model"),
    "Classifier": (lambda encoder: TextClassifier(encoder, 2), "model"),
    "Embedder": (lambda encoder: encoder, None),
    "FillMask": (lambda encoder: BertPretrainer(encoder, next_sentence=False), "pretrainer"),
    "QuestionAnswerer": (QuestionAnswerer, "model"),
    "RelationExtractor": (lambda encoder: RelationClassifier(encoder, 2, labels=("a", "b")), "classifier"),
    "SpanFinder": (lambda encoder: SpanTagger(encoder, ("a", "b"), head_dim=4), "tagger"),
    "Tagger": (lambda encoder: TokenClassifier(encoder, 2, labels=("a", "b")), "classifier"),
    "TripleFinder": (lambda encoder: TripleExtractor(encoder, ("a", "b"), head_dim=4), "extractor"),
}


@pytest.mark.parametrize("name", [name for name in inference.__all__ if name[0].isupper()])
def test_options_of_the_predictor_and_of_its_encoder_are_told_apart(tmp_path, name):
    make, attribute = MODELS[name]
    make(BertEncoder(len(WORDS), 1, 2, 8, 12, max_sequence_length=16)).save_to_preset(tmp_path)
    WordPieceTokenizer(WORDS).save_to_preset(tmp_path)
    predictor = getattr(inference, name).from_preset(tmp_path, dtype="mixed_bfloat16", dropout=0.0)
    encoder = predictor.encoder if attribute is None else getattr(predictor, attribute).encoder
    assert encoder.compute_dtype == "bfloat16" and encoder.dropout == 0.0
    with pytest.raises(TypeError, match=f"{name}.from_preset has no option batchsize. Its own: batch_"):
        getattr(inference, name).from_preset(tmp_path, batchsize=3)
