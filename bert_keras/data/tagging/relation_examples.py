"""Sentences with two marked entities and the relation between them."""

import dataclasses
import os
from collections.abc import Sequence

from bert_keras.data.files.faults import Faults
from bert_keras.data.tagging.penn_escapes import PENN_WORDS
from bert_keras.data.tagging.relation_files import CharacterSpan, relations_in_file


@dataclasses.dataclass(frozen=True)
class RelationExamples:
    """Sentences, the two entities of each, and their relation.

    Attributes:
        texts: The sentences, without markers.
        first_spans: (start, end) of the first entity, in characters: `text[start:end]`.
        second_spans: The same of the second.
        labels: The relations; None without.
        label_names: All relations that may occur, sorted; None without labels.
        ids: What the file calls each example.
        num_skipped: Examples left out under `errors="skip"`.
        places: file:line of each example, where it comes from a file.
    """

    texts: tuple[str, ...]
    first_spans: tuple[CharacterSpan, ...]
    second_spans: tuple[CharacterSpan, ...]
    labels: tuple[str, ...] | None = None
    label_names: tuple[str, ...] | None = None
    ids: tuple[str, ...] = ()
    num_skipped: int = 0
    places: tuple[str, ...] = dataclasses.field(default=(), compare=False, repr=False)

    def __len__(self):
        return len(self.texts)


def read_relations(
    path: str | os.PathLike,
    *,
    label_names: Sequence[str] | None = None,
    errors: str | Faults = "raise",
    encoding: str | None = None,
) -> RelationExamples:
    r"""Read sentences with two marked entities.

    The format is told by the content of a file:

    * SemEval-2010 task 8: `1<TAB>"The <e1>child</e1> was in the <e2>box</e2>."`, on the next line the relation, such as
      `Component-Whole(e2,e1)` or `Other`; comments and empty lines are passed over. A file of sentences alone gives
      examples without labels. The markers may be `[E1]...[/E1]` and `[E2]...[/E2]` as well.
    * JSON or JSON Lines: `{"text": "The <e1>child</e1> ...", "label": ...}`, the label or all labels may be missing;
      the rows of TACRED (`token`, `subj_start`, `subj_end`, `obj_start`, `obj_end`, `relation`) and of OpenNRE (`text`
      or `token`, `h` and `t` with `pos`, `relation`). Further keys are left alone.

    Args:
        path: The file, plain or `.gz`.
        label_names: The relations that may occur, `label_names` of the training examples: then another is a fault.
            None takes those found, sorted.
        errors: "raise" at the first fault; or "skip" the example, and log how many there were and where the first is.
            An `AllFaults` keeps all of them instead.
        encoding: As for `bert_keras.data.read_examples`; None for UTF-8, or UTF-16 with its mark.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: With file and line: a marker is missing or out of its place, an entity is empty, a line is none of a
            sentence, only some examples have labels, a label is unknown; or nothing at all was read.

    Example:
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp(), "train.txt")
        >>> _ = path.write_text('1\t"A <e1>cat</e1> in a <e2>box</e2>."\nContent-Container(e1,e2)\nComment:\n\n')
        >>> examples = read_relations(path)
        >>> examples.texts, examples.first_spans, examples.labels
        (('A cat in a box.',), ((2, 5),), ('Content-Container(e1,e2)',))
    """
    path, faults, found = os.fspath(path), Faults.of(errors), []
    for example in relations_in_file(path, encoding):
        label, fault = example.label, example.fault
        if label is not None and not fault and label != label.strip():
            faults.doubt("a relation with spaces around it, which were taken off", f"{example.place}: {label!r}")
            label = example.label = label.strip()
        if example.is_escaped:
            faults.doubt(PENN_WORDS, example.place)
        if not fault and label is not None and label_names is not None and label not in label_names:
            fault = f"{label!r} is not among the known relations: {', '.join(map(repr, label_names))}"
        if not fault and max(example.first[0], example.second[0]) < min(example.first[1], example.second[1]):
            fault = f"the entities overlap: {example.first} and {example.second}"
        if not fault and found and (label is None) != (found[0].label is None):
            fault = f"{'no' if label is None else 'a'} relation, unlike the examples before"
        if fault:
            faults.add(f"{example.place}: {fault}")
        else:
            found.append(example)
    faults.report(len(found), path)
    if found[0].label is None:
        labels = label_names = None
    else:
        labels = tuple(example.label for example in found)
        label_names = tuple(sorted(set(labels)) if label_names is None else label_names)
    return RelationExamples(
        texts=tuple(example.text for example in found),
        first_spans=tuple(example.first for example in found),
        second_spans=tuple(example.second for example in found),
        labels=labels,
        label_names=label_names,
        ids=tuple(example.id for example in found),
        num_skipped=faults.count,
        places=tuple(example.place for example in found),
    )
