"""Fine-tune an encoder to tell the relation between two entities of a sentence.

Data        SemEval-2010 task 8's files, or JSONL {"text": "... <e1>...</e1> ... <e2>...</e2> ...", "label": ...}, or
            TACRED's rows: docs/files.md has them all
Paper       Baldini Soares et al., 2019, section 3.2: entities between marker tokens, the relation from their vectors
Reached     SemEval-2010 task 8 macro-F1 0.853 from MiniLM's weights, mean of 3 seeds (transformers, one: 0.847)
Run         python recipes/finetune_relations.py --preset PRESET --train TRAIN_FILE.TXT --test TEST_FILE_FULL.TXT
Stopped     by Ctrl-C, SIGTERM or a crash, the same command resumes it: docs/reliability.md
Watch       tensorboard --logdir runs/finetune_relations
Variation   --validation FILE chooses the best epoch by its accuracy; without it the last epoch stays
"""

from pathlib import Path
from typing import Literal

from bert_keras import command_line, data, inference, models, training
from bert_keras.atomic_files import write_file
from bert_keras.finetuning import FineTuning
from bert_keras.run_folder import RunFolder


def main(
    *,
    # Data
    preset: str,  # folder of a pretrained encoder with its tokenizer
    train: Path,  # sentences with marked entities and their relations
    validation: Path | None = None,  # the same, to choose the best epoch by
    test: Path | None = None,  # the same, labels or none; its predictions are written to RUN_DIRECTORY/predictions.txt
    errors: Literal["raise", "skip"] = "raise",  # at the first faulty example; or skip those, and count them
    encoding: str | None = None,  # gbk, cp1252 or another, where it is not UTF-8
    markers: tuple[str, str] | None = None,  # tokens to put around the entities; none: the preset's, or $ and #
    sequence_length: int = 128,  # tokens in a row; longer sentences lose what is far from the entities
    run_directory: Path = Path("runs/finetune_relations"),
    fine_tuning: FineTuning = FineTuning(epochs=5),
):
    run = RunFolder(locals(), preset=preset, learns_from=(train, validation))
    saving = run.saving()
    training.set_random_seed(fine_tuning.seed)
    tokenizer = data.tokenizer_of(preset)
    files = {part: file for part, file in {"train": train, "validation": validation, "test": test}.items() if file}
    examples, labels = {}, None
    for part, file in files.items():  # train first: its relations are all that the model can learn
        examples[part] = data.read_relations(file, label_names=labels, errors=errors, encoding=encoding)
        labels = examples["train"].label_names
    classifier = models.RelationClassifier.from_preset(
        preset, labels=labels, markers=markers, dropout=fine_tuning.dropout, dtype=fine_tuning.dtype
    )
    task = dict(sequence_length=sequence_length, label_names=labels, markers=classifier.markers)
    rows = {part: data.RelationRows(some, tokenizer, **task) for part, some in examples.items()}
    datasets = fine_tuning.datasets(rows, start_step=saving.step)

    fine_tuning.prepare(classifier, tokenizer, sequence_length=sequence_length, preset=run.preset)
    classifier.compile(
        fine_tuning.optimizer(classifier.encoder, len(datasets["train"])),
        training.classification_loss(),
        weighted_metrics=["accuracy"],
    )
    extractor = inference.RelationExtractor(classifier, tokenizer, sequence_length=sequence_length)
    best = watched = None  # without a validation part the last epoch is kept
    if validation:
        best, watched = "val_accuracy", inference.watch_relations(extractor, examples["validation"], rows["validation"])
    inside = inference.Inside(classifier, tokenizer, rows["validation" if validation else "train"])
    report = dict(best=best, shown=("accuracy",), watched=watched, inside=inside)
    report = saving.after(fine_tuning.callbacks(run.logs, **report))
    with training.memory_advice(fine_tuning.batch_size, sequence_length):
        classifier.fit(datasets["train"], validation_data=datasets.get("validation"), **fine_tuning.fit_options(report))
    run.save_preset(classifier, tokenizer)

    scores, tables = {}, {}
    for part in list(files)[1:]:
        predicted = [labels[number] for number in classifier.decode(extractor.probabilities(rows[part]))]
        if examples[part].labels is not None:
            measured = training.relation_scores(examples[part].labels, predicted)
            scores[part] = measured["macro"] | {"micro_f1": measured["micro"]["f1"]}
            tables[part] = training.score_table(measured)
    if test:  # as the official scorer wants it
        lines = (f"{number}\t{label}\n" for number, label in zip(examples["test"].ids, predicted, strict=True))
        write_file(run_directory / "predictions.txt", "".join(lines).encode())
    return run.finish(scores, texts=tables)


if __name__ == "__main__":
    command_line.run(main)
