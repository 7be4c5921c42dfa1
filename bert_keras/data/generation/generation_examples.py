"""Sources beside the texts that are to be written from them: what readers give and every writer is trained on."""

import dataclasses

Source = str | tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class GenerationExamples:
    """Texts that are read, and for each one that is to be written.

    Attributes:
        sources: For each example a text, or the turns of a dialogue, oldest first.
        targets: What is to be written; None where nobody knows.
        num_skipped: Rows left out under `errors="skip"`.

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

    def first_sources(self, number: int | None) -> "GenerationExamples":
        """Return the examples of the first so many sources, each with all its targets; all of them for None."""
        if number is None:
            return self
        some = {*list(dict.fromkeys(self.sources))[:number]}
        kept = [i for i, source in enumerate(self.sources) if source in some]
        targets = None if self.targets is None else tuple(self.targets[i] for i in kept)
        return GenerationExamples(tuple(self.sources[i] for i in kept), targets)
