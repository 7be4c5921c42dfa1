"""A source and its target in a row, as a PrefixLM learns from it, and a source alone, as it writes from it."""

import keras
import numpy as np
import pytest

from bert_keras.data import (
    AddedToken,
    BytePairTokenizer,
    BytePairVocabulary,
    GenerationExamples,
    GenerationRows,
    PromptRows,
    SpecialTokens,
    WordPieceTokenizer,
    generation_dataset,
    writing_layout,
)
from bert_keras.data.tokenization.byte_alphabet import ALPHABET
from bert_keras.data.tokenization.vocabulary import SPECIAL_TOKENS
from bert_keras.ops.next_tokens import next_tokens

A, B, C, D, E = range(5, 10)


@pytest.fixture(scope="module")
def tokenizer():
    return WordPieceTokenizer([*SPECIAL_TOKENS, *"abcde"])


def row(rows, number, length):
    return {name: array[0].numpy().tolist() for name, array in rows.inputs(np.array([number]), length).items()}


def test_the_target_stands_behind_the_source_in_segment_1(tokenizer):
    examples = GenerationExamples(("a b", "c"), ("d", "e e"))
    rows = GenerationRows(examples, tokenizer, sequence_length=16)
    assert rows.row_lengths.tolist() == [6, 6] and rows.targets(np.array([0]), 6) is None
    assert row(rows, 1, 7) == {
        "token_ids": [2, C, 3, E, E, 3, 0],
        "segment_ids": [0, 0, 0, 1, 1, 1, 0],
        "padding_mask": [1, 1, 1, 1, 1, 1, 0],
        "output_positions": [2, 3, 4],  # the next tokens are those of the target
    }


def test_words_are_scored_where_the_target_stands_alone(tokenizer):
    examples = GenerationExamples(("a b c", "c", "a"), ("d", "e e", "a b c d e"))
    rows = GenerationRows(examples, tokenizer, sequence_length=16)
    x = {name: array.numpy() for name, array in rows.inputs(np.array([0, 1, -1]), 7).items()}
    assert x["output_positions"].tolist() == [[4, 5, 6], [2, 3, 4], [6, 6, 6]]  # no row of 7 tokens writes more than 3
    arrays = (keras.ops.array(x[name]) for name in ("token_ids", "padding_mask", "segment_ids"))
    labels = keras.ops.convert_to_numpy(next_tokens(*arrays))
    found = np.take_along_axis(labels, x["output_positions"], axis=1)
    assert found.tolist() == [[D, 3, -100], [E, E, 3], [-100] * 3]
    assert rows.inputs(np.array([2]), 9)["output_positions"].shape == (1, 6)


def test_a_filler_has_no_label(tokenizer):
    dataset = generation_dataset(
        GenerationExamples(("a",), ("b",)), tokenizer, sequence_length=8, batch_size=2, training=False
    )
    x = next(iter(dataset))
    arrays = [x[name].numpy() for name in ("token_ids", "padding_mask", "segment_ids")]
    labels = keras.ops.convert_to_numpy(next_tokens(*map(keras.ops.array, arrays)))
    assert labels[0, :4].tolist() == [-100, -100, B, 3]
    assert (labels[1] == -100).all() and (labels[0] != -100).sum() == 2


def test_the_longer_one_is_cut_a_dialogue_at_its_oldest_turn_and_all_is_said(tokenizer, caplog):
    sources = ("a b c d e", ("a b c", "d e"), "a")
    rows = GenerationRows(GenerationExamples(sources, ("b", "b", "b c d e a b")), tokenizer, sequence_length=8)
    assert row(rows, 0, 8)["token_ids"] == [2, A, B, C, D, 3, B, 3]
    assert row(rows, 1, 8)["token_ids"] == [2, C, 3, D, E, 3, B, 3]  # turns are parted as texts are
    assert row(rows, 2, 8)["token_ids"] == [2, A, 3, B, C, D, E, 3]
    assert "2 of 3 sources were cut" in caplog.text and "1 of 3 targets were cut" in caplog.text


def test_prompts_end_where_writing_begins(tokenizer, caplog):
    examples = GenerationExamples(("a b c d e", ("a b c", "d e")))
    options = dict(sequence_length=6, long_prompts="cut")
    cut = PromptRows(examples, tokenizer, **options)
    assert [row(cut, i, 6)["token_ids"] for i in (0, 1)] == [[2, A, B, C, D, 3], [2, C, 3, D, E, 3]]
    causal = PromptRows(examples, tokenizer, parted=False, **options)
    assert row(causal, 0, 6)["token_ids"] == [2, A, B, C, D, E]
    assert "1 of 2 prompts are longer than 6 tokens" in caplog.text
    with pytest.raises(ValueError, match="2 of 2 prompts are longer than 6 tokens.* number 1, has 7: 'a b c d e'"):
        PromptRows(examples, tokenizer, sequence_length=6)
    with pytest.raises(ValueError, match="long_prompts must be 'raise' or 'cut', received 'keep'"):
        PromptRows(examples, tokenizer, sequence_length=6, long_prompts="keep")


def byte_tokenizer(special):
    return BytePairTokenizer(BytePairVocabulary([*ALPHABET, *(token.content for token in special.added)], [], special))


def test_gpt2s_only_special_token_ends_parts_and_pads():
    tokenizer = byte_tokenizer(SpecialTokens(unk="<|endoftext|>", added=(AddedToken("<|endoftext|>"),)))
    rows = GenerationRows(GenerationExamples(("a",), ("b",)), tokenizer, sequence_length=8)
    assert row(rows, 0, 5) == {
        "token_ids": [97, 256, 98, 256, 256],
        "segment_ids": [0, 0, 1, 1, 0],
        "padding_mask": [1, 1, 1, 1, 0],
        "output_positions": [1, 2],
    }


def test_families_without_segments_have_them_here():
    special = SpecialTokens.roberta()
    rows = GenerationRows(GenerationExamples(("a",), ("b",)), byte_tokenizer(special), sequence_length=8)
    assert row(rows, 0, 7)["segment_ids"] == [0, 0, 0, 0, 1, 1, 0]


def test_what_cannot_be_learned_from_is_refused(tokenizer):
    special = SpecialTokens(pad="<pad>", added=(AddedToken("<pad>"), AddedToken("<s>")))
    with pytest.raises(ValueError, match="a tokenizer with an end token.*its special tokens: <pad>, <s>"):
        writing_layout(byte_tokenizer(special).vocabulary)
    with pytest.raises(ValueError, match="expected examples with targets, received 1 without"):
        GenerationRows(GenerationExamples(("a",)), tokenizer, sequence_length=8)
