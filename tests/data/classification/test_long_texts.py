import numpy as np
import pytest

from bert_keras.data.classification.examples import Examples
from bert_keras.data.classification.long_texts import cut_long_texts, pool_pieces
from bert_keras.data.classification.text_rows import classification_dataset
from bert_keras.data.tokenization.vocabulary import SPECIAL_TOKENS
from bert_keras.data.tokenization.wordpiece_tokenizer import WordPieceTokenizer


@pytest.fixture(scope="module")
def tokenizer():
    return WordPieceTokenizer([*SPECIAL_TOKENS, *"abcdefghij", "##s", "."])


def test_every_token_is_in_a_piece_and_pieces_fit(tokenizer):
    rng = np.random.default_rng(0)
    texts = tuple(
        " ".join(rng.choice(list("abcdefghij")) + "s" * rng.integers(0, 5) for _ in range(length))
        for length in (0, 1, 8, 30, 57)
    )
    pieces, text_of = cut_long_texts(Examples(texts), tokenizer, sequence_length=14, stride=7)
    for number, text in enumerate(texts):
        mine = [piece for piece, owner in zip(pieces.texts, text_of) if owner == number]
        position, covered = 0, 0
        for piece in mine:
            position = text.index(piece, max(0, position))
            assert position <= covered + 1 and len(tokenizer(piece)) <= 12
            covered = position + len(piece)
        assert covered == len(text)


def test_a_word_longer_than_a_row_is_cut(tokenizer):
    pieces, _ = cut_long_texts(Examples(("a" + "s" * 25,)), tokenizer, sequence_length=12, stride=5)
    assert len(pieces) > 1 and pieces.texts[-1].endswith("s")


def test_pieces_have_their_texts_label_and_share_its_weight(tokenizer):
    examples = Examples(("a b c d e f g h i j", "a"), labels=(1, 0), label_names=("n", "y"), weights=(3.0, 2.0))
    pieces, text_of = cut_long_texts(examples, tokenizer, sequence_length=8)
    assert text_of.tolist() == [0, 0, 1] and pieces.labels == (1, 1, 0) and pieces.weights == (1.5, 1.5, 2.0)
    dataset = classification_dataset(pieces, tokenizer, sequence_length=8, batch_size=4, training=False)
    ((_, y, weights),) = dataset.as_numpy_iterator()
    assert y.tolist() == [1, 1, 0, 0] and weights.tolist() == [1.5, 1.5, 2.0, 0.0]


def test_outputs_are_averaged_by_text_and_fillers_left_out():
    outputs = np.array([[1.0, 0.0], [3.0, 2.0], [5.0, 5.0], [99.0, 99.0]])
    assert pool_pieces(outputs, np.array([0, 0, 1])).tolist() == [[2.0, 1.0], [5.0, 5.0]]


def test_pairs_and_strides_with_gaps_are_errors(tokenizer):
    with pytest.raises(ValueError, match="for single texts"):
        cut_long_texts(Examples(("a",), ("b",)), tokenizer, sequence_length=8)
    with pytest.raises(ValueError, match="stride must be from 1 to sequence_length - 2 = 6, received 7"):
        cut_long_texts(Examples(("a",)), tokenizer, sequence_length=8, stride=7)
