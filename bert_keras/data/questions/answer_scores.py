"""Exact match and F1 of answers, by the rules of the official SQuAD v1.1, SQuAD v2.0 and CMRC 2018 evaluations."""

import collections
import functools
import itertools
import re
import string
from collections.abc import Callable, Iterable, Mapping

from bert_keras.data.questions.questions import Question

_PUNCTUATION = str.maketrans("", "", string.punctuation)
_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
# What does not count in CMRC 2018. The official list's ellipsis is two characters, which no single one equals.
_CMRC_PUNCTUATION = set("-:_*^/\\~`+=，。：？！“”；’《》·、「」（）－～『』")
_CMRC_SEGMENT = re.compile(r"[\u4e00-\u9fa5]|[^\u4e00-\u9fa5]+")
# The Penn Treebank's words: what stands between Chinese characters is cut by its rules.
_OPENING_QUOTE = re.compile(r'(^|[ (\[{<])"')
_CONTRACTION = r"(?:n't|'(?:s|m|d|ll|re|ve)?)(?!\w)"
_WORD = re.compile(
    rf"""``|''|--|\.{{2,}}|{_CONTRACTION}
    |(?:(?!{_CONTRACTION}|''|``|--)[^\s.,;@\#$%&?!()\[\]{{}}<>*–—]|,(?=\d)|(?<!\.)\.(?!\.|\s*$))+|\S""",
    re.VERBOSE,
)


def squad_scores(
    questions: Iterable[Question],
    answers: Mapping[str, str],
    *,
    version: str = "2.0",
    null_odds: Mapping[str, float] | None = None,
    threshold: float = 0.0,
) -> dict[str, float]:
    """Score answers as the official SQuAD evaluation does: lower case, without punctuation and articles.

    A question without a prediction counts as answered wrongly, as in v1.1 (the v2.0 script leaves it out of the mean).

    Args:
        questions: The questions with all right answers.
        answers: {question id: answer}, empty for no answer.
        version: `"2.0"` or `"1.1"`. They differ where nothing is left of an answer but punctuation and articles.
        null_odds: {question id: how much rather no answer}, from `PredictedAnswers`.
        threshold: Null odds above it turn an answer into none; without `null_odds` not used.

    Returns:
        `exact` and `f1`, shares from 0 to 1, where the official script prints percentages;
        where some questions have no answer also `has_answer_exact`, `has_answer_f1`
        and `no_answer_exact`, over these questions apart.

    Raises:
        ValueError: If there is no question or no such version.

    Example:
        >>> from bert_keras.data.questions.questions import Answer
        >>> question = Question("1", "Who?", "The cat sat.", (Answer("The cat"),))
        >>> squad_scores([question], {"1": "cat sat"}, version="1.1")
        {'exact': 0.0, 'f1': 0.6666666666666666}

    Reference:
        `evaluate-v1.1.py` and `evaluate-v2.0.py` of https://rajpurkar.github.io/SQuAD-explorer
    """
    if version not in ("1.1", "2.0"):
        raise ValueError(f"version must be '1.1' or '2.0', received {version!r}")
    pair_scores = _squad_v1 if version == "1.1" else _squad_v2
    rows = []  # (exact, f1, whether there is an answer)
    for question in questions:
        given = answers.get(question.id)
        if given is not None and null_odds is not None and null_odds[question.id] > threshold:
            exact = f1 = float(not question.answers)
        else:
            exact, f1 = best_scores(question, given, pair_scores, version == "2.0")
        rows.append((exact, f1, bool(question.answers)))
    if not rows:
        raise ValueError("no questions to score")
    scores = {"exact": mean_share(row[0] for row in rows), "f1": mean_share(row[1] for row in rows)}
    with_answer = [row for row in rows if row[2]]
    if len(with_answer) < len(rows):
        if with_answer:
            scores["has_answer_exact"] = mean_share(row[0] for row in with_answer)
            scores["has_answer_f1"] = mean_share(row[1] for row in with_answer)
        scores["no_answer_exact"] = mean_share(row[0] for row in rows if not row[2])
    return scores


