"""All checks of the parts of a task, one after the other."""

import os
import re
from collections.abc import Callable, Iterator, Sequence

from bert_keras.data.files.cells import DAMAGED_TEXT, SAYS_MISSING_TEXT
from bert_keras.data.files.faults import FoundFault
from bert_keras.data.quality.checked_part import CheckedPart
from bert_keras.data.quality.class_shares import find_class_faults
from bert_keras.data.quality.finding import Finding, file_and_line
from bert_keras.data.quality.kept_findings import KeptFindings
from bert_keras.data.quality.mark_consistency import find_inconsistent_marks
from bert_keras.data.quality.near_repetitions import near_checks
from bert_keras.data.quality.repeated_texts import find_repeated_texts
from bert_keras.data.quality.row_lengths import find_token_faults
from bert_keras.data.quality.scripts import find_other_languages, find_other_scripts
from bert_keras.data.quality.text_faults import find_text_faults
from bert_keras.data.tokenization.corpus_tokenizer import tokenizer_settings
from bert_keras.data.tokenization.tokenizer import Tokenizer

_PLACE = re.compile(r"(.+?:\d+(?:[.:]? ?[\w.]*\[\d+\])*)(?:, |: )?(.*)", re.DOTALL)
_FOUND_HERE = (DAMAGED_TEXT, SAYS_MISSING_TEXT)  # by checks of texts, in the files of every task


def check_parts(
    parts: Sequence[CheckedPart],
    *,
    faults: Sequence[FoundFault] = (),
    tokenizer: Tokenizer | None = None,
    sequence_length: int = 512,
    near_similarity: float = 0.8,
    fewest_of_class: int = 10,
    languages: Sequence[str] = (),
    on_check: Callable[[str], None] | None = None,
    directory: str | os.PathLike | None = None,
) -> Iterator[Finding]:
    """Check the parts of a task before anything is trained on them.

    Args:
        parts: `checked_part` of each, the training part under the name "train".
        faults: What readers found, `AllFaults.found`.
        tokenizer: That of the encoder; None counts words, and knows of no unknown tokens.
        sequence_length: The longest row, in tokens.
        near_similarity: From which on texts are nearly the same, above 0 and at most 1.
        fewest_of_class: How many examples of a class training should have.
        languages: Codes such as "en" of those that texts may be in; needs the package py3langid. None: any.
        on_check: Called with what is sought next, for a line of progress.
        directory: Folder where the findings of finished checks are kept, those of the last parts and options: a call
            that was stopped resumes there, and one that is repeated is done at once. None keeps nothing.

    Raises:
        ValueError: If a file of the folder is none of its own.

    Example:
        >>> from bert_keras.data import checked_part, read_examples
        >>> rows = [("so good", "pos"), ("So  good", "neg")]
        >>> part = checked_part(read_examples(rows, text_column=0, label_column=1), "train")
        >>> [found.check for found in check_parts([part], fewest_of_class=1)]
        ['conflicts']
    """
    steps = [  # what is sought, how, and on which options it depends
        ("repeated texts", lambda: find_repeated_texts(parts), {}),
        ("classes", lambda: find_class_faults(parts, fewest=fewest_of_class), {"fewest": fewest_of_class}),
        ("marks", lambda: find_inconsistent_marks(parts), {}),
        ("characters", lambda: find_text_faults(parts), {}),
        ("scripts", lambda: find_other_scripts(parts), {}),
        ("languages", lambda: find_other_languages(parts, languages), {"languages": languages}),
        (
            "lengths and unknown tokens",
            lambda: find_token_faults(parts, tokenizer, sequence_length=sequence_length),
            {"sequence_length": sequence_length, "tokenizer": _known_by(tokenizer)},
        ),
    ]
    for name, check in near_checks(parts, similarity=near_similarity):
        steps.append((f"nearly repeated texts: {name}", check, {"similarity": near_similarity}))
    part_of = {file: part.name for part in reversed(parts) for file in _files(part) if file}  # train, if of two
    for fault in faults:
        if fault.kind not in _FOUND_HERE:
            yield _of_reader(fault, part_of)
    kept = None if directory is None else KeptFindings(directory, parts, [(name, on) for name, _, on in steps])
    for number, (name, find, _) in enumerate(steps):
        found = None if kept is None else kept.load(number)
        if found is None:
            if on_check:
                on_check(name)
            found = find()
            if kept is not None:
                kept.save(number, found := list(found))
        yield from found


def _known_by(tokenizer: Tokenizer | None) -> tuple:
    return () if tokenizer is None else (tokenizer.vocabulary.fingerprint, tokenizer_settings(tokenizer))


def _files(part: CheckedPart) -> set[str]:
    return {file_and_line(place)[0] for place in part.places} | {part.source}


def _of_reader(fault: FoundFault, part_of: dict[str, str]) -> Finding:
    match = _PLACE.match(fault.message)
    place, message = match.groups() if match else ("", fault.message)
    file = file_and_line(place)[0]
    if not place:  # what is wrong with a whole file
        file = max((file for file in part_of if file in message), key=len, default="")
    part = part_of.get(file, "")
    check = "doubts" if fault.is_doubt else "faults"
    what = message if not fault.is_doubt else f"{fault.kind}: {message}".rstrip(": ")
    left_out = (place,) if place and part == "train" and not fault.is_doubt else ()
    return Finding(check, part, what, place, left_out=left_out)
