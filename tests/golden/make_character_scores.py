"""Makes character_scores.json: answers scored by the published rules of KorQuAD 1.0 and of DRCD, step by step.

    python tests/golden/make_character_scores.py

The rules are written out here as they are told, one replacement after the other, apart from the package's own code.
KorQuAD: `evaluate-v1.0.py` of https://korquad.github.io/KorQuad%201.0: marks become spaces, lower case, ASCII
punctuation goes, spaces are collapsed; exact match of what is left, F1 over the multiset of its characters without
spaces; the best of the right answers counts, for each of the two. DRCD: https://arxiv.org/abs/1806.00920, F1 over
characters; case, spaces and punctuation do not count.
"""

import json
import random
import re
import string
import unicodedata
from pathlib import Path

KOREAN = [
    "서울",
    "시",
    "에",
    "《",
    "》",
    "‘한’",
    '"Han"',
    "han",
    "(구)",
    "1,000",
    "3.5%",
    " ",
    "〈시〉",
    "!",
    "’",
    "-",
    "C++",
]
CHINESE = ["臺北", "市", "，", "《", "》", "1998年", "3.5%", "iPhone", "IPHONE", " ", "（", "b,c", "\u3000", "＋", "$"]


def korquad_text(text):
    for mark in ["'", '"', "《", "》", "<", ">", "〈", "〉", r"\(", r"\)", "‘", "’"]:
        text = re.sub(mark, " ", text)
    text = text.lower()
    text = "".join(character for character in text if character not in set(string.punctuation))
    return " ".join(text.split())


def drcd_text(text):
    kept = []
    for character in text.lower():
        if not character.isspace() and character not in string.punctuation:
            if not unicodedata.category(character).startswith("P"):
                kept.append(character)
    return "".join(kept)


def f1(right, given):
    right, given = list(right.replace(" ", "")), list(given.replace(" ", ""))
    left, same = list(right), 0
    for character in given:
        if character in left:
            left.remove(character)
            same += 1
    if same == 0:
        return 0.0
    precision, recall = same / len(given), same / len(right)
    return 2 * precision * recall / (precision + recall)


def main():
    chosen, golden = random.Random(0), []
    for number in range(24):
        rules, words, text = [("korquad", KOREAN, korquad_text), ("drcd", CHINESE, drcd_text)][number % 2]

        def answer(shortest, words=words):
            return "".join(chosen.choices(words, k=chosen.randint(shortest, 4)))

        questions, exact, overlap = [], 0.0, 0.0
        for name in range(6):
            right = [answer(1) for _ in range(chosen.randint(1, 3))]
            given = chosen.choice(right).upper() if chosen.random() < 0.3 else answer(0)
            questions.append([str(name), right, given])
            exact += max(text(one) == text(given) for one in right)
            overlap += max(f1(text(one), text(given)) for one in right)
        golden.append({"rules": rules, "questions": questions, "exact": exact / 6, "f1": overlap / 6})
    rows = ",\n".join(json.dumps(row, ensure_ascii=False) for row in golden)
    (Path(__file__).parent / "character_scores.json").write_text(f"[\n{rows}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
