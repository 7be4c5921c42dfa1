"""Texts beside those that they match: what readers give and every sentence encoder is trained on."""

import dataclasses
from collections.abc import Iterable

import numpy as np

from bert_keras.data.classification.examples import Examples
from bert_keras.data.rows.split_numbers import split_numbers


@dataclasses.dataclass(frozen=True)
class MatchingExamples:
    """Texts, each beside one that it matches, or is compared with, and perhaps others that it does not match.

    Attributes:
        texts: For each example its anchor, its positive (or the second text of a pair), and its negatives; equally
            many texts, two at least, in every example.
        labels: Of pairs their scores, floats, or their class numbers; of more texts a teacher's scores, floats, one for
            each text beside the anchor; None where it is known only that the first two texts match.
        label_names: The name of each class; None without classes.
        num_skipped: Rows left out under `errors="skip"`.
        places: file:line of each example, where it comes from a file.

    Raises:
        ValueError: If there are not equally many texts in every example, two or more, or not as many labels.

    Example:
        >>> examples = MatchingExamples((("a cat", "a kitten"), ("a dog", "a puppy")))
        >>> len(examples), examples.num_texts
        (2, 2)
    """

    texts: tuple[tuple[str, ...], ...]
    labels: tuple[float, ...] | tuple[int, ...] | tuple[tuple[float, ...], ...] | None = None
    label_names: tuple[str, ...] | None = None
    num_skipped: int = 0
    places: tuple[str, ...] = dataclasses.field(default=(), compare=False, repr=False)

    def __post_init__(self):
        counts = {len(some) for some in self.texts}
        if len(counts) > 1 or counts and min(counts) < 2:
            raise ValueError(
                f"expected equally many texts in every example, two or more, received {sorted(counts)} texts"
            )
        if self.labels is None:
            return
        if len(self.labels) != len(self.texts):
            raise ValueError(f"expected {len(self.texts)} labels, one an example, received {len(self.labels)}")
        widths = {len(some) if isinstance(some, tuple) else 1 for some in self.labels}
        if widths and widths != {self.num_texts - 1}:
            raise ValueError(
                f"expected {self.num_texts - 1} scores an example, one for each text beside the anchor, received "
                f"{sorted(widths)}"
            )

    def __len__(self):
        return len(self.texts)

    @property
    def num_texts(self) -> int:
        """Texts of an example, the anchor included."""
        return len(self.texts[0]) if self.texts else 2

    @property
    def kind(self) -> str:
        """What is known of the texts: `"matches"`, `"scores"`, `"classes"` or `"teacher_scores"`."""
        if self.labels is None:
            return "matches"
        if self.label_names is not None:
            return "classes"
        return "scores" if self.num_texts == 2 and not isinstance(next(iter(self.labels), 0.0), tuple) else (
            "teacher_scores"
        )  # fmt: skip

    @property
    def has_queries(self) -> bool:
        """Whether anchors are queries, which some encoders read behind a prompt of their own; else all are alike."""
        is_search = self.kind in ("matches", "teacher_scores")
        return is_search and any(anchor != positive for anchor, positive, *_ in self.texts)

    @classmethod
    def of_texts(cls, texts: Iterable[str]) -> "MatchingExamples":
        """Pair each text with itself, for training by dropout alone.

        Args:
            texts: The texts.

        Reference:
            SimCSE, Gao et al., 2021, https://arxiv.org/abs/2104.08821
        """
        return cls(tuple((text, text) for text in texts))

    def rescaled(self, lowest: float, highest: float) -> "MatchingExamples":
        """Return the same with scores from 0 to 1, as losses on the cosine want them.

        Args:
            lowest: The score that becomes 0.
            highest: The score that becomes 1: 5 of STS-B and SICK.

        Raises:
            ValueError: If there are no scores, or one is not between the two.

        Example:
            >>> MatchingExamples((("a cat", "a kitten"),), (4.0,)).rescaled(0, 5).labels
            (0.8,)
        """
        if self.kind != "scores":
            raise ValueError(f"expected scores of pairs, received {self.kind}")
        for texts, score in zip(self.texts, self.labels):
            if not lowest <= score <= highest:
                raise ValueError(f"expected scores from {lowest} to {highest}, received {score} of {texts[0][:60]!r}")
        scores = tuple((score - lowest) / (highest - lowest) for score in self.labels)
        return dataclasses.replace(self, labels=scores)

    def only_matches(self, *, label: str | None = None, least_score: float | None = None) -> "MatchingExamples":
        """Return the pairs of one class, or of high scores, as texts that match, for in-batch negatives.

        Args:
            label: Name of the class of pairs that match.
            least_score: From which score on pairs match.

        Raises:
            ValueError: If not one of the two is given, there is nothing such, or no pair is left.

        Example:
            >>> examples = MatchingExamples((("a cat", "a kitten"), ("a cat", "a dog")), (4.5, 1.0))
            >>> examples.only_matches(least_score=4).texts
            (('a cat', 'a kitten'),)
        """
        kind = "scores" if label is None else "classes"
        if (label is None) == (least_score is None) or self.kind != kind:
            raise ValueError(
                f"expected label= of pairs of classes or least_score= of pairs with scores, received label={label!r}, "
                f"least_score={least_score} and {self.kind}"
            )
        if label is not None and label not in self.label_names:
            raise ValueError(f"expected a label of {', '.join(map(repr, self.label_names))}, received {label!r}")
        names = self.label_names
        texts = tuple(
            some
            for some, value in zip(self.texts, self.labels)
            if (value >= least_score if label is None else names[value] == label)
        )
        if not texts:
            raise ValueError(f"no pair has a score of {least_score} or more; the highest is {max(self.labels)}")
        return MatchingExamples(texts, num_skipped=self.num_skipped)

    def split(self, share: float) -> tuple["MatchingExamples", "MatchingExamples"]:
        """Split in two, class by class where there are classes; examples of one anchor stay on one side.

        Args:
            share: How much goes to the second part, between 0 and 1.

        Raises:
            ValueError: If the share is out of range, or one part would be empty.

        Example:
            >>> examples = MatchingExamples((("a", "b"), ("a", "c"), ("d", "e"), ("f", "g")))
            >>> [len(part) for part in examples.split(0.25)]
            [3, 1]
        """
        kinds = self.labels if self.kind == "classes" else (None,) * len(self)
        parts = split_numbers([some[:1] for some in self.texts], kinds, share)
        rest, part = (
            dataclasses.replace(
                self,
                texts=tuple(self.texts[number] for number in numbers),
                labels=self.labels and tuple(self.labels[number] for number in numbers),
                places=self.places and tuple(self.places[number] for number in numbers),
            )
            for numbers in parts
        )
        return rest, dataclasses.replace(part, num_skipped=0)

    def labelled_pairs(self) -> Examples:
        """Return each anchor beside each other text of its example, as a cross-encoder is trained on them.

        Returns:
            Each pair once. Of scores, a teacher's too, their numbers, the mean where a pair has several; of two classes
            the label `match` for pairs of the second, by number; of matches for the positives.

        Raises:
            ValueError: If there are more or less than two classes, or no negatives beside what matches.

        Example:
            >>> MatchingExamples((("a cat", "a kitten", "a dog"),)).labelled_pairs().labels
            ((0,), ())
        """
        if self.kind == "classes" and len(self.label_names) != 2:
            raise ValueError(f"expected two classes, a match and none; received {', '.join(self.label_names)}")
        if self.kind == "matches" and self.num_texts == 2:
            raise ValueError(
                "expected negatives beside texts that match, received none: recipes/mine_negatives.py finds some"
            )
        given: dict[tuple[str, str], list[float]] = {}
        is_match = (1.0,) + (0.0,) * (self.num_texts - 2)
        for texts, labels in zip(self.texts, self.labels or (is_match,) * len(self)):
            for text, label in zip(texts[1:], labels if isinstance(labels, tuple) else (labels,)):
                given.setdefault((texts[0], text), []).append(label)
        anchors, others = zip(*given)
        if self.kind in ("scores", "teacher_scores"):
            return Examples(anchors, others, tuple(float(np.mean(some)) for some in given.values()))
        return Examples(anchors, others, tuple((0,) if max(some) else () for some in given.values()), ("match",))

    def label_array(self) -> np.ndarray:
        """Return the labels as a model is trained on them.

        Returns:
            (examples,) float32 scores or int32 classes, or (examples, texts - 1) float32 scores of a teacher.
        """
        return np.array(self.labels, np.int32 if self.label_names is not None else np.float32)
