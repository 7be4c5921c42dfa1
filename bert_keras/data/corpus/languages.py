"""Which language a text is written in, by the package py3langid."""

import functools
from collections.abc import Iterable
from typing import Any

from bert_keras.optional_package import import_optional

_CHARACTERS = 1000  # from the beginning of a text: 0.5 ms, and more do not tell more


def check_languages(languages: Iterable[str]) -> None:
    """Raise if one of these is no language that can be told.

    Args:
        languages: Codes such as `"en"`.

    Raises:
        ImportError: If py3langid is not installed; the message has the command.
        ValueError: If there is no such language; the message lists those there are.
    """
    known = _known_languages()
    if unknown := sorted(set(languages) - known):
        raise ValueError(f"there is no language {unknown[0]!r}; there are {', '.join(sorted(known))}")


def language_of(text: str) -> str:
    """Return the code of the language of a text, which a sentence tells, and a word or two do not.

    Args:
        text: Any text.

    Raises:
        ImportError: If py3langid is not installed.
    """
    return _py3langid().classify(text[:_CHARACTERS])[0]


def _py3langid() -> Any:
    return import_optional("py3langid", extra="language", what="telling the languages of texts")


@functools.cache
def _known_languages() -> frozenset[str]:
    return frozenset(language for language, _ in _py3langid().rank(""))
