"""Makes classification_metrics.json: what scikit-learn 1.9 and scipy 1.17 make of random labels and predictions.

python tests/golden/make_classification_metrics.py
"""

import json
from pathlib import Path

import numpy as np
import scipy.stats
from sklearn.metrics import accuracy_score, f1_score, matthews_corrcoef

SIZE = 20


def main():
    rng = np.random.default_rng(0)
    golden = {"classes": {}}
    for num_classes in (2, 3):
        y_true = rng.integers(0, num_classes, SIZE)
        y_pred = (np.eye(num_classes)[y_true] + rng.normal(size=(SIZE, num_classes))).round(3)
        predicted = y_pred.argmax(-1)
        golden["classes"][num_classes] = {
            "y_true": y_true.tolist(),
            "y_pred": y_pred.tolist(),
            "matthews": matthews_corrcoef(y_true, predicted),
            "macro_f1": f1_score(y_true, predicted, average="macro"),
        } | ({"binary_f1": f1_score(y_true, predicted)} if num_classes == 2 else {})
    y_true = rng.integers(0, 2, (SIZE, 4))
    y_pred = (2 * y_true - 1 + 1.5 * rng.normal(size=(SIZE, 4))).round(3)
    given = 1 / (1 + np.exp(-y_pred)) >= 0.4
    golden["labels"] = {"y_true": y_true.tolist(), "y_pred": y_pred.tolist(), "exact": accuracy_score(y_true, given)}
    golden["labels"] |= {average: f1_score(y_true, given, average=average) for average in ("micro", "macro")}
    y_true = rng.integers(0, 6, SIZE) * 0.8  # with ties
    y_pred = (y_true + rng.normal(size=SIZE)).round(1)
    golden["numbers"] = {
        "y_true": y_true.tolist(),
        "y_pred": y_pred.tolist(),
        "pearson": float(scipy.stats.pearsonr(y_true, y_pred).statistic),
        "spearman": float(scipy.stats.spearmanr(y_true, y_pred).statistic),
    }
    (Path(__file__).parent / "classification_metrics.json").write_text(json.dumps(golden) + "\n")


if __name__ == "__main__":
    main()
