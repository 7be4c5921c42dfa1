"""Which documents of a corpus are left out for their script, their language or their quality, and why."""

from collections.abc import Iterator, Sequence
from typing import Any

from bert_keras.data.corpus.dropped import Dropped
from bert_keras.data.corpus.languages import check_languages, language_of
from bert_keras.data.corpus.paragraphs import Paragraph
from bert_keras.data.corpus.quality_rules import Prose, named_rules
from bert_keras.data.corpus.writing_systems import check_scripts, script_share


class DocumentFilters:
    """Tells why a document is to be left out; of several reasons the first, in the order of the arguments.

    Args:
        scripts: Names of `writing_systems.SCRIPTS`, such as `"latin"`: at least half of a document's letters must be
            of these. Empty for any.
        languages: Codes such as `"en"`, as the package py3langid has them. Empty for any.
        quality: Names of `quality_rules.RULES`, or `"gopher"` and `"c4"` for all of theirs.

    Raises:
        ImportError: If languages are to be told and py3langid is not installed; the message has the command.
        ValueError: If there is no such script, language or rule; the message lists those there are.

    Example:
        >>> DocumentFilters(scripts=["latin"]).fault(["Да."])
        ('documents with fewer than half of their letters latin', '0 % of the letters')
    """

    def __init__(self, scripts: Sequence[str] = (), languages: Sequence[str] = (), quality: Sequence[str] = ()):
        for name, value in (("scripts", scripts), ("languages", languages), ("quality", quality)):
            if isinstance(value, str):
                raise ValueError(f"{name} must be a list of names, received {value!r}")
        check_scripts(scripts)
        self.scripts, self.languages = tuple(scripts), tuple(languages)
        self.rules = named_rules(quality)
        if languages:
            check_languages(languages)

    @property
    def settings(self) -> dict[str, Any]:
        """What a corpus says of its filters, to be known again: nothing where there are none."""
        chosen = {"scripts": self.scripts, "languages": self.languages, "quality": tuple(self.rules)}
        return {name: list(value) for name, value in chosen.items() if value}

    def fault(self, paragraphs: Sequence[Paragraph]) -> tuple[str, str] | None:
        """Return why a document is left out, and what was measured; None if it is kept.

        Args:
            paragraphs: Those of a document.
        """
        prose = Prose(paragraphs)
        if self.scripts and (share := script_share(prose.text, self.scripts)) < 0.5:
            return f"documents with fewer than half of their letters {' or '.join(self.scripts)}", _percent(share)
        if self.languages and (language := language_of(prose.text)) not in self.languages:
            return f"documents in another language than {' or '.join(self.languages)}", f"language {language}"
        for rule in self.rules.values():
            if not rule.least <= (measured := rule.measure(prose)) <= rule.most:
                return rule.reason, f"{measured:.3g} {rule.unit}"
        return None


def without_faults(
    blocks: Iterator[tuple[int, list[Paragraph]]], filters: DocumentFilters, dropped: Dropped
) -> Iterator[tuple[int, list[Paragraph]]]:
    """Hand on the documents that pass; a document in pieces is judged piece by piece.

    Args:
        blocks: Documents, by number.
        filters: What they have to pass.
        dropped: Gets those that do not.
    """
    for document, paragraphs in blocks:
        if fault := filters.fault(paragraphs):
            dropped.text(*fault, document, paragraphs)
        else:
            yield document, paragraphs


def _percent(share: float) -> str:
    return f"{share:.0%} of the letters".replace("%", " %")
