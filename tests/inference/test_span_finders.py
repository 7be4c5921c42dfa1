import keras
import numpy as np
import pytest

from bert_keras.data import (
    TripleExamples,
    Vocabulary,
    WordPieceTokenizer,
    basic_tokens,
    read_tagged_sentences,
    sentences_of_texts,
)
from bert_keras.inference import SpanFinder, TripleFinder
from bert_keras.layers import GlobalPointer
from bert_keras.models import BertEncoder, SpanTagger, TripleExtractor

WORDS = ("ada", "lovelace", "lyon", "met", "in", ",", ".", "##s")
TEXTS = ["Ada Lovelace met  LYONS.", "", "in Lyon, Lyon", ", ".join(["Ada met Lyon"] * 12)]


@pytest.fixture(scope="module")
def tokenizer():
    return WordPieceTokenizer(Vocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS]))


@pytest.fixture(scope="module")
def encoder():
    keras.utils.set_random_seed(0)
    return BertEncoder(
        13, 1, 2, 16, 16, max_sequence_length=32, pooler=False,
        kernel_initializer=keras.initializers.RandomNormal(stddev=0.5),
    )  # fmt: skip


def with_likely_spans(model):
    """New scores begin so low that nothing would be found."""
    for layer in model.layers:
        if isinstance(layer, GlobalPointer):
            layer.label_bias.bias.assign(np.zeros(layer.label_bias.bias.shape))
    return model


@pytest.fixture(scope="module")
def spans(encoder, tokenizer):
    return SpanFinder(with_likely_spans(SpanTagger(encoder, ("a", "b"), head_dim=8)), tokenizer, batch_size=2)


@pytest.fixture(scope="module")
def triples(encoder, tokenizer):
    extractor = with_likely_spans(TripleExtractor(encoder, ("r", "s"), head_dim=8))
    return TripleFinder(extractor, tokenizer, batch_size=2)


@pytest.mark.slow_elsewhere
def test_spans_are_those_with_a_score_above_0(spans):
    sentences = sentences_of_texts(TEXTS[:3])
    vocabulary = spans.tokenizer.vocabulary
    for words, found in zip(sentences.words, spans.spans(sentences), strict=True):
        pieces = [spans.tokenizer(word).numpy().tolist() for word in words]
        ids = np.array([[vocabulary.cls_id, *sum(pieces, []), vocabulary.sep_id]])
        x = {"token_ids": ids, "segment_ids": 0 * ids, "padding_mask": 0 * ids + 1}
        scores = keras.ops.convert_to_numpy(spans.model(x))[0]
        firsts = np.cumsum([1, *map(len, pieces)])[:-1]
        expected = [
            (begin, end + 1, label)
            for begin in range(len(words))
            for end in range(begin, len(words))
            for number, label in enumerate("ab")
            if scores[number, firsts[begin], firsts[end]] > 0
        ]
        assert found == sorted(expected)


@pytest.mark.slow_elsewhere
def test_a_threshold_is_a_probability(spans):
    scores = np.full((2, 2, 3, 3), -9.0, "float32")
    scores[0, 1, 0, 2], scores[1, 0, 1, 1] = 1, 3
    found, probabilities = spans.model.decode(scores)
    assert found.tolist() == [[0, 1, 0, 2], [1, 0, 1, 1]]
    assert probabilities == pytest.approx([0.731, 0.953], abs=1e-3)
    assert spans.model.decode(scores, 0.9)[0].tolist() == [[1, 0, 1, 1]]
    with pytest.raises(ValueError, match="between 0 and 1"):
        spans.model.decode(scores, 1.5)


@pytest.mark.slow_elsewhere
def test_spans_carry_label_text_characters_and_score(spans):
    found = spans(TEXTS)
    assert found[1] == [] and any(found)
    for text, some in zip(TEXTS, found, strict=True):
        for span in some:
            assert span["text"] == text[span["start"] : span["end"]] and 0.5 < span["score"] <= 1
    assert spans(TEXTS[0]) == found[0] or len(spans(TEXTS[0])) == len(found[0])
    assert spans([]) == []


@pytest.mark.slow_elsewhere
def test_a_triple_needs_its_four_scores(triples):
    scores = {name: np.full((2, 5, 5), -1.0) for name in ("entities", "heads", "tails")}
    scores["entities"][0, 1, 2] = scores["entities"][1, 3, 4] = scores["entities"][1, 3, 3] = 4
    scores["heads"][1, 1, 3], scores["tails"][1, 2, 4] = 3, 2
    outputs, is_word = (
        {name: value[None] for name, value in scores.items()},
        np.array([[False, True, True, True, True]]),
    )
    decode = triples.model.decode
    assert decode(outputs, is_word) == [[((1, 2), (3, 4), 1, pytest.approx(1 / (1 + np.exp(-2.0))))]]
    assert decode(outputs, is_word, 0.9) == [[]]  # whose logit is 2.2
    assert decode(outputs, np.array([[False, True, True, False, True]])) == [[]]


@pytest.mark.slow_elsewhere
def test_triples_carry_relation_and_the_characters_of_both(triples, monkeypatch):
    def everything(x):
        length = x["token_ids"].shape[1]
        return {name: np.ones((len(x["token_ids"]), 2, length, length)) for name in ("entities", "heads", "tails")}

    monkeypatch.setattr(triples.model, "predict_on_batch", everything)
    text = "Ada met"
    found = triples(text)
    assert {"relation": "r", "score": pytest.approx(0.731, abs=1e-3)}.items() <= found[0].items()
    assert found[0]["subject"] == {"text": "Ada", "start": 0, "end": 3}
    assert {triple["object"]["text"] for triple in found} >= {"Ada", "met", "Ada met"}
    examples = TripleExamples((("Ada", "met"),), (text,), (((0, 3), (4, 7)),), ((),), ("r", "s"))
    assert ((0, 1), (1, 2), "s") in triples.triples(examples)[0]


def test_presets_bring_all_that_is_needed(spans, triples, tmp_path):
    for finder, model in ((spans, spans.model), (triples, triples.model)):
        directory = tmp_path / type(finder).__name__
        model.save_to_preset(directory)
        finder.tokenizer.save_to_preset(directory)
        loaded = type(finder).from_preset(directory)
        assert len(loaded(TEXTS[0])) == len(finder(TEXTS[0]))
    assert triples([]) == [] and triples("") == []


@pytest.mark.slow_elsewhere
def test_words_of_a_file_have_the_spans_of_their_raw_text(spans, tmp_path):
    (tmp_path / "test.conll").write_text("Ada-Lovelace B-a\nmet O\nin/Lyon B-b\n. O\n")
    sentences = read_tagged_sentences(tmp_path / "test.conll")
    raw = spans.spans(sentences_of_texts(sentences.texts))
    assert raw[0] and spans.spans(sentences) == basic_tokens(sentences).spans_of_words(raw)
    as_given = SpanFinder(spans.model, spans.tokenizer, words="file").spans(sentences)
    assert all(behind <= 4 for _, behind, _ in as_given[0])
