import keras
import numpy as np
import pytest

from bert_keras.data import Vocabulary, WordPieceTokenizer
from bert_keras.inference import RelationExtractor
from bert_keras.models import BertEncoder, RelationClassifier

TEXTS = [
    "The <e1>cat</e1> in the <e2>box</e2>.",
    "<e2>box</e2> of the <e1>cat</e1>" + " the" * 40,
    "<e1>a</e1><e2>b</e2>",
]


@pytest.fixture(scope="module")
def extractor():
    keras.utils.set_random_seed(0)
    tokenizer = WordPieceTokenizer(
        Vocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "$", "#", "the", "cat", "in", "box", "of", "."])
    )
    encoder = BertEncoder(
        13, 1, 2, 16, 16, max_sequence_length=64, pooler=False,
        kernel_initializer=keras.initializers.RandomNormal(stddev=0.3),
    )  # fmt: skip
    return RelationExtractor(
        RelationClassifier(encoder, 3, labels=("in(e1,e2)", "of(e2,e1)", "Other")), tokenizer, batch_size=2
    )


@pytest.mark.slow_elsewhere
def test_gives_label_score_and_the_entities_characters(extractor):
    found = extractor(TEXTS)
    assert [example["first"]["text"] for example in found] == ["cat", "cat", "a"]
    assert found[0]["second"] == {"text": "box", "start": 15, "end": 18}
    for text, example in zip(TEXTS, found, strict=True):
        alone = extractor(text)
        assert alone["label"] == example["label"] in extractor.model.labels
        assert alone["score"] == pytest.approx(example["score"], abs=1e-5) and 1 / 3 <= alone["score"] <= 1
    assert extractor([]) == []


def test_a_preset_brings_all_that_is_needed(extractor, tmp_path):
    extractor.model.save_to_preset(tmp_path)
    extractor.tokenizer.save_to_preset(tmp_path)
    (found, expected) = (some(TEXTS[0]) for some in (RelationExtractor.from_preset(tmp_path), extractor))
    assert found["label"] == expected["label"] and np.isclose(found["score"], expected["score"], atol=1e-5)


@pytest.mark.slow_elsewhere
def test_texts_without_markers_and_classifiers_without_labels_are_refused(extractor):
    with pytest.raises(ValueError, match="expected <e1>...</e1> and <e2>...</e2>, found no marker"):
        extractor("The cat in the box.")
    with pytest.raises(ValueError, match="has no labels"):
        RelationExtractor(RelationClassifier(extractor.model.encoder, 3), extractor.tokenizer)
