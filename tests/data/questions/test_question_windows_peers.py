"""The windows of a passage are those that transformers' tokenizer cuts, token by token and character by character."""

import random

import numpy as np
import pytest

from bert_keras.data.questions.question_windows import QuestionWindows
from bert_keras.data.questions.questions import Question
from bert_keras.data.tokenization.vocabulary import SPECIAL_TOKENS
from bert_keras.data.tokenization.wordpiece_tokenizer import WordPieceTokenizer

LETTERS = [*"abcdefghijklmnopqrstuvwxyz", "北", "京", ",", "."]


@pytest.mark.slow
def test_windows_are_those_of_transformers(tmp_path):
    transformers = pytest.importorskip("transformers")
    tokenizer = WordPieceTokenizer([*SPECIAL_TOKENS, *LETTERS, *(f"##{letter}" for letter in LETTERS[:26])])
    tokenizer.save_to_preset(tmp_path)
    theirs = transformers.BertTokenizerFast.from_pretrained(tmp_path)
    chosen = random.Random(0)

    def text(most):
        return " ".join(
            "".join(chosen.choices([*LETTERS, "É"], k=chosen.randint(1, 4))) for _ in range(chosen.randint(1, most))
        )

    questions = [Question(str(i), text(4), text(40)) for i in range(50)]
    windows = QuestionWindows(questions, tokenizer, sequence_length=40, stride=9, max_question_tokens=16)
    for number, question in enumerate(questions):
        rows = np.flatnonzero(windows.question_of == number)
        num_question = len(theirs(question.question, add_special_tokens=False)["input_ids"])
        if num_question > 16:
            continue
        expected = theirs(
            question.question, question.context, truncation="only_second", max_length=40, padding="max_length",
            stride=40 - num_question - 3 - 9, return_overflowing_tokens=True, return_offsets_mapping=True,
        )  # fmt: skip
        ours = windows.inputs(rows, 40)
        assert ours["token_ids"].numpy().tolist() == expected["input_ids"]
        assert ours["segment_ids"].numpy().tolist() == expected["token_type_ids"]
        assert ours["padding_mask"].numpy().tolist() == expected["attention_mask"]
        for row, offsets in zip(rows, expected["offset_mapping"], strict=True):
            position, starts, ends, _ = windows.context_tokens(int(row))
            assert list(zip(starts.tolist(), ends.tolist())) == offsets[position : position + len(starts)]
