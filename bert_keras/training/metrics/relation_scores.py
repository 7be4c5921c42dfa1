"""F1 of relations: the macro average of SemEval-2010 task 8's official scorer, and TACRED's micro average."""

from collections.abc import Sequence

from bert_keras.training.metrics.entity_scores import f1_scores

_OTHERS = ("Other", "no_relation", "NA")


def relation_scores(
    true_labels: Sequence[str], predicted_labels: Sequence[str], *, other: str | None = None
) -> dict[str, dict[str, float]]:
    """Compare relations between two entities, directions taken into account.

    A relation `Cause-Effect(e1,e2)` is right only with its direction; precision and recall are those of the relation
    in both directions together, and the macro average leaves `other` out: the official "(9+1)-way evaluation taking
    directionality into account".

    Args:
        true_labels: relation of each example.
        predicted_labels: the same.
        other: the label of examples without a relation; None for whichever of "Other", SemEval's, "no_relation",
            TACRED's, and "NA", NYT's, occurs.

    Returns:
        dict from relation without direction, and from "macro" and "micro", to a dict of `precision`, `recall`, `f1`
        (shares, 0 where there is nothing to divide by) and `support`. "macro" is the mean of the relations' numbers,
        "micro" those of all examples together, as TACRED's scorer gives them.

    Raises:
        ValueError: where there are not as many labels of one as of the other, or several labels may be `other`.

    Example:
        >>> from bert_keras.training import relation_scores
        >>> scores = relation_scores(["A(e1,e2)", "A(e1,e2)", "Other"], ["A(e1,e2)", "A(e2,e1)", "A(e1,e2)"])
        >>> [round(number, 2) for number in scores["macro"].values()]
        [0.33, 0.5, 0.4, 2]

    Reference:
        semeval2010_task8_scorer-v1.2.pl, [Hendrickx et al., 2010](https://aclanthology.org/S10-1006/)
    """
    if len(true_labels) != len(predicted_labels):
        raise ValueError(f"Expected {len(true_labels)} predicted relations, received {len(predicted_labels)}.")
    if other is None:
        found = [name for name in _OTHERS if name in {*true_labels, *predicted_labels}]
        if len(found) > 1:
            raise ValueError(f"Expected one label of examples without a relation as `other`; there are {found}.")
        other = found[0] if found else _OTHERS[0]
    pairs = list(zip(true_labels, predicted_labels, strict=True))
    relations = sorted({_undirected(label) for label in true_labels} - {other})
    scores = {}
    for relation in relations:
        scores[relation] = f1_scores(
            sum(true == predicted for true, predicted in pairs if _undirected(true) == relation),
            sum(_undirected(predicted) == relation for _, predicted in pairs),
            sum(_undirected(true) == relation for true, _ in pairs),
        )
    macro = {
        name: sum(score[name] for score in scores.values()) / max(1, len(scores))
        for name in ("precision", "recall", "f1")
    }
    micro = f1_scores(
        sum(true == predicted != other for true, predicted in pairs),
        sum(predicted != other for _, predicted in pairs),
        sum(true != other for true, _ in pairs),
    )
    return {"micro": micro, "macro": macro | {"support": sum(score["support"] for score in scores.values())}} | scores


def _undirected(label: str) -> str:
    return label.split("(")[0]
