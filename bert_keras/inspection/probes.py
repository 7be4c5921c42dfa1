"""What each layer of an encoder knows: a linear classifier on its frozen vectors, beside controls."""

import dataclasses
import zlib

import numpy as np

from bert_keras.data import Examples, TaggedSentences, split_examples
from bert_keras.inference import Predictor
from bert_keras.inspection.inner_outputs import inner_outputs
from bert_keras.inspection.labelled_rows import Labelled, labelled_rows
from bert_keras.text_table import aligned

_PENALTIES = 10.0 ** np.arange(-6, 2.5, 0.5)  # as shares of the vectors' mean variance in a direction


@dataclasses.dataclass(frozen=True)
class LayerProbes:
    """How well a linear classifier does on each layer's vectors; prints as a table.

    Args:
        accuracy: (layers + 1,) float64, on held-out examples: of the embeddings' output, then of each layer's.
        control: The same where each word type has a random label of its own: what a classifier can learn by heart.
            None for texts.
        majority: The accuracy of the most frequent label.
        num_train: Examples that the classifiers were made of.
        num_held_out: Examples that they were tried on.
    """

    accuracy: np.ndarray
    control: np.ndarray | None
    majority: float
    num_train: int
    num_held_out: int

    @property
    def selectivity(self) -> np.ndarray | None:
        """(layers + 1,) by how much `accuracy` is above that of the control task."""
        return None if self.control is None else self.accuracy - self.control

    def __str__(self) -> str:
        names = ["embeddings", *(f"block {number}" for number in range(len(self.accuracy) - 1))]
        columns = {"accuracy": self.accuracy, "control": self.control, "selectivity": self.selectivity}
        columns = {name: values for name, values in columns.items() if values is not None}
        lines = [("probe on", *columns)]
        lines += [(n, *(f"{v:.3f}" for v in some)) for n, *some in zip(names, *columns.values(), strict=True)]
        blanks = [""] * (len(columns) - 1)
        return aligned([*lines, ("most frequent label", f"{self.majority:.3f}", *blanks)])


def probe_layers(
    predictor: Predictor, train: Labelled, held_out: Labelled | float = 0.2, *, seed: int = 0
) -> LayerProbes:
    """Try how well the labels can be read off each layer, by a linear classifier.

    Of words the classifier gets the vector of the first token, of texts the mean of all tokens. It is ridge regression
    on one number a label, in closed form, with the penalty by generalized cross-validation: nothing to tune, and
    memory for (layers, hidden_dim, hidden_dim) numbers, however many examples there are.

    Args:
        predictor: Any whose model has an encoder; an `Embedder` of an encoder alone. The encoder is not changed.
        train: Labelled texts or tagged sentences, of `read_examples` or `read_tagged_sentences`, or `Rows` whose
            targets are numbers of classes.
        held_out: Those that the classifiers are tried on; or a share of `train`, of texts or sentences.
        seed: For the share, and for the labels of the control task.

    Raises:
        ValueError: If there are no labels, or more than one for a text or a word, or none is left for one part.

    Example:
        >>> from bert_keras.data import Examples, WordPieceTokenizer
        >>> from bert_keras.inference import Embedder
        >>> from bert_keras.models import BertEncoder
        >>> tokenizer = WordPieceTokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "so", "good", "bad"])
        >>> texts = tuple("so " * i + word for i in range(5) for word in ("good", "bad"))
        >>> examples = Examples(texts, labels=(1, 0) * 5, label_names=("no", "yes"))
        >>> probes = probe_layers(Embedder(BertEncoder.from_size("tiny", 8), tokenizer), examples)
        >>> probes.accuracy.shape, probes.num_train + probes.num_held_out
        ((3,), 10)

    Reference:
        [Hewitt and Liang, 2019](https://arxiv.org/abs/1909.03368); Golub, Heath and Wahba, 1979, for the penalty.
    """
    if isinstance(held_out, float):
        train, held_out = _split(train, held_out, seed)
    names = getattr(train, "tag_names", None) or getattr(train, "label_names", None)
    train, held_out = (labelled_rows(predictor, some, names) for some in (train, held_out))
    num_labels = 1 + max(int(y.max()) for _, y, _ in _targets(train)) if names is None else len(names)
    counts = sum(np.bincount(y[w > 0], minlength=num_labels) for _, y, w in _targets(train))
    sums = None
    for vectors, labels, controls in _examples(predictor, train, counts, seed):
        if sums is None:
            sums = [_Sums(vectors.shape[-1], num_labels) for _ in range(len(vectors))]
        for of_layer, some in zip(sums, vectors, strict=True):
            of_layer.add(some, labels, controls)
    probes = [some.solve() for some in sums]
    hits, hits_of_control, majority, total = np.zeros(len(probes)), np.zeros(len(probes)), 0, 0
    has_control = False
    for vectors, labels, controls in _examples(predictor, held_out, counts, seed):
        total += len(labels)
        majority += int((labels == counts.argmax()).sum())
        for layer, (weights, bias) in enumerate(probes):
            scores = vectors[layer] @ weights + bias
            hits[layer] += (scores[:, :num_labels].argmax(axis=1) == labels).sum()
            if controls is not None:
                has_control = True
                hits_of_control[layer] += (scores[:, num_labels:].argmax(axis=1) == controls).sum()
    if not total:
        raise ValueError("Expected held-out examples, received none.")
    control = hits_of_control / total if has_control else None
    return LayerProbes(hits / total, control, majority / total, sums[0].count, total)


