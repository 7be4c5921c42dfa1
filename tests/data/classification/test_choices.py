import numpy as np
import pytest

from bert_keras.data.classification.choice_rows import multiple_choice_dataset
from bert_keras.data.classification.choices import Choices, read_choices
from bert_keras.data.tokenization.vocabulary import SPECIAL_TOKENS
from bert_keras.data.tokenization.wordpiece_tokenizer import WordPieceTokenizer

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


@pytest.mark.parametrize("label", ["5", "-1", "x", "0.5", ""])
def test_a_label_that_is_no_choice_is_an_error_with_its_place_or_skipped(tmp_path, label):
    path = swag(tmp_path, [ROWS[0], ROWS[1][:-1] + label])
    with pytest.raises(
        ValueError, match="train.csv:3: (expected a label from 0 to 3, received|column 'label' is empty)"
    ):
        read_choices(path)
    assert read_choices(path, errors="skip").num_skipped == 1


def three(*labels):
    rows = [("Why?", "a", "b", "c", label) for label in labels]
    return lambda **options: read_choices(
        rows, context_column=0, stem_column=None, choice_columns=(1, 2, 3), label_column=4, **options
    )


@pytest.mark.parametrize(
    ("labels", "first_label", "numbers"),
    [
        ((0, 1, 2), 0, (0, 1, 2)),
        (("0", "2.0", 1.0), 0, (0, 2, 1)),
        ((1, 3, 2), 1, (0, 2, 1)),
        (("C", "a", "B"), "A", (2, 0, 1)),
        ((0, 1), 0, (0, 1)),
    ],
)
def test_how_choices_are_counted_is_told_by_all_labels_together(labels, first_label, numbers):
    examples = three(*labels)()
    assert examples.labels == numbers and examples.first_label == first_label
    assert three(*labels)(first_label=first_label).labels == numbers


def test_labels_that_do_not_tell_how_they_are_counted_count_from_0_and_are_warned_about(caplog):
    assert three(1, 2)().labels == (1, 2) and "labels are 1, 2, of 3 choices: taken to count from 0" in caplog.text
    assert three(1, 2)(first_label=1).labels == (0, 1)


@pytest.mark.parametrize("errors", ["raise", "skip"])
@pytest.mark.parametrize(
    ("labels", "message"),
    [((1, 2, 3, 0), "labels count from 0 .example 3. and up to 3 .example 2. of 3 choices; first_label="),
     (("A", 1), "labels are letters .example 0. and numbers .example 1.; first_label=")],
)  # fmt: skip
def test_labels_are_never_shifted_nor_lost_on_a_guess(labels, message, errors):
    with pytest.raises(ValueError, match=message):
        three(*labels)(errors=errors)
    kept = three(*labels)(errors="skip", first_label=1)
    assert kept.num_skipped == 1 and kept.labels == tuple(label - 1 for label in labels if label not in (0, "A"))


def test_an_empty_choice_is_an_error_and_an_empty_stem_is_not():
    rows = [{"sent1": "It rains.", "sent2": "", "ending0": "a", "ending1": "b", "label": 1}]
    assert read_choices(rows, choice_columns=("ending0", "ending1")).choices == (("a", "b"),)
    with pytest.raises(ValueError, match="example 0: column 'ending1' is empty"):
        read_choices([rows[0] | {"ending1": " "}], choice_columns=("ending0", "ending1"))


def test_other_separators_and_encodings_are_read(tmp_path):
    (tmp_path / "a.csv").write_bytes("天;晴;雨;1\n地;大;小;0\n".encode("gbk"))
    options = dict(context_column=0, stem_column=None, choice_columns=(1, 2), label_column=3)
    assert read_choices(tmp_path / "a.csv", **options, separator=";", encoding="gbk").contexts == ("天", "地")


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
