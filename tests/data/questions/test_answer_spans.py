import itertools
import json

import numpy as np
import pytest

from bert_keras.data.questions.answer_files import write_answers
from bert_keras.data.questions.answer_spans import AnswerSpan, PredictedAnswers, best_answers
from bert_keras.data.questions.question_windows import QuestionWindows
from bert_keras.data.questions.questions import Question
from bert_keras.data.tokenization.vocabulary import SPECIAL_TOKENS
from bert_keras.data.tokenization.wordpiece_tokenizer import WordPieceTokenizer

TEXT = "a b c d e f g h i j"


@pytest.fixture(scope="module")
def windows():
    """One question of two windows, tokens a-h and e-j, and one of a single window."""
    tokenizer = WordPieceTokenizer([*SPECIAL_TOKENS, "when", *"abcdefghij"])
    questions = [Question("long", "when", TEXT), Question("short", "when", "a b c")]
    return QuestionWindows(questions, tokenizer, sequence_length=12, stride=4, max_question_tokens=2)


@pytest.fixture
def logits():
    return np.random.default_rng(0).normal(size=(2, 3, 12))


def test_the_best_spans_are_those_of_trying_all(windows, logits):
    # Tokens a-f have more context in the first window; of g and h, in the middle of both, the first window has 1 and 0
    # to the right, the second 2 and 3 to the left.
    words = TEXT.split()
    first_window, second_window = range(0, 8), range(4, 10)
    owner = {
        i: max(
            (0, 1),
            key=lambda w: (
                min(i - (0, 4)[w], (7, 9)[w] - i) + (0.08, 0.06)[w] - 99 * (i not in (first_window, second_window)[w])
            ),
        )
        for i in range(10)
    }
    expected = []
    for window, tokens in enumerate((first_window, second_window)):
        for i, j in itertools.combinations_with_replacement(tokens, 2):
            if j - i < 3 and owner[i] == window:
                position = 3 - tokens[0]
                expected.append(
                    (logits[0, window, i + position] + logits[1, window, j + position], " ".join(words[i : j + 1]))
                )
    expected.sort(reverse=True)
    predicted, _ = best_answers(windows, *logits, num_best=5, max_answer_tokens=3)
    assert [span.text for span in predicted.spans] == [text for _, text in expected[:5]]
    assert sum(span.probability for span in predicted.spans) == pytest.approx(1)
    assert [s.start_logit + s.end_logit for s in predicted.spans] == [pytest.approx(score) for score, _ in expected[:5]]
    assert all(TEXT[span.start : span.end] == span.text for span in predicted.spans)


def test_null_odds_are_the_lowest_score_of_no_answer_less_that_of_the_best_span(windows, logits):
    long, short = best_answers(windows, *logits, no_answer=True)
    best = long.best()
    null = min(logits[0, row, 0] + logits[1, row, 0] for row in (0, 1))
    assert long.null_odds == pytest.approx(null - best.start_logit - best.end_logit)
    assert any(span.text == "" for span in long.spans) and best.text
    assert short.best(short.null_odds + 1).text and short.best(short.null_odds - 1).text == ""


def test_an_empty_passage_has_no_answer():
    tokenizer = WordPieceTokenizer([*SPECIAL_TOKENS, "when"])
    windows = QuestionWindows(
        [Question("q", "when", " ")], tokenizer, sequence_length=12, stride=4, max_question_tokens=2
    )
    (predicted,) = best_answers(windows, *np.zeros((2, 1, 12)))
    assert predicted.best().text == "" and len(predicted.spans) == 1 and predicted.null_odds == 0.0


@pytest.mark.parametrize("answer", ["cafe\u0301", "में", "❤\ufe0f"])
def test_an_accent_that_the_vocabulary_strips_stays_in_the_answer(answer):
    tokenizer = WordPieceTokenizer([*SPECIAL_TOKENS, "when", "cafe", "म", "❤", "on"])
    windows = QuestionWindows(
        [Question("q", "when", f"on {answer} on")], tokenizer, sequence_length=12, stride=4, max_question_tokens=2
    )
    scores = np.eye(12)[[3 + 1]]  # behind [CLS] when [SEP] on
    assert best_answers(windows, scores, scores)[0].best().text == answer


def test_too_few_logits_are_an_error(windows, logits):
    with pytest.raises(ValueError, match="expected logits of 3 windows, received 2, 2"):
        best_answers(windows, *logits[:, :2])


def test_files_are_those_of_the_official_evaluation(windows, logits, tmp_path):
    predictions = best_answers(windows, *logits, num_best=2, no_answer=True)
    write_answers(tmp_path / "run", predictions, threshold=predictions[0].null_odds - 1)
    read = {path.name: json.loads(path.read_text()) for path in (tmp_path / "run").iterdir()}
    assert sorted(read) == ["nbest_predictions.json", "null_odds.json", "predictions.json"]
    assert read["predictions.json"]["long"] == "" and set(read["null_odds.json"]) == {"long", "short"}
    assert list(read["nbest_predictions.json"]["short"][0]) == ["text", "probability", "start_logit", "end_logit"]
    write_answers(tmp_path / "v1", predictions)
    span = AnswerSpan("cut \ud83d", 0, 5, 1.0, 0.0, 0.0)  # half an emoji
    write_answers(tmp_path / "cut", [PredictedAnswers("q", (span,), 0.0)])
    assert json.loads((tmp_path / "cut" / "predictions.json").read_text()) == {"q": "cut ?"}
    assert sorted(path.name for path in (tmp_path / "v1").iterdir()) == ["nbest_predictions.json", "predictions.json"]