def best_no_answer_threshold(
    questions: Iterable[Question],
    answers: Mapping[str, str],
    null_odds: Mapping[str, float],
    *,
    by: str = "f1",
    scores: Callable[..., Mapping[str, float]] | None = None,
) -> tuple[float, float]:
    """Find the null odds above which no answer is the better answer.

    Args:
        questions: As for `squad_scores`; choose the threshold on validation data.
        answers: {question id: the best answer, never empty}.
        null_odds: {question id: null odds}.
        by: `"f1"` or `"exact"`, the score to make best.
        scores: By whose rules an answer counts: `cmrc_scores` or its kin; None for SQuAD v2.0's.

    Returns:
        The threshold, and the share that it reaches.

    Raises:
        KeyError: If an answer or its null odds are missing.
        ValueError: If `by` is no such score.

    Example:
        >>> from bert_keras.data import Answer
        >>> questions = [Question("1", "Who?", "Ada", (Answer("Ada", 0),)), Question("2", "Who?", "Nobody")]
        >>> best_no_answer_threshold(questions, {"1": "Ada", "2": "Nobody"}, {"1": -2.0, "2": 1.5})
        (-2.0, 1.0)

    Reference:
        `find_best_thresh` of `evaluate-v2.0.py`, which looks between questions of equal odds, too
    """
    if by not in ("exact", "f1"):
        raise ValueError(f"by must be 'exact' or 'f1', received {by!r}")
    scores = functools.partial(squad_scores, version="2.0") if scores is None else scores
    questions = list(questions)
    score = best = sum(not question.answers for question in questions)  # no answer to any question
    threshold = min(null_odds.values(), default=0.0) - 1.0
    ordered = sorted(questions, key=lambda question: null_odds[question.id])
    for odds, tied in itertools.groupby(ordered, key=lambda question: null_odds[question.id]):
        for question in tied:  # a threshold cannot part them
            if question.answers:
                score += scores([question], {question.id: answers[question.id]})[by]
            elif answers[question.id]:
                score -= 1
        if score > best:
            best, threshold = score, odds
    return threshold, best / len(questions)


def cmrc_scores(questions: Iterable[Question], answers: Mapping[str, str]) -> dict[str, float]:
    """Score answers as the official CMRC 2018 evaluation does: by Chinese characters and other words.

    F1 is over the longest run of segments that both answers share. Words between Chinese characters are cut as in the
    Penn Treebank; in place of NLTK, which the official script asks for that, stands one regular expression.

    Args:
        questions: The questions with all right answers.
        answers: {question id: answer}; a question without counts as answered wrongly.

    Returns:
        `exact`, `f1` and their mean, `average`; shares from 0 to 1.

    Raises:
        ValueError: If there is no question.

    Example:
        >>> from bert_keras.data import Answer
        >>> cmrc_scores([Question("1", "哪里？", "他住在北京市。", (Answer("北京市", 3),))], {"1": "北京"})
        {'exact': 0.0, 'f1': 0.8, 'average': 0.4}

    Reference:
        `cmrc2018_evaluate.py` of https://github.com/ymcui/cmrc2018
    """
    rows = [best_scores(question, answers.get(question.id), _cmrc) for question in questions]
    if not rows:
        raise ValueError("no questions to score")
    exact, f1 = (mean_share(row[index] for row in rows) for index in (0, 1))
    return {"exact": exact, "f1": f1, "average": (exact + f1) / 2}


def mean_share(values: Iterable[float]) -> float:
    """Return the mean of values from 0 to 1."""
    values = list(values)
    return sum(values) / len(values)


def best_scores(
    question: Question, given: str | None, pair_scores: Callable, is_v2: bool = False
) -> tuple[float, float]:
    """Exact match and F1 against the answer that each of them likes best.

    Args:
        question: With all right answers.
        given: The answer; None for no prediction, which is wrong.
        pair_scores: From a right answer and the given one to exact match and F1, from 0 to 1.
        is_v2: Whether SQuAD v2.0's rules count: right answers of which nothing is left by SQuAD's rules are no answers.
    """
    if given is None:
        return 0.0, 0.0
    if not question.answers and not is_v2:  # those rules know no such question, and would give F1 0 to no answer
        return float(not given), float(not given)
    right = [answer.text for answer in question.answers if not is_v2 or _normalized(answer.text)] or [""]
    scores = [pair_scores(text, given) for text in right]
    return max(exact for exact, _ in scores), max(f1 for _, f1 in scores)


def _normalized(text: str) -> list[str]:
    return _ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split()


def _squad_v1(right: str, given: str) -> tuple[float, float]:
    right, given = _normalized(right), _normalized(given)
    num_same = sum((collections.Counter(right) & collections.Counter(given)).values())
    return float(right == given), 2 * num_same / (len(right) + len(given)) if num_same else 0.0


def _squad_v2(right: str, given: str) -> tuple[float, float]:
    exact, f1 = _squad_v1(right, given)
    # Where nothing is left of an answer, F1 asks whether nothing is left of the other.
    return exact, f1 if _normalized(right) and _normalized(given) else exact


def _cmrc(right: str, given: str) -> tuple[float, float]:
    right, given = ("".join(c for c in text.lower().strip() if c not in _CMRC_PUNCTUATION) for text in (right, given))
    first, second = _segments(right), _segments(given)
    num_same = _longest_common_run(first, second)
    return float(right == given), 2 * num_same / (len(first) + len(second)) if num_same else 0.0


def _segments(text: str) -> list[str]:
    """Each Chinese character, and each word between them."""
    return [word for part in _CMRC_SEGMENT.findall(text) for word in _words(part)]


def _words(text: str) -> list[str]:
    return _WORD.findall(_OPENING_QUOTE.sub(r"\1``", text).replace('"', "''"))


def _longest_common_run(first: list[str], second: list[str]) -> int:
    best, lengths = 0, [0] * (len(second) + 1)
    for item in first:
        lengths = [0, *(lengths[i] + 1 if item == other else 0 for i, other in enumerate(second))]
        best = max(best, *lengths)
    return best
