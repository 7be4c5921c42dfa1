"""Check the data of a task: leaks, duplicates, faults, classes, lengths, characters; with --learn, wrong labels too.

Data        the files of any recipe that fine-tunes: labelled texts and pairs, tags, spans, questions, relations,
            triples, choices, texts that match, sources and targets. Which of them it is the file tells, or --kind
Output      what was found, the most severe first; RUN_DIRECTORY/data_quality.json and data_quality.html; with --cleaned
            the training file without the worst of it, and removed.tsv, which names each row that went, and why
Run         python recipes/check_data.py --train train.tsv --validation dev.tsv --preset PRESET
After       with --learn, models that have not seen a text say which labels are probably wrong, and where models are
training    weak: 8 000 sentences of SST-2 take a minute of one core; docs/data-quality.md says what is found
Stopped     the same command resumes with the next check; repeated, with --cleaned say, it has the findings at once
Variation   --leave-out says which checks' rows --cleaned goes without; what each finds: docs/data-quality.md
"""

import logging
from pathlib import Path

from bert_keras import checked_files, command_line, data
from bert_keras.cross_validation import CrossValidation
from bert_keras.tag_format import Scheme, TagFormat
from bert_keras.task_files import TaskFiles
from bert_keras.task_kind import TaskKind


def main(
    *,
    # Data
    files: TaskFiles = TaskFiles(),
    kind: TaskKind | None = None,  # what the examples are for; none: what the training file tells
    scheme: Scheme | None = "BIO",  # of tags: how they spell spans; None for parts of speech
    word_column: None | int | str = None,  # of tags: as for finetune_tagger.py
    tag_column: None | int | str = None,
    # Checks
    preset: str | None = None,  # folder of the encoder to be trained: its tokenizer counts; none: words are counted
    near_similarity: float = 0.8,  # share of common pairs of words from which on texts are nearly the same
    fewest_of_class: int = 10,  # examples that training should have of a class
    languages: tuple[str, ...] = (),  # en, de, ...: which texts may be in; needs bert-keras[language]; none: any
    # After training
    learn: bool = False,  # of labelled texts: cross-validate models from the preset, for wrong labels and weak slices
    cross_validation: CrossValidation = CrossValidation(),
    # What comes out
    cleaned: Path | None = None,  # folder for a copy of the training file without the rows of --leave-out
    leave_out: tuple[str, ...] = ("faults", "leaks", "conflicts", "duplicates"),
    run_directory: Path = Path("runs/check_data"),
):
    logging.basicConfig(level=logging.INFO, format="%(message)s")  # how far a long step has come
    kind = kind or checked_files.kind_of_files(files)
    if learn and (preset is None or kind != "texts"):
        raise ValueError("Expected --learn with --preset, and labelled texts: models are trained on them.")
    if languages:
        data.check_languages(languages)
    if cleaned and files.paths["train"]:
        data.expect_cleanable(cleaned, files.paths["train"], kind=kind, leave_out=leave_out)
    tag_format = TagFormat(scheme=scheme, word_column=word_column, tag_column=tag_column)
    parts, faults = checked_files.read_checked_parts(files, kind, tag_format)
    tokenizer, sequence_length = data.tokenizer_of(preset) if preset else None, cross_validation.sequence_length
    findings = list(data.check_parts(
        parts, faults=faults, tokenizer=tokenizer, sequence_length=sequence_length, near_similarity=near_similarity,
        fewest_of_class=fewest_of_class, languages=languages, on_check=lambda name: print(f"... {name}"),
        directory=run_directory / "checks",
    ))  # fmt: skip
    train = next((part for part in parts if part.name == "train" and len(part)), None)
    can_learn = train is not None and (train.classes is None or len(set(train.classes)) > 1)
    if learn and can_learn:
        print("... labels, by models that have not seen them")
        predicted = cross_validation.predict(
            data.labelled_texts(train), preset, directory=run_directory / "cross_validation",
            on_fold=lambda fold: print(f"... fold {fold} of {cross_validation.num_folds}"),
        )  # fmt: skip
        findings += predicted.findings()
    report = data.QualityReport.of(parts, findings)
    report.save(run_directory)
    print(report)
    if learn and not can_learn:
        print("Nothing was learned: training has no two classes.")
    if cleaned and train is None:
        print("No cleaned copy: nothing would stay in it.")
    elif cleaned:
        path, encoding = files.paths["train"], files.table.encoding
        options = dict(kind=kind, leave_out=leave_out, encoding=encoding)
        number = data.write_cleaned(cleaned, path, train, report.findings, **options)
        print(f"{cleaned / path.name}: without {number} rows, which {cleaned / 'removed.tsv'} names")
    print(run_directory / "data_quality.html")
    return report.counts()


if __name__ == "__main__":
    command_line.run(main)
