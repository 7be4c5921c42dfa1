"""How many wrong labels are found, and how many of those found are wrong: labels of a task are turned by chance.

Ours and cleanlab judge the same probabilities, those of a head on a preset's frozen vectors, cross-validated; with
`--whole`, of models all of whose weights are trained, which takes many times as long. Besides, the first as
many as were turned of a ranking by label quality, for whoever looks at labels from the worst on.

Run: python -m benchmarks.wrong_labels --preset DIR --train train.tsv
"""

import dataclasses
import tempfile
import time
from pathlib import Path

from bert_keras import command_line, data
from bert_keras.cross_validation import CrossValidation
from bert_keras.finetuning import FineTuning
from bert_keras.text_table import aligned

_WHOLE = FineTuning(epochs=2, batch_size=16, learning_rate=1e-4, layerwise_decay=0.9)


def main(
    *,
    preset: str,  # folder of an encoder with its tokenizer
    train: Path,  # a table of labelled texts
    text_column: str = "sentence",
    label_column: str = "label",
    num_examples: int = 8000,  # drawn from it
    share: float = 0.05,  # of labels that are turned
    seeds: tuple[int, ...] = (1, 2, 3),  # of the turning; the examples are the same
    methods: tuple[str, ...] = ("prune_by_noise_rate", "confident_learning"),
    sequence_length: int = 64,
    whole: bool = False,  # train all weights in each fold
    run_directory: Path | None = None,  # where vectors and folds are kept; None for nowhere
):
    import numpy as np

    examples = data.read_examples(train, text_column=text_column, label_column=label_column)
    drawn = np.random.default_rng(0).choice(len(examples), min(num_examples, len(examples)), replace=False)
    examples = data.select_examples(examples, drawn.tolist())
    task = CrossValidation(sequence_length=sequence_length)
    if whole:
        task = dataclasses.replace(task, freeze_encoder=False, fine_tuning=_WHOLE)
    rows, results = [("seed", "who", "found", "precision", "recall", "accuracy", "core s")], []
    with tempfile.TemporaryDirectory() as folder:
        for seed in seeds:
            labels, is_turned = turned(examples, share, seed)
            began = time.process_time()
            some = dataclasses.replace(examples, labels=labels)
            predicted = task.predict(some, preset, directory=run_directory or folder)
            seconds = time.process_time() - began
            found = {f"ours, {method}": predicted.wrong_labels(method=method).numbers for method in methods}
            found |= by_cleanlab(predicted, methods)
            quality = data.label_quality(labels, predicted.probabilities)
            found[f"the {is_turned.sum()} of lowest quality"] = np.argsort(quality)[: is_turned.sum()]
            for who, numbers in found.items():
                right = int(is_turned[numbers].sum())
                scores = right / max(1, len(numbers)), right / is_turned.sum(), float(predicted.is_correct.mean())
                results.append({"seed": seed, "who": who, "found": len(numbers), "precision": scores[0]})
                results[-1] |= {"recall": scores[1], "accuracy": scores[2], "core_s": round(seconds, 1)}
                cells = (*(f"{score:.3f}" for score in scores), f"{seconds:.0f}")
                rows.append((str(seed), who, str(len(numbers)), *cells))
            print(aligned(rows), flush=True)
    return results


def turned(examples, share, seed):
    """Give a share of the examples another label.

    Args:
        examples: `Examples` with one label each.
        share: float.
        seed: int.

    Returns:
        tuple of labels, and (examples,) bool array of which were turned.
    """
    import numpy as np

    chosen, labels = np.random.default_rng(seed), np.array(examples.labels)
    is_turned = np.zeros(len(labels), bool)
    is_turned[chosen.choice(len(labels), round(share * len(labels)), replace=False)] = True
    others = chosen.integers(1, len(examples.label_names), len(labels))
    return tuple(np.where(is_turned, (labels + others) % len(examples.label_names), labels).tolist()), is_turned


def by_cleanlab(predicted, methods):
    """Find wrong labels by cleanlab, nothing where it is not installed.

    Args:
        predicted: `OutOfSample`.
        methods: names of its filters.

    Returns:
        dict from a name to numbers of examples.
    """
    try:
        from cleanlab.filter import find_label_issues
    except ImportError:
        print("cleanlab is not installed and is left out")
        return {}
    import numpy as np

    judged = np.array(predicted.examples.labels), predicted.probabilities
    return {
        f"cleanlab, {method}": np.flatnonzero(find_label_issues(*judged, filter_by=method, n_jobs=1))
        for method in methods
    }


if __name__ == "__main__":
    command_line.run(main)
