"""Makes answer_scores.json: answers as the official evaluations of SQuAD v1.1, SQuAD v2.0 and CMRC 2018 score them.

    python tests/golden/make_answer_scores.py evaluate-v1.1.py evaluate-v2.0.py cmrc2018_evaluate.py

The first two are those of https://rajpurkar.github.io/SQuAD-explorer, the third that of
https://github.com/ymcui/cmrc2018 (squad-style-data), written for Python 2 and translated here. It needs nltk (3.9 was
used); `word_tokenize` is NLTK's Treebank tokenizer on the whole run, for a run is no longer than an answer.
"""

import json
import random
import re
import sys
import types
from pathlib import Path

ENGLISH = ["the", "a", "cat", "The", "sat!", "--", "...", "an", "on", "mat", "don't", "3.5", "U.S.", "  ", "é", "cat,"]
CHINESE = [
    "北",
    "京",
    "大学",
    "，",
    "《",
    "》",
    "1998年",
    "3.5%",
    "windows 98",
    " ",
    "o'neil",
    "iPhone",
    '"a"',
    "（",
    "b,c",
]


def load(path, change=lambda text: text):
    module = types.ModuleType(Path(path).stem)
    exec(compile(change(Path(path).read_text(encoding="utf-8")), path, "exec"), module.__dict__)
    return module


def to_python_3(text):
    text = re.sub(r"^(reload|sys\.setdefaultencoding|import pdb|import nltk).*", "", text, flags=re.MULTILINE)
    text = re.sub(r"str\(([^()]*)\)\.decode\('utf-8'\)", r"\1", text).replace("ur'", "r'")
    return text.replace("nltk.word_tokenize", "word_tokenize")


def main(v1_file, v2_file, cmrc_file):
    from nltk.tokenize import NLTKWordTokenizer

    sys.argv = ["evaluate"]
    v1, v2, cmrc = load(v1_file), load(v2_file), load(cmrc_file, to_python_3)
    cmrc.word_tokenize = NLTKWordTokenizer().tokenize
    chosen = random.Random(0)

    def text(words, shortest=0):
        return (" " if words is ENGLISH else "").join(chosen.choices(words, k=chosen.randint(shortest, 5)))

    golden = []
    for number in range(30):
        words = CHINESE if number % 3 == 2 else ENGLISH
        questions = []
        for name in range(6):
            answers = [text(words, 1) for _ in range(chosen.randint(words is CHINESE, 3))]
            given = chosen.choice(answers) if answers and chosen.random() < 0.5 else text(words)
            questions.append([str(name), answers, given, round(chosen.gauss(0, 2), 1)])
        dataset = [{"paragraphs": [{"qas": [
            {"id": name, "question": "", "answers": [{"text": answer} for answer in answers]}
            for name, answers, *_ in questions
        ]}]}]  # fmt: skip
        given, odds = {row[0]: row[2] for row in questions}, {row[0]: row[3] for row in questions}
        if words is CHINESE:
            f1, exact, *_ = cmrc.evaluate({"data": dataset}, given)
            golden.append({"rules": "cmrc", "questions": questions, "exact": exact, "f1": f1})
            continue
        has_answer = v2.make_qid_to_has_ans(dataset)
        exact, f1 = v2.get_raw_scores(dataset, given)
        at_half = [v2.apply_no_ans_threshold(scores, odds, has_answer, 0.5) for scores in (exact, f1)]
        golden.append({"rules": "2.0", "questions": questions} | v2.make_eval_dict(exact, f1) | {
            f"{name}_at_0.5": score for name, score in v2.make_eval_dict(*at_half).items() if name != "total"
        } | {"best_f1": v2.find_best_thresh(given, f1, odds, has_answer)})  # fmt: skip
        dataset[0]["paragraphs"][0]["qas"] = [qa for qa in dataset[0]["paragraphs"][0]["qas"] if qa["answers"]]
        if dataset[0]["paragraphs"][0]["qas"]:
            scores = v1.evaluate(dataset, given)
            kept = [row for row in questions if row[1]]
            golden.append({"rules": "1.1", "questions": kept, "exact": scores["exact_match"], "f1": scores["f1"]})
    rows = ",\n".join(json.dumps(row, ensure_ascii=False) for row in golden)
    (Path(__file__).parent / "answer_scores.json").write_text(f"[\n{rows}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
