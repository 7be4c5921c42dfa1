"""Texts that are not written as most are: in another script, in another language, or in letters that look alike."""

import collections
import re
from collections.abc import Iterator, Sequence

from bert_keras.data.corpus.languages import check_languages, language_of
from bert_keras.data.corpus.writing_systems import letters_by_script
from bert_keras.data.quality.checked_part import CheckedPart
from bert_keras.data.quality.finding import Finding, shortened

_TOGETHER = {"hiragana": "han", "katakana": "han", "bopomofo": "han"}  # as Japanese writes three
_OF_HAN = 3  # letters of others that one character says as much as
_MANY = 0.2  # of all texts: so many are no exception
_FEWEST_LETTERS = 3  # of another script, to call a text one of it
_FEWEST_OF_LANGUAGE = 24  # letters, below which a language is a guess
_WORD = re.compile(r"\w+")
_ADDRESS = re.compile(r"(?:https?://|www\.)[!-~]+")  # which is Latin in every script
_LOOK_ALIKE = {"latin", "cyrillic", "greek"}


def find_other_scripts(parts: Sequence[CheckedPart]) -> Iterator[Finding]:
    """Find texts in another script than most of all parts, and words of letters of two scripts that look alike.

    Args:
        parts: Parts of a task. Where a script has a fifth of the texts it is no exception.

    Example:
        >>> part = CheckedPart("train", (("good",),) * 9 + (("отлично",),), tuple("abcdefghij"), ("",) * 10)
        >>> [(found.place, found.what) for found in find_other_scripts([part])]
        [('j', 'in cyrillic letters; 90 % of all texts are in latin')]
    """
    found = [[_script(" ".join(texts)) for texts in part.texts] for part in parts]
    counts = collections.Counter(script for some in found for script in some if script)
    if not counts:
        return
    most, _ = counts.most_common(1)[0]
    usual = {script for script, count in counts.items() if count >= _MANY * counts.total()} | {most}
    shown = f"{100 * counts[most] // counts.total()} % of all texts are in {most}"
    for part, scripts in zip(parts, found, strict=True):
        for texts, place, script in zip(part.texts, part.places, scripts, strict=True):
            text = " ".join(texts)
            left_out = (place,) if part.is_train else ()
            if script and script not in usual:
                what = f"in {script} letters; {shown}"
                yield Finding("scripts", part.name, what, place, shortened(text), left_out=left_out)
            elif not text.isascii() and (mixed := _mixed_word(text)):
                what = f"the word {mixed[0]!r} has letters of {mixed[1]}"
                yield Finding("scripts", part.name, what, place, shortened(text))


def find_other_languages(parts: Sequence[CheckedPart], languages: Sequence[str]) -> Iterator[Finding]:
    """Find texts in other languages than some; texts of fewer than two dozen letters tell too little.

    Args:
        parts: Parts of a task.
        languages: Codes such as "en"; none of them finds nothing.

    Raises:
        ImportError: If py3langid is not installed.
        ValueError: If there is no language of a code.
    """
    if not languages:
        return
    check_languages(languages)
    for part in parts:
        for texts, place in zip(part.texts, part.places, strict=True):
            text = _ADDRESS.sub("", " ".join(texts))
            if _num_letters(text) >= _FEWEST_OF_LANGUAGE and (language := language_of(text)) not in languages:
                left_out = (place,) if part.is_train else ()
                what = f"the language is {language}, as py3langid has it"
                yield Finding("languages", part.name, what, place, shortened(text), left_out=left_out)


def _script(text: str) -> str | None:
    """Return the script of most letters of a text; None where so few letters tell little."""
    if text.isascii():
        return "latin" if any(map(str.isalpha, text)) else None
    counts = _counts(_ADDRESS.sub("", text))
    script = max(counts, key=counts.get) if counts else None
    return script if script == "latin" or counts.get(script, 0) >= _FEWEST_LETTERS else None


def _counts(text: str) -> collections.Counter:
    counts = collections.Counter()
    for script, count in letters_by_script(text).items():
        script = _TOGETHER.get(script, script)
        counts[script] += _OF_HAN * count if script == "han" else count
    del counts["other"]
    return counts


def _num_letters(text: str) -> int:
    return sum(map(str.isalpha, text)) if text.isascii() else _counts(text).total()


def _mixed_word(text: str) -> tuple[str, str] | None:
    for word in _WORD.findall(text):
        if not word.isascii() and len(word) > 2:
            found = _counts(word)
            if len(found) > 1 and {*found} <= _LOOK_ALIKE:
                return word, " and ".join(sorted(found))
    return None
