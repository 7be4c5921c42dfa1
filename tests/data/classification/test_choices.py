import numpy as np
import pytest

from bert_keras.data.classification.choices import Choices, read_choices
from bert_keras.data.classification.multiple_choice_dataset import multiple_choice_dataset
from bert_keras.data.tokenization.tokenizer import WordPieceTokenizer
from bert_keras.data.tokenization.vocabulary import SPECIAL_TOKENS

HEADER = ",video-id,fold-ind,startphrase,sent1,sent2,gold-source,ending0,ending1,ending2,ending3,label"
ROWS = [
    '0,v1,7,"It rains. She",It rains.,She,gold,"swims, slowly.",sleeps.,eats.,runs.,3',
    "1,v2,8,It snows. He,It snows.,He,gen,a.,b.,c.,d.,0",
]


@pytest.fixture(scope="module")
def tokenizer():
    return WordPieceTokenizer([*SPECIAL_TOKENS, *"abcdefgh"])


def swag(tmp_path, rows=ROWS):
    (tmp_path / "train.csv").write_text("\n".join([HEADER, *rows]) + "\n")
    return tmp_path / "train.csv"


def test_swags_files_are_read_as_they_are(tmp_path):
    examples = read_choices(swag(tmp_path))
    assert examples.contexts == ("It rains.", "It snows.") and examples.labels == (3, 0)
    assert examples.choices[0] == ("She swims, slowly.", "She sleeps.", "She eats.", "She runs.")
    assert read_choices(swag(tmp_path), label_column=None).labels is None


def test_other_layouts_name_their_columns():
    rows = [("Why?", "because", "so", 1)]
    examples = read_choices(rows, context_column=0, stem_column=None, choice_columns=(1, 2), label_column=3)
    assert examples == Choices(("Why?",), (("because", "so"),), (1,))


@pytest.mark.parametrize("label", ["4", "-1", "x", "0.5", ""])
def test_a_label_that_is_no_choice_is_an_error_with_its_place_or_skipped(tmp_path, label):
    path = swag(tmp_path, [ROWS[0], ROWS[1][:-1] + label])
    with pytest.raises(ValueError, match="train.csv:3: expected a label from 0 to 3, received"):
        read_choices(path)
    assert read_choices(path, errors="skip").num_skipped == 1


def test_a_missing_column_and_a_single_choice_are_errors(tmp_path):
    with pytest.raises(ValueError, match="expected one column 'ending4'"):
        read_choices(swag(tmp_path), choice_columns=("ending0", "ending4"))
    with pytest.raises(ValueError, match="two at least"):
        read_choices(swag(tmp_path), choice_columns=("ending0",))


def test_every_choice_is_a_row_beside_its_text(tokenizer):
    examples = Choices(("a", "b b"), (("c", "d e"), ("f", "g")), (1, 0))
    options = dict(sequence_length=8, batch_size=3, training=False)
    ((x, y, weights),) = multiple_choice_dataset(examples, tokenizer, **options).as_numpy_iterator()
    assert x["token_ids"].shape == (3, 2, 8) and y.tolist() == [1, 0, 0] and weights.tolist() == [1, 1, 0]
    tokens = np.array(tokenizer.vocabulary.tokens)
    assert [" ".join(tokens[row]) for row in x["token_ids"][0]] == [
        "[CLS] a [SEP] c [SEP] [PAD] [PAD] [PAD]",
        "[CLS] a [SEP] d e [SEP] [PAD] [PAD]",
    ]
    assert (
        x["padding_mask"][2].sum(-1).tolist() == [3, 3]
        and x["segment_ids"][1, 0].tolist() == [0] * 4 + [1] * 2 + [0] * 2
    )
    without = multiple_choice_dataset(Choices(examples.contexts, examples.choices), tokenizer, **options)
    assert set(next(without.as_numpy_iterator())) == {"token_ids", "segment_ids", "padding_mask"}


def test_training_comes_in_another_order_in_each_epoch(tokenizer):
    examples = Choices(tuple("abcdefgh"), (("c", "d"),) * 8, tuple(i % 2 for i in range(8)))
    dataset = multiple_choice_dataset(examples, tokenizer, sequence_length=8, batch_size=4, training=True)
    epochs = [np.concatenate([x["token_ids"][:, 0, 1] for x, _, _ in dataset.as_numpy_iterator()]) for _ in range(2)]
    assert sorted(epochs[0]) == sorted(epochs[1]) and epochs[0].tolist() != epochs[1].tolist()