def _split(labelled, share, seed):
    if isinstance(labelled, Examples):
        return split_examples(labelled, share, seed=seed)
    if not isinstance(labelled, TaggedSentences):
        raise ValueError(f"Expected held-out rows beside {type(labelled).__name__}, which nobody can split here.")
    order = np.random.default_rng(seed).permutation(len(labelled))
    count = round(share * len(labelled))
    if not 0 < count < len(labelled):
        raise ValueError(f"Expected a share that leaves sentences in both parts, received {share} of {len(labelled)}.")
    return tuple(_sentences(labelled, np.sort(some)) for some in (order[count:], order[:count]))


def _sentences(sentences, numbers):
    fields = {name: getattr(sentences, name) for name in ("words", "texts", "offsets", "tags", "spans", "places")}
    chosen = {name: values and tuple(values[i] for i in numbers) for name, values in fields.items()}
    return dataclasses.replace(sentences, **chosen)


def _targets(rows):
    for start in range(0, len(rows.row_lengths), 1024):
        numbers = np.arange(start, min(start + 1024, len(rows.row_lengths)), dtype="int32")
        yield numbers, *_classes(rows, numbers, int(rows.row_lengths[numbers].max()))


def _classes(rows, numbers, length):
    y, weights = (np.asarray(some) for some in rows.targets(numbers, length))
    if not np.issubdtype(y.dtype, np.integer) or y.shape != weights.shape:
        raise ValueError(
            f"Expected one class for each text or word, as integers; received targets of shape {y.shape} and type "
            f"{y.dtype}: numbers, and several labels for a text, are not probed."
        )
    return y, weights


def _examples(predictor, rows, counts, seed):
    """Yield (layers, examples, hidden_dim) vectors, (examples,) labels, and those of the control task or None."""
    for numbers, inputs, outputs in inner_outputs(predictor, rows, attention_scores=False):
        y, weights = _classes(rows, numbers, inputs["token_ids"].shape[1])
        states = np.stack(outputs["hidden_states"]).astype("float32")  # (layers, batch, length, hidden)
        if y.ndim == 2:
            is_word = weights > 0
            yield states[:, is_word], y[is_word], _controls(rows, numbers, is_word, counts, seed)
        else:
            is_token = (inputs["padding_mask"] > 0).astype("float32")
            means = np.einsum("nblh,bl->nbh", states, is_token / is_token.sum(axis=1, keepdims=True))
            yield means[:, weights > 0], y[weights > 0], None


def _controls(rows, numbers, is_word, counts, seed):
    """Give each word a label that its type alone decides, by chance, as often as labels come."""
    if not hasattr(rows, "words_at_positions"):
        return None
    upto = np.cumsum(counts) / counts.sum()
    labels = []
    for row, some in zip(numbers, is_word, strict=True):
        words = rows.sentences.words[rows.windows[row][0]]
        for word in rows.words_at_positions(row, len(some))[some]:
            chance = zlib.crc32(f"{seed} {words[word]}".encode(errors="surrogatepass")) / 2**32
            labels.append(int(np.searchsorted(upto, chance, side="right")))
    return np.array(labels)


class _Sums:
    """What ridge regression needs of its examples: sums of products, added up batch by batch."""

    def __init__(self, dim, num_labels):
        self.count, self.num_labels = 0, num_labels
        self.x, self.y = np.zeros(dim), np.zeros(2 * num_labels)
        self.xx, self.xy = np.zeros((dim, dim)), np.zeros((dim, 2 * num_labels))

    def add(self, vectors, labels, controls):
        y = np.zeros((len(labels), 2 * self.num_labels), "float32")
        y[np.arange(len(labels)), labels] = 1
        if controls is not None:
            y[np.arange(len(labels)), self.num_labels + controls] = 1
        self.count += len(labels)
        self.x += vectors.sum(axis=0, dtype="float64")
        self.y += y.sum(axis=0)
        self.xx += vectors.T @ vectors
        self.xy += vectors.T @ y

    def solve(self):
        """Return (hidden_dim, labels and controls) weights and their bias."""
        mean_x, mean_y = self.x / self.count, self.y / self.count
        products = self.xy - np.outer(self.x, mean_y)
        variances, directions = np.linalg.eigh(self.xx - np.outer(self.x, mean_x))
        variances = np.maximum(variances, 0)
        turned = directions.T @ products
        parts = []
        for task in (slice(self.num_labels), slice(self.num_labels, None)):
            # Of 0 and 1 the sum of squares is the sum.
            total = float((self.y[task] - self.count * mean_y[task] ** 2).sum())
            penalty = _penalty(variances, turned[:, task], total, self.count)
            parts.append(turned[:, task] / (variances + penalty)[:, np.newaxis])
        weights = directions @ np.hstack(parts)
        return weights.astype("float32"), (mean_y - mean_x @ weights).astype("float32")


def _penalty(variances, turned, total, count):
    """Return the penalty with the least error of generalized cross-validation."""
    best, penalty = np.inf, None
    strengths = (turned**2).sum(axis=1)
    for candidate in _PENALTIES * max(float(variances.mean()), 1e-12):
        shrunk = variances + candidate
        error = total - float((strengths * (2 / shrunk - variances / shrunk**2)).sum())
        freedom = 1 - (1 + float((variances / shrunk).sum())) / count
        if freedom > 0 and (found := max(error, 0.0) / freedom**2) < best:
            best, penalty = found, candidate
    return candidate if penalty is None else penalty  # the strongest where there are hardly any examples
