"""Makes wrong_labels.json with cleanlab: what it finds in random probabilities, by each of its methods.

pip install cleanlab && PYTHONPATH=. python tests/golden/make_wrong_labels.py
"""

import json
import pathlib

import numpy as np
from cleanlab.count import compute_confident_joint, get_confident_thresholds
from cleanlab.filter import find_label_issues
from cleanlab.multilabel_classification.filter import find_multilabel_issues_per_class
from cleanlab.rank import get_label_quality_scores
from cleanlab.token_classification.filter import find_label_issues as find_token_issues

METHODS = (
    "prune_by_noise_rate", "prune_by_class", "both", "confident_learning", "low_self_confidence",
    "low_normalized_margin",
)  # fmt: skip


def main():
    cases = []
    for seed, num_examples, num_classes in ((0, 60, 2), (1, 80, 3), (3, 90, 4)):
        labels, probabilities = problem(seed, num_examples, num_classes)
        found = {
            method: find_label_issues(
                labels, probabilities, filter_by=method, return_indices_ranked_by="self_confidence", n_jobs=1
            ).tolist()
            for method in METHODS
        }
        scores = {
            method: get_label_quality_scores(labels, probabilities, method=method).tolist()
            for method in ("self_confidence", "normalized_margin")
        }
        cases.append(
            {
                "labels": labels.tolist(),
                "probabilities": probabilities.tolist(),
                "thresholds": get_confident_thresholds(labels, probabilities).tolist(),
                "joint": compute_confident_joint(labels, probabilities).tolist(),
                "found": found,
                "scores": scores,
            }
        )
    labels, probabilities = problem(5, 60, 3)
    bounds = [0, 7, 8, 20, 41, 60]
    parts = [slice(begin, end) for begin, end in zip(bounds, bounds[1:])]
    tags, of_tags = [labels[part].tolist() for part in parts], [probabilities[part] for part in parts]
    sentences = {
        "tags": tags,
        "probabilities": [some.tolist() for some in of_tags],
        "found": [list(map(int, place)) for place in find_token_issues(tags, of_tags, n_jobs=1)],
    }
    chosen = np.random.default_rng(6)
    truth = chosen.random((80, 3)) < 0.4
    of_labels = np.round(1 / (1 + np.exp(-chosen.normal(3.0 * truth - 1.5, 1.5))), 6)
    given = truth ^ (chosen.random(truth.shape) < 0.1)
    several = {
        "labels": given.astype(int).tolist(),
        "probabilities": of_labels.tolist(),
        "found": find_multilabel_issues_per_class(
            [np.flatnonzero(row).tolist() for row in given], of_labels, n_jobs=1
        ).tolist(),
    }
    path = pathlib.Path(__file__).with_name("wrong_labels.json")
    path.write_text(json.dumps({"classes": cases, "tags": sentences, "several": several}) + "\n")


def problem(seed, num_examples, num_classes):
    """Return labels, some of them turned, and probabilities that mostly know better."""
    chosen = np.random.default_rng(seed)
    truth = chosen.integers(0, num_classes, num_examples)
    logits = chosen.normal(0, 1, (num_examples, num_classes))
    logits[np.arange(num_examples), truth] += 2
    probabilities = np.exp(logits)
    probabilities = np.round(probabilities / probabilities.sum(1, keepdims=True), 6)
    labels = np.where(chosen.random(num_examples) < 0.15, chosen.integers(0, num_classes, num_examples), truth)
    return labels, probabilities


if __name__ == "__main__":
    main()
