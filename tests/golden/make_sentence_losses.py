"""Write sentence_losses.json: what sentence-transformers 6.2 makes of random vectors. Needs it and torch.

python tests/golden/make_sentence_losses.py
"""

import json
import pathlib

import numpy as np
import torch
from sentence_transformers.sentence_transformer import losses

_DISTANCES = losses.TripletDistanceMetric


def inputs(texts: int) -> tuple[np.ndarray, dict]:
    """Return (9, texts, 7) vectors, and targets by what a loss asks for: scores, labels, a teacher's scores."""
    rng = np.random.default_rng(texts)
    vectors = rng.normal(size=(9, texts, 7)).astype("float32")
    scores = rng.uniform(size=9).astype("float32")
    scores[3] = scores[4]
    labels = (scores > 0.5).astype("float32")
    teacher = rng.normal(size=(9, texts - 1)).astype("float32")
    return vectors, {"none": np.arange(9), "scores": scores, "labels": labels, "teacher": teacher}


# {name: (texts, targets, class of ours, its arguments, loss of theirs)}
CASES = {
    "mnrl": (2, "none", "MultipleNegativesRankingLoss", {}, lambda m: losses.MultipleNegativesRankingLoss(m)),
    "mnrl_negatives": (
        4, "none", "MultipleNegativesRankingLoss", {"scale": 3.0},
        lambda m: losses.MultipleNegativesRankingLoss(m, scale=3.0),
    ),
    "mnrl_symmetric": (
        3, "none", "MultipleNegativesRankingLoss", {"symmetric": True},
        lambda m: losses.MultipleNegativesRankingLoss(
            m, directions=("query_to_doc", "doc_to_query"), partition_mode="per_direction"
        ),
    ),
    "cosent": (2, "scores", "CoSENTLoss", {}, lambda m: losses.CoSENTLoss(m)),
    "angle": (2, "scores", "AnglELoss", {}, lambda m: losses.AnglELoss(m)),
    "contrastive": (2, "labels", "ContrastiveLoss", {}, lambda m: losses.ContrastiveLoss(m)),
    "cosine": (2, "scores", "CosineSimilarityLoss", {}, lambda m: losses.CosineSimilarityLoss(m)),
    "triplet": (3, "none", "TripletLoss", {}, lambda m: losses.TripletLoss(m)),
    "triplet_cosine": (
        3, "none", "TripletLoss", {"margin": 0.5, "distance": "cosine"},
        lambda m: losses.TripletLoss(m, distance_metric=_DISTANCES.COSINE, triplet_margin=0.5),
    ),
    "triplet_manhattan": (
        3, "none", "TripletLoss", {"distance": "manhattan"},
        lambda m: losses.TripletLoss(m, distance_metric=_DISTANCES.MANHATTAN),
    ),
    "margin_mse": (4, "teacher", "MarginMSELoss", {}, lambda m: losses.MarginMSELoss(m)),
    "distill_kl": (
        4, "teacher", "DistillKLDivLoss", {"temperature": 2.0}, lambda m: losses.DistillKLDivLoss(m, temperature=2.0),
    ),
}  # fmt: skip


class Vectors(torch.nn.Module):
    """Stands in for an encoder: gives the vectors that it is given."""

    def forward(self, features):
        return dict(features)

    def get_embedding_dimension(self):
        return 7


def matryoshka(loss, vectors, targets) -> float:
    """Return the loss of theirs around one of theirs, of widths 7, 4 and 2 that count 1, 0.5 and 0.25."""
    model = loss.model
    outer = losses.MatryoshkaLoss(model, loss, [7, 4, 2], [1.0, 0.5, 0.25])
    features = [{"sentence_embedding": torch.tensor(vectors[:, text])} for text in range(vectors.shape[1])]
    return float(outer(features, torch.tensor(targets)))


def expected() -> dict:
    """Return {name: value of theirs}."""
    found = {}
    for name, (texts, kind, _, _, make) in CASES.items():
        vectors, targets = inputs(texts)
        columns = [torch.tensor(vectors[:, text]) for text in range(texts)]
        found[name] = float(make(Vectors()).compute_loss_from_embeddings(columns, torch.tensor(targets[kind])))
    vectors, targets = inputs(2)
    found["matryoshka_cosent"] = matryoshka(losses.CoSENTLoss(Vectors()), vectors, targets["scores"])
    return found


if __name__ == "__main__":
    pathlib.Path(__file__).with_name("sentence_losses.json").write_text(json.dumps(expected(), indent=2) + "\n")
