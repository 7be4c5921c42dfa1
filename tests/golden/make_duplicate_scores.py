"""Makes duplicate_scores.json with sentence-transformers and scikit-learn: random similarities, with ties and without.

pip install sentence-transformers && PYTHONPATH=. python tests/golden/make_duplicate_scores.py
"""

import json
import pathlib

import numpy as np
from sentence_transformers.sentence_transformer.evaluation import BinaryClassificationEvaluator
from sklearn.metrics import average_precision_score


def main():
    chosen, cases = np.random.default_rng(0), []
    for decimals, share in ((6, 0.5), (6, 0.1), (1, 0.5), (1, 0.9)):
        labels = (chosen.random(60) < share).astype(int)
        similarities = np.round(chosen.normal(labels, 1.0), decimals)
        accuracy, threshold = BinaryClassificationEvaluator.find_best_acc_and_threshold(similarities, labels, True)
        f1, precision, recall, f1_threshold = BinaryClassificationEvaluator.find_best_f1_and_threshold(
            similarities, labels, True
        )
        scores = dict(
            accuracy=accuracy, accuracy_threshold=threshold, f1=f1, f1_threshold=f1_threshold, precision=precision,
            recall=recall, average_precision=average_precision_score(labels, similarities),
        )  # fmt: skip
        scores = {name: float(value) for name, value in scores.items()}
        cases.append({"similarities": similarities.tolist(), "labels": labels.tolist(), "scores": scores})
    path = pathlib.Path(__file__).with_name("duplicate_scores.json")
    path.write_text(json.dumps(cases) + "\n")


if __name__ == "__main__":
    main()
