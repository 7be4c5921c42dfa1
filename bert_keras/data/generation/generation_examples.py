"""Sources beside the texts that are to be written from them: what readers give and every writer is trained on."""

import dataclasses

from bert_keras.data.rows.split_numbers import split_numbers

Source = str | tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class GenerationExamples:
    """Texts that are read, and for each one that is to be written.

    Attributes:
        sources: For each example a text, or the turns of a dialogue, oldest first.
        targets: What is to be written; None where nobody knows.
        num_skipped: Rows left out under `errors="skip"`.
        places: file:line of each example, where it comes from a file.

    Raises:
        ValueError: If there are not as many targets as sources, or a dialogue has no turn.

    Example:
        >>> examples = GenerationExamples(("eat[no]", ("Hi.", "Hello?")), ("Do not eat.", "Yes."))
        >>> len(examples), examples.turns
        (2, (('eat[no]',), ('Hi.', 'Hello?')))
    """

    sources: tuple[Source, ...]
    targets: tuple[str, ...] | None = None
    num_skipped: int = 0
    places: tuple[str, ...] = dataclasses.field(default=(), compare=False, repr=False)

    def __post_init__(self):
        if self.targets is not None and len(self.targets) != len(self.sources):
            raise ValueError(f"expected {len(self.sources)} targets, one a source, received {len(self.targets)}")
        if not all(self.sources):
            number = next(i for i, source in enumerate(self.sources, 1) if not source)
            raise ValueError(f"source number {number} is empty, expected a text or turns to write from")

    def __len__(self):
        return len(self.sources)

    @property
    def turns(self) -> tuple[tuple[str, ...], ...]:
        """The texts of each source, one where it is no dialogue."""
        return tuple((source,) if isinstance(source, str) else source for source in self.sources)

    def references(self) -> dict[Source, list[str]]:
        """Give every source once, with all targets that it has: what a text written from it is compared with.

        Example:
            >>> GenerationExamples(("a", "a", "b"), ("x", "y", "z")).references()
            {'a': ['x', 'y'], 'b': ['z']}
        """
        found: dict[Source, list[str]] = {}
        for source, target in zip(self.sources, self.targets or (), strict=True):
            found.setdefault(source, []).append(target)
        return found

    def split(self, share: float) -> tuple["GenerationExamples", "GenerationExamples"]:
        """Split in two; examples of one source stay on one side.

        Args:
            share: How much goes to the second part, between 0 and 1.

        Raises:
            ValueError: If the share is out of range, or one part would be empty.

        Example:
            >>> examples = GenerationExamples(("a", "b", "c", "d"), ("w", "x", "y", "z"))
            >>> [len(part) for part in examples.split(0.25)]
            [3, 1]
        """
        parts = split_numbers(self.turns, (None,) * len(self), share)
        rest, part = (self._chosen(numbers) for numbers in parts)
        return dataclasses.replace(rest, num_skipped=self.num_skipped), part

    def _chosen(self, numbers):
        targets = None if self.targets is None else tuple(self.targets[number] for number in numbers)
        places = self.places and tuple(self.places[number] for number in numbers)
        return GenerationExamples(tuple(self.sources[number] for number in numbers), targets, places=places)

    def first_sources(self, number: int | None) -> "GenerationExamples":
        """Return the examples of the first so many sources, each with all its targets; all of them for None."""
        if number is None:
            return self
        some = {*list(dict.fromkeys(self.sources))[:number]}
        return self._chosen([number for number, source in enumerate(self.sources) if source in some])
