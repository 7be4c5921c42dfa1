import numpy as np
import pytest

from bert_keras.data import Examples, classification_dataset, pack

TEXTS = ["d1x1 d1x2", "d2x1", "d3x1 d3x2 d3x3 d3x4 d3x5 d3x6 d3x7"]
SECONDS = ["d4x1 d4x2 d4x3 d4x4", "d5x1", ""]


@pytest.mark.parametrize("seconds", [None, SECONDS], ids=["texts", "pairs"])
def test_rows_are_those_of_the_datasets(tokenizer, seconds):
    batch = pack(tokenizer, TEXTS, seconds, sequence_length=8)
    examples = Examples(tuple(TEXTS), seconds and tuple(seconds))
    dataset = classification_dataset(
        examples, tokenizer, sequence_length=8, batch_size=3, training=False, buckets=[8]
    )  # fmt: skip
    expected = next(iter(dataset))
    expected = expected[0] if isinstance(expected, tuple) else expected
    assert batch.keys() == expected.keys() == {"token_ids", "segment_ids", "padding_mask"}
    for name, values in batch.items():
        assert isinstance(values, np.ndarray) and values.dtype == np.int32 and values.shape == (3, 8)
        np.testing.assert_array_equal(values, expected[name])


def test_without_a_length_rows_are_as_long_as_the_longest_and_nothing_is_cut(tokenizer, caplog):
    batch = pack(tokenizer, TEXTS)
    assert batch["padding_mask"].sum(axis=1).tolist() == [4, 3, 9] and batch["token_ids"].shape == (3, 9)
    assert not caplog.text


def test_what_is_cut_is_told(tokenizer, caplog):
    assert pack(tokenizer, TEXTS, sequence_length=5)["padding_mask"].sum(axis=1).tolist() == [4, 3, 5]
    assert "1 of 3 texts are longer than sequence_length=5 and were cut; the longest needs 9" in caplog.text


def test_texts_may_come_in_any_iterable(tokenizer):
    expected = pack(tokenizer, TEXTS)["token_ids"]
    for texts in (iter(TEXTS), tuple(TEXTS), np.array(TEXTS), np.array(TEXTS, object)):
        np.testing.assert_array_equal(pack(tokenizer, texts)["token_ids"], expected)


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (["d1x1"], {}, "texts must be a list of strings, received one string, 'd1x1': put it in a list"),
        ([3], {}, "texts must be a list of strings, received int"),
        ([[]], {}, "texts must hold one text or more, received none"),
        ([["d1x1", None]], {}, "texts must be strings, received NoneType None at 1"),
        ([["d1x1", float("nan")]], {}, "texts must be strings, received float nan at 1"),
        ([["d1x1"], [b"d1x1"]], {}, "second_texts must be strings, received bytes b'd1x1' at 0"),
        ([["d1x1"], ["d1x1", "d1x2"]], {}, "received 1 texts and 2 second_texts"),
        ([[("d1x1", "d1x2")]], {}, "texts must be strings, received tuple"),
        ([["d1x1"]], {"sequence_length": 2}, "sequence_length must be at least 3, received 2"),
        ([["d1x1"], ["d1x1"]], {"sequence_length": 4}, "sequence_length must be at least 5, received 4"),
    ],
)
def test_what_cannot_be_packed_is_refused(tokenizer, arguments, options, message):
    with pytest.raises(ValueError, match=message):
        pack(tokenizer, *arguments, **options)
