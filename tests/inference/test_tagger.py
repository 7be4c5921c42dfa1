import keras
import numpy as np
import pytest

from bert_keras.data import Vocabulary, WordPieceTokenizer, basic_tokens, read_tagged_sentences, sentences_of_texts
from bert_keras.inference import Tagger
from bert_keras.models import BertEncoder, TokenClassifier
from bert_keras.tagging_schemes import tag_names, tags_to_spans

WORDS = ("ada", "lovelace", "lyon", "met", "in", ",", ".", "##s")
NAMES = tag_names(("person", "place"), "BIO")
TAG_OF = {"ada": 1, "lovelace": 2, "lyon": 3}


@pytest.fixture(scope="module")
def tokenizer():
    return WordPieceTokenizer(Vocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS]))


@pytest.fixture(scope="module")
def make(tokenizer):
    """Taggers whose encoder tells words apart, and whose head knows the tag of each."""

    def make(head="linear", labels=NAMES, scheme="BIO", **options):
        keras.utils.set_random_seed(0)
        encoder = BertEncoder(
            13, 1, 2, 16, 16, max_sequence_length=16, dropout=0.0, pooler=False,
            kernel_initializer=keras.initializers.RandomNormal(stddev=0.3),
        )  # fmt: skip
        classifier = TokenClassifier(encoder, len(labels), labels=labels, head=head, scheme=scheme, dropout=0.0)
        ids = np.stack([np.arange(13), np.zeros(13, int)], axis=1)  # a token and a place of padding
        # The row of each token as the encoder alone makes it, and a head that takes it for the word's tag.
        x = {"token_ids": ids, "segment_ids": 0 * ids, "padding_mask": 0 * ids + [1, 0]}
        states = keras.ops.convert_to_numpy(encoder(x)["sequence_output"])[:, 0]
        wanted = np.zeros((13, len(labels)))
        for i in range(13):
            wanted[i, TAG_OF.get(WORDS[i - 5], 0) if i >= 5 else 0] = 8.0
        kernel = np.linalg.lstsq(states, wanted, rcond=None)[0]
        classifier.get_layer("token_classification_head").dense.kernel.assign(kernel)
        return Tagger(classifier, tokenizer, **options)

    return make


def by_hand(tagger, sentences):
    """Logits of each word alone in its sentence's row, one row a sentence, without windows or batches."""
    vocabulary, rows = tagger.tokenizer.vocabulary, []
    for words in sentences:
        pieces = [tagger.tokenizer(word).numpy().tolist() for word in words]
        ids = np.array([[vocabulary.cls_id, *sum(pieces, []), vocabulary.sep_id]])
        x = {"token_ids": ids, "segment_ids": 0 * ids, "padding_mask": 0 * ids + 1}
        logits = keras.ops.convert_to_numpy(tagger.model(x))[0]
        firsts = np.cumsum([1, *map(len, pieces)])[:-1]
        rows.append(logits[firsts])
    return rows


@pytest.mark.slow_elsewhere
@pytest.mark.parametrize("head", ["linear", "crf"])
def test_gives_each_word_the_tag_that_its_sentence_alone_gives(make, head):
    tagger = make(head, batch_size=2)
    texts = ["Ada Lovelace met Lyons.", "", "Lyon, Lyon, Lyon", "met Ada"]
    sentences = sentences_of_texts(texts)
    found = tagger.tags(sentences)
    for logits, tags in zip(by_hand(tagger, sentences.words), found, strict=True):
        if head == "linear":
            expected = logits.argmax(-1)
        else:
            expected = keras.ops.convert_to_numpy(
                tagger.model.decode(logits[None], np.ones((1, len(logits)), bool))
            )[0] if len(logits) else []  # fmt: skip
        assert tags == [NAMES[tag] for tag in expected]


@pytest.mark.slow_elsewhere
def test_spans_carry_label_text_characters_and_score(make):
    tagger = make()
    text = "  Ada\tLOVELACE, in Lyon."
    spans = tagger(text)
    beside = tagger([text, "in"])[0]
    assert [span["start"] for span in beside] == [span["start"] for span in spans]
    np.testing.assert_allclose([span["score"] for span in beside], [span["score"] for span in spans], atol=1e-5)
    assert spans
    for span in spans:
        assert list(span) == ["label", "text", "start", "end", "score"]
        assert span["text"] == text[span["start"] : span["end"]] and 0 < span["score"] <= 1
        assert type(span["start"]) is int and type(span["score"]) is float
    assert tagger([]) == [] and tagger("") == []


