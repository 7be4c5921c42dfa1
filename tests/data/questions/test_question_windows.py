import logging

import numpy as np
import pytest

from bert_keras.data.questions.answer_spans import best_answers
from bert_keras.data.questions.question_answering_dataset import question_answering_dataset
from bert_keras.data.questions.question_windows import QuestionWindows
from bert_keras.data.questions.questions import Answer, Question
from bert_keras.data.tokenization.vocabulary import SPECIAL_TOKENS
from bert_keras.data.tokenization.wordpiece_tokenizer import WordPieceTokenizer

WORDS = ["when", "where", *"abcdefghijklmnopqrstuvwxyz", "##s", "naive", ",", "北", "京", "在"]
LETTERS = " ".join("abcdefghijklmnopqrst")  # 20 tokens


@pytest.fixture(scope="module")
def tokenizer():
    return WordPieceTokenizer([*SPECIAL_TOKENS, *WORDS])


def question(answer=None, context=LETTERS, text="when", name="q"):
    answers = () if answer is None else (Answer(answer, context.index(answer)),)
    return Question(name, text, context, answers)


def windows_of(questions, tokenizer, **options):
    return QuestionWindows(
        questions, tokenizer, **{"sequence_length": 12, "stride": 4, "max_question_tokens": 2} | options
    )


def words(windows, numbers, length=12):
    tokens = windows.tokenizer.vocabulary.tokens
    return [" ".join(tokens[i] for i in row) for row in windows.inputs(numbers, length)["token_ids"].numpy()]


def test_a_long_passage_is_seen_through_windows_that_overlap(tokenizer):
    windows = windows_of([question(), question(context="a b", text="where where where", name="r")], tokenizer)
    assert words(windows, range(len(windows))) == [
        "[CLS] when [SEP] a b c d e f g h [SEP]",
        "[CLS] when [SEP] e f g h i j k l [SEP]",
        "[CLS] when [SEP] i j k l m n o p [SEP]",
        "[CLS] when [SEP] m n o p q r s t [SEP]",
        "[CLS] where where [SEP] a b [SEP] [PAD] [PAD] [PAD] [PAD] [PAD]",
    ]
    assert windows.question_of.tolist() == [0, 0, 0, 0, 1] and windows.row_lengths.tolist() == [12, 12, 12, 12, 7]
    assert windows.inputs([-1], 8)["padding_mask"].numpy().tolist() == [[1, 1, 1, 0, 0, 0, 0, 0]]


@pytest.mark.parametrize("num_tokens", [0, 1, 7, 8, 9, 12, 13, 16, 17])
def test_no_token_of_a_passage_is_lost(tokenizer, num_tokens):
    windows = windows_of([question(context=LETTERS[: 2 * num_tokens])], tokenizer)
    seen = {token for row in words(windows, range(len(windows))) for token in row.split()[3:]}
    assert seen - {"[SEP]", "[PAD]"} == set(LETTERS[: 2 * num_tokens].split())


def test_an_answer_is_labelled_where_a_window_holds_all_of_it(tokenizer):
    starts, ends, is_known = windows_of([question("g h i")], tokenizer).answer_positions()
    assert (starts.tolist(), ends.tolist(), is_known.all()) == ([0, 5, 0, 0], [0, 7, 0, 0], True)


def test_answers_are_exact_characters_whatever_the_tokenizer_makes_of_the_text(tokenizer):
    contexts = ["𝔸 \t a  Naïve,cs b", "她在北京，a北"]
    for context, answer in zip(contexts, ["Naïve", "北京"], strict=True):
        windows = windows_of([question(answer, context)], tokenizer)
        starts, ends, _ = windows.answer_positions()
        logits = np.zeros((2, 1, 12))
        logits[0, 0, starts[0]] = logits[1, 0, ends[0]] = 5.0
        best = best_answers(windows, *logits)[0].best()
        assert best.text == answer == context[best.start : best.end]


def test_an_answer_inside_a_piece_is_labelled_with_the_whole_piece(tokenizer):
    context = "a naive b"
    windows = windows_of([Question("q", "when", context, (Answer("nai", 2),))], tokenizer)
    assert [part.tolist() for part in windows.answer_positions()] == [[4], [4], [True]]


