"""The losses of a sentence encoder, by what is known of the texts that it learns from."""

from collections.abc import Sequence

import keras

from bert_keras.training.losses.class_losses import ClassLoss
from bert_keras.training.losses.distillation_losses import DistillKLDivLoss, MarginMSELoss
from bert_keras.training.losses.masked_lm_loss import MaskedLMLoss
from bert_keras.training.losses.matryoshka_loss import MatryoshkaLoss
from bert_keras.training.losses.multiple_negatives_ranking_loss import MultipleNegativesRankingLoss
from bert_keras.training.losses.pair_losses import ContrastiveLoss, CosineSimilarityLoss, TripletLoss
from bert_keras.training.losses.pair_ranking_losses import AnglELoss, CoSENTLoss

SOFTMAX = "softmax"
DENOISING = "denoising"
_LOSSES = {  # the usual one first
    "matches": (MultipleNegativesRankingLoss, TripletLoss),
    "scores": (CoSENTLoss, AnglELoss, CosineSimilarityLoss),
    "classes": (ContrastiveLoss, CoSENTLoss, AnglELoss),
    "teacher_scores": (MarginMSELoss, DistillKLDivLoss),
}


def matching_loss(
    kind: str,
    name: str | None = None,
    *,
    label_names: Sequence[str] | None = None,
    matryoshka_dims: Sequence[int] = (),
) -> keras.losses.Loss:
    """Give `compile(loss=...)` the loss of a `SentenceEncoder`, by what is known of the texts.

    Args:
        kind: "matches", "scores", "classes" or "teacher_scores", the `kind` of `bert_keras.data.MatchingExamples`.
        name: The loss, by the name of its class; "softmax" for that of a `SentencePairClassifier` of classes,
            "denoising" for that of a `DenoisingAutoencoder` of texts alone. None for what is usual:
            `MultipleNegativesRankingLoss`, `CoSENTLoss`, `ContrastiveLoss`, `MarginMSELoss`.
        label_names: The classes, where there are some. All losses but "softmax" take two, of which the second matches.
        matryoshka_dims: Widths for a `MatryoshkaLoss` around it; none for the loss itself.

    Raises:
        ValueError: If there is no such kind, or the loss does not learn from it; for other than two classes; for widths
            with "softmax".

    Example:
        >>> type(matching_loss("scores")).__name__, type(matching_loss("matches", "TripletLoss")).__name__
        ('CoSENTLoss', 'TripletLoss')
    """
    if kind not in _LOSSES:
        raise ValueError(f"Expected a kind of {', '.join(_LOSSES)}; received {kind!r}.")
    known = {one.__name__: one for one in _LOSSES[kind]}
    if kind == "classes":
        known[SOFTMAX] = ClassLoss
    if kind == "matches":
        known[DENOISING] = MaskedLMLoss
    name = name or next(iter(known))
    if name not in known:
        takes_matches = name in (one.__name__ for one in _LOSSES["matches"]) and kind in ("scores", "classes")
        advice = " Or say which pairs match: --match-score, --match-label." if takes_matches else ""
        raise ValueError(f"Expected a loss that learns from {kind}: {', '.join(known)}; received {name!r}.{advice}")
    if kind == "classes" and name != SOFTMAX and len(label_names or ()) != 2:
        raise ValueError(
            f"{name} learns from two classes, a match and none; received {', '.join(label_names or ('no names',))}: "
            "softmax learns from any; `MatchingExamples.only_matches` (--match-label) makes matches of one class."
        )
    if matryoshka_dims and name in (SOFTMAX, DENOISING):
        raise ValueError(f"Expected no matryoshka_dims beside {name}, whose layers see vectors of one width.")
    loss = known[name]()
    return MatryoshkaLoss(loss, matryoshka_dims) if matryoshka_dims else loss
