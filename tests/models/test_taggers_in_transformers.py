"""What our heads save, transformers opens: a tagger with a CRF as a plain tagger, the others as an encoder."""

import numpy as np
import pytest

from bert_keras.models import RelationClassifier, SpanTagger, TokenClassifier, TripleExtractor

pytestmark = pytest.mark.slow


def theirs(kind, directory, rows):
    torch, transformers = pytest.importorskip("torch"), pytest.importorskip("transformers")
    model = getattr(transformers, kind).from_pretrained(directory).eval()
    names = {"token_ids": "input_ids", "segment_ids": "token_type_ids", "padding_mask": "attention_mask"}
    with torch.no_grad():
        return model(**{names[name]: torch.tensor(value) for name, value in rows.items()}), model.config


def test_a_tagger_with_a_crf_gives_the_same_logits(make_encoder, rows, outputs_of, tmp_path):
    tagger = TokenClassifier(make_encoder(), 3, labels=("O", "B-a", "I-a"), head="crf", scheme="BIO")
    tagger.save_to_preset(tmp_path)
    outputs, config = theirs("AutoModelForTokenClassification", tmp_path, rows)
    np.testing.assert_allclose(outputs.logits.numpy(), outputs_of(tagger, rows), atol=1e-5)
    assert config.id2label == {0: "O", 1: "B-a", 2: "I-a"}
    assert config.bert_keras == {
        "head": "crf",
        "scheme": "BIO",
        "words": "basic",
    }


@pytest.mark.parametrize(
    "make",
    [
        lambda encoder: SpanTagger(encoder, ("a", "b"), head_dim=4),
        lambda encoder: TripleExtractor(encoder, ("a", "b"), head_dim=4),
        lambda encoder: RelationClassifier(encoder, 3),
    ],
    ids=["spans", "triples", "relations"],
)
def test_other_heads_leave_the_encoder_readable(make_encoder, rows, outputs_of, tmp_path, make):
    model = make(make_encoder())
    model.save_to_preset(tmp_path)
    outputs, _ = theirs("AutoModel", tmp_path, rows)
    expected = outputs_of(model.encoder, rows)["sequence_output"]
    np.testing.assert_allclose(outputs.last_hidden_state.numpy(), expected, atol=1e-5)