def test_answers_without_a_place_or_a_token_are_not_known(tokenizer):
    questions = [
        Question("1", "when", "a b", (Answer("b"),)),
        Question("2", "when", "a \x02 b", (Answer("\x02", 2),)),
        Question("3", "when", "a b", (Answer("x"), Answer("b", 2))),
        Question("4", "when", "a b"),
    ]
    starts, _, is_known = windows_of(questions, tokenizer).answer_positions()
    assert is_known.tolist() == [False, False, True, True] and starts.tolist() == [0, 0, 4, 0]


@pytest.fixture(scope="module")
def questions():
    return [question("g h i"), question("b", "a b c", name="r"), Question("s", "when", "a b", (Answer("b"),))]


def test_training_leaves_windows_without_a_place_out(tokenizer, questions, caplog):
    with caplog.at_level(logging.WARNING):
        dataset = question_answering_dataset(windows_of(questions, tokenizer), batch_size=2, training=True)
    assert "1 of 6 windows have no answer at a known place" in caplog.text
    rows = [
        (int(y["start"][i]), int(y["end"][i]))
        for _, y, weights in dataset.as_numpy_iterator()
        for i in range(2)
        if weights["start"][i] and weights["end"][i]
    ]
    assert sorted(rows) == [(0, 0), (0, 0), (0, 0), (4, 4), (5, 7)]


def test_evaluation_keeps_the_order_of_the_windows(tokenizer, questions):
    windows = windows_of(questions, tokenizer)
    dataset = question_answering_dataset(windows, batch_size=4, training=False)
    batches = list(dataset.as_numpy_iterator())
    assert np.concatenate([x["padding_mask"].sum(1) for x, _, _ in batches]).tolist() == [12, 12, 12, 12, 7, 6, 3, 3]
    assert np.concatenate([y["start"] for _, y, _ in batches]).tolist() == [0, 5, 0, 0, 4, 0, 0, 0]
    assert np.concatenate([w["end"] for _, _, w in batches]).tolist() == [1, 1, 1, 1, 1, 0, 0, 0]
    assert batches[0][1]["start"].dtype == np.int32


def test_nothing_to_train_on_is_an_error(tokenizer, questions):
    with pytest.raises(ValueError, match="no window has an answer at a known place"):
        question_answering_dataset(windows_of(questions[2:], tokenizer), batch_size=2, training=True)


def test_rows_too_short_for_a_question_and_a_stride_are_an_error(tokenizer):
    with pytest.raises(ValueError, match="sequence_length=12, max_question_tokens=6, stride=4"):
        windows_of([question()], tokenizer, max_question_tokens=6)


def test_halves_of_characters_do_not_move_the_offsets(tokenizer):
    context = "a \ud83d b"
    windows = windows_of([question("b", context)], tokenizer)
    starts, _, _ = windows.answer_positions()
    position, first_characters, end_characters, _ = windows.context_tokens(0)
    assert context[first_characters[starts[0] - position] : end_characters[starts[0] - position]] == "b"


def test_each_token_counts_in_one_window_and_a_long_passage_takes_work_in_proportion(monkeypatch):
    tokenizer = WordPieceTokenizer([*SPECIAL_TOKENS, "who", "a"])
    num_compared = 0
    compare = QuestionWindows._context_around

    def counted(self, window, position):
        nonlocal num_compared
        num_compared += 1
        return compare(self, window, position)

    monkeypatch.setattr(QuestionWindows, "_context_around", counted)
    lengths = dict(sequence_length=12, stride=4, max_question_tokens=2)
    for num_tokens in (40, 400):
        questions = [Question(str(i), "who", "a " * n) for i, n in enumerate((3, num_tokens, 9))]
        windows, num_compared = QuestionWindows(questions, tokenizer, **lengths), 0
        shown = {}
        for window in range(len(windows)):
            _, first, _, has_most = windows.context_tokens(window)
            for character in first[has_most]:
                shown.setdefault(int(windows.question_of[window]), []).append(int(character) // 2)
        assert [sorted(tokens) for tokens in shown.values()] == [list(range(n)) for n in (3, num_tokens, 9)]
        assert num_compared <= 3 * len(windows)


def test_a_token_counts_in_the_one_window_that_shows_it_where_windows_hardly_overlap():
    tokenizer = WordPieceTokenizer([*SPECIAL_TOKENS, "who", "a"])
    lengths = dict(sequence_length=254, stride=250, max_question_tokens=1)
    windows = QuestionWindows([Question("q", "who", "a " * 251)], tokenizer, **lengths)
    assert [int(windows.context_tokens(window)[3].sum()) for window in range(2)] == [250, 1]