@pytest.mark.slow_elsewhere
def test_a_file_is_read_line_by_line(make, tmp_path):
    tagger = make()
    (tmp_path / "texts.txt").write_text("Ada met\n\nin Lyon\n")
    assert [[span["text"] for span in spans] for spans in tagger(tmp_path / "texts.txt")] == [
        [span["text"] for span in tagger(text)] for text in ("Ada met", "", "in Lyon")
    ]
    (tmp_path / "texts.txt").write_bytes(b"Ada\n\xff\n")
    with pytest.raises(ValueError, match="texts.txt:2: not UTF-8"):
        tagger(tmp_path / "texts.txt")


@pytest.mark.slow_elsewhere
def test_long_texts_lose_no_word(make):
    tagger = make()
    text = ", ".join(["Ada met Lyon"] * 30)
    (tags,) = tagger.tags(sentences_of_texts([text]))
    assert len(tags) == 30 * 3 + 29


@pytest.mark.slow_elsewhere
def test_labels_without_spans_are_given_word_by_word(make):
    tagger = make(labels=("NOUN", "VERB", "ADJ", "X"), scheme=None)
    words = tagger("Ada met Lyon.")
    assert [word["text"] for word in words] == ["Ada", "met", "Lyon", "."]
    assert all(word["label"] in ("NOUN", "VERB", "ADJ", "X") for word in words)


def test_a_preset_brings_all_that_is_needed(make, tmp_path):
    tagger = make("crf")
    tagger.model.save_to_preset(tmp_path)
    tagger.tokenizer.save_to_preset(tmp_path)
    text = "Ada Lovelace met Lyon in Lyon."
    assert Tagger.from_preset(tmp_path)(text) == tagger(text)


@pytest.mark.slow_elsewhere
def test_a_classifier_without_labels_is_refused(tokenizer):
    classifier = TokenClassifier(BertEncoder(13, 1, 1, 4, 4, max_sequence_length=16, pooler=False), 3)
    with pytest.raises(ValueError, match="has no labels"):
        Tagger(classifier, tokenizer)


@pytest.mark.slow_elsewhere
@pytest.mark.parametrize("head", ["linear", "crf"])
def test_words_of_a_file_get_the_tags_of_their_raw_text(make, head, tmp_path):
    (tmp_path / "test.conll").write_text("Ada-Lovelace B-person\nmet O\nin/Lyon B-place\n. O\n\n" + "Lyon's O\n" * 12)
    sentences = read_tagged_sentences(tmp_path / "test.conll")
    tagger = make(head)
    tokens = basic_tokens(sentences)
    raw = tagger.tags(sentences_of_texts(sentences.texts))
    assert tokens.tags_of_words(raw, "BIO", "O") == tagger.tags(sentences)
    places = [[(span["start"], span["end"], span["label"]) for span in some] for some in tagger(list(sentences.texts))]
    offsets = tokens.sentences.offsets
    assert places == [
        [(where[first][0], where[behind - 1][1], label) for first, behind, label in tags_to_spans(tags)]
        for where, tags in zip(offsets, raw, strict=True)
    ]
    as_given = Tagger(tagger.model, tagger.tokenizer, words="file")
    expected = [logits.argmax(-1) for logits in by_hand(tagger, sentences.words[:1])]
    if head == "linear":
        assert as_given.tags(sentences)[:1] == [[NAMES[tag] for tag in tags] for tags in expected]


@pytest.mark.slow_elsewhere
def test_words_are_those_that_the_classifier_learned_unless_chosen(make):
    tagger = make()
    assert tagger.words == "basic"
    tagger.model.words = "file"
    assert Tagger(tagger.model, tagger.tokenizer).words == "file"
    assert Tagger(tagger.model, tagger.tokenizer, words="basic").words == "basic"
    with pytest.raises(ValueError, match="one of basic, file, received 'given'"):
        Tagger(tagger.model, tagger.tokenizer, words="given")
